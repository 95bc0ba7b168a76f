"""What Order Management is told when an order has been captured, and what it answers. Version 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from modules.contracts.routing import Step
from modules.domain.canonical import Body, Json


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """A captured order, as far as a review may depend on it. ``total`` is in ``currency``.

    ``recent_orders`` counts the other orders that the customer placed within the 24 hours before this one. What came
    later than the first version has a default that says nothing, and is only written down where it says something.
    """

    order_number: str
    channel: str
    currency: str
    total: Decimal
    lines: int
    units: int
    country: str
    customer: str
    earlier_orders: int
    largest_line_units: int
    placed_at: str
    method: str = ""
    priority: int = 0
    postal_code: str = ""
    payment_kinds: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    recent_orders: int = 0


#: What may become of a hold that nobody looked at in time.
AT_EXPIRY = ("release", "cancel")


@dataclass(frozen=True, slots=True)
class HoldDecision:
    """A hold to place: its name, what it blocks (allocate, ship, edit, capture), and why, for people.

    A hold ends by itself ``expires_hours`` hours after it was placed (0: never): the order goes on (``release``) or
    what is left of it is cancelled (``cancel``). ``instructions`` tell staff what to look at.
    """

    code: str
    blocks: tuple[str, ...]
    why: str
    expires_hours: int = 0
    at_expiry: str = "release"
    instructions: str = ""

    def outcome(self) -> list[Json]:
        """What was decided, without the explanation; an expiry only where there is one."""
        ends: list[Json] = [self.expires_hours, self.at_expiry] if self.expires_hours else []
        return [self.code, list(self.blocks), *ends]


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """The holds to place; ``steps`` explain them in order."""

    holds: tuple[HoldDecision, ...]
    steps: tuple[Step, ...] = field(default=())

    def outcome(self) -> Body:
        """What was decided, without the explanation: two decisions are the same when these are equal."""
        return {"holds": [hold.outcome() for hold in self.holds]}


def facts_to_json(facts: ReviewFacts) -> Body:
    """Write facts down."""
    written: Body = {
        "order": facts.order_number, "channel": facts.channel, "currency": facts.currency,
        "total": str(facts.total), "lines": facts.lines, "units": facts.units, "country": facts.country,
        "customer": facts.customer, "earlier": facts.earlier_orders, "largest": facts.largest_line_units,
        "placed": facts.placed_at,
    }  # fmt: skip
    later: Body = {
        "method": facts.method, "priority": facts.priority, "postal_code": facts.postal_code,
        "payments": list(facts.payment_kinds), "attributes": dict(facts.attributes), "recent": facts.recent_orders,
    }  # fmt: skip
    return written | {name: value for name, value in later.items() if value}


def facts_from_json(written: Body) -> ReviewFacts:
    """Read facts back as they were."""
    payments, attributes = written.get("payments", []), written.get("attributes", {})
    return ReviewFacts(
        str(written["order"]), str(written["channel"]), str(written["currency"]), Decimal(str(written["total"])),
        int(str(written["lines"])), int(str(written["units"])), str(written["country"]), str(written["customer"]),
        int(str(written["earlier"])), int(str(written["largest"])), str(written["placed"]),
        method=str(written.get("method", "")), priority=int(str(written.get("priority", 0))),
        postal_code=str(written.get("postal_code", "")),
        payment_kinds=tuple(map(str, payments)) if isinstance(payments, list) else (),
        attributes={key: str(value) for key, value in attributes.items()} if isinstance(attributes, dict) else {},
        recent_orders=int(str(written.get("recent", 0))),
    )  # fmt: skip
