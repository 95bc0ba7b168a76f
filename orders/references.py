"""Documents name channels by their codes, and those who ask for something of an order by what they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modules.contracts.references import ReferenceKind
from modules.references import reference_kind
from orders.models import Channel


def _known(codes: Collection[str]) -> set[str]:
    return set(Channel.objects.filter(code__in=codes).values_list("code", flat=True))


def _choices(limit: int) -> Mapping[str, str]:
    return dict(Channel.objects.order_by("code").values_list("code", "name")[:limit])


reference_kind(
    ReferenceKind("channel", _known, _choices, remedy="create it under Settings → Channels, or name one that is there")
)

_ASKERS = {"customer": "The customer", "staff": "Staff", "channel": "The channel"}

reference_kind(
    ReferenceKind(
        "asker",
        lambda codes: set(codes) & set(_ASKERS),
        lambda limit: _ASKERS,
        remedy="it is customer, staff or channel",
    )
)
