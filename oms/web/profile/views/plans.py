"""A promotion that somebody else must agree to, or that happens at a time: asked for, agreed to, withdrawn."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from modules.models import PromotionPlan
from modules.services.plans import when_in_words
from modules.services.refused import UpgradeRefused
from modules.services.upgrade import InFlightChoice
from modules.services.upgrade_plan import plan_approve, plan_decline, plan_withdraw, promotion_plan
from oms.web.profile.screens import address, author, number_given, screen
from oms.web.profile.views.upgrades import upgrade_numbered


@screen("POST", changes=True)
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for approval, set a time, or both."""
    upgrade = upgrade_numbered(number)
    try:
        plan = promotion_plan(
            upgrade_id=upgrade.pk, author=author(request), needs_approval="approval" in request.POST,
            due_at=_time(request.POST.get("due", "").strip()), reason=request.POST.get("reason", "").strip()[:500],
            in_flight=in_flight_chosen(request),
        )  # fmt: skip
    except UpgradeRefused as refused:
        messages.error(request, f"Nothing was asked for: {refused}.")
    else:
        messages.success(request, _said(plan))
    return HttpResponseRedirect(address("promote", number))


def _time(given: str) -> datetime | None:
    """A time in the retailer's zone. Raises :class:`UpgradeRefused`."""
    if not given:
        return None
    try:
        found = parse_datetime(given)
    except ValueError:
        found = None
    if found is None:
        message = f"“{given[:40]}” is not a time such as 2026-11-27 06:00"
        raise UpgradeRefused(message)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _said(plan: PromotionPlan) -> str:
    when = f" It is to happen on {when_in_words(plan)}." if plan.due_at else ""
    return (
        "Asked for: somebody else with the right to change the profile has to approve it." + when
        if plan.needs_approval
        else f"Scheduled for {when_in_words(plan)}: it is promoted then, unless the profile changes before."
    )


def in_flight_chosen(request: HttpRequest) -> InFlightChoice:
    """What is to become of work in flight; without a choice it finishes where it is."""
    return InFlightChoice.MOVE if request.POST.get("in_flight") == InFlightChoice.MOVE else InFlightChoice.DRAIN


@screen("POST", changes=True)
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Approve, decline or withdraw what was asked for."""
    upgrade, who = upgrade_numbered(number), author(request)
    plan_id = number_given(request.POST.get("plan"), "plan")
    if not upgrade.plans.filter(pk=plan_id).exists():
        message = f"There is no plan {plan_id} of this upgrade."
        raise Http404(message)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    try:
        match request.POST.get("do"):
            case "approve":
                plan = plan_approve(plan_id=plan_id, author=who)
            case "decline":
                plan = plan_decline(plan_id=plan_id, author=who, reason=reason)
            case "withdraw":
                plan = plan_withdraw(plan_id=plan_id, author=who)
            case other:
                message = f"There is no “{other}” to do with a plan."
                raise Http404(message)
    except UpgradeRefused as refused:
        messages.error(request, f"Nothing was decided: {refused}.")
    else:
        messages.success(request, f"{plan.outcome}.")
    return HttpResponseRedirect(address("promote", number))
