"""Two screens that look and touch nothing: the impact of a draft, and what would happen to an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET
from pydantic import ValidationError

from fulfilment.routing.services.deciding import MODULE, live_decider
from fulfilment.routing.trying import STRATEGY, Impact, Tried, impact_of, try_order, with_draft
from modules.domain.releases import KindModel
from modules.outcomes import outcomes_in_words
from modules.profile import NotAdopted
from modules.selectors import head_number
from oms.infra.backoffice.display import money
from oms.web.admin_sites.retailer import retailer_site
from oms.web.profile.reading import Reading
from oms.web.profile.screens import screen
from oms.web.profile.views.documents import opened_document
from orders.models import Order
from orders.selectors import orders_numbered


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What a rule means, in a sentence, and what it drops most."""

    rule: str
    sentence: str
    dropped: Sequence[tuple[str, int]]


@screen("POST")
def draft(request: HttpRequest, kind: str) -> HttpResponse:
    """What the form of a routing document means as it stands, saved or not, and what it does to one order."""
    _nothing_is_written()
    try:
        by = live_decider()
    except NotAdopted as missing:
        raise Http404(str(missing)) from missing
    context: dict[str, Any] = {"title": "What this draft means"}
    model, faults = _model(request, kind, by.profile.release(MODULE).kinds[kind].model)
    if model is None:
        return _answer(request, {**context, "faults": faults})
    key = request.GET.get("key", "") or request.POST.get("key", "").strip()
    documents = with_draft(by.documents, kind, key, model)
    number = request.POST.get("try-order", "").strip()
    if request.POST.get("do") == "try":
        order = Order.objects.filter(pk__in=orders_numbered(number)).first() if number else None
        tried = try_order(order.pk, by, documents) if order else None
        return _answer(request, {**context, "asked": number, "tried": tried, **_told(tried)})
    impact = impact_of(by, documents, key if kind == STRATEGY else None)
    return _answer(request, {**context, "impact": impact, "rules": rules_in_words(impact)})


@require_GET
def _now(request: HttpRequest, order: int) -> HttpResponse:
    if not any(request.user.has_perm(f"orders.{verb}_order") for verb in ("view", "change")):
        raise PermissionDenied
    _nothing_is_written()
    found = Order.objects.filter(pk=order).first()
    if found is None:
        message = "There is no order with this number."
        raise Http404(message)
    try:
        by = live_decider()
    except NotAdopted as missing:
        raise Http404(str(missing)) from missing
    tried = try_order(found.pk, by, by.documents)
    title = f"{found.number}: what would happen now"
    return _answer(request, {"title": title, "asked": found.number, "tried": tried, "back": found, **_told(tried)})


now = retailer_site.admin_view(_now)


def rules_in_words(impact: Impact) -> list[RuleLine]:
    """“Matches 12 of 140 locations and 37 of the last 200 orders”, for each rule."""
    return [
        RuleLine(
            name,
            f"Matches {len(rule.kept):,} of {rule.of:,} locations and {rule.orders:,} of the last "
            f"{impact.orders:,} orders",
            rule.dropped.most_common(5),
        )
        for name, rule in impact.rules.items()
    ]


def _told(tried: Tried | None) -> dict[str, object]:
    if tried is None:
        return {}
    [outcome] = outcomes_in_words([(MODULE, "route", tried.decision.outcome())])
    cost = tried.decision.cost
    return {
        "outcome": outcome, "steps": tried.decision.steps,
        "cost": None if cost is None else money(cost, tried.order.currency),
    }  # fmt: skip


def _model(request: HttpRequest, kind: str, model: type[KindModel]) -> tuple[KindModel | None, list[str]]:
    """What was sent as a document of the live release, or what is wrong with it."""
    key = request.GET.get("key", "")
    found, schema, base = opened_document(MODULE, kind, key, head_number())
    reading = Reading(schema, request.POST, base, None)
    faults = [fault.message for fault in reading.faults]
    try:
        return (None, faults) if faults else (model.model_validate(reading.body), [])
    except ValidationError as error:
        return None, [f"{'.'.join(map(str, fault['loc'])) or found.title}: {fault['msg']}" for fault in error.errors()]


def _nothing_is_written() -> None:
    """The database itself sees to it that trying changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    request.current_app = retailer_site.name
    alone = request.headers.get("X-Part") == "yes"
    template = "routing/tried.html" if alone else "routing/tried_page.html"
    return TemplateResponse(request, template, context if alone else {**retailer_site.each_context(request), **context})
