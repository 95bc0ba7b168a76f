"""The keys of levels and of feed rows, which triggers keep once for a statement, hold as foreign keys would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError
from django.utils import timezone
from psycopg.errors import ForeignKeyViolation, RestrictViolation

from fulfilment.inventory.models import MovementKind, StockLevel
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import every_stock_screen, stock_received
from tests.factories.locations import LocationFactory
from tests.oms.blocked import wait_until_blocked

Server = psycopg.Connection[Any]

ADD = "INSERT INTO inventory_stocklevel (location_id, product_id, on_hand, reserved) VALUES (%s, %s, 0, 0)"
FIRST = "(SELECT min(id) AS id FROM inventory_stocklevel)"
LEVELS = "SELECT location_id, product_id, backorder FROM inventory_stocklevel WHERE location_id = %s"


@pytest.fixture
def bare_pair(fresh: None) -> tuple[int, int]:
    """A location and a product without stock, beside a retailer with some."""
    with retailer_context("acme"):
        every_stock_screen(LocationFactory.create(), LocationFactory.create(), ProductFactory.create(sku="STOCKED"))
        return LocationFactory.create(code="BARE").pk, ProductFactory.create(sku="BARE").pk


@pytest.fixture
def one(admin_url: str) -> Iterator[Server]:
    """A transaction of somebody with every right, but bound by the rules."""
    yield from _server(admin_url)


@pytest.fixture
def other(admin_url: str) -> Iterator[Server]:
    """Another one, at the same time."""
    yield from _server(admin_url)


def _server(admin_url: str) -> Iterator[Server]:
    with psycopg.connect(admin_url, options="-c search_path=acme,public") as server:
        yield server
        server.rollback()


@contextmanager
def waiting(server: Server, statement: str, values: Sequence[object] = ()) -> Iterator[Future[Any]]:
    """The statement has begun, and waits for another transaction when the body is entered."""
    info = server.info
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(info.dsn, password=info.password, autocommit=True) as admin,
    ):
        asked = pool.submit(server.execute, statement.encode(), values)
        wait_until_blocked(admin)
        yield asked


def stocked() -> tuple[int, int]:
    with retailer_context("acme"):
        level = StockLevel.objects.filter(product__sku="STOCKED").order_by("pk")[0]
        return level.location_id, level.product_id


def test_a_level_names_what_is_there(bare_pair: tuple[int, int], one: Server) -> None:
    location, product = bare_pair
    many = (
        "INSERT INTO inventory_stocklevel (location_id, product_id, on_hand, reserved, backorder)"
        " SELECT %s, p, 0, 0, false FROM unnest(%s::bigint[]) p"
    )
    for statement, values, told in (
        (ADD, [location, 0], "there is no product 0"),
        (ADD, [0, product], "there is no location 0 where it is f"),
        (many, [location, [product, -1]], "there is no product -1"),
        (ADD.replace("reserved) VALUES (", "reserved, backorder) VALUES (").replace("0, 0)", "0, 0, true)"),
         [location, product], f"there is no location {location} where it is t"),
        ("INSERT INTO inventory_stockfeedrow (feed_id, number) VALUES (%s, 1)", [0], "there is no stock feed 0"),
    ):  # fmt: skip
        with pytest.raises(ForeignKeyViolation, match=told), one.transaction():
            one.execute(statement.encode(), values)
    one.execute(ADD, [location, product])
    assert one.execute(LEVELS, [location]).fetchall() == [(location, product, False)]


def test_what_is_named_stays(bare_pair: tuple[int, int], one: Server) -> None:
    location, product = stocked()
    one.execute("SET session_replication_role = replica")  # other tables name these two as well: their keys aside
    for trigger, table in (
        ("inventory_key_stays", "catalogue_product"), ("inventory_key_is_kept", "catalogue_product"),
        ("inventory_key_stays", "locations_location"), ("inventory_key_is_kept", "locations_location"),
    ):  # fmt: skip
        one.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}".encode())
    for statement, values in (
        ("DELETE FROM catalogue_product WHERE id = %s", [product]),
        ("DELETE FROM catalogue_product", []),
        ("DELETE FROM locations_location WHERE id = %s", [location]),
    ):
        with pytest.raises(ForeignKeyViolation, match="is named by stock"), one.transaction():
            one.execute(statement.encode(), values)
    for table in ("catalogue_product", "locations_location"):
        with pytest.raises(RestrictViolation, match="not renumbered"), one.transaction():
            one.execute(f"UPDATE {table} SET id = id + 1000".encode())
    one.execute("DELETE FROM catalogue_product WHERE id = %s", [bare_pair[1]])
    one.execute("DELETE FROM locations_location WHERE id = %s", [bare_pair[0]])


def test_a_feed_stays_while_it_has_rows(bare_pair: tuple[int, int], one: Server) -> None:
    with pytest.raises(ForeignKeyViolation, match="is named by stock"), one.transaction():
        one.execute("DELETE FROM inventory_stockfeed")
    with pytest.raises(RestrictViolation, match="a row stays that of its feed"), one.transaction():
        one.execute("UPDATE inventory_stockfeedrow SET feed_id = feed_id + 1")
    assert one.execute("DELETE FROM inventory_stockfeedrow").rowcount > 0
    assert one.execute("DELETE FROM inventory_stockfeed").rowcount > 0


def test_backorder_follows_the_location(bare_pair: tuple[int, int]) -> None:
    with retailer_context("acme"):
        location, product = Location.objects.get(code="BARE"), Product.objects.get(sku="BARE")
        level = stock_received(location, product, 1)
        location.allows_backorder = True
        location.save()
        level.refresh_from_db()
        assert level.backorder is True
    with retailer_context("acme"):
        reserved = [StockChange(level.pk, 0, 3, "A-1/1")]
        stock_move(kind=MovementKind.RESERVE, changes=reserved, actor="a", moved_at=timezone.now())
    with pytest.raises(IntegrityError, match="stock_reserved_is_there"), retailer_context("acme"):
        Location.objects.filter(code="BARE").update(allows_backorder=False)


def test_a_level_stays_that_of_its_pair(bare_pair: tuple[int, int], one: Server) -> None:
    for change, told in (
        (f"location_id = {bare_pair[0]}", "stays that of its product and location"),
        (f"product_id = {bare_pair[1]}", "stays that of its product and location"),
    ):
        with pytest.raises(RestrictViolation, match=told), one.transaction():
            one.execute(f"UPDATE inventory_stocklevel l SET {change} FROM {FIRST} f WHERE l.id = f.id".encode())
    with pytest.raises(ForeignKeyViolation, match="allows backorder as its location does"), one.transaction():
        one.execute("UPDATE inventory_stocklevel SET backorder = true")


def test_what_a_level_names_is_not_removed_while_it_is_added(
    bare_pair: tuple[int, int], one: Server, other: Server
) -> None:
    location, product = bare_pair
    for table, gone in (("catalogue_product", product), ("locations_location", location)):
        one.execute(ADD, [location, product])
        with waiting(other, f"DELETE FROM {table} WHERE id = {gone}") as asked:
            one.commit()
            with pytest.raises(ForeignKeyViolation):
                asked.result(30)
        other.rollback()
        one.execute("SET session_replication_role = replica")
        one.execute("DELETE FROM inventory_stocklevel WHERE location_id = %s", [location])
        one.execute("RESET session_replication_role")
        one.commit()


def test_a_level_is_not_added_to_what_is_being_removed(bare_pair: tuple[int, int], one: Server, other: Server) -> None:
    location, product = bare_pair
    one.execute("DELETE FROM catalogue_product WHERE id = %s", [product])
    with waiting(other, ADD, [location, product]) as asked:
        one.commit()
        with pytest.raises(ForeignKeyViolation):
            asked.result(30)


def test_a_level_that_is_added_meanwhile_follows_its_location_too(
    bare_pair: tuple[int, int], one: Server, other: Server
) -> None:
    location, product = bare_pair
    change = f"UPDATE locations_location SET allows_backorder = true WHERE id = {location}"
    one.execute(ADD, [location, product])
    with waiting(other, change) as asked:
        one.commit()
        assert asked.result(30).rowcount == 1
    other.commit()
    assert one.execute(LEVELS, [location]).fetchall() == [(location, product, True)]


def test_a_level_is_not_added_as_its_location_was_before(
    bare_pair: tuple[int, int], one: Server, other: Server
) -> None:
    location, product = bare_pair
    one.execute("UPDATE locations_location SET allows_backorder = true WHERE id = %s", [location])
    with waiting(other, ADD, [location, product]) as asked:
        one.commit()
        with pytest.raises(ForeignKeyViolation):
            asked.result(30)


def test_who_reads_from_an_older_snapshot_removes_nothing(bare_pair: tuple[int, int], one: Server) -> None:
    one.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    with pytest.raises(RestrictViolation, match="that read what is committed"):
        one.execute("DELETE FROM catalogue_product WHERE id = %s", [bare_pair[1]])
