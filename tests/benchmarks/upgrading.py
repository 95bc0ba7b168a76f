"""The retailer whose releases are upgraded and whose profile is edited by the benchmarks."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from fulfilment.routing.services import orders_route
from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.domain.capture import Destination, NewLine, NewOrder
from orders.models import Channel
from orders.services import orders_capture
from tests.benchmarks.setting import administrator, bare_retailer_make

SCHEMA = "upgrading"
MODULE = "order_routing"
#: Orders that are captured and routed; :func:`lines_multiply` makes many more of them.
ORDERS = 10_000
LINES = 500_000


def upgrading_make() -> None:
    """Ten thousand orders, captured and routed by the first release of routing."""
    bare_retailer_make(SCHEMA)
    with retailer_context(SCHEMA):
        profile_begin(author="benchmark", adopt={MODULE: "1.0.0"})
        Channel.objects.create(code="web", name="Web shop", currency="GBP")
        products = Product.objects.bulk_create(Product(sku=f"B-{n}", weight_grams=500) for n in range(500))
        places = list(Location.objects.values_list("pk", flat=True))
        levels = levels_open([(place, product.pk) for place in places for product in products])
        stock_move(
            kind=MovementKind.RECEIPT, changes=[StockChange(level, 40, 0, "first") for level in levels.values()],
            actor="benchmark", moved_at=datetime.now(UTC),
        )  # fmt: skip
    for start in range(0, ORDERS, 500):
        with retailer_context(SCHEMA):
            orders = [new_order(number) for number in range(start, start + 500)]
            made = orders_capture(channel="web", orders=orders, actor="benchmark", react=False)
            orders_route(order_ids=[item.order_id for item in made], actor="benchmark")


def new_order(number: int) -> NewOrder:
    """The order of that external number; the same one every time."""
    chance = random.Random(number)
    return NewOrder(
        external_number=str(number),
        placed_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=number),
        currency="GBP",
        lines=tuple(
            NewLine(sku=f"B-{sku}", quantity=chance.choice((1, 1, 2)), unit_price=Decimal("9.90"))
            for sku in chance.sample(range(500), chance.choice((1, 2, 3)))
        ),
        destination=Destination(
            country="GB", latitude=round(chance.uniform(50.5, 56), 2), longitude=round(chance.uniform(-4, 0.5), 2)
        ),
    )


def lines_multiply() -> tuple[int, int]:
    """Copy orders with their lines by SQL until there are half a million lines; return orders and lines.

    Only these two tables: what a rollback might read of orders. The import of so many would take minutes.
    """
    with administrator() as connection, connection.transaction():
        connection.execute(f"SET LOCAL search_path = {SCHEMA}")
        connection.execute("SET LOCAL session_replication_role = replica")  # keys hold: they are copies
        row = connection.execute("SELECT count(*) FROM orders_orderline").fetchone()
        copies = -(-LINES // row[0]) - 1 if row else 0
        for table, shifted, named in (
            ("orders_order", ["id"], ["external_number", "number"]),
            ("orders_orderline", ["id", "order_id"], []),
        ):
            columns = _columns_of(connection, table)
            values = [
                f"t.{name} + k.n * 10000000" if name in shifted else f"t.{name} || '-' || k.n" if name in named
                else f"t.{name}" for name in columns
            ]  # fmt: skip
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM {table} t, generate_series(1, {copies}) k(n)"
            )
        counts = connection.execute("SELECT (SELECT count(*) FROM orders_order), count(*) FROM orders_orderline")
        orders, lines = counts.fetchall()[0]
        connection.execute("ANALYZE orders_order, orders_orderline")
    return int(orders), int(lines)


def _columns_of(connection: Any, table: str) -> list[str]:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum", [table],
    )  # fmt: skip
    return [name for (name,) in found.fetchall()]
