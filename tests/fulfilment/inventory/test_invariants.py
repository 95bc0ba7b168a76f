"""``manage.py verify`` finds each fault that somebody with every right could plant behind the product's back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.utils import timezone

from fulfilment.inventory.invariants import INVARIANTS
from fulfilment.inventory.models import MovementKind, StockLevel
from fulfilment.inventory.services import StockChange, boards_write, stock_adjust, stock_move
from fulfilment.inventory.services.counts import count_open, count_post, count_record
from fulfilment.inventory.services.transfers import transfer_close, transfer_draft, transfer_receive, transfer_send
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import every_stock_screen, stock_received
from tests.factories.locations import LocationFactory

NAMES = [item.name for item in INVARIANTS]

#: A fault for each part of each invariant, as a superuser without triggers, keys and checks would plant it.
FAULTS = [
    ("stock_movements_have_levels",
     "INSERT INTO inventory_stockmovement (level_id, kind, on_hand_change, reserved_change, reason, reference, actor)"
     " VALUES (99999, 'receipt', 1, 0, '', '', '')"),
    ("stock_levels_have_products_and_locations", "UPDATE inventory_stocklevel SET product_id = 0 WHERE id = {level}"),
    ("stock_levels_have_products_and_locations", "UPDATE inventory_stocklevel SET location_id = 0 WHERE id = {level}"),
    ("stock_levels_have_products_and_locations", "UPDATE inventory_stocklevel SET backorder = NOT backorder"),
    ("stock_feed_rows_have_feeds", "INSERT INTO inventory_stockfeedrow (feed_id, number) VALUES (99999, 1)"),
    ("stock_level_is_sum_of_movements", "UPDATE inventory_stocklevel SET on_hand = on_hand + 1 WHERE id = {level}"),
    ("stock_level_is_sum_of_movements", "UPDATE inventory_stocklevel SET reserved = reserved + 1 WHERE id = {level}"),
    ("stock_reserved_is_on_hand", "UPDATE inventory_stocklevel SET reserved = on_hand + 1 WHERE id = {level}"),
    ("stock_reserved_is_on_hand", "UPDATE inventory_stocklevel SET backorder = true WHERE id = {level}"),
    ("stock_soft_is_its_parts", "UPDATE inventory_stocklevel SET soft_reserved = soft_reserved + 1"),
    ("stock_soft_is_its_parts", "UPDATE inventory_softpart SET expires_at = expires_at + interval '1 hour'"),
    ("stock_soft_is_its_parts", "UPDATE inventory_softreservation SET quantity = quantity + 1"),
    ("closed_transfers_are_whole", "UPDATE inventory_transferline SET lost = 0 WHERE lost > 0"),
    ("closed_transfers_are_whole", "UPDATE inventory_transferline SET received = 1 WHERE received = 0"),
    ("sales_are_in_the_ledger", "DELETE FROM inventory_dailysales"),
    ("posted_adjustments_are_movements", "UPDATE inventory_stockadjustment SET quantity = quantity - 1"),
    ("boards_are_their_levels", "UPDATE inventory_stocklevel SET on_hand = on_hand + 1 WHERE product_id = {wide}"),
    ("boards_are_their_levels", "UPDATE inventory_stockboard SET free = set_byte(free, 0, 77)"),
    ("confidence_is_in_thousandths", "UPDATE inventory_stockconfidence SET value = 1001"),
    ("posted_counts_are_movements", "UPDATE inventory_stockcountline SET posted = posted + 1 WHERE posted <> 0"),
]  # fmt: skip
_WITHOUT_RULES = """
SET session_replication_role = replica;
ALTER TABLE inventory_stocklevel DROP CONSTRAINT stock_reserved_is_there;
ALTER TABLE inventory_transferline DROP CONSTRAINT transfer_line_adds_up;
ALTER TABLE inventory_stockconfidence DROP CONSTRAINT stock_confidence_thousandths;
"""


@pytest.fixture
def superuser(fresh: None, admin_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody whom no rule binds, at a retailer with something of everything."""
    with retailer_context("acme"):
        here, there = LocationFactory.create(), LocationFactory.create()
        lamp, wide = ProductFactory.create(), ProductFactory.create(sku="WIDE")
        level = every_stock_screen(here, there, lamp)
        stock_adjust(level_id=level.pk, units=5, reason="found", actor="anna")
        for change in ((0, 1, MovementKind.RESERVE), (-1, -1, MovementKind.SHIPMENT)):
            moved = [StockChange(level.pk, *change[:2], "A-1/1")]
            stock_move(kind=change[2], changes=moved, actor="a", moved_at=timezone.now())
        count = count_open(location=here, products=[lamp.pk], actor="anna")
        count_record(count_id=count.pk, counted={level.pk: StockLevel.objects.get(pk=level.pk).on_hand + 2})
        count_post(count_id=count.pk, actor="anna")
        sent = transfer_draft(number="T-9", source=here, destination=there, units={lamp.sku: 2}, actor="anna")
        transfer_send(transfer_id=sent.pk, actor="anna")
        line = sent.lines.get()
        transfer_receive(transfer_id=sent.pk, units={line.pk: 1}, actor="anna")
        transfer_close(transfer_id=sent.pk, actor="anna")
        for _ in range(70):
            stock_received(LocationFactory.create(), wide, 3)
    with retailer_context("acme"):
        boards_write()
    with psycopg.connect(admin_url) as connection:
        connection.execute("SET search_path = acme, public")
        yield connection
        connection.rollback()


def found(superuser: psycopg.Connection[tuple[object, ...]]) -> set[str]:
    return {item.name for item in INVARIANTS if superuser.execute(item.query).fetchone()}


def test_there_is_a_fault_for_each_invariant() -> None:
    assert {name for name, _ in FAULTS} == set(NAMES)


def test_each_planted_fault_is_found_and_nothing_before(superuser: psycopg.Connection[tuple[object, ...]]) -> None:
    with retailer_context("acme"):
        level = StockLevel.objects.order_by("pk").first()
        wide = Product.objects.get(sku="WIDE").pk
    assert level is not None
    assert found(superuser) == set()
    superuser.execute(_WITHOUT_RULES)
    for name, fault in FAULTS:
        with superuser.transaction(force_rollback=True):
            planted = superuser.execute(fault.format(level=level.pk, wide=wide))
            assert planted.rowcount > 0, fault
            assert name in found(superuser), fault


def test_a_level_is_not_removed_and_a_movement_has_one(superuser: psycopg.Connection[tuple[object, ...]]) -> None:
    for refused in (
        "DELETE FROM inventory_stocklevel",
        "TRUNCATE inventory_stocklevel CASCADE",
        "UPDATE inventory_stocklevel SET id = id + 1000",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation), superuser.transaction():
            superuser.execute(refused)
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="no stock level 99999"):
        superuser.execute(FAULTS[0][1])
