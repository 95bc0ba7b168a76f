"""Orders that are decided together."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, stock_move
from fulfilment.routing.models import BidPrice, QueueEntry, RoutingRun
from fulfilment.routing.services import orders_begin, orders_route, run_route
from fulfilment.routing.services.run_route import route_run, run_due
from modules.models import Decision
from modules.services.upgrade_preview import Replayer, decisions_to_replay
from oms.infra.database.context import retailer_context
from orders.models import Order
from orders.services import LineToCancel, lines_cancel
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import PLACED_AT, order_placed
from tests.fulfilment.routing.releases import VERSION, Told, adopt
from tests.fulfilment.routing.scene import units, violations


@pytest.fixture
def waiting(fresh: None, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Three orders of a lamp each wait for a run; Soho has two, York one."""
    with retailer_context("acme"):
        adopt(monkeypatch, Told(runs=True, needs=frozenset({"bid_prices"})))
        product = ProductFactory.create(sku="LAMP")
        stock_received(LocationFactory.create(code="SOHO"), product, 2)
        stock_received(LocationFactory.create(code="YORK"), product, 1)
        orders = [order_placed(("LAMP", 1)) for _ in range(3)]
        orders_begin(order_ids=[order.pk for order in orders], actor="routing")
        assert run_due(10) == [order.pk for order in orders]
        assert violations() == []
    return orders


def test_a_run_decides_what_waits_together_and_says_what_it_cost(waiting: list[Order]) -> None:
    # when
    result = route_run(schema="acme", actor="routing")
    # then
    assert result is not None
    assert (result.number, result.orders, result.placed_orders, result.units) == (1, 3, 3, 3)
    assert (result.cost, result.bound, result.gap) == (Decimal("10.00"), Decimal("9.90"), Decimal("0.01"))
    with retailer_context("acme"):
        assert [units(order) for order in waiting] == [(0, 1, 0)] * 3
        assert not QueueEntry.objects.exists()
        run = RoutingRun.objects.get()
        assert (run.release, run.notes, run.left_out) == (str(VERSION), ["decided one after the other"], 0)
        assert set(Order.objects.values_list("routing_release", flat=True)) == {str(VERSION)}
        mine = Decision.objects.get(subject=waiting[0].number, policy="route_in_run")
        assert mine.steps[0] == ["run", "", True, "decided with 2 others in run 1"]
        assert violations() == []
    assert route_run(schema="acme", actor="routing") is None


def test_a_run_is_made_again_as_it_was(waiting: list[Order]) -> None:
    route_run(schema="acme", actor="routing")
    with retailer_context("acme"):
        orders_route(order_ids=[order_placed(("LAMP", 1)).pk], actor="routing")
        ids = decisions_to_replay("order_routing", 100)
        assert list(Decision.objects.filter(id__in=ids).order_by("id").values_list("policy", flat=True)) == [
            "route_run", "route",
        ]  # fmt: skip
        from modules.profile import current_profile

        documents = {
            (reference.kind, reference.key): document
            for reference, document in current_profile().raw("order_routing").items()
        }
        replayer = Replayer(module="order_routing", to=str(VERSION), documents=documents)
        assert replayer.portion(ids) == []
        found = replayer.found
        assert (found.replayed, found.baseline_differences, found.changed, found.changed_in_sequence) == (2, 0, 0, 0)
        assert (found.parcels_before, found.unplaced_before) == (3, 1)
        assert {currency: cost.before for currency, cost in found.costs.items()} == {"GBP": Decimal("10.00")}


