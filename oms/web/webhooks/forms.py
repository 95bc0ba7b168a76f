"""What people fill in about webhooks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms

from fulfilment.locations.models import Location
from oms.web.webhooks.catalogue import CATALOGUE
from oms.web.webhooks.models import Endpoint
from oms.web.webhooks.services.endpoints import Wish
from orders.models import Channel

if TYPE_CHECKING:
    from django.forms import TextInput
else:
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput


class EndpointForm(forms.Form):
    """Who listens where, to what, and how fast."""

    name = forms.CharField(max_length=120, label="Who listens", widget=TextInput)
    url = forms.CharField(max_length=500, label="Address", widget=TextInput, help_text="https:// and a public host.")
    events = forms.MultipleChoiceField(
        label="Events", widget=forms.CheckboxSelectMultiple,
        choices=[(event.name, f"{event.title} ({event.name})") for event in CATALOGUE.values()],
    )  # fmt: skip
    channels = forms.MultipleChoiceField(
        label="Only these channels", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all. What belongs to no channel, such as stock, is told anyway.",
    )  # fmt: skip
    locations = forms.CharField(
        label="Only these locations", required=False, widget=TextInput,
        help_text="Codes with commas between them; empty: all. What belongs to no location is told anyway.",
    )  # fmt: skip
    rate = forms.IntegerField(label="Calls a second, at most", min_value=1, max_value=1000, initial=50)
    concurrency = forms.IntegerField(label="Calls at once, at most", min_value=1, max_value=16, initial=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.order_by("code").values_list("code", "name")
        self.fields["channels"].choices = [(code, f"{name} ({code})") for code, name in channels]  # type: ignore[attr-defined]
        self.fields["rate"].widget.attrs["class"] = self.fields["concurrency"].widget.attrs["class"] = "oms-input"

    def clean_locations(self) -> list[str]:
        """Codes, each of which there is."""
        codes = [code.strip() for code in str(self.cleaned_data["locations"]).split(",") if code.strip()]
        known = set(Location.objects.filter(code__in=codes).values_list("code", flat=True))
        unknown = [code for code in codes if code not in known]
        if unknown:
            message = f"There is no location {unknown[0]}."
            raise forms.ValidationError(message)
        return codes

    def wish(self) -> Wish:
        """As the service takes it."""
        return Wish(**self.cleaned_data)


def initial_of(endpoint: Endpoint) -> dict[str, object]:
    """The form as an endpoint stands."""
    return {
        "name": endpoint.name, "url": endpoint.url, "channels": endpoint.channels,
        "locations": ", ".join(endpoint.locations), "rate": endpoint.rate, "concurrency": endpoint.concurrency,
        "events": [row.event for row in endpoint.subscriptions.all()],
    }  # fmt: skip


class RotationForm(forms.Form):
    """How long the secret before goes on signing."""

    keep_hours = forms.IntegerField(min_value=0, max_value=720, initial=24)

    def keep(self) -> timedelta:
        """As the service takes it."""
        return timedelta(hours=self.cleaned_data["keep_hours"])


class ReplayForm(forms.Form):
    """A range of time, in the retailer's zone."""

    begins = forms.DateTimeField()
    ends = forms.DateTimeField()
    everything = forms.BooleanField(required=False)
