"""Giving work to locations, with the stock for it reserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils import timezone

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestOffered
from fulfilment.requests.models import FulfilmentRequest, FulfilmentRequestLine
from fulfilment.requests.services.arrivals import arrivals_tell
from fulfilment.requests.services.parcels import parcels_join
from modules.contracts.routing_runs import ConsolidationRule
from oms.infra.database.bulk import insert_rows, take_numbers
from oms.infra.events import record
from orders.services import Progress, lines_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What one location is to send of one order: (order line, stock level, units), and why it was chosen.

    ``joins`` says by which rule it may go into a parcel that the location prepares for the customer already.
    ``contract`` and ``service`` are how it is to travel, ``arrives_on`` is when it is expected to arrive by that, and
    ``method_day`` the day that the order's shipping method promises; each empty where nobody can say.
    """

    order_id: int
    order_number: str
    location_id: int
    location_code: str
    units: tuple[tuple[int, int, int], ...]
    reason: str
    joins: ConsolidationRule | None = None
    contract: str = ""
    service: str = ""
    arrives_on: date | None = None
    arrives_why: str = ""
    method_day: date | None = None

    @property
    def total(self) -> int:
        """Units of all lines together."""
        return sum(units for _, _, units in self.units)


def requests_offer(*, requests: Sequence[NewRequest], actor: str) -> int:
    """Reserve the stock, make the requests, commit the orders' units to them: all of it or nothing.

    The caller holds the orders' row locks. Raises
    :class:`~fulfilment.inventory.services.NotEnoughStock` where somebody else took the stock first. Returns
    the units allocated.
    """
    if not requests:
        return 0
    numbers = _numbers(requests)
    now = timezone.now()
    stock_move(
        kind=MovementKind.RESERVE,
        changes=[
            StockChange(level_id, 0, units, number)
            for number, request in zip(numbers, requests, strict=True)
            for _, level_id, units in request.units
        ],
        actor=actor,
        moved_at=now,
    )
    [keys] = take_numbers([(FulfilmentRequest, len(requests))])
    insert_rows(
        FulfilmentRequest,
        ["id", "number", "order", "location", "status", "units", "contract", "service", "arrives_on", "arrives_why"],
        [
            (
                key, number, request.order_id, request.location_id, RequestStatus.OFFERED.value, request.total,
                request.contract, request.service, request.arrives_on, request.arrives_why[:255],
            )
            for key, number, request in zip(keys, numbers, requests, strict=True)
        ],
    )  # fmt: skip
    insert_rows(
        FulfilmentRequestLine,
        ["request", "order_line", "level", "quantity", "released", "shipped"],
        [
            (key, line_id, level_id, units, 0, 0)
            for key, request in zip(keys, requests, strict=True)
            for line_id, level_id, units in request.units
        ],
    )
    allocated = Counter[int]()
    for request in requests:
        for line_id, _, units in request.units:
            allocated[line_id] += units
    lines_progress(
        order_ids={request.order_id for request in requests},
        progress={line_id: Progress(units, 0) for line_id, units in allocated.items()},
    )
    arrivals_tell(
        {request.order_id for request in requests},
        by_method={request.order_id: request.method_day for request in requests if request.method_day is not None},
    )
    parcels_join({
        key: request.joins for key, request in zip(keys, requests, strict=True) if request.joins is not None
    }, actor=actor)  # fmt: skip
    record([
        RequestOffered(
            subject=request.order_number, occurred_at=now, actor=actor, request=number,
            location=request.location_code, units=request.total,
            reason=request.reason,
        )
        for number, request in zip(numbers, requests, strict=True)
    ])  # fmt: skip
    return allocated.total()


def _numbers(requests: Sequence[NewRequest]) -> list[str]:
    """Each order counts its requests from 1; the row lock on the order keeps two from counting alike."""
    counted = Counter(
        dict(
            FulfilmentRequest.objects.filter(order__in={request.order_id for request in requests})
            .order_by()
            .values_list("order")
            .annotate(Count("id"))
        )
    )
    numbers = []
    for request in requests:
        counted[request.order_id] += 1
        numbers.append(f"{request.order_number}/{counted[request.order_id]}")
    return numbers
