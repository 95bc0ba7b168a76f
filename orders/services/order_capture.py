"""Capture: the one way in which orders come into being, for the API, files and the admin alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection

from modules.contracts.review import ReviewFacts
from oms.infra.database.bulk import Rows, insert_rows, insert_together
from oms.infra.database.prepared import prepared
from oms.infra.events import record
from oms.infra.outbound import Kind, send
from orders.domain.capture import Captured, NewCharge, NewOrder
from orders.domain.gateway import Begun
from orders.domain.status import Status
from orders.events import OrderCaptured
from orders.models import Customer, Order, OrderCharge, OrderLine, Payment, PaymentTransaction
from orders.services.holds import holds_place
from orders.services.order_review import Reviewed, orders_review, release_at
from orders.services.payments.at_once import asked_at_once
from orders.services.payments.locked import wake
from orders.services.payments.rows import CALL_COLUMNS, PAYMENT_COLUMNS, PaymentRows, payment_rows


class CaptureRefused(ValueError):
    """The order cannot be taken as it is."""


class UnknownChannel(CaptureRefused):
    """No channel has this code."""


class InactiveChannel(CaptureRefused):
    """The channel takes no orders."""


class UnknownProducts(CaptureRefused):
    """Some lines name products that the retailer does not have: ``lines`` holds (order, line, SKU)."""

    def __init__(self, lines: list[tuple[int, int, str]]) -> None:
        self.lines = lines
        names = ", ".join(dict.fromkeys(sku for _, _, sku in lines))
        super().__init__(f"unknown SKU: {names}")


@dataclass(slots=True)
class _Known:
    """What one question to the database told before the orders are written."""

    channel_id: int
    currency: str
    products: dict[str, int]
    customers: dict[str, int]
    captured: dict[str, tuple[int, str]]
    order_ids: list[int]
    line_ids: list[int]
    customer_ids: list[int]
    revision: int
    earlier_orders: dict[str, int]
    payment_ids: list[int]


def orders_capture(
    *, channel: str, orders: Sequence[NewOrder], actor: str, react: bool = True,
    begin: Callable[[Begun], None] | None = None,
) -> list[Captured]:  # fmt: skip
    """Capture orders of one channel, each at most once for its external number; all of them or none.

    An order that the channel has placed before comes back as it is, with ``created`` False and without line
    numbers. ``react=False`` brings history in: nothing is set off by it. With ``begin`` the caller makes the calls to
    quick gateways itself: it is told of each once the transaction has committed; without it, a job makes them. Raises
    :class:`UnknownChannel`, :class:`InactiveChannel`, :class:`UnknownProducts`.
    """
    known = _ask(channel, orders)
    orders = [order if order.currency else replace(order, currency=known.currency) for order in orders]
    fresh = [order for order in orders if order.external_number not in known.captured]
    _refuse_unknown_products(orders, known)
    created = _write(channel, fresh, known, actor, react=react, begin=begin) if fresh else {}
    return [_answer(channel, order, known, created) for order in orders]


def _write(
    channel: str, orders: Sequence[NewOrder], known: _Known, actor: str, *, react: bool,
    begin: Callable[[Begun], None] | None,
) -> dict[str, _Created]:  # fmt: skip
    """Write new orders with all that belongs to them; those that another capture wrote meanwhile are left to it."""
    _insert_customers(orders, known)
    gateways = {payment.gateway for order in orders for payment in order.payments} if begin else set()
    created = _insert_orders(channel, orders, known, actor, asked_at_once(gateways))
    lost_race = [order for order in orders if order.external_number not in created]
    if lost_race:
        known.captured |= _ask(channel, lost_race).captured
        orders = [order for order in orders if order.external_number in created]
    reviewed = _review(channel, orders, known, _recent_orders(orders, created, known))
    _insert_lines(orders, created, reviewed)
    ids = {made.number: made.order_id for made in created.values()}
    holds_place(holds=[(ids[number], number, hold) for number, hold in reviewed.holds], actor=actor)
    record([_event(channel, order, actor) for order in orders], react=react)
    for call in [call for made in created.values() for call in made.payments.begun]:
        _leave(call, begin)
    return created


def _leave(call: Begun, begin: Callable[[Begun], None] | None) -> None:
    """Let the question out, once this transaction has committed."""
    question = call.question
    send(
        kind=Kind.GATEWAY, target=call.gateway,
        payload={"operation": question.operation.value, "key": question.key, "amount": str(question.amount)},
        perform=lambda: begin(call) if begin else None,
    )  # fmt: skip


def _ask(channel: str, orders: Sequence[NewOrder]) -> _Known:
    """Everything that capture has to know, and fresh primary keys, in one round trip."""
    skus = list({line.sku for order in orders for line in order.lines})
    references = list({order.customer_reference for order in orders if order.customer_reference})
    row = prepared(
        _QUESTION,
        [skus, references, channel, [order.external_number for order in orders],
         len(orders), sum(len(order.lines) for order in orders), len(references),
         sum(len(order.payments) for order in orders), channel],
    ).fetchone()  # fmt: skip
    if row is None:
        message = f"there is no channel {channel!r}"
        raise UnknownChannel(message)
    if not row[1]:
        message = f"channel {channel!r} takes no orders: it is inactive"
        raise InactiveChannel(message)
    return _Known(
        row[0],
        row[2],
        dict(zip(row[3], row[4], strict=True)),
        dict(zip(row[5], row[6], strict=True)),
        {number: (key, ours) for number, key, ours in zip(row[7], row[8], row[9], strict=True)},
        row[10],
        row[11],
        row[12],
        row[13],
        dict(zip(row[5], row[14], strict=True)),
        row[15],
    )


_QUESTION = """
WITH product AS (SELECT sku, id FROM catalogue_product WHERE sku = ANY(%s)),
     customer AS (SELECT reference, id FROM orders_customer WHERE reference = ANY(%s)),
     captured AS (SELECT o.external_number, o.id, o.number FROM orders_order o
                  JOIN orders_channel c ON c.id = o.channel_id
                  WHERE c.code = %s AND o.external_number = ANY(%s))
