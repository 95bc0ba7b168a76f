"""What every release of Order Management can be asked.

Hooks are only ever added, each with a default that does nothing, so that a sealed release keeps its behaviour.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from modules.contracts.order_terms import (
    ActionVerdict,
    AttributeDefinition,
    CancelDecision,
    CancelFacts,
    ChangeDecision,
    ChangeFacts,
    ChannelTerms,
    PaymentTerms,
)
from modules.contracts.review import ReviewDecision, ReviewFacts
from modules.domain.releases import KindModel

#: Documents of the module by kind and key, in the schema of the release that is asked.
Documents = Mapping[str, Mapping[str, KindModel]]


class OrderPolicies(ABC):
    """The decisions of a release. Pure: the same facts and documents give the same decision."""

    @abstractmethod
    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Which holds a captured order gets."""

    def change(self, facts: ChangeFacts, documents: Documents) -> ChangeDecision:
        """Whether an order may be changed as asked. By default until a location has begun to work on the units."""
        begun = ("picking", "packed", "shipped")
        return ChangeDecision(
            tuple(
                ActionVerdict(index, False, f"these units are {action.progress} already")
                if action.progress in begun
                else ActionVerdict(index, True, "no location has begun to work on it")
                for index, action in enumerate(facts.actions)
            )
        )

    def cancel(self, facts: CancelFacts, documents: Documents) -> CancelDecision:
        """Whether units may be cancelled. By default until they have been packed, at no charge."""
        late = next((part for part in facts.parts if part.progress in ("packed", "shipped")), None)
        if late:
            return CancelDecision(False, f"line {late.position} is {late.progress} already")
        return CancelDecision(True, "nothing of it has been packed")

    def payment_terms(self, channel: str, documents: Documents) -> PaymentTerms:
        """How money is taken for the orders of a channel."""
        return PaymentTerms()

    def attributes(self, documents: Documents) -> tuple[AttributeDefinition, ...]:
        """The retailer's own fields on orders. By default none: any are taken and shown as they come."""
        return ()

    def channel_terms(self, channel: str, documents: Documents) -> ChannelTerms:
        """What holds for the orders of a channel."""
        return ChannelTerms()

    def released(self, facts: ReviewFacts, code: str, documents: Documents) -> ReviewDecision:
        """Which holds an order gets because its hold ``code`` has been released. By default none."""
        return ReviewDecision(())

    def payment_terms_of(self, channel: str, payment: str, documents: Documents) -> PaymentTerms:
        """How money is taken by one kind of payment (card, gift_card …). By default as for the whole channel."""
        return self.payment_terms(channel, documents)
