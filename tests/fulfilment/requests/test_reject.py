"""A location cannot send: units go back, stock is corrected, another location is asked, that one never again."""

from __future__ import annotations

import pytest

from fulfilment.inventory.models import StockLevel, StockMovement
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.events import RequestRejected
from fulfilment.requests.models import Exclusion, FulfilmentRequest, RejectReason
from fulfilment.requests.services import (
    CannotReject,
    NoSuchExclusion,
    RejectedLine,
    exclusion_lift,
    request_reject,
    requests_advance,
)
from fulfilment.routing.models import QueueEntry
from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.models import Event, PendingReaction
from orders.models import Order
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to, request_offered
from tests.fulfilment.routing.scene import units, violations


def scene(*, at_soho: int = 5, elsewhere: int = 0, count: int = 2) -> tuple[Order, FulfilmentRequest]:
    """An order of lamps that Soho is to send."""
    product = ProductFactory.create(sku="LAMP")
    stock_received(LocationFactory.create(code="SOHO"), product, at_soho)
    order = order_placed(("LAMP", count))
    request = request_offered(order)
    york = LocationFactory.create(code="YORK", latitude=53.9)
    if elsewhere:
        stock_received(york, product, elsewhere)
    return order, request


def reject(request: FulfilmentRequest, reason: RejectReason, count: int, counted: int | None = None) -> int:
    line = request.lines.get()
    return request_reject(
        request_id=request.pk, lines={line.pk: RejectedLine(reason, count, counted)}, actor="user ben"
    )


def at(code: str) -> tuple[int, int]:
    level = StockLevel.objects.get(location__code=code)
    return level.on_hand, level.reserved


@pytest.mark.parametrize(
    ("reason", "counted", "left"),
    [
        (RejectReason.NOT_FOUND, None, (0, 0)),
        (RejectReason.MISMATCH, 1, (1, 0)),
        (RejectReason.DAMAGED, None, (3, 0)),
        (RejectReason.CANNOT_SEND, None, (5, 0)),
    ],
)
def test_stock_is_corrected_by_the_reason(
    acme: None, reason: RejectReason, counted: int | None, left: tuple[int, int]
) -> None:
    order, request = scene()
    assert reject(request, reason, 2, counted) == 2
    assert at("SOHO") == left
    assert units(order) == (2, 0, 0)
    request.refresh_from_db()
    assert request.status == RequestStatus.CANCELLED
    [exclusion] = Exclusion.objects.all()
    assert (exclusion.location.code, exclusion.reason, exclusion.units) == ("SOHO", reason, 2)
    assert violations() == []


def test_what_others_have_a_claim_on_stays(acme: None) -> None:
    _, request = scene()
    other = request_offered(order_placed(("LAMP", 1)))
    reject(request, RejectReason.NOT_FOUND, 2)
    assert at("SOHO") == (1, 1)
    assert other.status == RequestStatus.OFFERED
    assert StockMovement.objects.filter(kind="doubt").count() == 1
    assert violations() == []


def test_routing_asks_another_location_and_never_the_same(fresh: None) -> None:
    # given: Soho says that it is too busy, York has two, and nobody else
    with retailer_context("acme"):
        order, request = scene(elsewhere=2)
        reject(request, RejectReason.CANNOT_SEND, 2)
        assert violations() == []
    # when
    react("acme")
    # then
    with retailer_context("acme"):
        york = FulfilmentRequest.objects.get(order=order, status="offered")
        assert york.location.code == "YORK"
        assert reject(york, RejectReason.NOT_FOUND, 2) == 2
    # when: York cannot either
    react("acme")
    # then: it waits, though Soho has five
    with retailer_context("acme"):
        assert units(order) == (2, 0, 0)
        assert QueueEntry.objects.get().queue == "backorder"
        orders_route(order_ids=[order.pk], actor="routing")
        assert FulfilmentRequest.objects.filter(order=order).count() == 2
        # when: somebody lets Soho be asked again
        exclusion_lift(exclusion_id=Exclusion.objects.get(location__code="SOHO").pk, actor="user maria")
        with pytest.raises(NoSuchExclusion):
            exclusion_lift(exclusion_id=Exclusion.objects.get(location__code="SOHO").pk, actor="user maria")
    react("acme")
    with retailer_context("acme"):
        assert FulfilmentRequest.objects.get(order=order, status="offered").location.code == "SOHO"
        assert violations() == []


