"""The home page of the retailer's back office: what waits, each number leading to its list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone

from fulfilment.inventory.models import StockAdjustment
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.routing.models import QueueEntry
from oms.importing.models import ImportedLine
from oms.infra.backoffice.links import list_address
from oms.infra.backoffice.paginator import COUNTED_ROWS
from oms.web.admin_sites.timeline import count
from orders.models import Order, OrderLine, OrderStatus

_OLDEST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """A number and where it leads."""

    word: str
    number: str
    hint: str
    icon: str
    address: str


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the tiles that this person may look into, and the orders that have waited longest."""
    tiles = [tile for model, make in _TILES if _may_view(request, model) for tile in make()]
    return {
        **context,
        "title": "Today",
        "as_of": timezone.localtime(),
        "tiles": tiles,
        "waiting_orders": _longest_waiting() if _may_view(request, Order) else [],
    }


def _orders() -> Iterator[Tile]:
    for status, word, icon in (
        (OrderStatus.OPEN, "Orders open", "inbox"),
        (OrderStatus.IN_PROGRESS, "Orders in progress", "conveyor_belt"),
    ):
        hint = str(status.label).partition(": ")[2]
        number = _at_most(Order.objects.filter(status=status))
        yield Tile(word, number, hint, icon, list_address(Order, status=status.value))


def _backorders() -> Iterator[Tile]:
    waiting = QueueEntry.objects.order_by()[: COUNTED_ROWS + 1].values("line")
    found = OrderLine.objects.filter(pk__in=waiting, open__gt=0).aggregate(units=Sum("open"), lines=Count("id"))
    more = "+" if found["lines"] > COUNTED_ROWS else ""
    hint = f"wait for stock, in {count(min(found['lines'], COUNTED_ROWS), 'line')}{more and ' and more'}"
    yield Tile("Units backordered", f"{found['units'] or 0:,}{more}", hint, "hourglass_top", list_address(QueueEntry))


def _requests() -> Iterator[Tile]:
    waiting = {
        RequestStatus.OFFERED: ("Requests offered", "notifications"),
        RequestStatus.PICKING: ("Requests being picked", "shelves"),
        RequestStatus.PACKED: ("Requests packed", "inventory_2"),
    }
    rows = FulfilmentRequest.objects.filter(status__in=[status.value for status in waiting])
    found = dict(rows.order_by().values_list("status").annotate(Count("id")))
    for status, (word, icon) in waiting.items():
        hint = status.sentence.partition(": ")[2]
        address = list_address(FulfilmentRequest, status=status.value)
        yield Tile(word, f"{found.get(status.value, 0):,}", hint, icon, address)


def _adjustments() -> Iterator[Tile]:
    number = _at_most(StockAdjustment.objects.filter(posted_at__isnull=True))
    address = list_address(StockAdjustment, posted="no")
    yield Tile("Adjustments waiting", number, "no level can bear them yet", "balance", address)


def _refused() -> Iterator[Tile]:
    number = _at_most(ImportedLine.objects.filter(outcome="refused"))
    address = list_address(ImportedLine, outcome="refused")
    yield Tile("Lines refused", number, "of imported files, each with its reason", "report", address)


_TILES: tuple[tuple[type[Model], Callable[[], Iterator[Tile]]], ...] = (
    (Order, _orders),
    (QueueEntry, _backorders),
    (FulfilmentRequest, _requests),
    (StockAdjustment, _adjustments),
    (ImportedLine, _refused),
)


def _longest_waiting() -> list[Order]:
    rows = Order.objects.filter(open_quantity__gt=0).select_related("customer", "channel")
    return list(rows.order_by("id")[:_OLDEST_SHOWN])


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    label, name = model._meta.app_label, model._meta.model_name
    return any(request.user.has_perm(f"{label}.{verb}_{name}") for verb in ("view", "change"))


def _at_most(rows: QuerySet[Any]) -> str:
    """A count that costs the same however many there are."""
    number = rows.order_by()[: COUNTED_ROWS + 1].count()
    return f"{COUNTED_ROWS:,}+" if number > COUNTED_ROWS else f"{number:,}"
