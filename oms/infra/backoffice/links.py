"""Links from one screen to another."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def page_address(row: Model) -> str:
    """Address of the page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_address(model: type[Model], **parameters: str) -> str:
    """Address of a list, with filters (``status="open"``) or a search (``q="A-1"``)."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(parameters)}" if parameters else address


def page_link(row: Model, text: str) -> SafeString:
    """A link to the page of a row."""
    return format_html('<a class="oms-link" href="{}">{}</a>', page_address(row), text)


def list_link(model: type[Model], text: str, **parameters: str) -> SafeString:
    """A link to a list, filtered or searched."""
    return format_html('<a class="oms-link" href="{}">{}</a>', list_address(model, **parameters), text)
