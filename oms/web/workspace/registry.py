"""Which list and which action a job is for."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from oms.infra.backoffice.bulk import BulkAction
from oms.infra.backoffice.lists import BackOfficeAdmin
from oms.infra.backoffice.site import retailer_site


class ActionGone(LookupError):
    """No list offers this action (any more)."""


def list_of(label: str) -> BackOfficeAdmin[Any]:
    """The list ``orders.order``. Raises :class:`ActionGone`."""
    try:
        found = retailer_site._registry.get(apps.get_model(label))
    except (LookupError, ValueError):
        found = None
    if not isinstance(found, BackOfficeAdmin):
        message = f"there is no list {label}"
        raise ActionGone(message)
    return found


def action_of(label: str, name: str) -> BulkAction:
    """An action of a list. Raises :class:`ActionGone`."""
    for action in list_of(label).offered_actions():
        if action.name == name:
            return action
    message = f"the list {label} offers no action {name}"
    raise ActionGone(message)
