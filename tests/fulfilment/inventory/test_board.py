"""Boards say what the levels say, at every moment, whoever is in the middle of changing them."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.utils import timezone

from fulfilment.inventory.models import LevelNote, MovementKind, StockBoard, StockLevel
from fulfilment.inventory.selectors import availability
from fulfilment.inventory.services import StockChange, boards_write, levels_open, stock_move
from fulfilment.inventory.services import board as writing
from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from tests.factories.catalogue import ProductFactory
from tests.factories.locations import LocationFactory

PLACES, SKUS = 12, 4


def chain() -> list[int]:
    """Every product lies in every store; the levels' numbers."""
    stores = [LocationFactory.create(code=f"S{number:02}", time_zone="UTC") for number in range(PLACES)]
    products = [ProductFactory.create(sku=f"P{number}") for number in range(SKUS)]
    levels = levels_open([(store.pk, product.pk) for store in stores for product in products])
    receive(dict.fromkeys(levels.values(), 5))
    return sorted(levels.values())


def receive(units: dict[int, int]) -> None:
    stock_move(
        kind=MovementKind.ADJUSTMENT, changes=[StockChange(level, change, 0, "t") for level, change in units.items()],
        actor="t", moved_at=timezone.now(),
    )  # fmt: skip


def by_the_levels() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {f"P{number}": {} for number in range(SKUS)}
    rows = StockLevel.objects.values_list("product__sku", "location__code", "on_hand", "reserved")
    for sku, code, on_hand, reserved in rows:
        if on_hand > reserved:
            found[sku][code] = on_hand - reserved
    return found


def by_the_boards() -> dict[str, dict[str, int]]:
    return {each.sku: dict(each.by_location) for each in availability([f"P{number}" for number in range(SKUS)])}


@pytest.fixture(autouse=True)
def small_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FEWEST_PLACES", 2)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_between_two_writings(seed: int) -> None:
    chance = random.Random(seed)
    with retailer_context("acme"):
        levels = chain()
    for _ in range(40):
        with retailer_context("acme"):
            match chance.randrange(5):
                case 0:
                    boards_write(at_most=chance.randint(1, SKUS))
                case 1:
                    receive({level: chance.randint(1, 3) for level in levels})
                case 2:
                    StockLevel.objects.filter(pk=chance.choice(levels)).update(reserved=0)
                case 3:
                    extra = LocationFactory.create(time_zone="UTC")
                    product = Product.objects.order_by("?").first()
                    assert product is not None
                    receive({levels_open([(extra.pk, product.pk)])[extra.pk, product.pk]: 2})
                case _:
                    receive(dict.fromkeys(chance.sample(levels, 3), 1))
            assert by_the_boards() == by_the_levels()
        with retailer_context("acme"):
            assert by_the_boards() == by_the_levels()
    with retailer_context("acme"):
        boards_write()
        assert StockBoard.objects.count() == SKUS
        assert by_the_boards() == by_the_levels()


@pytest.mark.usefixtures("fresh")
def test_a_change_that_commits_after_the_board_was_written_is_not_missed(admin_url: str) -> None:
    import psycopg

    with retailer_context("acme"):
        levels = chain()
        boards_write()
    with psycopg.connect(admin_url) as other:
        other.execute("SET search_path TO acme")
        other.execute("UPDATE inventory_stocklevel SET on_hand = on_hand + 7 WHERE id = %s", [levels[0]])
        with retailer_context("acme"):  # the other transaction is older than this board, and not in it
            StockBoard.objects.all().delete()
            LevelNote.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO inventory_levelnote (product_id, xid)"
                    " SELECT id, pg_current_xact_id()::text::bigint FROM catalogue_product"
                )
            assert boards_write() == SKUS
            assert by_the_boards() == by_the_levels()
        other.commit()
    with retailer_context("acme"):
        assert sum(by_the_levels()["P0"].values()) == 5 * PLACES + 7
        assert by_the_boards() == by_the_levels()
        assert LevelNote.objects.filter(location_id__isnull=False).count() == 1


@pytest.mark.usefixtures("fresh")
def test_a_change_of_many_levels_leaves_one_note_for_each_product() -> None:
    with retailer_context("acme"):
        product = ProductFactory.create(sku="P0")
        Location.objects.bulk_create(Location(code=f"L{number}", name="L", time_zone="UTC") for number in range(1_001))
        levels = levels_open([(pk, product.pk) for pk in Location.objects.values_list("pk", flat=True)])
        boards_write()
        LevelNote.objects.all().delete()
        receive(dict.fromkeys(levels.values(), 1))
        assert list(LevelNote.objects.values_list("product_id", "location_id")) == [(product.pk, None)]
        assert by_the_boards()["P0"] == by_the_levels()["P0"]


@pytest.mark.usefixtures("fresh")
def test_what_a_transaction_changes_after_its_own_board_is_not_missed(admin_url: str) -> None:
    import psycopg

    with retailer_context("acme"):
        levels = chain()
        # given: a transaction that began later has ended
        with psycopg.connect(admin_url) as other:
            other.execute("SELECT pg_current_xact_id()")
        assert boards_write() == SKUS
        LevelNote.objects.all().delete()
        # when
        receive(dict.fromkeys(levels, 1))
        # then
        assert by_the_boards() == by_the_levels()
        assert by_the_levels()["P0"]["S00"] == 6
    with retailer_context("acme"):
        assert by_the_boards() == by_the_levels()


@pytest.mark.usefixtures("fresh")
def test_a_board_of_another_server_is_not_believed_and_written_anew() -> None:
    with retailer_context("acme"):
        chain()
        boards_write()
        StockBoard.objects.update(snapshot="900000000000:900000000000:")
        StockLevel.objects.update(on_hand=9)
        LevelNote.objects.all().delete()
        assert by_the_boards() == by_the_levels()
        assert boards_write() == SKUS
        assert not StockBoard.objects.filter(snapshot__startswith="9000").exists()


@pytest.mark.usefixtures("acme")
def test_a_product_at_few_locations_has_no_board_and_keeps_no_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FEWEST_PLACES", PLACES + 1)
    chain()
    boards_write()
    assert StockBoard.objects.count() == 0
    assert by_the_boards() == by_the_levels()


@pytest.mark.usefixtures("fresh")
def test_what_boards_have_seen_is_forgotten() -> None:
    with retailer_context("acme"):
        chain()
    with retailer_context("acme"):
        assert boards_write() == SKUS
        assert LevelNote.objects.count() == 0
        assert boards_write() == 0
