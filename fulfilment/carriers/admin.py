"""Parcels, manifests and vans in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from fulfilment.carriers.forms import BookForm, VoidForm
from fulfilment.carriers.labels import label_pdf, label_zpl, manifest_pdf
from fulfilment.carriers.models import FleetDay, FleetVan, Manifest, ManifestStatus, Parcel, ParcelStatus
from fulfilment.carriers.printing import label_of, manifest_sheet
from fulfilment.carriers.request_panel import (
    how_booked_parcels_go,
    parcel_status_badge,
    parcels_panel,
    tracking_doubt,
)
from fulfilment.carriers.selectors import parcels_found
from fulfilment.carriers.services import ParcelRefused, manifest_close, parcel_void, parcels_book
from fulfilment.carriers.services.void import may_void
from fulfilment.requests.extensions import DOUBTS, HOW_IT_GOES, PANELS, Panel
from fulfilment.requests.models import FulfilmentRequest
from oms.infra.backoffice.display import Tone, badge, moment, money
from oms.infra.backoffice.filters import Menu, chips
from oms.infra.backoffice.links import page_address, page_link
from oms.infra.backoffice.lists import MasterDataAdmin, PageAdmin, ReadOnlyAdmin, acting
from oms.infra.backoffice.site import retailer_site

PANELS.append(Panel("carriers/request_panel.html", parcels_panel))
HOW_IT_GOES.append(how_booked_parcels_go)
DOUBTS.append(tracking_doubt)


def _told(form: Any) -> str:
    return "; ".join(str(fault) for faults in form.errors.values() for fault in faults)


@register(Parcel, site=retailer_site)
class ParcelAdmin(PageAdmin[Parcel]):
    """What was booked with carriers, newest first."""

    list_display = ("number", "state", "sent_with", "cost", "tracking", "arrives", "place", "order_number")
    list_select_related = ("request__order", "request__location")
    list_filter = (chips("status", [(status.value, str(status.label)) for status in ParcelStatus]),)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Parcel, tracking, request or order number"
    page_template = "carriers/parcel_page.html"
    page_related = ("request__order", "request__location", "manifest")

    @display(description="Status")
    def state(self, parcel: Parcel) -> SafeString:
        """In words."""
        return parcel_status_badge(parcel)

    @display(description="Carrier and service")
    def sent_with(self, parcel: Parcel) -> str:
        """Who carries it, and how."""
        return f"{parcel.carrier_name}, {parcel.service_name}"

    @display(description="Cost")
    def cost(self, parcel: Parcel) -> str:
        """What the carrier charges."""
        return money(parcel.amount, parcel.currency)

    @display(description="Tracking number")
    def tracking(self, parcel: Parcel) -> str:
        """As on the label."""
        return parcel.tracking_number or "–"

    @display(description="Arrives")
    def arrives(self, parcel: Parcel) -> str:
        """The day that the carrier has promised."""
        return f"{parcel.arrives_on:%-d %b %Y}" if parcel.arrives_on else "not promised"

    @display(description="From")
    def place(self, parcel: Parcel) -> str:
        """The location."""
        return str(parcel.request.location)

    @display(description="Order")
    def order_number(self, parcel: Parcel) -> SafeString:
        """Leads to the order."""
        return page_link(parcel.request.order, parcel.request.order.number)

    def find(self, rows: QuerySet[Parcel], term: str) -> QuerySet[Parcel]:
        """By number, of the parcel, its request or its order, or by tracking number."""
        return parcels_found(rows, term)

    def page_context(self, request: HttpRequest, row: Parcel) -> dict[str, Any]:
        """What it costs and why, what lost, and what may be done."""
        return {"status": self.state(row), "verdict": may_void(row), "drawable": bool(row.tracking_number)}

    def get_urls(self) -> list[URLPattern]:
        """Where buttons lead, and where labels are, beside the usual addresses."""
        book, void, pdf, zpl = (
            self.admin_site.admin_view(view)
            for view in (self.book_view, self.void_view, self.label_pdf_view, self.label_zpl_view)
        )
        return [
            path("book/<int:request_id>/", book, name="carriers_parcel_book"),
            path("<int:key>/void/", void, name="carriers_parcel_void"),
            path("<int:key>/label.pdf", pdf, name="carriers_parcel_label_pdf"),
            path("<int:key>/label.zpl", zpl, name="carriers_parcel_label_zpl"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def book_view(self, request: HttpRequest, request_id: int) -> HttpResponse:
        """Book the parcels of a request, and say what came of it."""
        back = self._request_to_act_on(request, request_id)
        form = BookForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"{back.number} was left as it is: {_told(form)}.")
            return HttpResponseRedirect(page_address(back))
        try:
            with transaction.atomic():
                parcels = parcels_book(
                    request_id=request_id, actor=acting(request), contents=form.contents, pieces=form.count,
                    offer=form.offer,
                )  # fmt: skip
        except ParcelRefused as refusal:
            messages.error(request, str(refusal))
        else:
            for parcel in parcels:
                messages.success(request, _booked_in_words(parcel))
        return HttpResponseRedirect(page_address(back))

    @method_decorator(require_POST)
    def void_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Take a booking back, and say what came of it."""
        row = self.row_to_act_on(request, str(key))
        form = VoidForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        try:
            with transaction.atomic():
                parcel = parcel_void(parcel_id=row.pk, actor=acting(request), reason=reason or "no reason given")
        except ParcelRefused as refusal:
            messages.error(request, str(refusal))
        else:
            if parcel.status == ParcelStatus.VOIDED:
                messages.success(request, f"Parcel {row.number} is voided: destroy its label.")
            elif parcel.status == ParcelStatus.VOIDING:
                messages.info(request, f"{row.carrier_name} has been asked to take parcel {row.number} back.")
            else:
                messages.error(request, f"Parcel {row.number} stays booked: {parcel.reason}.")
        return HttpResponseRedirect(page_address(row.request))

    @method_decorator(require_GET)
    def label_pdf_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The label as PDF: the carrier's own, or drawn from the row."""
        row = self._labelled(request, key)
        if row.label and row.label_type == "application/pdf":
            return _file(bytes(row.label), "application/pdf", f"{row.tracking_number}.pdf")
        return _file(label_pdf(label_of(row)), "application/pdf", f"{row.tracking_number}.pdf")

    @method_decorator(require_GET)
    def label_zpl_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The label for a label printer."""
        row = self._labelled(request, key)
        if row.label and row.label_type == "application/zpl":
            return _file(bytes(row.label), "application/zpl", f"{row.tracking_number}.zpl")
        return _file(label_zpl(label_of(row)).encode(), "application/zpl", f"{row.tracking_number}.zpl")

    def _labelled(self, request: HttpRequest, key: int) -> Parcel:
        row = self.row_to_act_on(request, str(key))
        if row.status not in (ParcelStatus.BOOKED, ParcelStatus.SHIPPED):
            message = f"Parcel {row.number} has no label: it is {row.status}."
            raise Http404(message)
        return row

    def _request_to_act_on(self, request: HttpRequest, request_id: int) -> FulfilmentRequest:
        if not self.may_act(request):
            raise PermissionDenied
        return get_object_or_404(FulfilmentRequest, pk=request_id)


def _booked_in_words(parcel: Parcel) -> str:
    how = f"{parcel.carrier_name}, {parcel.service_name}, {money(parcel.amount, parcel.currency)}"
    if parcel.status == ParcelStatus.BOOKING:
        return f"Parcel {parcel.number}: {parcel.carrier_name} has been asked; its label follows."
    return f"Parcel {parcel.number} is booked: {how}, tracking number {parcel.tracking_number}."


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@register(Manifest, site=retailer_site)
class ManifestAdmin(PageAdmin[Manifest]):
    """What carriers are handed, newest first."""

    list_display = ("number", "state", "location", "carrier", "opened", "closed")
    list_select_related = ("location",)
    list_filter = (
        chips("status", [(status.value, str(status.label)) for status in ManifestStatus]), ("location", Menu),
    )  # fmt: skip
    ordering = ("-id",)
    sortable_by = ()
    page_template = "carriers/manifest_page.html"
    page_related = ("location",)

    @display(description="Status")
    def state(self, manifest: Manifest) -> SafeString:
        """In words."""
        status = ManifestStatus(manifest.status)
        return badge(str(status.label), Tone.WORKING if status == ManifestStatus.OPEN else Tone.DONE)

    @display(description="Opened")
    def opened(self, manifest: Manifest) -> str:
        """When, in the retailer's zone."""
        return moment(manifest.opened_at)

    @display(description="Closed")
    def closed(self, manifest: Manifest) -> str:
        """When, in the retailer's zone."""
        return moment(manifest.closed_at) or "–"

    def page_context(self, request: HttpRequest, row: Manifest) -> dict[str, Any]:
        """Its parcels."""
        parcels = row.parcels.select_related("request__order").order_by("id")
        return {
            "status": self.state(row),
            "parcels": list(parcels[:500]),
            "count": parcels.count(),
            "grams": parcels.aggregate(total=Sum("grams"))["total"] or 0,
            "open": row.status == ManifestStatus.OPEN,
        }

    def get_urls(self) -> list[URLPattern]:
        """Where the button leads, and where the paper is."""
        close, pdf = (self.admin_site.admin_view(view) for view in (self.close_view, self.pdf_view))
        return [
            path("<int:key>/close/", close, name="carriers_manifest_close"),
            path("<int:key>/manifest.pdf", pdf, name="carriers_manifest_pdf"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def close_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Close it, and say what came of it."""
        row = self.row_to_act_on(request, str(key))
        try:
            with transaction.atomic():
                manifest_close(manifest_id=row.pk, actor=acting(request))
        except ParcelRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{row.number} is closed: print it and have it signed.")
        return HttpResponseRedirect(page_address(row))

    @method_decorator(require_GET)
    def pdf_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The paper that is signed."""
        row = self.row_to_act_on(request, str(key))
        return _file(manifest_pdf(manifest_sheet(row)), "application/pdf", f"manifest-{row.number}.pdf")


@register(FleetVan, site=retailer_site)
class FleetVanAdmin(MasterDataAdmin[FleetVan]):
    """The retailer's own vans."""

    list_display = ("name", "code", "location", "parcels_per_day", "kilograms", "weekdays", "state")
    list_select_related = ("location",)
    ordering = ("code",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("code", "name"), "location", "active")}),
        ("How much", {"fields": (("parcels_per_day", "grams_per_day"), ("price", "currency"))}),
        ("Where and when", {"fields": (("radius_km", "prefixes"), ("weekdays", "leaves_at"))}),
    )

    @display(description="kg a day")
    def kilograms(self, van: FleetVan) -> str:
        """What it carries in a day."""
        return f"{van.grams_per_day / 1000:,.0f}"

    @display(description="State")
    def state(self, van: FleetVan) -> SafeString:
        """Whether it takes parcels."""
        return badge("Running: takes parcels", Tone.DONE) if van.active else badge("Off: takes none", Tone.NEUTRAL)

    def get_readonly_fields(self, request: HttpRequest, obj: FleetVan | None = None) -> tuple[str, ...]:
        """Parcels name a van by its code, and its days belong to its location."""
        return ("code", "location") if obj else ()


@register(FleetDay, site=retailer_site)
class FleetDayAdmin(ReadOnlyAdmin[FleetDay]):
    """How full vans are, newest day first."""

    list_display = ("day", "van", "parcels_of", "grams_of")
    list_display_links = None
    list_select_related = ("van",)
    list_filter = (("van", Menu),)
    ordering = ("-day", "van_id")
    sortable_by = ()

    @display(description="Parcels")
    def parcels_of(self, day: FleetDay) -> str:
        """Taken, of what it holds."""
        return f"{day.parcels:,} of {day.parcels_most:,}"

    @display(description="Weight")
    def grams_of(self, day: FleetDay) -> str:
        """Taken, of what it holds."""
        return f"{day.grams / 1000:,.1f} of {day.grams_most / 1000:,.1f} kg"