def test_a_part_may_be_rejected_and_the_rest_goes_on(acme: None) -> None:
    order, request = scene(count=3)
    requests_advance(request_ids=[request.pk], to=RequestStatus.PICKING, actor="user ben")
    assert reject(request, RejectReason.DAMAGED, 1) == 1
    request.refresh_from_db()
    assert request.status == RequestStatus.PICKING
    assert units(order) == (1, 2, 0)
    assert at("SOHO") == (4, 2)
    event = Event.objects.get(name=RequestRejected.NAME)
    assert event.payload == {
        "request": request.number, "location": "SOHO", "units": 1, "lines": [[1, 1, "damaged"]],
    }  # fmt: skip
    # when: another unit of the same line turns out to be broken
    assert reject(request, RejectReason.DAMAGED, 1) == 1
    assert Exclusion.objects.get().units == 2
    assert violations() == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (RejectedLine(RejectReason.NOT_FOUND, 3), "3 units cannot be rejected; line 1 waits for 2"),
        (RejectedLine(RejectReason.NOT_FOUND, 0), "0 units cannot be rejected; line 1 waits for 2"),
        (RejectedLine(RejectReason.MISMATCH, 1), "say how many units of line 1 were counted"),
        (RejectedLine(RejectReason.MISMATCH, 1, -1), "nobody counts less than none"),
    ],
)
def test_what_makes_no_sense_is_refused(acme: None, said: RejectedLine, words: str) -> None:
    order, request = scene()
    with pytest.raises(CannotReject, match=words):
        request_reject(request_id=request.pk, lines={request.lines.get().pk: said}, actor="user ben")
    assert units(order) == (0, 2, 0)
    assert not Exclusion.objects.exists()


def test_what_is_packed_is_not_rejected(acme: None) -> None:
    stock_received(LocationFactory.create(code="SOHO"), ProductFactory.create(sku="LAMP"), 5)
    request = request_brought_to(order_placed(("LAMP", 2)), RequestStatus.PACKED)
    with pytest.raises(CannotReject, match="is packed: only what is offered or being picked"):
        reject(request, RejectReason.NOT_FOUND, 1)
    with pytest.raises(CannotReject, match="there is no such request"):
        request_reject(request_id=request.pk + 1, lines={}, actor="user ben")


def test_nothing_is_lost_wherever_it_stops(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before its commit a rejection has not happened; after it, its event waits for routing."""
    with retailer_context("acme"):
        order, request = scene(elsewhere=2)
    with pytest.raises(KeyboardInterrupt), retailer_context("acme"):
        reject(request, RejectReason.NOT_FOUND, 2)
        raise KeyboardInterrupt
    with retailer_context("acme"):
        assert units(order) == (0, 2, 0)
        assert violations() == []
        reject(request, RejectReason.NOT_FOUND, 2)
    with retailer_context("acme"):
        assert PendingReaction.objects.count() == 1
        assert violations() == []
    # when: the worker dies after the decision, before its commit
    from fulfilment.routing import handlers

    decided = handlers.orders_route

    def dies(**given: object) -> None:
        decided(**given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(handlers, "orders_route", dies)
    with pytest.raises(KeyboardInterrupt):
        react("acme")
    monkeypatch.setattr(handlers, "orders_route", decided)
    # then
    with retailer_context("acme"):
        assert units(order) == (2, 0, 0)
        assert violations() == []
    react("acme")
    with retailer_context("acme"):
        assert units(order) == (0, 2, 0)
        assert violations() == []
