"""What Order Management is told when an order has been captured, and what it answers. Version 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from modules.contracts.routing import Step
from modules.domain.canonical import Body


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """A captured order, as far as a review may depend on it. ``total`` is in ``currency``."""

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


@dataclass(frozen=True, slots=True)
class HoldDecision:
    """A hold to place: its name, what it blocks (allocate, ship, edit, capture), and why, for people."""

    code: str
    blocks: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """The holds to place; ``steps`` explain them in order."""

    holds: tuple[HoldDecision, ...]
    steps: tuple[Step, ...] = field(default=())

    def outcome(self) -> Body:
        """What was decided, without the explanation: two decisions are the same when these are equal."""
        return {"holds": [[hold.code, list(hold.blocks)] for hold in self.holds]}


def facts_to_json(facts: ReviewFacts) -> Body:
    """Write facts down."""
    return {
        "order": facts.order_number, "channel": facts.channel, "currency": facts.currency,
        "total": str(facts.total), "lines": facts.lines, "units": facts.units, "country": facts.country,
        "customer": facts.customer, "earlier": facts.earlier_orders, "largest": facts.largest_line_units,
        "placed": facts.placed_at,
    }  # fmt: skip


def facts_from_json(written: Body) -> ReviewFacts:
    """Read facts back as they were."""
    return ReviewFacts(
        str(written["order"]), str(written["channel"]), str(written["currency"]), Decimal(str(written["total"])),
        int(str(written["lines"])), int(str(written["units"])), str(written["country"]), str(written["customer"]),
        int(str(written["earlier"])), int(str(written["largest"])), str(written["placed"]),
    )  # fmt: skip
