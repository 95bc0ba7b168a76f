"""What a row of each kind does, many rows at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, TypeVar
from urllib.parse import quote

from django.db import connection
from django.utils import timezone
from pydantic import BaseModel, Field

from fulfilment.inventory.models import MovementKind, StockAdjustment
from fulfilment.inventory.services import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from oms.infra.database.bulk import insert_rows
from oms.web.api.fields import Body, Currency, Identifier, Price, checked, text
from oms.web.api.orders.body import OrderBody
from oms.web.api.orders.document import COLLECTION
from oms.web.api.parsers import parsed_json
from oms.web.api.problems import Problem
from oms.web.models import BulkKind
from orders.catalogue.selectors import product_ids
from orders.catalogue.services import ProductChange, products_put
from orders.domain.capture import Captured
from orders.services import InactiveChannel, UnknownChannel, UnknownProducts, orders_capture


@dataclass(frozen=True, slots=True)
class Job:
    """Who sent the rows, and what that key is bound to: channels (none: all), locations (None: all)."""

    actor: str
    channels: frozenset[str]
    locations: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was sent."""

    number: int
    content: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row; ``said`` is told to the partner."""

    number: int
    good: bool
    said: Mapping[str, object]


Checked = TypeVar("Checked", bound=BaseModel)
_Measure = Annotated[int, Field(ge=0, le=2_147_483_647)]


class ProductRow(Body):
    """A product: added, or changed to what the row says of it. Weight in grams, lengths in millimetres."""

    sku: Identifier
    name: Annotated[str, text(255)] | None = None
    gtin: Annotated[str, Field(pattern=r"^([0-9]{8}|[0-9]{12,14})?$")] | None = None
    category: Annotated[str, text(120)] | None = None
    weight_grams: _Measure | None = None
    length_mm: _Measure | None = None
    width_mm: _Measure | None = None
    height_mm: _Measure | None = None
    price: Price | None = None
    currency: Currency | None = None
    returnable: bool | None = None


class StockRow(Body):
    """What a location holds of a product, as it was counted."""

    location: Annotated[str, text(32, shortest=1)]
    sku: Identifier
    on_hand: Annotated[int, Field(ge=0, le=1_000_000_000)]


def orders_apply(job: Job, rows: Sequence[Row]) -> list[Result]:
    """Capture orders, channel by channel; one that was captured before counts as done."""
    bodies, results = _read(rows, OrderBody)
    of_channel: dict[str, list[tuple[int, OrderBody]]] = defaultdict(list)
    for number, body in bodies:
        if job.channels and body.channel not in job.channels:
            results.append(_refused(number, "channel_not_allowed", "/channel", "The key is not for this channel."))
        else:
            of_channel[body.channel].append((number, body))
    for channel in sorted(of_channel):
        waiting = of_channel[channel]
        while waiting:  # a number that comes twice is captured first, and then found
            once = {body.external_number: number for number, body in reversed(waiting)}
            now = [(number, body) for number, body in waiting if once[body.external_number] == number]
            results += _capture(channel, now, job.actor)
            waiting = [(number, body) for number, body in waiting if once[body.external_number] != number]
    return results


def _capture(channel: str, wanted: list[tuple[int, OrderBody]], actor: str) -> list[Result]:
    now = timezone.now()
    refused: list[Result] = []
    try:
        captured = orders_capture(channel=channel, orders=[body.new_order(now) for _, body in wanted], actor=actor)
    except UnknownChannel:
        return [
            _refused(number, "unknown_channel", "/channel", f"There is no channel {channel}.") for number, _ in wanted
        ]
    except InactiveChannel:
        detail = f"{channel} takes no orders now."
        return [_refused(number, "inactive_channel", "/channel", detail) for number, _ in wanted]
    except UnknownProducts as fault:
        first: dict[int, tuple[int, str]] = {}
        for order, line, sku in fault.lines:
            first.setdefault(order, (line, sku))
        refused = [
            _refused(wanted[order][0], "unknown_sku", f"/lines/{line}/sku", f"There is no product {sku}.")
            for order, (line, sku) in first.items()
        ]
        wanted = [each for order, each in enumerate(wanted) if order not in first]
        if not wanted:
            return refused
        captured = orders_capture(channel=channel, orders=[body.new_order(now) for _, body in wanted], actor=actor)
    return [*refused, *(_placed(number, order) for (number, _), order in zip(wanted, captured, strict=True))]


def _placed(number: int, order: Captured) -> Result:
    said = {
        "number": order.number, "created": order.created, "link": f"{COLLECTION}/{quote(order.number, safe='')}",
    }  # fmt: skip
    return Result(number, True, said)


def products_apply(job: Job, rows: Sequence[Row]) -> list[Result]:
    """Add and change products; of a SKU that comes twice the later row holds."""
    bodies, results = _read(rows, ProductRow)
    good = []
    for number, body in bodies:
        if body.price is not None and body.currency is None:
            results.append(_refused(number, "required", "/currency", "A price has a currency."))
        else:
            good.append((number, body))
    newest = {body.sku: ProductChange(**body.model_dump(exclude_none=True)) for _, body in good}
    created = products_put(list(newest.values()))
    return [*results, *(Result(n, True, {"sku": body.sku, "created": body.sku in created}) for n, body in good)]


def stock_apply(job: Job, rows: Sequence[Row]) -> list[Result]:
    """Set levels to what was counted, through the ledger; never below what is reserved."""
    bodies, results = _read(rows, StockRow)
    places = dict(Location.objects.filter(code__in={body.location for _, body in bodies}).values_list("code", "id"))
    if job.locations is not None:
        places = {code: key for code, key in places.items() if key in job.locations}
    products = product_ids({body.sku for _, body in bodies})
    known = []
    for number, body in bodies:
        if body.location not in places:
            detail = f"There is no location {body.location}."
            results.append(_refused(number, "unknown_location", "/location", detail))
        elif body.sku not in products:
            results.append(_refused(number, "unknown_sku", "/sku", f"There is no product {body.sku}."))
        else:
            known.append((number, body, (places[body.location], products[body.sku])))
    levels = levels_open({pair for _, _, pair in known})
    held = _lock(sorted(levels.values()))
    changes = []
    for number, body, pair in known:
        level = levels[pair]
        on_hand, reserved = held[level]
        if body.on_hand < reserved:
            detail = f"{reserved} units are reserved there; {body.on_hand} would be too few."
            results.append(_refused(number, "below_reserved", "/on_hand", detail))
            continue
        if body.on_hand != on_hand:
            changes.append(StockChange(level, body.on_hand - on_hand, 0, "bulk", _REASON))
            held[level] = (body.on_hand, reserved)
        results.append(Result(number, True, {"change": body.on_hand - on_hand}))
    _adjust(job.actor, changes, {level: pair for pair, level in levels.items()})
    return results


_REASON = "counted by the partner"


def _adjust(actor: str, changes: Sequence[StockChange], pairs: Mapping[int, tuple[int, int]]) -> None:
    """Every adjustment of the ledger has its report: here one that is posted as it is made."""
    now = timezone.now()
    stock_move(kind=MovementKind.ADJUSTMENT, changes=changes, actor=actor, moved_at=now)
    insert_rows(
        StockAdjustment,
        ["location", "product", "quantity", "unit_value", "reason", "description", "reference", "actor",
         "reported_at", "posted_at"],
        [
            (*pairs[change.level_id], change.on_hand, Decimal(0), _REASON, "", change.reference, actor, now, now)
            for change in changes
        ],
    )  # fmt: skip


def _lock(levels: list[int]) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, on_hand, reserved FROM inventory_stocklevel WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [levels],
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def _read(rows: Sequence[Row], model: type[Checked]) -> tuple[list[tuple[int, Checked]], list[Result]]:
    good, refused = list[tuple[int, Checked]](), list[Result]()
    for row in rows:
        try:
            good.append((row.number, checked(model, parsed_json(row.content.encode()))))
        except Problem as fault:
            first = fault.faults[0] if fault.faults else None
            refused.append(
                _refused(row.number, first.code, first.at, first.detail)
                if first
                else _refused(row.number, fault.kind.code, "", fault.text)
            )
    return good, refused


def _refused(number: int, code: str, pointer: str, detail: str) -> Result:
    return Result(number, False, {"code": code, "pointer": pointer, "detail": detail})


APPLY: Mapping[BulkKind, Callable[[Job, Sequence[Row]], list[Result]]] = {
    BulkKind.ORDERS: orders_apply,
    BulkKind.PRODUCTS: products_apply,
    BulkKind.STOCK: stock_apply,
}
