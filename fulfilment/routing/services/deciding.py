"""Asking releases: each order by the one that it began on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fulfilment.routing.domain.policies import Documents, RoutingPolicies
from fulfilment.routing.facts import Known, facts_of, known_about
from fulfilment.routing.selectors import OrderToRoute
from modules.contracts.routing import RoutingDecision, RoutingFacts
from modules.profile import Profile, current_profile, profile_for_release

MODULE = "order_routing"


@dataclass(frozen=True, slots=True)
class Decider:
    """A release with the profile whose documents it decides by."""

    profile: Profile
    release: str

    @property
    def policies(self) -> RoutingPolicies:
        """Its decisions."""
        policies: RoutingPolicies = self.profile.release(MODULE).policies
        return policies

    @property
    def documents(self) -> Documents:
        """The retailer's documents of the module."""
        return self.profile.of_module(MODULE)


@dataclass(frozen=True, slots=True)
class Decided:
    """An order, what it was decided on, by whom, and what was decided."""

    order: OrderToRoute
    facts: RoutingFacts
    by: Decider
    decision: RoutingDecision


def live_decider() -> Decider:
    """The release that is live, with the present documents."""
    live = current_profile()
    return Decider(live, str(live.release(MODULE).version))


def deciders_of(orders: Sequence[OrderToRoute]) -> Mapping[str, Decider]:
    """For each release that an order is pinned to ("" for none), who decides it."""
    live = live_decider()
    deciders = {"": live, live.release: live}
    for pinned in {order.release for order in orders} - set(deciders):
        deciders[pinned] = Decider(profile_for_release(MODULE, pinned), pinned)
    return deciders


def known_to(orders: Sequence[OrderToRoute], deciders: Iterable[Decider]) -> Known:
    """What any of the deciders needs to know about the orders."""
    asked = {decider.release: decider for decider in deciders}.values()
    needs = frozenset[str]().union(*(decider.policies.needs for decider in asked))
    rules = [
        rule
        for decider in asked
        if "joinable" in decider.policies.needs and (rule := decider.policies.consolidation(decider.documents))
    ]
    return known_about(orders, needs, rules[0] if rules else None)


def decide(
    orders: Sequence[OrderToRoute],
    known: Known,
    available: Mapping[tuple[int, int], int],
    deciders: Mapping[str, Decider],
) -> list[Decided]:
    """Ask order by order; each decision sees the stock that those before it have left."""
    left = dict(available)
    decided = []
    for order in orders:
        by = deciders[order.release]
        facts = facts_of(order, known, left)
        decision = by.policies.route(facts, by.documents)
        for item in decision.allocations:
            left[item.location_id, item.product_id] -= item.quantity
        decided.append(Decided(order, facts, by, decision))
    return decided
