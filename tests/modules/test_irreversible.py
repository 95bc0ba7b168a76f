"""What no rollback undoes is counted by whoever caused it, with what to do about it."""

from __future__ import annotations

import pytest

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest, Shipment
from fulfilment.routing.services.fulfil_run import fulfil_run
from modules.models import ModuleUpgrade, ReleaseMove
from modules.promotions import irreversible_of, promotion_that_is_live
from modules.services.upgrade import InFlightChoice, module_rollback, upgrade_promote
from modules.services.upgrade_move import move_run
from oms.infra.database.context import retailer_context
from oms.infra.models import OutboundDeparture
from oms.infra.outbound import Kind, send
from orders.models import Order
from tests.factories.requests import request_brought_to
from tests.modules.test_upgrade import MODULE, place_and_route, preview, promote, shop

__all__ = ["shop"]


@pytest.fixture
def promoted(shop: None) -> ModuleUpgrade:
    upgrade = preview("1.1.0")
    promote(upgrade)
    return upgrade


def counts(upgrade: ModuleUpgrade) -> dict[str, int]:
    with retailer_context("acme"):
        upgrade.refresh_from_db()
        return {item.kind: item.count for item in irreversible_of(upgrade)}


def test_only_what_left_under_the_newer_release_counts(promoted: ModuleUpgrade) -> None:
    # given: forty orders of 1.0.0 leave, and two of 1.1.0
    fresh = place_and_route(100, 2)
    fulfil_run(schema="acme", actor="test")
    # then
    with retailer_context("acme"):
        assert Shipment.objects.count() > 40
        of_the_newer = Shipment.objects.filter(request__order_id__in=fresh).count()
    assert counts(promoted)["shipments"] == of_the_newer >= 2
    with retailer_context("acme"):
        item = next(each for each in irreversible_of(promoted) if each.kind == "shipments")
        assert item.sentence == f"{item.count} shipments have left"
        assert (item.model, list(item.filters)) == ("requests.Shipment", ["shipped_at_from"])
        assert item.before
        assert item.after
        assert promotion_that_is_live(MODULE) == promoted


def test_what_left_before_its_order_was_moved_away_counts_and_what_left_after_does_not(shop: None) -> None:
    # given: all orders are on 1.1.0, the goods of three have left, and one of these is not complete
    upgrade = preview("1.1.0")
    with retailer_context("acme"):
        upgrade_promote(upgrade_id=upgrade.pk, author="maria", in_flight=InFlightChoice.MOVE)
        there = ReleaseMove.objects.get()
    assert move_run(schema="acme", move_id=there.pk).moved == 40
    with retailer_context("acme"):
        requests = FulfilmentRequest.objects.order_by("id")[:3]
        for request in requests:
            request_brought_to(request.order, RequestStatus.SHIPPED)
    left = counts(upgrade)["shipments"]
    assert left >= 3
    with retailer_context("acme"):
        Order.objects.filter(pk=requests[0].order_id).update(status="in_progress")
        module_rollback(module=MODULE, author="maria", in_flight=InFlightChoice.MOVE)
        back = ReleaseMove.objects.get(from_release="1.1.0")
    move_run(schema="acme", move_id=back.pk)
    with retailer_context("acme"):
        assert Order.objects.get(pk=requests[0].order_id).routing_release == "1.0.0"
    assert counts(upgrade)["shipments"] == left
    # when: the rest leaves, on 1.0.0
    fulfil_run(schema="acme", actor="test")
    # then
    assert counts(upgrade)["shipments"] == left


def test_messages_and_calls_are_counted_from_the_promotion_on(shop: None) -> None:
    def mail(to: str) -> None:
        send(kind=Kind.MAIL, target=to, payload={}, perform=lambda: None)

    with retailer_context("acme"):
        mail("before@b.example")
    upgrade = preview("1.1.0")
    promote(upgrade)
    with retailer_context("acme"):
        mail("a@b.example")
        send(kind=Kind.SMS, target="+44", payload={}, perform=lambda: None)
        send(kind=Kind.WEBHOOK, target="https://partner.example/", payload={}, perform=lambda: None)
    with pytest.raises(ZeroDivisionError), retailer_context("acme"):
        mail("undone@b.example")
        raise ZeroDivisionError
    found = counts(upgrade)
    assert (found["messages"], found["calls"]) == (2, 1)
    with retailer_context("acme"):
        assert OutboundDeparture.objects.count() == 4
