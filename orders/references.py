"""Documents name channels by their codes."""

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
