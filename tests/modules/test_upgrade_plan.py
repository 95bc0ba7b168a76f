"""A promotion that somebody else agrees to, or that happens at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from modules import jobs
from modules.models import ModuleAdoption, ModuleUpgrade, PromotionPlan
from modules.services import revise, upgrade_plan
from modules.services.refused import UpgradeRefused
from modules.services.upgrade import InFlightChoice, upgrade_preview
from modules.services.upgrade_plan import (
    may_plan,
    plan_approve,
    plan_decline,
    plan_run,
    plan_withdraw,
    promotion_plan,
)
from modules.services.upgrade_steps import upgrade_abandon
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from tests.modules.test_upgrade import MODULE, preview, promote, shop
from tests.modules.test_upgrade_moves import command, on

__all__ = ["shop"]


@pytest.fixture
def ready(shop: None) -> ModuleUpgrade:
    return preview("1.1.0")


def in_an_hour() -> datetime:
    return timezone.now() + timedelta(hours=1)


def ask(upgrade: ModuleUpgrade, *, approval: bool = False, due: datetime | None = None, **more: Any) -> PromotionPlan:
    with retailer_context("acme"):
        return promotion_plan(upgrade_id=upgrade.pk, author="maria", needs_approval=approval, due_at=due, **more)


def its_time_comes(plan: PromotionPlan) -> PromotionPlan:
    with retailer_context("acme"):
        PromotionPlan.objects.filter(pk=plan.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    jobs.promote(schema="acme", plan_id=plan.pk)
    with retailer_context("acme"):
        plan.refresh_from_db()
    return plan


def live() -> str:
    with retailer_context("acme"):
        return ModuleAdoption.objects.get(module=MODULE).release


def test_without_a_plan_one_person_promotes_at_once(ready: ModuleUpgrade) -> None:
    promote(ready)
    with retailer_context("acme"):
        assert not PromotionPlan.objects.exists()


def test_nobody_promotes_until_somebody_else_has_agreed(ready: ModuleUpgrade) -> None:
    plan = ask(ready, approval=True)
    with pytest.raises(UpgradeRefused, match="maria has asked for somebody else's approval"):
        promote(ready)
    with retailer_context("acme"), pytest.raises(UpgradeRefused, match="you have asked for it"):
        plan_approve(plan_id=plan.pk, author="Maria")
    # when
    with retailer_context("acme"):
        assert plan_approve(plan_id=plan.pk, author="omar").status == "approved"
    assert live() == "1.0.0"
    promote(ready)
    # then
    with retailer_context("acme"):
        plan.refresh_from_db()
        assert (plan.status, plan.decided_by, plan.outcome) == ("promoted", "omar", "promoted in revision 2")
        told = Event.objects.filter(name="module.promotion_plan_changed.v1").order_by("id")
        assert [(event.actor, event.payload["status"]) for event in told] == [
            ("maria", "asked"), ("omar", "approved"), ("omar", "promoted"),
        ]  # fmt: skip
    assert live() == "1.1.0"


def test_the_database_refuses_one_person_for_two(ready: ModuleUpgrade) -> None:
    plan = ask(ready, approval=True)
    for change in (
        "decided_by = 'MARIA', decided_at = now()", "status = 'approved'", "status = 'promoted'",
        "decided_by = 'omar'", "status = 'scheduled'", "status = 'thought about'",
    ):  # fmt: skip
        with retailer_context("acme"), pytest.raises(IntegrityError), transaction.atomic():
            connection.cursor().execute(f"UPDATE modules_promotionplan SET {change} WHERE id = %s", [plan.pk])


def test_who_declines_or_withdraws_leaves_the_upgrade_ready(ready: ModuleUpgrade) -> None:
    plan = ask(ready, approval=True)
    with retailer_context("acme"):
        assert plan_decline(plan_id=plan.pk, author="omar", reason="after the sale").outcome == (
            "Declined by omar: after the sale"
        )
        with pytest.raises(UpgradeRefused, match="the plan is declined"):
            plan_approve(plan_id=plan.pk, author="omar")
    again = ask(ready, approval=True)
    with retailer_context("acme"):
        plan_withdraw(plan_id=again.pk, author="maria")
        assert may_plan(ready)
    assert promote(ready)


@pytest.mark.parametrize("how", ["previewed", "given up"])
def test_approval_is_of_one_preview_only(ready: ModuleUpgrade, how: str) -> None:
    plan = ask(ready, approval=True)
    with retailer_context("acme"):
        plan_approve(plan_id=plan.pk, author="omar")
    if how == "previewed":
        upgrade_preview(schema="acme", upgrade_id=ready.pk)
    else:
        with retailer_context("acme"):
            upgrade_abandon(upgrade_id=ready.pk)
    with retailer_context("acme"):
        plan.refresh_from_db()
        assert plan.status == "withdrawn"


def test_at_its_time_the_job_promotes_and_moves_work_along(ready: ModuleUpgrade) -> None:
    plan = ask(ready, due=in_an_hour(), in_flight=InFlightChoice.MOVE, reason="before the sale")
    with pytest.raises(UpgradeRefused, match="it is scheduled for"):
        promote(ready)
    # when: the job runs too early
    jobs.promote(schema="acme", plan_id=plan.pk)
    assert live() == "1.0.0"
    # when
    plan = its_time_comes(plan)
    # then
    assert (plan.status, live()) == ("promoted", "1.1.0")
    command("move")
    assert on("1.1.0") == 40
    # when: it runs again
    jobs.promote(schema="acme", plan_id=plan.pk)
    with retailer_context("acme"):
        assert Event.objects.filter(name="module.promoted.v1").count() == 1


def test_a_schedule_can_need_approval_too(ready: ModuleUpgrade) -> None:
    plan = ask(ready, approval=True, due=in_an_hour())
    with retailer_context("acme"):
        assert plan_run(plan_id=plan.pk).status == "asked"
        assert plan_approve(plan_id=plan.pk, author="omar").status == "scheduled"
    assert its_time_comes(plan).status == "promoted"


def test_a_schedule_does_nothing_when_the_profile_has_changed_and_says_so(ready: ModuleUpgrade) -> None:
    plan = ask(ready, due=in_an_hour())
    with retailer_context("acme"), revise(author="omar", reason="meanwhile"):
        pass
    plan = its_time_comes(plan)
    assert plan.status == "not_promoted"
    assert plan.outcome.startswith("Not promoted: changed by omar at")
    assert live() == "1.0.0"
    with retailer_context("acme"):
        last = Event.objects.filter(name="module.promotion_plan_changed.v1").order_by("-id")[0]
        assert (last.actor, last.payload["status"]) == ("schedule", "not_promoted")


def test_a_job_that_dies_leaves_the_plan_to_the_next(ready: ModuleUpgrade, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ask(ready, due=in_an_hour())

    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(upgrade_plan, "upgrade_promote", die)
        with pytest.raises(KeyboardInterrupt):
            its_time_comes(plan)
    assert live() == "1.0.0"
    assert its_time_comes(plan).status == "promoted"


def test_what_cannot_be_planned_says_why(ready: ModuleUpgrade) -> None:
    with pytest.raises(UpgradeRefused, match="has passed: choose a time to come"):
        ask(ready, due=timezone.now() - timedelta(minutes=1))
    with pytest.raises(UpgradeRefused, match="or promote it now"):
        ask(ready)
    ask(ready, approval=True)
    with pytest.raises(UpgradeRefused, match="has been asked for already"):
        ask(ready, approval=True)


def test_the_commands_plan_approve_and_withdraw(ready: ModuleUpgrade) -> None:
    told = command("plan", approval=True, at="2999-01-01T06:00", author="maria")
    assert (told["status"], told["due_at"]) == ("asked", "2999-01-01T06:00:00+00:00")
    assert command("approve", author="omar")["status"] == "scheduled"
    [row] = command("status")["modules"]
    assert row["plan"]["sentence"] == "scheduled for 01 January 2999, 06:00, asked for by maria; Approved by omar"
    assert command("withdraw", author="maria")["status"] == "withdrawn"
