"""How the rules of a strategy would treat an order: for the screen on which staff write it."""

from __future__ import annotations

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import RoutingFacts
from modules.contracts.routing_runs import RuleMatch

from .documents import RoutingStrategy, Rule
from .places import Place, Places
from .selection import Candidate


def rule_matches(strategy: RoutingStrategy, facts: RoutingFacts, documents: Documents) -> tuple[RuleMatch, ...]:
    """For each rule: whether it applies, and which of the locations with stock of the order it keeps."""
    places = Places(facts, documents, strategy)
    near = list(places.near())
    return tuple(_match(rule, near, facts, places) for rule in strategy.rules)


def _match(rule: Rule, near: list[Place], facts: RoutingFacts, places: Places) -> RuleMatch:
    applies = rule.active and all(condition.met(facts) for condition in rule.conditions)
    allowed = tuple(one for one in places.carriages if all(one.code in each for each in rule.contracts))
    dropped: dict[str, int] = {}
    kept = []
    for place in near:
        why = _why_dropped(rule, place, facts) or ("" if allowed else "no contract that it allows serves the order")
        if why:
            dropped[why] = dropped.get(why, 0) + 1
        else:
            kept.append(place.location.code)
    return RuleMatch(rule.name, applies, tuple(kept), len(near), dropped)


def _why_dropped(rule: Rule, place: Place, facts: RoutingFacts) -> str:
    spare = [place.to_spare(line.product_id, line.quantity, rule.units_left) for line in facts.lines]
    if not any(spare):
        return "nothing to spare"
    free = sum(max(0, place.stock.get(product, 0)) for product in {line.product_id for line in facts.lines})
    seen = Candidate(
        place.location, place.distance, place.kilometres, place.policy.priority, sum(spare), free, place.room,
        place.policy.capacity_per_day,
    )  # fmt: skip
    return next((item.words() for item in rule.filters if not item.keeps(seen)), "")
