"""Fulfilment requests and shipments in the back office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from fulfilment.requests.bulk import REQUEST_ACTIONS
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.extensions import DOUBTS, HOW_IT_GOES, PANELS, HowItGoes
from fulfilment.requests.models import Exclusion, FulfilmentRequest, RejectReason, Shipment
from fulfilment.requests.rejections import rejected_lines, told_rejections
from fulfilment.requests.selectors import requests_found, shipments_found
from fulfilment.requests.services import (
    CannotReject,
    NoSuchExclusion,
    RequestRefused,
    exclusion_lift,
    request_reject,
    requests_advance,
    requests_ship,
)
from oms.infra.backoffice.display import Tone, badge, moment
from oms.infra.backoffice.filters import DayRange, Menu, chips
from oms.infra.backoffice.links import page_address, page_link
from oms.infra.backoffice.lists import PageAdmin, ReadOnlyAdmin, acting
from oms.infra.backoffice.site import retailer_site

_TONES = {
    RequestStatus.OFFERED: Tone.WAITING,
    RequestStatus.PICKING: Tone.WORKING,
    RequestStatus.PACKED: Tone.WORKING,
    RequestStatus.SHIPPED: Tone.DONE,
    RequestStatus.CANCELLED: Tone.NEUTRAL,
}


def request_status_badge(request: FulfilmentRequest) -> SafeString:
    """The request's status in words."""
    status = RequestStatus(request.status)
    return badge(status.sentence, _TONES[status])


@dataclass(frozen=True, slots=True)
class Step:
    """A button: what it says, what the request becomes, and what is said when it has."""

    word: str
    to: RequestStatus
    done: str


_REJECTABLE = (RequestStatus.OFFERED, RequestStatus.PICKING)
_STEPS = {
    RequestStatus.OFFERED: Step("Start picking", RequestStatus.PICKING, "is being picked"),
    RequestStatus.PICKING: Step("Mark as packed", RequestStatus.PACKED, "is packed"),
    RequestStatus.PACKED: Step("Ship", RequestStatus.SHIPPED, "has been shipped"),
}


def _next_step(status: RequestStatus) -> Step | None:
    """The one step that goes forward from a status; None where it is final."""
    return _STEPS.get(status)


def _step_to(status: RequestStatus) -> Step | None:
    """The step that leads to a status; None where no button does."""
    return next((step for step in _STEPS.values() if step.to == status), None)


class StepForm(forms.Form):
    """What a button of the page sends: the status that is wanted, and for a shipment how it goes."""

    to = forms.ChoiceField(choices=[(status.value, status.value) for status in RequestStatus])
    carrier = forms.CharField(max_length=40, required=False)
    tracking_number = forms.CharField(max_length=64, required=False)
    sure = forms.BooleanField(required=False)


def _how_it_goes(request: HttpRequest, row: FulfilmentRequest) -> HowItGoes | None:
    """What fills the shipping form: what was typed and doubted, else what somebody knows about the request."""
    if "sure" not in request.GET:
        return next(filter(None, (ask(row) for ask in HOW_IT_GOES)), None)
    return HowItGoes(request.GET.get("carrier", "")[:40], request.GET.get("tracking_number", "")[:64])


def _doubted(request: HttpRequest, form: StepForm) -> str:
    """Say what looks wrong, and return the address's end that keeps what was typed; empty where all is well."""
    typed = HowItGoes(form.cleaned_data["carrier"], form.cleaned_data["tracking_number"])
    doubts = [] if form.cleaned_data["sure"] else list(filter(None, (ask(typed) for ask in DOUBTS)))
    for doubt in doubts:
        messages.warning(request, f"{doubt} Press Ship again to use it all the same.")
    kept = {"carrier": typed.carrier, "tracking_number": typed.tracking_number, "sure": "1"}
    return urlencode(kept) if doubts else ""