SELECT c.id, c.active, c.currency,
       ARRAY(SELECT sku FROM product ORDER BY id), ARRAY(SELECT id FROM product ORDER BY id),
       ARRAY(SELECT reference FROM customer ORDER BY id), ARRAY(SELECT id FROM customer ORDER BY id),
       ARRAY(SELECT external_number FROM captured ORDER BY id),
       ARRAY(SELECT id FROM captured ORDER BY id), ARRAY(SELECT number FROM captured ORDER BY id),
       ARRAY(SELECT nextval('orders_order_id_seq') FROM generate_series(1, %s)),
       ARRAY(SELECT nextval('orders_orderline_id_seq') FROM generate_series(1, %s)),
       ARRAY(SELECT nextval('orders_customer_id_seq') FROM generate_series(1, %s)),
       coalesce((SELECT max(number) FROM modules_profilerevision), 0),
       ARRAY(SELECT (SELECT count(*) FROM (SELECT FROM orders_order o WHERE o.customer_id = customer.id LIMIT 100) few)
             FROM customer ORDER BY id),
       ARRAY(SELECT nextval('orders_payment_id_seq') FROM generate_series(1, %s))
FROM orders_channel c WHERE c.code = %s
"""


def _refuse_unknown_products(orders: Sequence[NewOrder], known: _Known) -> None:
    unknown = [
        (order_index, line_index, line.sku)
        for order_index, order in enumerate(orders)
        if order.external_number not in known.captured
        for line_index, line in enumerate(order.lines)
        if line.sku not in known.products
    ]
    if unknown:
        raise UnknownProducts(unknown)


def _insert_customers(orders: Sequence[NewOrder], known: _Known) -> None:
    new = {
        order.customer_reference: order
        for order in orders
        if order.customer_reference and order.customer_reference not in known.customers
    }
    if not new:
        return
    numbers = iter(known.customer_ids)
    rows = [
        (next(numbers), reference, new[reference].customer_name, new[reference].customer_email, "")
        for reference in sorted(new)
    ]
    inserted = insert_rows(Customer, ["id", "reference", "name", "email", "phone"], rows, skip_existing=True)
    if inserted == len(rows):
        known.customers |= {row[1]: row[0] for row in rows}
    else:  # another capture added one of them meanwhile
        known.customers |= dict(Customer.objects.filter(reference__in=list(new)).values_list("reference", "id"))


_ORDER_COLUMNS = [
    "id", "channel", "external_number", "number", "customer", "status", "open_quantity", "release", "currency",
    "lines_total", "charges_total", "placed_at", "recipient", "address", "city", "postal_code", "country",
    "latitude", "longitude", "method", "priority", "promise_by", "attributes",
]  # fmt: skip


@dataclass(slots=True)
class _Created:
    order_id: int
    number: str
    line_ids: tuple[int, ...]
    lines: list[tuple[Any, ...]]
    charges: list[tuple[Any, ...]]
    payments: PaymentRows


def _insert_orders(
    channel: str, orders: Sequence[NewOrder], known: _Known, actor: str, at_once: Collection[str]
) -> dict[str, _Created]:
    order_ids, line_ids, payment_ids = iter(known.order_ids), iter(known.line_ids), iter(known.payment_ids)
    rows, made = [], {}
    release = release_at(known.revision)
    for order in orders:
        order_id = next(order_ids)
        number = order_number(channel, order.external_number)
        to = order.destination
        rows.append((
            order_id, known.channel_id, order.external_number, number,
            known.customers.get(order.customer_reference), Status.OPEN.value,
            sum(line.quantity for line in order.lines), release, order.currency,
            sum((line.quantity * line.unit_price for line in order.lines), Decimal(0)),
            sum((charge.quantity * charge.unit_price for charge in order.charges), Decimal(0)),
            order.placed_at, to.recipient, to.address, to.city, to.postal_code, to.country,
            to.latitude, to.longitude, order.method, order.priority, order.promise_by,
            json.dumps(dict(order.attributes)),
        ))  # fmt: skip
        lines = list(line_rows(order_id, 1, order, line_ids, known.products))
        line_of = dict(enumerate((row[0] for row in lines), 1))
        charges = [
            charge_row(known.channel_id, order_id, charge, line_of.get(charge.position)) for charge in order.charges
        ]
        payments = payment_rows(order_id, number, order, payment_ids, actor, at_once)
        made[order.external_number] = _Created(
            order_id, number, tuple(row[0] for row in lines), lines, charges, payments
        )
    if insert_rows(Order, _ORDER_COLUMNS, rows, skip_existing=True) == len(rows):
        return made
    # Another capture of the same order won the race: only ours that exist under our key were created.
    ours = set(Order.objects.filter(id__in=[row[0] for row in rows]).values_list("id", flat=True))
    return {external: created for external, created in made.items() if created.order_id in ours}


LINE_COLUMNS = [
    "id", "order", "position", "product", "description", "unit_price", "ordered", "cancelled", "allocated",
    "fulfilled", "returned", "ship_from",
]  # fmt: skip
CHARGE_COLUMNS = [
    "channel", "order", "external_number", "kind", "description", "quantity", "unit_price", "charged_at", "line",
]  # fmt: skip


def line_rows(
    order_id: int, first: int, order: NewOrder, line_ids: Iterator[int], products: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    """Rows of :data:`LINE_COLUMNS`; positions count from ``first``."""
    for position, line in enumerate(order.lines, first):
        yield (
            next(line_ids), order_id, position, products[line.sku], line.description, line.unit_price,
            line.quantity, 0, 0, 0, 0, line.ship_from,
        )  # fmt: skip


def charge_row(channel_id: int, order_id: int | None, charge: NewCharge, line_id: int | None = None) -> tuple[Any, ...]:
    """A row of :data:`CHARGE_COLUMNS`."""
    return (
        channel_id, order_id, charge.external_number, charge.kind, charge.description, charge.quantity,
        charge.unit_price, charge.charged_at, line_id,
    )  # fmt: skip


def order_number(channel: str, external_number: str) -> str:
    """Our number of an order: unique, because a channel's code has no hyphen."""
    return f"{channel.upper()}-{external_number}"


