"""By the screens: a second person, a schedule, work that moves along, a module that is taken up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from modules.models import ModuleAdoption, ModuleUpgrade, PromotionPlan, ReleaseMove
from modules.profile import current_profile
from modules.services import revise, upgrade_move, upgrade_plan
from modules.services.upgrade_move import _portion
from oms.web.profile.screens import VIEW
from orders.models import Order
from tests.oms.web.back_office import manager, staff, told, words
from tests.oms.web.html_form import send
from tests.oms.web.test_upgrade_screens import anna, of, previewed, promoted, shop, upgrade

__all__ = ["anna", "previewed", "shop", "upgrade"]


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The jobs that are asked for."""
    jobs: list[tuple[str, dict[str, Any]]] = []
    for module in (upgrade_move, upgrade_plan):
        monkeypatch.setattr(module, "enqueue", lambda task, **arguments: jobs.append((task, arguments)))
    return jobs


def status(plan: PromotionPlan) -> str:
    plan.refresh_from_db()
    return plan.status


def test_somebody_else_approves_and_then_it_is_promoted(anna: Client, previewed: ModuleUpgrade) -> None:
    # given
    bob, page = manager(), of(previewed, "promote/")
    assert "Not now, or not alone" in words(anna.get(page))
    anna.post(of(previewed, "plan/"), {"approval": "yes", "reason": "cheaper"})
    plan = PromotionPlan.objects.get()
    mine, theirs = words(anna.get(page)), words(bob.get(page))
    assert "It cannot be promoted now" in mine
    assert "You have asked for it: somebody else has to agree." in mine
    assert f"{plan.asked_by} asks for approval" in theirs
    # when: she tries to agree with herself
    decision = {"plan": plan.pk, "do": "approve"}
    response = anna.post(of(previewed, "decide/"), decision)
    assert told(response)[-1] == "Nothing was decided: you have asked for it: somebody else has to agree."
    # when
    bob.post(of(previewed, "decide/"), decision)
    # then
    assert status(plan) == "approved"
    promoted(anna, previewed)
    assert status(plan) == "promoted"
    assert "Promoted in revision 3" in words(anna.get(page))


def test_a_plan_is_declined_or_withdrawn(anna: Client, previewed: ModuleUpgrade) -> None:
    bob = manager()
    anna.post(of(previewed, "plan/"), {"approval": "yes"})
    plan = PromotionPlan.objects.get()
    response = bob.post(of(previewed, "decide/"), {"plan": plan.pk, "do": "decline", "reason": "after the sale"})
    assert status(plan) == "declined"
    assert told(response)[-1].endswith(": after the sale.")
    anna.post(of(previewed, "plan/"), {"approval": "yes"})
    plan = PromotionPlan.objects.exclude(pk=plan.pk).get()
    anna.post(of(previewed, "decide/"), {"plan": plan.pk, "do": "withdraw"})
    assert status(plan) == "withdrawn"
    promoted(anna, previewed)


def test_a_time_is_the_retailers_own(
    anna: Client, previewed: ModuleUpgrade, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    due = (timezone.localtime() + timedelta(days=1)).replace(second=0, microsecond=0)
    response = anna.post(of(previewed, "plan/"), {"due": f"{due:%Y-%m-%dT%H:%M}"})
    plan = PromotionPlan.objects.get()
    assert (plan.status, plan.due_at) == ("scheduled", due)
    assert told(response)[-1].startswith("Scheduled for ")
    assert asked == [("modules.jobs.promote", {"lock": f"plan {plan.pk}", "due": due, "plan_id": plan.pk})]
    assert "It is promoted then if the profile is still at revision 2" in words(anna.get(of(previewed, "promote/")))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"due": "tomorrow"}, "“tomorrow” is not a time"),
        ({"due": "2026-13-45T99:00"}, "is not a time"),
        ({"due": "2020-01-01T06:00"}, "has passed: choose a time to come"),
        ({}, "say whether somebody else has to agree"),
    ],
)
def test_what_cannot_be_asked_for_says_why(
    anna: Client, previewed: ModuleUpgrade, given: dict[str, str], why: str
) -> None:
    response = anna.post(of(previewed, "plan/"), given)
    assert why in told(response)[-1]
    assert not PromotionPlan.objects.exists()


