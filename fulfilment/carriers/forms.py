"""What staff type about parcels."""

from __future__ import annotations

from django import forms

from fulfilment.carriers.domain.parcels import Parcel, Size
from fulfilment.carriers.services.book import MOST_PIECES

_SIDES = ("length_mm", "width_mm", "height_mm")


class ContentsForm(forms.Form):
    """How many parcels, and what each weighs and measures; empty: as the products say."""

    pieces = forms.IntegerField(min_value=1, max_value=MOST_PIECES, initial=1, required=False)
    grams = forms.IntegerField(min_value=1, max_value=1_000_000, required=False, label="Grams")
    length_mm = forms.IntegerField(min_value=1, max_value=10_000, required=False, label="Length in mm")
    width_mm = forms.IntegerField(min_value=1, max_value=10_000, required=False, label="Width in mm")
    height_mm = forms.IntegerField(min_value=1, max_value=10_000, required=False, label="Height in mm")

    def clean(self) -> dict[str, object] | None:
        """All three sides or none; a size needs a weight, because it replaces what the products say."""
        cleaned = super().clean()
        given = [name for name in _SIDES if self.cleaned_data.get(name)]
        if given and len(given) < len(_SIDES):
            self.add_error(None, "give all three sides, or none")
        if given and not self.cleaned_data.get("grams"):
            self.add_error(None, "give the weight with the size")
        return cleaned

    @property
    def count(self) -> int:
        """How many parcels."""
        return int(self.cleaned_data.get("pieces") or 1)

    @property
    def contents(self) -> list[Parcel] | None:
        """What each parcel was measured to be; None where nobody has weighed them."""
        grams = self.cleaned_data.get("grams")
        if not grams:
            return None
        sides = [int(self.cleaned_data[name]) for name in _SIDES if self.cleaned_data.get(name)]
        size = Size(*sides) if len(sides) == len(_SIDES) else None
        return [Parcel(int(grams), size)] * self.count


class BookForm(ContentsForm):
    """Which offer is booked; empty: the best for each parcel."""

    carrier = forms.CharField(max_length=100, required=False)
    service = forms.CharField(max_length=30, required=False)

    @property
    def offer(self) -> tuple[str, str] | None:
        """Carrier and service that somebody has chosen."""
        carrier, service = self.cleaned_data["carrier"], self.cleaned_data["service"]
        return (carrier, service) if carrier else None


class VoidForm(forms.Form):
    """Why a booking is taken back."""

    reason = forms.CharField(max_length=200, required=False)
