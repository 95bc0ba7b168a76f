"""Documents name locations by their codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fulfilment.locations.models import Location
from modules.contracts.references import ReferenceKind
from modules.references import reference_kind


def _known(codes: Collection[str]) -> set[str]:
    return set(Location.objects.filter(code__in=codes).values_list("code", flat=True))


def _choices(limit: int) -> Mapping[str, str]:
    return dict(Location.objects.order_by("code").values_list("code", "name")[:limit])


reference_kind(
    ReferenceKind(
        "location", _known, _choices, remedy="create it under Settings → Locations, or name one that is there"
    )
)
