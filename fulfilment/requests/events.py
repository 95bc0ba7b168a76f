"""What happens to fulfilment requests. Their subject is the order, on whose timeline they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orders.events import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent(OrderEvent):
    """An event of one fulfilment request."""

    request: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOffered(RequestEvent):
    """A location was asked to send units of an order."""

    NAME: ClassVar[str] = "fulfilment.offered.v1"

    units: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAdvanced(RequestEvent):
    """A location went on with a request."""

    NAME: ClassVar[str] = "fulfilment.advanced.v1"

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestShipped(RequestEvent):
    """Goods left a location."""

    NAME: ClassVar[str] = "fulfilment.shipped.v1"

    shipment: str
    units: int
    tracking_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDelivered(RequestEvent):
    """What had left of a request arrived, or was handed over; ``presumed``: the expected day passed unreported."""

    NAME: ClassVar[str] = "fulfilment.delivered.v1"

    presumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsReleased(RequestEvent):
    """Units of a request are no longer wanted; their stock is free again."""

    NAME: ClassVar[str] = "fulfilment.released.v1"

    position: int
    units: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRejected(RequestEvent):
    """A location could not send units of a request: they are open again, and it is not asked for them again.

    ``lines`` holds (position, units, reason) for each line.
    """

    NAME: ClassVar[str] = "fulfilment.rejected.v1"

    units: int
    lines: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelJoined(RequestEvent):
    """A request goes in one parcel with requests of other orders of the customer (``others``, by number)."""

    NAME: ClassVar[str] = "fulfilment.parcel_joined.v1"

    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelLeft(RequestEvent):
    """A request no longer goes in the parcel that it shared."""

    NAME: ClassVar[str] = "fulfilment.parcel_left.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionLifted(RequestEvent):
    """A location that had refused a line may be asked for it again."""

    NAME: ClassVar[str] = "fulfilment.exclusion_lifted.v1"

    position: int
