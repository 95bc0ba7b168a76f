"""Work in flight is moved to another release by the state map, in portions that survive anything."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from fulfilment.routing.services.fulfil_run import fulfil_run
from modules import jobs
from modules.contracts.inflight import Work
from modules.inflight import in_flight_of
from modules.models import ModuleAdoption, MovedWork, ReleaseMove
from modules.services import upgrade_move
from modules.services.refused import UpgradeRefused
from modules.services.state_map import NoCounterpart, StateMap
from modules.services.upgrade import InFlightChoice, module_rollback, upgrade_promote
from modules.services.upgrade_move import move_run, moves_ask
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from orders.models import Order
from tests.modules.test_upgrade import MODULE, place_and_route, preview, promote, shop, violations

__all__ = ["shop"]


@pytest.fixture
def promoted(shop: None) -> int:
    """Forty orders on 1.0.0; 1.1.0 is live. Number of the revision."""
    return promote(preview("1.1.0"))


def on(release: str) -> int:
    with retailer_context("acme"):
        return Order.objects.filter(routing_release=release).count()


def ask(before: str | None = None) -> list[int]:
    with retailer_context("acme"):
        return [move.pk for move in moves_ask(module=MODULE, author="maria", before=before)]


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("before", "after", "status", "became"),
    [
        ("1.0.0", "2.0.0", "backorder", "backorder"),
        ("1.1.0", "2.0.0", "waiting_for_capacity", "waiting_for_capacity"),
        ("1.1.0", "1.0.0", "waiting_for_capacity", "backorder"),
        ("2.0.0", "1.1.0", "waiting_for_fewer_parcels", "backorder"),
        ("2.0.0", "1.0.0", "waiting_for_capacity", "backorder"),
        ("2.0.0", "1.0.0", "unfillable", "backorder"),
        ("2.0.0", "1.0.0", "routed", "routed"),
    ],
)
def test_a_status_goes_step_by_step_through_the_releases_between(
    before: str, after: str, status: str, became: str
) -> None:
    assert StateMap(MODULE, before=before, after=after).became(status) == became


def test_a_status_that_nobody_knows_has_no_counterpart() -> None:
    with pytest.raises(NoCounterpart, match=r"order_routing 1\.1\.0 has no counterpart of “on the moon”"):
        StateMap(MODULE, before="1.0.0", after="1.1.0").became("on_the_moon")


def test_orders_stay_on_their_release_unless_they_are_moved(promoted: int) -> None:
    assert (on("1.0.0"), on("1.1.0")) == (40, 0)
    with retailer_context("acme"):
        assert not ReleaseMove.objects.exists()


def test_promoting_with_a_move_takes_everything_unfinished_along(shop: None) -> None:
    # given: five orders that are done
    with retailer_context("acme"):
        done = list(Order.objects.order_by("id").values_list("id", flat=True)[:5])
        Order.objects.filter(pk__in=done).update(status="complete")
    upgrade = preview("1.1.0")
    # when
    with retailer_context("acme"):
        upgrade_promote(upgrade_id=upgrade.pk, author="maria", in_flight=InFlightChoice.MOVE)
        move = ReleaseMove.objects.get()
        assert (move.from_release, move.to_release, move.total, move.status) == ("1.0.0", "1.1.0", 35, "running")
    jobs.move(schema="acme", move_id=move.pk)
    # then
    assert (on("1.0.0"), on("1.1.0")) == (5, 35)
    with retailer_context("acme"):
        move.refresh_from_db()
        assert (move.status, move.moved, move.kept) == ("done", 35, 0)
        moved = Event.objects.filter(name="order.moved.v1", subject_kind="order")
        assert moved.count() == 35
        one = moved.get(subject="WEB-7")
        assert one.actor == "maria"
        assert one.payload == {"module": MODULE, "before": "1.0.0", "after": "1.1.0", "statuses": ["routed"]}


def test_a_worker_that_dies_leaves_whole_portions_and_the_next_goes_on(
    promoted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade_move, "_AT_ONCE", 15)
    [number] = ask()
    with retailer_context("acme"):
        upgrade_move._portion(number)
    # when: it dies inside the second portion, after the orders were written
    with monkeypatch.context() as dying:
        dying.setattr(upgrade_move, "_write_down", die)
        with pytest.raises(KeyboardInterrupt):
            move_run(schema="acme", move_id=number)
    # then: that portion never was
    assert (on("1.0.0"), on("1.1.0")) == (25, 15)
    # when
    progress: list[tuple[int, int]] = []
    move = move_run(schema="acme", move_id=number, on_progress=lambda done, total: progress.append((done, total)))
    # then
    assert (move.status, move.moved, on("1.1.0")) == ("done", 40, 40)
    assert progress[:2] == [(30, 40), (40, 40)]
    assert move_run(schema="acme", move_id=number).moved == 40
    with retailer_context("acme"):
        assert Event.objects.filter(name="order.moved.v1").count() == 40
        assert MovedWork.objects.count() == 40


def test_two_workers_at_once_move_each_order_once(promoted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade_move, "_AT_ONCE", 3)
    [number] = ask()

    def work() -> None:
        try:
            move_run(schema="acme", move_id=number)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with retailer_context("acme"):
        assert Event.objects.filter(name="order.moved.v1").count() == 40
    assert (on("1.1.0"), violations()) == (40, [])


def test_what_has_no_counterpart_stays_and_is_listed(promoted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    work: Any = in_flight_of(MODULE)
    truly = work.statuses

    def some_on_the_moon(header_of: dict[int, str]) -> dict[int, tuple[str, ...]]:
        found = truly(header_of)
        return {pk: ("on_the_moon",) if pk == min(found) else value for pk, value in found.items()}

    monkeypatch.setattr(work, "statuses", some_on_the_moon)
    [number] = ask()
    move = move_run(schema="acme", move_id=number)
    assert move.status == "done"
    with retailer_context("acme"):
        [kept] = MovedWork.objects.filter(moved=False).values_list("number", "reason")
        assert kept[1] == "order_routing 1.1.0 has no counterpart of “on the moon”"
        assert Order.objects.get(number=kept[0]).routing_release == "1.0.0"
        assert (move.moved, move.kept) == (39, 1)


def test_a_move_is_overtaken_when_another_release_becomes_live(promoted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade_move, "_AT_ONCE", 10)
    [number] = ask()
    with retailer_context("acme"):
        upgrade_move._portion(number)
        module_rollback(module=MODULE, author="maria", in_flight=InFlightChoice.MOVE)
    # when
    first = move_run(schema="acme", move_id=number)
    with retailer_context("acme"):
        back = ReleaseMove.objects.get(status="running")
    move_run(schema="acme", move_id=back.pk)
    # then: everything is where it was, and nothing was moved twice in one direction
    assert first.status == "overtaken"
    assert (on("1.0.0"), on("1.1.0")) == (40, 0)
    with retailer_context("acme"):
        assert Event.objects.filter(name="order.moved.v1").count() == 20
    assert violations() == []


def test_after_a_rollback_with_a_move_nothing_is_stuck(promoted: int) -> None:
    place_and_route(100, 10)
    with retailer_context("acme"):
        module_rollback(module=MODULE, author="maria", in_flight=InFlightChoice.MOVE)
        [number] = ReleaseMove.objects.values_list("pk", flat=True)
    move_run(schema="acme", move_id=number)
    assert (on("1.0.0"), on("1.1.0")) == (50, 0)
    fulfil_run(schema="acme", actor="test")
    with retailer_context("acme"):
        assert not Order.objects.filter(status="in_progress", open_quantity=0).exists()
    assert violations() == []


def test_what_cannot_be_moved_says_why(promoted: int) -> None:
    with retailer_context("acme"):
        with pytest.raises(UpgradeRefused, match=r"order_routing 1.1.0 is live"):
            moves_ask(module=MODULE, author="maria", before="1.1.0")
        with pytest.raises(UpgradeRefused, match=r"no unfinished order is on order_routing 2\.0\.0"):
            moves_ask(module=MODULE, author="maria", before="2.0.0")
        with pytest.raises(UpgradeRefused, match="'new' is not a version"):
            moves_ask(module=MODULE, author="maria", before="new")
        assert not ReleaseMove.objects.exists()


def test_asking_twice_is_one_move(promoted: int) -> None:
    assert ask("1.0.0") == ask()
    with retailer_context("acme"):
        assert ReleaseMove.objects.count() == 1


def test_the_command_moves_and_tells(promoted: int) -> None:
    told = command("move")
    assert [(move["from"], move["to"], move["moved"], move["kept"]) for move in told["moves"]] == [
        ("1.0.0", "1.1.0", 40, 0)
    ]
    assert command("move")["moves"] == []
    [row] = command("status")["modules"]
    assert (row["live"], row["unfinished"]) == ("1.1.0", {"1.1.0": 40})


def test_the_command_rolls_back_with_what_cannot_be_undone(promoted: int) -> None:
    fulfil_run(schema="acme", actor="test")
    place_and_route(100, 3)
    told = command("rollback", in_flight="move")
    assert (told["release"], told["unfinished"]) == ("1.0.0", {"1.0.0": 3})
    kinds = {item["kind"]: item for item in told["irreversible"]}
    # what left was on 1.0.0, which is not what was gone back from
    assert (kinds["shipments"]["count"], kinds["messages"]["count"]) == (0, 0)
    with retailer_context("acme"):
        assert ModuleAdoption.objects.get(module=MODULE).release == "1.0.0"


def test_an_order_has_one_status_for_each_state_of_its_lines(shop: None) -> None:
    place_and_route(5000, 1)
    work = in_flight_of(MODULE)
    assert work is not None
    with retailer_context("acme"):
        found = work.lock_next("1.0.0", after=0, limit=3)
        assert [type(item) for item in found] == [Work] * 3
        assert {status for item in found for status in item.statuses} == {"routed"}


def command(verb: str, **options: object) -> dict[str, Any]:
    out = io.StringIO()
    call_command("upgrade", verb, retailer="acme", module=MODULE, json=True, stdout=out, **options)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told
