"""What the forms of stock share: saved once however often they are sent, and nothing typed is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse

from fulfilment.inventory.services import NotEnoughStock
from oms.infra.idempotency import Answer, KeyInFlight, KeyReused, answer_once

_FORMSET_TOTAL = "form-TOTAL_FORMS"
_MORE_ROWS = 10

#: Does the work; returns what came of it as a sentence, and the address that follows.
Act = Callable[[], tuple[str, str]]


def asked(request: HttpRequest) -> QueryDict | None:
    """What was sent, with more rows where more rows are wanted; None for a form that is opened."""
    if request.method != "POST":
        return None
    if "more" not in request.POST:
        return request.POST
    given = request.POST.copy()
    total = given.get(_FORMSET_TOTAL, "")
    given[_FORMSET_TOTAL] = str(
        (int(total) if total.isascii() and total.isdigit() and len(total) < 5 else 0) + _MORE_ROWS
    )
    return given


def entry(
    admin: ModelAdmin[Any],
    request: HttpRequest,
    *,
    title: str,
    word: str,
    form: forms.Form,
    act: Act,
    lines: forms.BaseFormSet[Any] | None = None,
    refusals: tuple[type[Exception], ...] = (NotEnoughStock,),
    template: str = "inventory/entry.html",
    context: Mapping[str, Any] | None = None,
    back: str,
) -> HttpResponse:
    """Show a form, or do what it says. ``word`` is on its button; ``back`` is where giving up leads.

    The form carries a key of its own: sent twice, it is done once, and both lead to the same page. What a service
    refuses (``refusals``) is said above the fields, which keep what was typed.
    """
    key = str(request.POST.get("key", ""))[:64] or uuid4().hex
    if request.method == "POST" and "more" not in request.POST:
        good = all([form.is_valid(), lines is None or lines.is_valid()])
        if good:
            try:
                with transaction.atomic():
                    answer = answer_once(
                        caller=f"screen {request.user.pk}", key=key, request=_said(request), work=lambda: _done(act)
                    )
            except KeyInFlight:
                form.add_error(None, "This is being saved at this moment. Send it again in a few seconds.")
            except KeyReused:
                key = uuid4().hex
                form.add_error(None, "This form was saved before, with other content. Save it again to add this too.")
            except refusals as refusal:
                form.add_error(None, f"Nothing was saved: {refusal}.")
            else:
                messages.success(request, str(answer.body["said"]))
                return HttpResponseRedirect(str(answer.body["address"]))
    request.current_app = admin.admin_site.name
    page = {
        **admin.admin_site.each_context(request), "opts": admin.opts, "title": title, "word": word, "form": form,
        "lines": lines, "key": key, "back": back, "faults": _faults(form, lines) if "more" not in request.POST else [],
        **(context or {}),
    }  # fmt: skip
    return TemplateResponse(request, template, page)


def _done(act: Act) -> Answer:
    said, address = act()
    return Answer(303, {"said": said, "address": address})


def _said(request: HttpRequest) -> bytes:
    """What makes two forms the same: address and fields, without the token that changes from page to page."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    return hashlib.sha256(repr((request.path, fields)).encode()).digest()


def _faults(form: forms.Form, lines: forms.BaseFormSet[Any] | None) -> list[tuple[str, str]]:
    """Each fault with the field that it is about: above the form, where somebody who cannot see it begins to read."""
    if not form.is_bound:
        return []
    parts: list[forms.Form] = [form, *(lines.forms if lines is not None else ())]
    found = [(f"#{part[name].id_for_label}", str(fault)) for part in parts for name, faults in part.errors.items()
             if name != "__all__" for fault in faults]  # fmt: skip
    whole = [str(fault) for fault in form.non_field_errors()]
    if lines is not None:
        whole += [str(fault) for fault in lines.non_form_errors()]
    return [*(("", fault) for fault in whole), *found]
