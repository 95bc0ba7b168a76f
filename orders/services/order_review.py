"""The review of captured orders by the retailer's release of Order Management."""

from __future__ import annotations

from collections.abc import Sequence

from modules.contracts.review import ReviewFacts, facts_to_json
from modules.journal import Journaled, journal
from modules.profile import NotAdopted, profile_at
from orders.domain.policies import OrderPolicies
from orders.services.holds import holds_place

MODULE = "order_management"


def release_at(revision: int) -> str:
    """Release of Order Management that is live at a revision; empty where the module is not adopted."""
    return profile_at(revision).adopted.get(MODULE, "")


def orders_review(*, revision: int, reviews: Sequence[tuple[int, ReviewFacts]], actor: str) -> None:
    """Decide the holds of orders (primary key, facts), place them, and write the decisions down.

    A retailer that has not adopted the module gets no review.
    """
    profile = profile_at(revision)
    try:
        release = profile.release(MODULE)
    except NotAdopted:
        return
    policies: OrderPolicies = release.policies
    documents = profile.of_module(MODULE)
    decided = [(order_id, facts, policies.review(facts, documents)) for order_id, facts in reviews]
    journal(
        module=MODULE, policy="review", release=str(release.version), revision=revision,
        decisions=[Journaled(facts.order_number, facts_to_json(facts), decision) for _, facts, decision in decided],
    )  # fmt: skip
    holds_place(
        holds=[
            (order_id, facts.order_number, hold) for order_id, facts, decision in decided for hold in decision.holds
        ],
        actor=actor,
    )