@register(FulfilmentRequest, site=retailer_site)
class FulfilmentRequestAdmin(PageAdmin[FulfilmentRequest]):
    """What locations have been asked to send, newest first."""

    list_display = ("number", "state", "location", "created", "shipped", "order_number")
    list_select_related = ("location", "order")
    list_filter = (
        chips("status", [(status.value, status.sentence) for status in RequestStatus]), ("location", Menu),
    )  # fmt: skip
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Request, order or tracking number"
    bulk_actions = REQUEST_ACTIONS
    page_template = "requests/request_page.html"
    page_related = ("location", "order__customer", "order__channel", "parcel")

    @display(description="Status")
    def state(self, item: FulfilmentRequest) -> SafeString:
        """In words."""
        return request_status_badge(item)

    @display(description="Offered")
    def created(self, item: FulfilmentRequest) -> str:
        """When, in the retailer's zone."""
        return moment(item.created_at)

    @display(description="Shipped")
    def shipped(self, item: FulfilmentRequest) -> str:
        """When, in the retailer's zone."""
        return moment(item.shipped_at) or "–"

    @display(description="Order")
    def order_number(self, item: FulfilmentRequest) -> SafeString:
        """Leads to the order."""
        return page_link(item.order, item.order.number)

    def find(self, rows: QuerySet[FulfilmentRequest], term: str) -> QuerySet[FulfilmentRequest]:
        """By number, of the request, its order or its shipment."""
        return requests_found(rows, term)

    def page_context(self, request: HttpRequest, row: FulfilmentRequest) -> dict[str, Any]:
        """Its lines, its shipments and the next step."""
        lines = row.lines.select_related("order_line__product", "level")
        step = _next_step(RequestStatus(row.status))
        return {
            "status": request_status_badge(row),
            "lines": list(lines.order_by("order_line__position")),
            "shipments": list(row.shipments.annotate(units=Sum("lines__quantity")).order_by("id")),
            "step": step,
            "goes": _how_it_goes(request, row) if step and step.to == RequestStatus.SHIPPED else None,
            "sure": "sure" in request.GET,
            "panels": [{"template": panel.template, "shown": panel.context(request, row)} for panel in PANELS],
            "mates": list(row.parcel.requests.exclude(pk=row.pk).select_related("order")) if row.parcel else [],
            "exclusions": list(row.exclusions.select_related("line__product").filter(lifted_at__isnull=True)),
            "reasons": RejectReason.choices if row.status in _REJECTABLE else [],
        }

    def get_urls(self) -> list[URLPattern]:
        """The step's address beside the usual ones."""
        view = self.admin_site.admin_view(self.step_view)
        reject, lift = (self.admin_site.admin_view(each) for each in (self.reject_view, self.lift_view))
        return [
            path("<int:key>/step/", view, name="requests_fulfilmentrequest_step"),
            path("<int:key>/reject/", reject, name="requests_fulfilmentrequest_reject"),
            path("<int:key>/lift/<int:exclusion>/", lift, name="requests_fulfilmentrequest_lift"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def step_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Take the request one step on, and say what came of it."""
        row = self.row_to_act_on(request, str(key))
        form = StepForm(request.POST)
        step = _step_to(RequestStatus(form.cleaned_data["to"])) if form.is_valid() else None
        if step is None:
            faults = "; ".join(str(fault) for name in form.errors.values() for fault in name)
            messages.error(request, f"{row.number} was left as it is: {faults or 'there is no such step'}.")
        elif step.to == RequestStatus.SHIPPED and (doubted := _doubted(request, form)):
            return HttpResponseRedirect(f"{page_address(row)}?{doubted}")
        else:
            self._take(request, row, step, form.cleaned_data)
        return HttpResponseRedirect(page_address(row))

    @method_decorator(require_POST)
    def reject_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """First show what follows; then give the units back. Another location is asked by routing."""
        row = self.row_to_act_on(request, str(key))
        lines, faults = rejected_lines(request.POST, row)
        if faults or not lines:
            messages.error(request, f"{row.number} was left as it is: {'; '.join(faults) or 'no item was chosen'}.")
        elif not request.POST.get("confirmed"):
            request.current_app = self.admin_site.name
            return TemplateResponse(request, "requests/reject_confirm.html", {
                **self.admin_site.each_context(request), "opts": self.opts, "original": row,
                "title": f"Reject {row.number}", "told": told_rejections(row, lines),
                "units": sum(said.units for said in lines.values()), "given": list(request.POST.items()),
            })  # fmt: skip
        else:
            try:
                with transaction.atomic():
                    units = request_reject(request_id=row.pk, lines=lines, actor=acting(request))
            except CannotReject as fault:
                messages.error(request, f"{fault}.")
            else:
                messages.success(
                    request, f"{row.number}: {units:,} unit{'s' if units != 1 else ''} given back; "
                    "another location is looked for."
                )  # fmt: skip
        return HttpResponseRedirect(page_address(row))

    @method_decorator(require_POST)
    def lift_view(self, request: HttpRequest, key: int, exclusion: int) -> HttpResponse:
        """Let the location be asked again for a line."""
        row = self.row_to_act_on(request, str(key))
        try:
            with transaction.atomic():
                exclusion_lift(exclusion_id=row.exclusions.get(pk=exclusion).pk, actor=acting(request))
        except (NoSuchExclusion, Exclusion.DoesNotExist):
            messages.info(request, "The location may be asked again already.")
        else:
            messages.success(request, f"{row.location} may be asked again.")
        return HttpResponseRedirect(page_address(row))

    def _take(self, request: HttpRequest, row: FulfilmentRequest, step: Step, given: dict[str, str]) -> None:
        try:
            with transaction.atomic():
                if step.to == RequestStatus.SHIPPED:
                    requests_ship(
                        request_ids=[row.pk], actor=acting(request), carrier=given["carrier"],
                        tracking_number=given["tracking_number"],
                    )  # fmt: skip
                else:
                    requests_advance(request_ids=[row.pk], to=step.to, actor=acting(request))
        except RequestRefused as refusal:
            row.refresh_from_db(fields=["status"])
            if row.status == step.to:  # pressed twice, or by two people at once
                messages.info(request, f"{row.number} {step.done} already.")
            else:
                messages.error(request, str(refusal))
        else:
            messages.success(request, f"{row.number} {step.done}.")


@register(Shipment, site=retailer_site)
class ShipmentAdmin(ReadOnlyAdmin[Shipment]):
    """What has left, newest first."""

    list_display = ("number", "left", "place", "carrier", "tracking_number", "request_number", "order_number")
    list_display_links = None
    list_select_related = ("request__location", "request__order")
    list_filter = (("shipped_at", DayRange),)
    ordering = ("-shipped_at", "-id")
    sortable_by = ()
    search_help_text = "Shipment, tracking or order number"

    @display(description="Left")
    def left(self, shipment: Shipment) -> str:
        """When, in the retailer's zone."""
        return moment(shipment.shipped_at)

    @display(description="From")
    def place(self, shipment: Shipment) -> str:
        """The location."""
        return str(shipment.request.location)

    @display(description="Request")
    def request_number(self, shipment: Shipment) -> SafeString:
        """Leads to the request."""
        return page_link(shipment.request, shipment.request.number)

    @display(description="Order")
    def order_number(self, shipment: Shipment) -> SafeString:
        """Leads to the order."""
        return page_link(shipment.request.order, shipment.request.order.number)

    def find(self, rows: QuerySet[Shipment], term: str) -> QuerySet[Shipment]:
        """By number, of the shipment, its parcel or its order."""
        return shipments_found(rows, term)
