"""How the rules of a strategy would treat an order: for the screen on which staff write it."""

from __future__ import annotations

import numpy as np

from fulfilment.routing.domain.policies import Documents
from modules.contracts.routing import RoutingFacts
from modules.contracts.routing_runs import RuleMatch

from .documents import RoutingStrategy
from .rules import Rule
from .stages import prepared
from .work import Work


def rule_matches(strategy: RoutingStrategy, facts: RoutingFacts, documents: Documents) -> tuple[RuleMatch, ...]:
    """For each rule: whether it applies, and which of the locations with stock of the order it keeps."""
    work = Work(facts, documents, strategy)
    return tuple(_match(rule, work) for rule in strategy.rules)


def _match(rule: Rule, work: Work) -> RuleMatch:
    facts = work.facts
    needs = np.zeros(len(work.goods), dtype=np.int64)
    for line in facts.lines:
        needs[work.number[line.product_id]] += line.quantity
    applies = rule.active and all(condition.met(facts) for condition in rule.conditions)
    stage, stock = prepared(rule, work, list(range(len(work.goods))), needs)
    unserved = stage.price.out.all(axis=0) & stock.any(axis=0)
    kept = np.flatnonzero(stock.any(axis=0) & ~unserved)
    dropped = {words: count for words, (count, _) in stage.dropped.items()}
    idle = len(work.pick) - int(stage.looked_at)
    if idle:
        dropped["nothing to spare"] = idle
    if unserved.any():
        dropped["no service that it allows goes there"] = int(unserved.sum())
    return RuleMatch(rule.name, applies, tuple(work.locations[at].code for at in kept), len(work.pick), dropped)
