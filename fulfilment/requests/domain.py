"""The life of a fulfilment request."""

from __future__ import annotations

from enum import StrEnum

from oms.kernel.transitions import TransitionTable


class RequestStatus(StrEnum):
    """Where a fulfilment request stands."""

    OFFERED = "offered"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"

    @property
    def sentence(self) -> str:
        """What the status means, for people."""
        return _SENTENCES[self]


_SENTENCES = {
    RequestStatus.OFFERED: "Offered: waits for the location to begin",
    RequestStatus.PICKING: "Picking: somebody is collecting the items",
    RequestStatus.PACKED: "Packed: ready for the carrier",
    RequestStatus.SHIPPED: "Shipped: it left the location",
    RequestStatus.CANCELLED: "Cancelled: nothing of it is wanted any more",
}

REQUEST_LIFE = TransitionTable(
    "the fulfilment request",
    {
        RequestStatus.OFFERED: frozenset({RequestStatus.PICKING, RequestStatus.CANCELLED}),
        RequestStatus.PICKING: frozenset({RequestStatus.PACKED, RequestStatus.CANCELLED}),
        RequestStatus.PACKED: frozenset({RequestStatus.SHIPPED, RequestStatus.CANCELLED}),
    },
)