def _insert_lines(orders: Sequence[NewOrder], created: dict[str, _Created], reviewed: Reviewed) -> None:
    made = [created[order.external_number] for order in orders]
    insert_together(
        Rows(OrderLine, LINE_COLUMNS, [row for order in made for row in order.lines]),
        Rows(OrderCharge, CHARGE_COLUMNS, [row for order in made for row in order.charges]),
        Rows(Payment, PAYMENT_COLUMNS, [row for order in made for row in order.payments.payments]),
        Rows(PaymentTransaction, CALL_COLUMNS, [row for order in made for row in order.payments.calls]),
        *reviewed.journal,
    )
    if any(order.payments.waiting for order in made):
        wake()


def _recent_orders(orders: Sequence[NewOrder], created: dict[str, _Created], known: _Known) -> dict[str, int]:
    """Other orders of the customer in the 24 hours before each order, by its external number: 100 at most are counted.

    Nothing is asked where no customer has ordered twice.
    """
    references = [order.customer_reference for order in orders if order.customer_reference]
    if len(set(references)) == len(references) and not any(known.earlier_orders.get(each) for each in references):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [[created[order.external_number].order_id for order in orders]])
        return dict(cursor.fetchall())


_RECENT = """
SELECT o.external_number, (
    SELECT count(*) FROM (
        SELECT FROM orders_order e
        WHERE e.customer_id = o.customer_id AND e.placed_at > o.placed_at - interval '24 hours'
          AND (e.placed_at, e.id) < (o.placed_at, o.id)
        LIMIT 100) few)
FROM orders_order o WHERE o.id = ANY(%s) AND o.customer_id IS NOT NULL
"""


