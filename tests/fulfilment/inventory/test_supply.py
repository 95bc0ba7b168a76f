"""Supply, transfers, counts and doubts: all of them through the ledger."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from fulfilment.inventory.domain.confidence import Outcome
from fulfilment.inventory.models import MovementKind, StockAdjustment, StockConfidence, StockLevel, StockMovement
from fulfilment.inventory.selectors import availability, confidence_of, incoming_of, sold_last_28_days
from fulfilment.inventory.services import (
    NotEnoughStock,
    StockChange,
    confidence_learn,
    picks_succeeded,
    stock_doubt,
    stock_move,
)
from fulfilment.inventory.services.counts import CountRefused, count_open, count_post, count_record
from fulfilment.inventory.services.supply import SupplyRefused, supply_accept, supply_announce, supply_receive
from fulfilment.inventory.services.transfers import (
    TransferRefused,
    transfer_close,
    transfer_draft,
    transfer_receive,
    transfer_send,
)
from fulfilment.locations.models import Location
from modules.contracts.routing import Incoming
from oms.infra.verification import all_invariants, check
from orders.catalogue.models import Product
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory

pytestmark = pytest.mark.usefixtures("acme")


@pytest.fixture
def place() -> Location:
    return LocationFactory.create(code="S1")


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(sku="A")


@pytest.fixture
def level(place: Location, product: Product) -> StockLevel:
    return stock_received(place, product, 10)


def reserve(level: StockLevel, units: int, kind: MovementKind = MovementKind.RESERVE, on_hand: int = 0) -> None:
    stock_move(kind=kind, changes=[StockChange(level.pk, on_hand, units, "A-1/1")], actor="x", moved_at=timezone.now())


def held(level: StockLevel) -> tuple[int, int]:
    level.refresh_from_db()
    return level.on_hand, level.reserved


def violated() -> list[str]:
    names = ("stock", "posted", "closed", "sales")
    return [item.name for item in all_invariants() if item.name.startswith(names) and check(item)]


def test_supply_is_promised_once_accepted_and_from_its_day_on(
    place: Location, product: Product, level: StockLevel
) -> None:
    day = date(2099, 5, 1)
    supply = supply_announce(
        location=place, product=product, quantity=8, expected_on=day, reference="PO-1", actor="buyer"
    )
    with pytest.raises(SupplyRefused, match="Accept it first"):
        supply_receive(supply_id=supply.pk, units=1, actor="dock")
    assert incoming_of([product.pk]) == ()

    supply_accept(supply_id=supply.pk)
    supply_receive(supply_id=supply.pk, units=3, actor="dock")

    assert incoming_of([product.pk]) == (Incoming(place.pk, product.pk, 5, "2099-05-01"),)
    [now], [before], [then] = (availability(["A"], on=on) for on in (None, day - timedelta(days=1), day))
    assert (now.total, before.total, then.total) == (13, 13, 18)
    with pytest.raises(SupplyRefused, match="5 units are still expected"):
        supply_receive(supply_id=supply.pk, units=6, actor="dock")
    supply_receive(supply_id=supply.pk, units=5, actor="dock")
    assert held(level) == (18, 0)
    assert incoming_of([product.pk]) == ()
    assert violated() == []


def test_a_transfer_leaves_arrives_in_parts_and_says_what_was_lost(
    place: Location, product: Product, level: StockLevel
) -> None:
    other = LocationFactory.create(code="S2")
    transfer = transfer_draft(number="T-1", source=place, destination=other, units={"A": 6}, actor="anna")
    with pytest.raises(TransferRefused, match="cannot become received"):
        transfer_receive(transfer_id=transfer.pk, actor="anna")

    transfer_send(transfer_id=transfer.pk, actor="anna")
    [line] = transfer.lines.all()
    assert held(level) == (4, 0)
    transfer_receive(transfer_id=transfer.pk, units={line.pk: 2}, actor="ben")
    transfer_receive(transfer_id=transfer.pk, units={line.pk: 3}, actor="ben")
    with pytest.raises(TransferRefused, match="more units would arrive"):
        transfer_receive(transfer_id=transfer.pk, units={line.pk: 2}, actor="ben")
    transfer_close(transfer_id=transfer.pk, reason="fell off the lorry", actor="ben")

    assert StockLevel.objects.get(location=other).on_hand == 5
    line.refresh_from_db()
    assert (line.received, line.lost) == (5, 1)
    assert StockAdjustment.objects.get().reason == "fell off the lorry"
    between = StockMovement.objects.filter(kind__startswith="transfer").values_list("on_hand_change", flat=True)
    assert sum(between) == 0
    assert violated() == []


def test_what_is_reserved_is_not_sent_away(place: Location, product: Product, level: StockLevel) -> None:
    reserve(level, 5)
    transfer = transfer_draft(
        number="T-1", source=place, destination=LocationFactory.create(code="S2"), units={"A": 6}, actor="anna"
    )  # fmt: skip

    with pytest.raises(NotEnoughStock):
        transfer_send(transfer_id=transfer.pk, actor="anna")


def test_a_count_posts_its_difference_to_what_has_happened_since(
    place: Location, product: Product, level: StockLevel
) -> None:
    count = count_open(location=place, products=[product.pk], actor="anna", tolerance=2)

    [again] = count_record(count_id=count.pk, counted={level.pk: 6})
    with pytest.raises(CountRefused, match="still to be counted"):
        count_post(count_id=count.pk, actor="anna")
    assert count_record(count_id=count.pk, counted={level.pk: 7}) == []
    reserve(level, 0, MovementKind.RECEIPT, on_hand=2)
    count_post(count_id=count.pk, actor="anna")

    assert again.level_id == level.pk
    assert held(level) == (9, 0)  # 10 in the ledger, 7 on the shelf, 2 delivered since
    assert violated() == []


@pytest.mark.parametrize(
    ("reason", "arguments", "on_hand", "confidence"),
    [
        ("not_found", {}, 2, 500),
        ("mismatch", {"counted": 5}, 5, 750),
        ("mismatch", {"counted": 1}, 2, 750),
        ("mismatch", {}, 2, 750),
        ("damaged", {}, 9, 900),
        ("damaged", {"units": 4}, 6, 900),
        ("damaged", {"counted": 3}, 3, 900),
    ],
)
def test_a_rejection_changes_stock_by_its_reason(
    product: Product, level: StockLevel, reason: str, arguments: dict[str, int], on_hand: int, confidence: int
) -> None:
    # given: two of the ten are reserved for other work
    reserve(level, 2)

    doubt = stock_doubt(level_id=level.pk, reason=reason, actor="ben", reference="A-2/1", **arguments)

    assert held(level) == (on_hand, 2)
    assert doubt.change == on_hand - 10
    assert doubt.confidence == confidence
    assert confidence_of([product.pk]) == {(level.location_id, product.pk): confidence}
    assert violated() == []


def test_trust_comes_back_by_picks_and_at_once_by_a_count(place: Location, product: Product, level: StockLevel) -> None:
    stock_doubt(level_id=level.pk, reason="not_found", actor="ben", reference="A-2/1")
    assert confidence_learn(level_id=level.pk, outcome=Outcome.PICKED) == 550
    picks_succeeded(level_ids=[level.pk])
    assert StockConfidence.objects.get().value == 595

    count = count_open(location=place, products=[product.pk], actor="anna")
    count_record(count_id=count.pk, counted={level.pk: 0})
    count_post(count_id=count.pk, actor="anna")

    assert confidence_of([product.pk]) == {}


def test_what_was_sold_is_known_by_day(place: Location, product: Product, level: StockLevel) -> None:
    reserve(level, 5)
    reserve(level, -2, MovementKind.SHIPMENT, on_hand=-2)
    reserve(level, -1, MovementKind.SHIPMENT, on_hand=-1)
    stock_move(
        kind=MovementKind.SHIPMENT, changes=[StockChange(level.pk, -1, -1, "A-9/1")], actor="x",
        moved_at=timezone.now() - timedelta(days=29),
    )  # fmt: skip

    assert sold_last_28_days([product.pk]) == {(place.pk, product.pk): 3}
    assert violated() == []
