"""Locations in the back office."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib.admin import display, register
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fulfilment.locations.bulk import LOCATION_ACTIONS
from fulfilment.locations.models import Location, LocationGroup, LocationKind, OpeningException, OpeningHours
from fulfilment.locations.selectors import locations_found, promised_beyond_stock
from oms.infra.backoffice.bases import ModelForm, TabularInline
from oms.infra.backoffice.display import Tone, badge
from oms.infra.backoffice.filters import chips
from oms.infra.backoffice.lists import MasterDataAdmin
from oms.infra.backoffice.site import retailer_site


class LocationForm(ModelForm[Location]):
    """Says in words what the database would refuse."""

    class Meta:
        model = Location
        fields = "__all__"

    def clean_country(self) -> str:
        """Two letters, in capitals."""
        country = str(self.cleaned_data["country"]).upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            message = "Name the country by its two letters, such as GB."
            raise forms.ValidationError(message)
        return country

    def clean_time_zone(self) -> str:
        """A name that the machine knows."""
        name = str(self.cleaned_data["time_zone"])
        if name not in zoneinfo.available_timezones():
            message = "Name a time zone as Europe/London does; this one is not known."
            raise forms.ValidationError(message)
        return name

    def clean_allows_backorder(self) -> bool:
        """It cannot be taken back while more is reserved than there is."""
        allowed = bool(self.cleaned_data["allows_backorder"])
        if not allowed and self.instance.pk and promised_beyond_stock(self.instance.pk):
            message = "More is reserved here than is on hand; this can be switched off once that has been received."
            raise forms.ValidationError(message)
        return allowed

    def clean(self) -> dict[str, Any] | None:
        """Both coordinates or neither, and on the Earth."""
        cleaned = super().clean() or self.cleaned_data
        place = {name: cleaned.get(name) for name in ("latitude", "longitude") if name in cleaned}
        for name, value in place.items():
            reach = 90 if name == "latitude" else 180
            if value is not None and not -reach <= value <= reach:
                self.add_error(name, f"Give degrees from -{reach} to {reach}.")
        missing = [name for name, value in place.items() if value is None]
        if len(missing) == 1:
            self.add_error(missing[0], "Give both coordinates, or neither.")
        return cleaned


class OpeningHoursInline(TabularInline[OpeningHours, Location]):
    """Hours by weekday. None at all: always open."""

    model = OpeningHours
    extra = 0


class OpeningExceptionInline(TabularInline[OpeningException, Location]):
    """Dates on which other hours hold, or none."""

    model = OpeningException
    extra = 0


@register(Location, site=retailer_site)
class LocationAdmin(MasterDataAdmin[Location]):
    """Places that hold stock or fulfil."""

    form = LocationForm
    inlines = (OpeningHoursInline, OpeningExceptionInline)
    list_display = ("name", "code", "kind_word", "city", "country", "ships", "offers_pickup", "state")
    list_filter = (chips("kind", LocationKind.choices, "kind"),)
    ordering = ("code",)
    sortable_by = ()
    search_help_text = "Code or name"
    list_more = ("address", "postal_code", "time_zone", "allows_backorder")
    bulk_actions = LOCATION_ACTIONS
    fieldsets = (
        (None, {"fields": (("code", "name"), "kind", "ships", "offers_pickup", "paused", "allows_backorder")}),
        ("Where it is", {"fields": (
            "address", ("postal_code", "city"), "country", ("latitude", "longitude"), "time_zone",
        )}),
    )  # fmt: skip

    @display(description="Kind")
    def kind_word(self, location: Location) -> str:
        """What kind of place."""
        return str(location.get_kind_display())

    @display(description="State")
    def state(self, location: Location) -> SafeString:
        """Whether it takes work."""
        if location.paused:
            return badge("Paused: takes no new work", Tone.WAITING)
        return badge("Working: takes new work", Tone.DONE)

    def find(self, rows: QuerySet[Location], term: str) -> QuerySet[Location]:
        """By code, or by a part of the name: there are never many."""
        return locations_found(rows, term)

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> tuple[str, ...]:
        """Order lines and events name a location by its code, so it stays."""
        return ("code",) if obj else ()


@register(LocationGroup, site=retailer_site)
class LocationGroupAdmin(MasterDataAdmin[LocationGroup]):
    """Named sets of locations, and the channels that sell from them alone."""

    list_display = ("name", "code", "members", "sold_by")
    ordering = ("code",)
    sortable_by = ()
    filter_horizontal = ("locations", "channels")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LocationGroup]:
        """With the number of members."""
        counted = Count("locations", distinct=True)
        return super().get_queryset(request).annotate(member_count=counted).prefetch_related("channels")

    @display(description="Locations")
    def members(self, group: LocationGroup) -> str:
        """How many."""
        return f"{group.member_count:,}"  # type: ignore[attr-defined]  # annotated

    @display(description="Channels")
    def sold_by(self, group: LocationGroup) -> str:
        """Those that sell from it alone."""
        return ", ".join(str(channel) for channel in group.channels.all()) or "none is limited to it"

    def get_readonly_fields(self, request: HttpRequest, obj: LocationGroup | None = None) -> tuple[str, ...]:
        """Routing strategies name a group by its code, so it stays."""
        return ("code",) if obj else ()
