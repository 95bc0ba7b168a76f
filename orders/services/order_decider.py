"""Who decides about an order that was taken: the release of Order Management that it finishes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modules.contracts.review import ReviewDecision, ReviewFacts
from modules.journal import Journaled, journal
from modules.profile import NotAdopted, current_profile, profile_for_release
from orders.domain.policies import Documents, OrderPolicies
from orders.models import Order
from orders.services.order_review import MODULE


class _Defaults(OrderPolicies):
    """What holds for a retailer that has not adopted the module."""

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        return ReviewDecision(())


@dataclass(frozen=True, slots=True)
class Decider:
    """Policies with the documents that they read. ``release`` is empty where the module is not adopted."""

    policies: OrderPolicies
    documents: Documents
    release: str
    revision: int

    def journal(self, policy: str, decisions: Sequence[Journaled]) -> None:
        """Write decisions down; those that no release made cannot be made again and are not."""
        if self.release:
            journal(
                module=MODULE, policy=policy, release=self.release, revision=self.revision, decisions=decisions
            )  # fmt: skip


def decider_of(order: Order) -> Decider:
    """Who decides about an order."""
    profile = current_profile()
    try:
        if order.release and profile.adopted.get(MODULE) != order.release:
            profile = profile_for_release(MODULE, order.release)
        release = profile.release(MODULE)
    except NotAdopted:
        return Decider(_Defaults(), {}, "", profile.number)
    return Decider(release.policies, profile.of_module(MODULE), str(release.version), profile.number)
