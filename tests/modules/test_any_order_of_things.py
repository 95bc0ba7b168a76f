"""Random orders, edits, promotions, rollbacks and restores, in any sequence: afterwards everything still holds."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest

from fulfilment.routing.services.fulfil_run import fulfil_run
from modules import registry
from modules.domain.canonical import canonical
from modules.models import ModuleAdoption, ModuleUpgrade, MovedWork, ProfileDocument, ReleaseMove
from modules.profile import current_profile, profile_at
from modules.selectors import head_number
from modules.services import profile_restore, revise, upgrade_move
from modules.services.upgrade import (
    InFlightChoice,
    UpgradeRefused,
    module_rollback,
    upgrade_begin,
    upgrade_preview,
    upgrade_promote,
)
from modules.services.upgrade_move import move_run, moves_ask
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from orders.models import Order
from orders.services import hold_release
from tests.modules.test_upgrade import MODULE, place_and_route, shop, violations

__all__ = ["shop"]


class Machine:
    """What a retailer's staff might do, one thing after another; remembers what must not be forgotten."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.orders = 40
        self.states: dict[int, bytes] = {}
        self.remember()

    def remember(self) -> None:
        with retailer_context("acme"):
            for number in range(1, head_number() + 1):
                content = canonical({
                    "adopted": dict(profile_at(number).adopted),
                    **{str(w): {"b": d.body, "c": d.complement} for w, d in profile_at(number).raw().items()},
                })  # fmt: skip
                assert self.states.setdefault(number, content) == content, f"revision {number} changed"

    def place_orders(self) -> None:
        place_and_route(1000 + self.orders, 4)
        self.orders += 4

    def ship_everything(self) -> None:
        fulfil_run(schema="acme", actor="test")

    def edit(self) -> None:
        with retailer_context("acme"):
            row = ProfileDocument.objects.get(module=MODULE, kind="routing_strategy", key="default")
            with revise(author="maria", reason="an edit") as revision:
                name = f"Strategy {self.chance.randrange(1000)}"
                revision.put(MODULE, "routing_strategy", "default", {**row.body, "name": name})

    def promote(self) -> None:
        with retailer_context("acme"):
            live = ModuleAdoption.objects.get(module=MODULE).release
            others = [str(f.release.version) for f in registry.releases_of(MODULE) if str(f.release.version) != live]
            upgrade = upgrade_begin(module=MODULE, to=self.chance.choice(others), author="maria")
        upgrade_preview(schema="acme", upgrade_id=upgrade.pk, limit=30)
        with retailer_context("acme"):
            upgrade = ModuleUpgrade.objects.get(pk=upgrade.pk)
            assert upgrade.preview is not None
            assert upgrade.preview["baseline_differences"] == 0
            upgrade_promote(upgrade_id=upgrade.pk, author="maria", in_flight=self.in_flight())
        self.work_through_moves()

    def in_flight(self) -> InFlightChoice:
        return self.chance.choice(list(InFlightChoice))

    def move(self) -> None:
        with retailer_context("acme"):
            moves_ask(module=MODULE, author="maria")
        self.work_through_moves()

    def work_through_moves(self) -> None:
        """As a worker would, now and then only in part: the next one goes on from there."""
        with retailer_context("acme"):
            running = list(ReleaseMove.objects.filter(status="running").values_list("pk", flat=True))
        for number in running:
            if self.chance.random() < 0.3:
                with retailer_context("acme"):
                    upgrade_move._portion(number)
            else:
                move_run(schema="acme", move_id=number)

    def move_everything(self) -> None:
        with retailer_context("acme"):
            asked = [move.pk for move in moves_ask(module=MODULE, author="maria")]
        for number in asked:
            assert move_run(schema="acme", move_id=number).status == "done"

    def roll_back(self) -> None:
        with retailer_context("acme"):
            to = None if self.chance.random() < 0.5 else self.chance.randrange(1, head_number() + 1)
            # Refused where no promotion led to the live release: there is nothing to take back.
            with contextlib.suppress(UpgradeRefused):
                module_rollback(module=MODULE, author="maria", to=to, in_flight=self.in_flight())
        self.work_through_moves()

    def restore(self) -> None:
        with retailer_context("acme"):
            wanted = self.chance.randrange(1, head_number() + 1)
            number = profile_restore(to=wanted, author="maria")
            assert current_profile().number == number
        self.remember()
        assert self.states[number] == self.states[wanted]

    def release_holds(self) -> None:
        with retailer_context("acme"):
            for number, code in Order.objects.filter(status="held").values_list("number", "holds__code"):
                hold_release(order_number=number, code=code, actor="maria")

    def step(self) -> str:
        actions: list[Callable[[], None]] = [
            self.place_orders, self.place_orders, self.edit, self.promote, self.promote, self.roll_back,
            self.restore, self.ship_everything, self.release_holds, self.move,
        ]  # fmt: skip
        action = self.chance.choice(actions)
        action()
        self.remember()
        return action.__name__


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("shop")
def test_whatever_happens_nothing_is_lost_stuck_or_done_twice(seed: int) -> None:
    machine = Machine(seed)
    done = [machine.step() for _ in range(14)]
    machine.ship_everything()
    assert violations() == [], done
    with retailer_context("acme"):
        # an order was moved as often as its timeline says, never by two at once, and it is where its last move led
        moved = MovedWork.objects.filter(moved=True, move__module=MODULE)
        assert moved.count() == Event.objects.filter(name="order.moved.v1").count(), done
        for number in moved.values_list("number", flat=True).distinct():
            last = Event.objects.filter(name="order.moved.v1", subject=number).order_by("id").last()
            assert last is not None
            assert Order.objects.get(number=number).routing_release == last.payload["after"], done
    # a last move brings all that is unfinished to the live release
    machine.move_everything()
    with retailer_context("acme"):
        live = ModuleAdoption.objects.get(module=MODULE).release
        behind = Order.objects.exclude(status__in=["complete", "cancelled"]).exclude(routing_release__in=["", live])
        kept = set(MovedWork.objects.filter(moved=False).values_list("number", flat=True))
        assert set(behind.values_list("number", flat=True)) <= kept, done
        # every order that is not waiting for stock has gone its way, on the release that it began on
        assert not Order.objects.filter(status="in_progress", open_quantity=0).exists(), done
        assert (
            not Order.objects.exclude(routing_release="")
            .exclude(routing_release__in=[str(f.release.version) for f in registry.releases_of(MODULE)])
            .exists()
        )
