"""Changing, cancelling and holding an order from its page, with notes and files. Each form carries a key of its own,
so that a double click is done once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from oms.infra.backoffice.links import page_address
from oms.infra.backoffice.lists import PageAdmin, acting
from oms.web.admin_sites.order_forms import cancel_parts, change_actions, change_form, key_of
from oms.web.files import file_answer
from orders.domain.change import ChangeRefused, Fault, StaleOrder, actions_from_json, actions_to_json
from orders.models import ChangeStatus, Order, OrderAttachment
from orders.services import (
    BadHold,
    FileRefused,
    KeyOfAnother,
    MoneyMoving,
    NoSuchHold,
    NoteRefused,
    NotWaiting,
    file_attach,
    hold_place,
    hold_reject,
    may_cancel,
    may_change,
    note_write,
    order_cancel,
    order_cancel_preview,
    order_change_confirm,
    order_change_decline,
    order_change_preview,
    order_change_request,
)

_REFUSALS = (
    BadHold, ChangeRefused, FileRefused, KeyOfAnother, MoneyMoving, NoSuchHold, NoteRefused, NotWaiting, StaleOrder,
)  # fmt: skip


def fresh_key() -> str:
    """A key that no form has had before."""
    return secrets.token_urlsafe(12)


class OrderLifeViews(PageAdmin[Order]):
    """Where the buttons of an order's life lead."""

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual addresses."""
        views: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("alter/", "alter", self.alter_view),
            ("cancel/", "cancel", self.cancel_view),
            ("hold/", "hold", self.hold_view),
            ("holds/<str:code>/reject/", "reject", self.reject_view),
            ("changes/<int:number>/decide/", "decide", self.decide_view),
            ("notes/", "note", self.note_view),
            ("files/", "attach", self.attach_view),
            ("files/<int:file>/", "file", self.file_view),
        ]
        return [
            *(
                path(f"<int:key>/{where}", self.admin_site.admin_view(view), name=f"orders_order_{name}")
                for where, name, view in views
            ),
            *super().get_urls(),
        ]

    def alter_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The form of a change; what it comes to; and, once that has been looked at, doing it."""
        order = self.row_to_act_on(request, str(key))
        context: dict[str, Any] = {
            "form": change_form(order, request.POST),
            "may": may_change(order),
            "key": fresh_key(),
        }
        step = request.POST.get("step", "")
        try:
            if step == "confirm":
                return self._change(request, order)
            if step == "preview":
                actions = change_actions(order, request.POST)
                context["preview"] = order_change_preview(
                    order_number=order.number, actions=actions, asked_by=_asker(request)
                )
                context["written"] = json.dumps(actions_to_json(actions))
                context["asked_by"], context["reason"] = _asker(request), request.POST.get("reason", "")
        except ChangeRefused as refused:
            context["faults"] = [fault.why for fault in refused.faults]
        except (StaleOrder, MoneyMoving, KeyOfAnother) as fault:
            context["faults"] = [str(fault)]
        return self._page(request, order, "web/order/change.html", f"Change {order.number}", context)

    def _change(self, request: HttpRequest, order: Order) -> HttpResponse:
        try:
            actions = actions_from_json(json.loads(request.POST["actions"]))
            version = int(request.POST["version"])
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as broken:
            raise ChangeRefused([Fault(0, "load the page again: this form is not whole")]) from broken
        with transaction.atomic():
            change = order_change_request(
                order_number=order.number, actions=actions, asked_by=_asker(request), key=key_of(request.POST),
                actor=acting(request),                 reason=request.POST.get("reason", ""), version=version,
            )  # fmt: skip
        if change.status == ChangeStatus.DECLINED:
            messages.error(request, f"{order.number} was not changed: {change.why}.")
        elif change.status == ChangeStatus.REQUESTED:
            messages.success(request, f"Change {change.number} waits to be confirmed: {change.why or 'as configured'}.")
        else:
            messages.success(request, f"{order.number} is changed.")
        return HttpResponseRedirect(page_address(order))

    def cancel_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What a cancellation would come to, with its form; and doing it."""
        order = self.row_to_act_on(request, str(key))
        context: dict[str, Any] = {"may": may_cancel(order), "key": fresh_key(), "asked_by": _asker(request)}
        context["form"] = change_form(order, request.POST)
        try:
            parts = cancel_parts(request.POST)
            context["reason"] = reason = request.POST.get("reason", "").strip()
            if request.POST.get("step") == "confirm":
                if reason:
                    return self._cancel(request, order, parts, reason)
                context["faults"] = ["say why it is cancelled"]
            if context["may"]:
                context["preview"] = order_cancel_preview(
                    order_number=order.number, asked_by=_asker(request), reason=reason, parts=parts
                )
        except ChangeRefused as refused:
            context["faults"] = [fault.why for fault in refused.faults]
        except (MoneyMoving, KeyOfAnother) as fault:
            context["faults"] = [str(fault)]
        return self._page(request, order, "web/order/cancel.html", f"Cancel {order.number}", context)

    def _cancel(
        self, request: HttpRequest, order: Order, parts: dict[int, int] | None, reason: str
    ) -> HttpResponse:  # fmt: skip
        with transaction.atomic():
            change = order_cancel(
                order_number=order.number, reason=reason, asked_by=_asker(request), key=key_of(request.POST),
                actor=acting(request), parts=parts,
            )  # fmt: skip
        if change.status == ChangeStatus.CONFIRMED:
            messages.success(request, f"{order.number}: cancelled as asked.")
        else:
            messages.error(request, f"{order.number} was not cancelled: {change.why}.")
        return HttpResponseRedirect(page_address(order))

    @method_decorator(require_POST)
    def hold_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Place a hold by hand."""
        order = self.row_to_act_on(request, str(key))
        given = request.POST
        return self._do(
            request, order, "The order is held.",
            lambda: hold_place(
                order_number=order.number, name=given.get("name", ""), blocks=given.getlist("blocks"),
                why=given.get("why", ""), key=key_of(given), actor=acting(request),
            ),
        )  # fmt: skip

    @method_decorator(require_POST)
    def reject_view(self, request: HttpRequest, key: int, code: str) -> HttpResponse:
        """Reject a hold: what has not left is cancelled."""
        order = self.row_to_act_on(request, str(key))
        reason = request.POST.get("reason", "").strip() or f"hold {code.replace('_', ' ')} rejected"
        return self._do(
            request, order, "The hold is rejected; what had not left is cancelled.",
            lambda: hold_reject(order_number=order.number, code=code, reason=reason, actor=acting(request)),
        )  # fmt: skip

    @method_decorator(require_POST)
    def decide_view(self, request: HttpRequest, key: int, number: int) -> HttpResponse:
        """Confirm or decline a change that waits."""
        order = self.row_to_act_on(request, str(key))
        if request.POST.get("decision") == "confirm":
            return self._do(
                request, order, f"Change {number} is done.",
                lambda: order_change_confirm(order_number=order.number, number=number, actor=acting(request)),
            )  # fmt: skip
        why = request.POST.get("why", "").strip() or "declined by staff"
        return self._do(
            request, order, f"Change {number} is declined.",
            lambda: order_change_decline(order_number=order.number, number=number, why=why, actor=acting(request)),
        )  # fmt: skip

    @method_decorator(require_POST)
    def note_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Write a note."""
        order = self.row_to_act_on(request, str(key))
        return self._do(
            request, order, "The note is written.",
            lambda: note_write(
                order_number=order.number, text=request.POST.get("text", ""), author=acting(request),
                for_partners=request.POST.get("for_partners") == "on",
            ),
        )  # fmt: skip

    @method_decorator(require_POST)
    def attach_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Put a file on the order."""
        order = self.row_to_act_on(request, str(key))
        given = request.FILES.get("file")
        if given is None:
            messages.error(request, "Choose a file first.")
            return HttpResponseRedirect(page_address(order))
        return self._do(
            request, order, f"{given.name} is kept with the order.",
            lambda: file_attach(
                order_number=order.number, name=str(given.name), content=given.read(), author=acting(request),
                for_partners=request.POST.get("for_partners") == "on",
            ),
        )  # fmt: skip

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, key: int, file: int) -> HttpResponse:
        """A file, to be saved: it is never shown as a page of ours."""
        if not self.has_view_permission(request):
            raise Http404
        found = OrderAttachment.objects.filter(order=key, pk=file).first()
        if found is None:
            raise Http404
        return file_answer(found)

    def _do(self, request: HttpRequest, order: Order, done: str, work: Callable[[], object]) -> HttpResponse:
        try:
            with transaction.atomic():
                work()
        except _REFUSALS as refused:
            said = str(refused)
            messages.error(request, f"Nothing was done: {said}.")
        else:
            messages.success(request, f"{order.number}: {done}")
        return HttpResponseRedirect(page_address(order))

    def _page(
        self, request: HttpRequest, order: Order, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, template,
            {**self.admin_site.each_context(request), "opts": self.opts, "original": order, "title": title,
             "back": page_address(order), "here": request.path, "list": reverse("admin:orders_order_changelist"),
             **context},
        )  # fmt: skip


def _asker(request: HttpRequest) -> str:
    return "customer" if request.POST.get("asked_by") == "customer" else "staff"
