"""What a release would decide, without anything being done: for people who change rules, or ask about an order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection

from fulfilment.routing.domain.policies import Documents
from fulfilment.routing.facts import facts_of
from fulfilment.routing.selectors import OrderToRoute, orders_as_if_new, orders_to_route, stock_facts
from fulfilment.routing.services.deciding import MODULE, Decider, known_to
from modules.contracts.routing import Network, RoutingDecision, RoutingFacts
from modules.contracts.routing_json import facts_from_json, network_from_json
from modules.domain.canonical import canonical
from modules.domain.releases import KindModel
from modules.journal import unpack
from modules.models import Decision, DecisionContext

STRATEGY = "routing_strategy"
#: Recent decisions that are looked at, and for how long at most.
RECENT, SECONDS = 200, 2.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What would be decided. ``as_if_new`` says that nothing of the order is open: all of it was tried."""

    order: OrderToRoute
    facts: RoutingFacts
    decision: RoutingDecision
    as_if_new: bool


@dataclass(slots=True)
class RuleImpact:
    """How many recent orders a rule applies to, and which locations it keeps for any of them."""

    orders: int = 0
    kept: set[str] = field(default_factory=set)
    of: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Impact:
    """What draft documents mean for recent orders: by rule, and how many would have gone another way."""

    orders: int = 0
    changed: list[str] = field(default_factory=list)
    rules: dict[str, RuleImpact] = field(default_factory=dict)
    cut_short: bool = False


def with_draft(documents: Documents, kind: str, key: str, draft: KindModel) -> Documents:
    """The documents with one of them as somebody is writing it."""
    return {**documents, kind: {**documents.get(kind, {}), key: draft}}


def try_order(order_id: int, by: Decider, documents: Documents) -> Tried | None:
    """Decide an order by a release with documents that need not be saved; None where it has no units.

    Nothing is locked or written. What is open is tried; where nothing is, the whole order as if it came in now, with
    the units that it has reserved itself among those to be had.
    """
    found = orders_to_route([order_id], lock=False)
    as_if_new = not found
    if as_if_new:
        found = orders_as_if_new([order_id])
    if not found:
        return None
    [order] = found
    known = known_to([order], [by])
    available = stock_facts(order.products).available
    if as_if_new:
        for where, units in _own(order_id).items():
            available[where] = available.get(where, 0) + units
    facts = facts_of(order, known, available)
    return Tried(order, facts, by.policies.route(facts, documents), as_if_new)


def impact_of(by: Decider, documents: Documents, only: str | None = None) -> Impact:
    """What documents (perhaps a draft) would have meant for the newest journaled orders, within two seconds.

    ``only`` names the strategy whose rules are told of; all otherwise.
    """
    impact, until = Impact(), time.monotonic() + SECONDS
    strategies = documents.get(STRATEGY, {})
    looked_at = {only: strategies[only]} if only is not None and only in strategies else strategies
    for facts in _recent():
        if time.monotonic() > until:
            impact.cut_short = True
            break
        impact.orders += 1
        _match(impact, by, documents, looked_at, facts)
        before, after = (by.policies.route(facts, each).outcome() for each in (by.documents, documents))
        if canonical(before) != canonical(after):
            impact.changed.append(facts.order_number)
    return impact


def _match(
    impact: Impact, by: Decider, documents: Documents, strategies: Mapping[str, KindModel], facts: RoutingFacts
) -> None:
    for strategy in strategies.values():
        for match in by.policies.matches(strategy, facts, documents):
            rule = impact.rules.setdefault(match.rule, RuleImpact())
            rule.of = max(rule.of, match.of)
            if match.applies:
                rule.orders += 1
                rule.kept.update(match.kept)
                rule.dropped.update(match.dropped)


def _recent() -> Sequence[RoutingFacts]:
    rows = Decision.objects.filter(module=MODULE, policy__in=["route", "route_in_run"]).order_by("-id")
    newest: dict[str, Decision] = {}
    for row in rows.only("subject", "facts", "context")[:RECENT]:
        newest.setdefault(row.subject, row)
    digests = {bytes(row.context) for row in newest.values() if row.context is not None}
    kept = DecisionContext.objects.filter(digest__in=list(digests))
    networks: dict[bytes, Network] = {
        bytes(item.digest): network_from_json(unpack(bytes(item.content))) for item in kept
    }
    return [
        facts_from_json(unpack(bytes(row.facts)), networks[bytes(row.context)])
        for row in newest.values()
        if row.context is not None
    ]


def _own(order_id: int) -> dict[tuple[int, int], int]:
    """Units that the order has reserved, by (location, product)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.location_id, l.product_id, sum(q.quantity - q.released - q.shipped)"
            " FROM requests_fulfilmentrequestline q JOIN requests_fulfilmentrequest r ON r.id = q.request_id"
            " JOIN inventory_stocklevel l ON l.id = q.level_id"
            " WHERE r.order_id = %s AND q.quantity > q.released + q.shipped GROUP BY l.location_id, l.product_id",
            [order_id],
        )
        return {(row[0], row[1]): int(row[2]) for row in cursor.fetchall()}
