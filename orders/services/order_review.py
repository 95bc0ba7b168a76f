"""The review of captured orders by the retailer's release of Order Management."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from modules.contracts.review import HoldDecision, ReviewFacts, facts_to_json
from modules.journal import Journaled, journal_rows
from modules.profile import NotAdopted, profile_at
from oms.infra.database.bulk import Rows
from orders.domain.policies import OrderPolicies

MODULE = "order_management"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review decided: holds by order number, and the rows that write the decisions down."""

    holds: tuple[tuple[str, HoldDecision], ...] = ()
    journal: tuple[Rows, ...] = field(default=())


def release_at(revision: int) -> str:
    """Release of Order Management that is live at a revision; empty where the module is not adopted."""
    return profile_at(revision).adopted.get(MODULE, "")


def orders_review(*, revision: int, facts: Sequence[ReviewFacts]) -> Reviewed:
    """Decide which holds orders get, by the release that is live at a revision of the profile.

    A retailer that has not adopted the module gets no review.
    """
    profile = profile_at(revision)
    try:
        release = profile.release(MODULE)
    except NotAdopted:
        return Reviewed()
    policies: OrderPolicies = release.policies
    documents = profile.of_module(MODULE)
    decided = [(told, policies.review(told, documents)) for told in facts]
    rows = journal_rows(
        module=MODULE, policy="review", release=str(release.version), revision=revision,
        decisions=[Journaled(told.order_number, facts_to_json(told), decision) for told, decision in decided],
    )  # fmt: skip
    holds = tuple((told.order_number, hold) for told, decision in decided for hold in decision.holds)
    return Reviewed(holds, (rows,))
