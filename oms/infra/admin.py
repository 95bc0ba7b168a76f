"""Events, and what a staging clone has kept from leaving, in the back office."""

from __future__ import annotations

import json

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString

from oms.infra.backoffice.display import moment
from oms.infra.backoffice.filters import DayRange, chips
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from oms.infra.models import Event, OutboundDeparture, OutboundRefusal
from oms.infra.outbound import Kind


@register(Event, site=retailer_site)
class EventAdmin(ReadOnlyAdmin[Event]):
    """Everything that happened, newest first."""

    list_display = ("happened", "name", "subject", "actor")
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Order number"
    fields = ("name", "subject_kind", "subject", "actor", "happened", "recorded", "details")
    readonly_fields = ("happened", "recorded", "details")

    @display(description="Happened")
    def happened(self, event: Event) -> str:
        """When, in the retailer's zone."""
        return moment(event.occurred_at)

    @display(description="Recorded")
    def recorded(self, event: Event) -> str:
        """When it was written down."""
        return moment(event.recorded_at)

    @display(description="Details")
    def details(self, event: Event) -> SafeString:
        """All that the event says."""
        return format_html('<pre class="oms-json">{}</pre>', json.dumps(event.payload, indent=2, ensure_ascii=False))

    def find(self, rows: QuerySet[Event], term: str) -> QuerySet[Event]:
        """By what it happened to."""
        return rows.filter(subject_kind="order", subject__in={term, term.upper()})


@register(OutboundRefusal, site=retailer_site)
class OutboundRefusalAdmin(ReadOnlyAdmin[OutboundRefusal]):
    """What would have left this staging clone, had it been production; newest first. Production keeps nothing back."""

    list_display = ("refused", "kind", "to", "reason")
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Address, number or URL"
    fields = ("refused", "kind", "target", "reason", "content")
    readonly_fields = ("refused", "content")

    @display(description="When")
    def refused(self, refusal: OutboundRefusal) -> str:
        """When, in the retailer's zone."""
        return moment(refusal.refused_at)

    @display(description="To")
    def to(self, refusal: OutboundRefusal) -> str:
        """Whom or what it was for; a long URL is cut."""
        return refusal.target if len(refusal.target) <= 80 else f"{refusal.target[:79]}…"

    @display(description="Content")
    def content(self, refusal: OutboundRefusal) -> SafeString:
        """What would have been sent, without secrets."""
        return format_html('<pre class="oms-json">{}</pre>', json.dumps(refusal.payload, indent=2, ensure_ascii=False))

    def find(self, rows: QuerySet[OutboundRefusal], term: str) -> QuerySet[OutboundRefusal]:
        """By its target, exactly. A clone keeps few rows, and is dropped with them."""
        return rows.filter(target=term)


@register(OutboundDeparture, site=retailer_site)
class OutboundDepartureAdmin(ReadOnlyAdmin[OutboundDeparture]):
    """What left the house, newest first: messages to customers, and calls to other systems."""

    list_display = ("departed", "kind", "target")
    list_filter = (chips("kind", [(kind.value, kind.value.capitalize()) for kind in Kind]), ("departed_at", DayRange))
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Address, number or account"
    fields = ("kind", "target", "departed")
    readonly_fields = ("departed",)

    @display(description="Left")
    def departed(self, departure: OutboundDeparture) -> str:
        """When, in the retailer's zone."""
        return moment(departure.departed_at)

    def find(self, rows: QuerySet[OutboundDeparture], term: str) -> QuerySet[OutboundDeparture]:
        """By whom or what it was for."""
        return rows.filter(target=term)
