"""Everything that the page of an order shows, from every module, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet, Sum
from django.utils.safestring import SafeString

from fulfilment.inventory.models import StockLevel
from fulfilment.requests.admin import request_status_badge
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest, FulfilmentRequestLine
from oms.infra.models import Event
from oms.kernel.verdict import Verdict
from oms.web.admin_sites.timeline import Entry, Names, tell
from orders.models import (
    HoldStatus,
    LineCancellation,
    LinePromise,
    Order,
    OrderCharge,
    OrderHold,
    OrderLine,
    OrderStatus,
)

LINES_AT_ONCE = 50
EVENTS_AT_MOST = 200
#: The rest stands on the pages that these lead to.
REQUEST_LINES_AT_MOST = 10
PLACES_AT_MOST = 20

_FINAL = (RequestStatus.SHIPPED, RequestStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class StockAt:
    """Units of a product at a location."""

    place: str
    on_hand: int
    reserved: int

    @property
    def free(self) -> int:
        """Units that nobody has a claim on."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class ProductStock:
    """Where a product lies: places with the most free units first."""

    sku: str
    name: str
    places: Sequence[StockAt]

    @property
    def free(self) -> int:
        """Free units everywhere."""
        return sum(place.free for place in self.places)

    @property
    def shown(self) -> Sequence[StockAt]:
        """The places that the page names."""
        return self.places[:PLACES_AT_MOST]


@dataclass(slots=True)
class RequestPart:
    """A fulfilment request of the order, with the first of its lines."""

    request: FulfilmentRequest
    status: SafeString
    why: str
    lines: list[FulfilmentRequestLine] = field(default_factory=list)
    mates: list[FulfilmentRequest] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Units that the location is to send or has sent."""
        return sum(line.quantity - line.released for line in self.lines)

    @property
    def shown(self) -> list[FulfilmentRequestLine]:
        """The lines that the page names."""
        return self.lines[:REQUEST_LINES_AT_MOST]

    @property
    def open(self) -> bool:
        """Whether somebody still has to work on it."""
        return self.request.status not in _FINAL


@dataclass(frozen=True, slots=True)
class UnitBar:
    """A share of the order's units, for the bar in its heading."""

    word: str
    units: int
    percent: float


@dataclass(frozen=True, slots=True)
class OrderPage:
    """The whole page."""

    lines: Page[OrderLine]
    units: Sequence[UnitBar]
    charges: Sequence[OrderCharge]
    cancellations: Sequence[LineCancellation]
    requests: Sequence[RequestPart]
    stock: Sequence[ProductStock]
    timeline: Sequence[Entry]
    may_route: Verdict
    holds: Sequence[OrderHold]

    @property
    def next_request(self) -> FulfilmentRequest | None:
        """The first request that somebody still has to work on."""
        return next((part.request for part in self.requests if part.open), None)


def order_page(order: Order, page: int) -> OrderPage:
    """Gather the page of an order; ``page`` counts its lines in fifties from 1."""
    newest = Prefetch("promises", LinePromise.objects.order_by("-id"), to_attr="newest_promises")
    lines: QuerySet[OrderLine] = order.lines.select_related("product", "waiting").order_by("position")
    lines = cast("QuerySet[OrderLine]", lines.prefetch_related(newest))
    shown = Paginator(lines, LINES_AT_ONCE).get_page(page)
    events = _events(order)
    requests = _requests(order, events)
    names = Names(
        channels={order.channel.code: order.channel.name},
        locations={part.request.location.code: part.request.location.name for part in requests},
    )
    cancellations = LineCancellation.objects.filter(line__order=order).select_related("line__product")
    return OrderPage(
        lines=shown,
        units=_units(order),
        charges=list(order.charges.all()),
        cancellations=list(cancellations),
        requests=requests,
        stock=_stock(list(shown)),
        timeline=[tell(event, names) for event in events],
        may_route=may_route(order),
        holds=list(order.holds.filter(status=HoldStatus.ACTIVE)),
    )


def may_route(order: Order) -> Verdict:
    """Whether there is anything to give to locations."""
    if order.status == OrderStatus.HELD:
        return Verdict.no("A hold keeps the open units of this order from being given to a location.")
    if order.open_quantity:
        return Verdict.yes()
    if order.status == OrderStatus.CANCELLED:
        return Verdict.no("Every unit of this order is cancelled.")
    return Verdict.no("Every unit of this order has been given to a location.")


def _units(order: Order) -> list[UnitBar]:
    names = ("fulfilled", "allocated", "open", "cancelled")
    sums = order.lines.aggregate(**{f"of_{name}": Sum(name) for name in names})
    units = {name: int(sums[f"of_{name}"] or 0) for name in names}
    total = sum(units.values()) or 1
    return [UnitBar(name.capitalize(), number, 100 * number / total) for name, number in units.items()]


def _events(order: Order) -> list[Event]:
    newest = Event.objects.filter(subject_kind="order", subject=order.number).order_by("-id")
    return list(newest[:EVENTS_AT_MOST])[::-1]


def _requests(order: Order, events: Collection[Event]) -> list[RequestPart]:
    why = {
        event.payload["request"]: str(event.payload["reason"]).removeprefix(f"{event.payload['location']}: ")
        for event in events
        if event.name == "fulfilment.offered.v1"
    }
    found = order.requests.select_related("location").prefetch_related("shipments").order_by("id")
    parts = {item.pk: RequestPart(item, request_status_badge(item), why.get(item.number, "")) for item in found}
    lines = FulfilmentRequestLine.objects.filter(request__in=list(parts)).select_related("order_line__product")
    for line in lines.order_by("request_id", "order_line__position"):
        parts[line.request_id].lines.append(line)
    parcels = [part.request.parcel_id for part in parts.values() if part.request.parcel_id]
    if parcels:
        for mate in FulfilmentRequest.objects.filter(parcel__in=parcels).exclude(order=order).order_by("id"):
            for part in parts.values():
                if part.request.parcel_id == mate.parcel_id:
                    part.mates.append(mate)
    return list(parts.values())


def _stock(lines: Sequence[OrderLine]) -> list[ProductStock]:
    names: Mapping[int, tuple[str, str]] = {
        line.product_id: (line.product.sku, line.product.name or line.description) for line in lines
    }
    places: dict[int, list[StockAt]] = defaultdict(list)
    levels = StockLevel.objects.filter(product__in=list(names)).select_related("location")
    for level in levels.order_by("location__code"):
        places[level.product_id].append(StockAt(str(level.location), level.on_hand, level.reserved))
    return [
        ProductStock(sku, name, sorted(places[key], key=lambda place: -place.free))
        for key, (sku, name) in names.items()
    ]