def _review(channel: str, orders: Sequence[NewOrder], known: _Known, recent: dict[str, int]) -> Reviewed:
    """Ask the retailer's release of Order Management which holds these orders get."""
    return orders_review(
        revision=known.revision,
        facts=[
            ReviewFacts(
                order_number=order_number(channel, order.external_number), channel=channel, currency=order.currency,
                total=sum((line.quantity * line.unit_price for line in order.lines), Decimal(0)),
                lines=len(order.lines), units=sum(line.quantity for line in order.lines),
                country=order.destination.country, customer=order.customer_reference,
                earlier_orders=known.earlier_orders.get(order.customer_reference, 0),
                largest_line_units=max(line.quantity for line in order.lines),
                placed_at=order.placed_at.isoformat(), postal_code=order.destination.postal_code,
                payment_kinds=tuple(dict.fromkeys(payment.kind for payment in order.payments)),
                recent_orders=recent.get(order.external_number, 0),
                method=order.method, priority=order.priority, attributes=dict(order.attributes),
            )
            for order in orders
        ],
    )  # fmt: skip


def _event(channel: str, order: NewOrder, actor: str) -> OrderCaptured:
    lines = sum((line.quantity * line.unit_price for line in order.lines), Decimal(0))
    charges = sum((charge.quantity * charge.unit_price for charge in order.charges), Decimal(0))
    return OrderCaptured(
        subject=order_number(channel, order.external_number),
        occurred_at=order.placed_at,
        actor=actor,
        channel=channel,
        external_number=order.external_number,
        lines=len(order.lines),
        units=sum(line.quantity for line in order.lines),
        total=lines + charges,
        currency=order.currency,
    )


def _answer(channel: str, order: NewOrder, known: _Known, created: dict[str, _Created]) -> Captured:
    made = created.get(order.external_number)
    if made:
        return Captured(made.order_id, made.number, True, made.line_ids)
    order_id, number = known.captured[order.external_number]
    return Captured(order_id, number, False, ())