def test_orders_whose_stock_others_took_are_decided_again(
    waiting: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: while the run thinks, somebody takes York's lamp
    thinks = Told.route_run

    def slowly(self: Told, *given: object) -> object:
        with retailer_context("acme"):
            from fulfilment.inventory.models import StockLevel

            level = StockLevel.objects.get(location__code="YORK")
            stock_move(
                kind=MovementKind.ADJUSTMENT, changes=[StockChange(level.pk, -1, 0, "")], actor="x", moved_at=PLACED_AT
            )
        return thinks(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Told, "route_run", slowly)
    # when
    result = route_run(schema="acme", actor="routing")
    # then
    assert result is not None
    assert (result.placed_orders, result.decided_again, result.left_out) == (2, 1, 0)
    with retailer_context("acme"):
        assert [units(order) for order in waiting] == [(0, 1, 0), (0, 1, 0), (1, 0, 0)]
        assert QueueEntry.objects.get().queue == "backorder"
        assert "open_units_wait_somewhere" not in violations()


def test_orders_that_change_meanwhile_are_left_for_the_next_run(
    waiting: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    thinks = Told.route_run

    def slowly(self: Told, *given: object) -> object:
        with retailer_context("acme"):
            line = waiting[0].lines.get()
            cancellation = LineToCancel(
                line_id=line.pk, quantity=1, unit_price=line.unit_price, external_number="", reason="",
                happened_at=PLACED_AT,
            )  # fmt: skip
            lines_cancel(cancellations=[cancellation], actor="user maria")
            orders_route(order_ids=[waiting[1].pk], actor="user maria")
        return thinks(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Told, "route_run", slowly)
    result = route_run(schema="acme", actor="routing")
    assert result is not None
    assert (result.placed_orders, result.decided_again, result.left_out) == (1, 0, 2)
    with retailer_context("acme"):
        assert [units(order) for order in waiting] == [(0, 0, 1), (0, 1, 0), (0, 1, 0)]
        assert violations() == []


def test_stopped_anywhere_a_run_has_done_everything_or_nothing(
    waiting: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = run_route.unplaced_queue

    def dies(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_route, "unplaced_queue", dies)
    with pytest.raises(KeyboardInterrupt):
        route_run(schema="acme", actor="routing")
    monkeypatch.setattr(run_route, "unplaced_queue", queue)
    with retailer_context("acme"):
        assert not RoutingRun.objects.exists()
        assert len(run_due(10)) == 3
        assert violations() == []


def test_bid_prices_of_the_last_run_are_told_for_a_day(waiting: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    policies = Told(runs=True, needs=frozenset({"bid_prices"}))
    with retailer_context("acme"):
        adopt_policies(monkeypatch, policies)
    route_run(schema="acme", actor="routing")
    with retailer_context("acme"):
        assert BidPrice.objects.count() == 2
        orders_route(order_ids=[order_placed(("LAMP", 1)).pk], actor="routing")
        assert set(policies.asked[-1].bid_prices.values()) == {Decimal("0.25")}
        RoutingRun.objects.update(started_at=RoutingRun.objects.get().started_at - timedelta(hours=25))
        orders_route(order_ids=[order_placed(("LAMP", 1)).pk], actor="routing")
        assert policies.asked[-1].bid_prices == {}
        # when: another run
        late = order_placed(("LAMP", 1))
        orders_begin(order_ids=[late.pk], actor="routing")
    assert route_run(schema="acme", actor="routing") is not None
    with retailer_context("acme"):
        assert violations() == []
        assert list(RoutingRun.objects.values_list("number", flat=True)) == [2, 1]


def adopt_policies(monkeypatch: pytest.MonkeyPatch, policies: Told) -> None:
    """Other policies for the release that is live already."""
    from dataclasses import replace
    from pathlib import Path

    from modules import registry

    known = {name: dict(releases) for name, releases in registry._all().items()}
    known["order_routing"][VERSION] = registry.Found(
        replace(known["order_routing"][VERSION].release, policies=policies), Path("/nowhere")
    )
    monkeypatch.setattr(registry, "_all", lambda: known)


def test_a_run_has_one_currency(waiting: list[Order]) -> None:
    with retailer_context("acme"):
        Order.objects.filter(pk=waiting[1].pk).update(currency="EUR")
    first, second = (route_run(schema="acme", actor="routing") for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.orders, second.orders) == (2, 1)


def test_the_command_runs_until_nothing_waits(waiting: list[Order]) -> None:
    out = StringIO()
    call_command("route_run", retailer="acme", orders=2, json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert [(run["number"], run["orders"]) for run in told["runs"]] == [(1, 2), (2, 1)]
    out = StringIO()
    call_command("route_run", retailer="acme", stdout=out)
    assert out.getvalue() == "nothing waits for a run\n"