def test_plans_of_others_and_strange_verbs_are_not_there(anna: Client, previewed: ModuleUpgrade) -> None:
    anna.post(of(previewed, "plan/"), {"approval": "yes"})
    plan = PromotionPlan.objects.get()
    for given in ({"plan": "999", "do": "approve"}, {"plan": plan.pk, "do": "dance"}, {"do": "approve"}):
        assert anna.post(of(previewed, "decide/"), given).status_code == 404
    assert staff(VIEW).post(of(previewed, "decide/"), {"plan": plan.pk, "do": "approve"}).status_code == 403
    assert staff(VIEW).post(of(previewed, "plan/"), {"approval": "yes"}).status_code == 403
    assert status(plan) == "asked"


def test_orders_move_along_with_a_promotion_and_back_with_a_rollback(
    anna: Client, previewed: ModuleUpgrade, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    # given
    page = anna.get(of(previewed, "promote/"))
    assert "10 orders that have begun on 1.0.0" in words(page)
    # when
    anna.post(of(previewed, "promote/"), {"confirm": "order_routing", "in_flight": "move"})
    move = ReleaseMove.objects.get()
    assert asked == [
        ("modules.jobs.move", {"lock": f"move {move.pk}", "queueing_lock": f"move {move.pk}", "move_id": move.pk})
    ]
    assert "Moving orders from 1.0.0 to 2.0.0: 0 moved of 10" in words(anna.get("/admin/upgrades/"))
    for _ in range(3):
        _portion(move.pk)
    # then
    assert set(Order.objects.values_list("routing_release", flat=True)) == {"2.0.0"}
    order = Order.objects.earliest("id")
    assert "Moved to Order routing 2.0.0" in words(anna.get(f"/admin/orders/order/{order.pk}/change/"))
    # when
    address = of(previewed, "rollback/")
    send(anna, address, anna.get(address), in_flight="move")
    back = ReleaseMove.objects.get(from_release="2.0.0")
    for _ in range(3):
        _portion(back.pk)
    # then
    assert set(Order.objects.values_list("routing_release", flat=True)) == {"1.0.0"}


def test_what_stayed_behind_is_moved_by_a_button(anna: Client, previewed: ModuleUpgrade) -> None:
    promoted(anna, previewed)
    text = words(anna.get("/admin/upgrades/"))
    assert "10 unfinished orders finish on 1.0.0 , while 2.0.0 is live. Move them to 2.0.0" in text
    response = anna.post("/admin/upgrades/order_routing/move/", {"from": "1.0.0"})
    assert told(response)[-1] == "10 unfinished orders of 1.0.0 are on their way to 2.0.0."
    refused = anna.post("/admin/upgrades/order_routing/move/", {"from": "1.1.0"})
    assert told(refused)[-1] == "Nothing is moved: no unfinished order is on order_routing 1.1.0."
    assert staff(VIEW).post("/admin/upgrades/order_routing/move/", {"from": "1.0.0"}).status_code == 403


def test_a_module_is_taken_up(anna: Client) -> None:
    # given
    with revise(author="maria", reason="not now") as revision:
        for where in current_profile().raw("order_routing"):
            revision.drop("order_routing", where.kind, where.key)
        revision.adopt("order_routing", None)
    assert "Order routing Not adopted" in words(anna.get("/admin/upgrades/"))
    assert staff(VIEW).post("/admin/upgrades/order_routing/adopt/", {"to": "1.1.0"}).status_code == 403
    # when
    first, second = (anna.post("/admin/upgrades/order_routing/adopt/", {"to": "1.1.0"}) for _ in range(2))
    # then
    assert told(first)[-1] == "Order routing 1.1.0 is adopted since revision 4, as it is delivered."
    assert told(second)[-1].startswith("Nothing was adopted: order_routing 1.1.0 is adopted already")
    assert ModuleAdoption.objects.get(module="order_routing").release == "1.1.0"
