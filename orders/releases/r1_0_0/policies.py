"""Orders above a value are held."""

from __future__ import annotations

from typing import cast

from modules.contracts.review import HoldDecision, ReviewDecision, ReviewFacts
from modules.contracts.routing import Step
from orders.domain.policies import Documents, OrderPolicies

from .documents import OrderReview

RULE = "value_review"


class ValueLimit(OrderPolicies):
    """One limit for the total of an order."""

    def review(self, facts: ReviewFacts, documents: Documents) -> ReviewDecision:
        """Hold an order whose total is above the limit."""
        found = documents.get("order_review", {}).get("default")
        limit = cast("OrderReview", found) if found else OrderReview.model_validate({})
        if limit.value_limit is None:
            return ReviewDecision((), (Step(RULE, "", False, "no value limit is set"),))
        if limit.currency and limit.currency != facts.currency:
            why = f"the limit is in {limit.currency}, the order in {facts.currency}"
            return ReviewDecision((), (Step(RULE, "", False, why),))
        amount = f"total {facts.total} {facts.currency}"
        if facts.total <= limit.value_limit:
            return ReviewDecision((), (Step(RULE, "", False, f"{amount} is not above {limit.value_limit}"),))
        why = f"{amount} is above {limit.value_limit}"
        return ReviewDecision((HoldDecision(RULE, ("allocate",), why),), (Step(RULE, "", True, why),))
