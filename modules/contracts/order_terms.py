"""What Order Management decides about orders that it has taken: edits, cancellations, money. Version 1.

Times are ISO 8601 with an offset; amounts are in ``currency``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from modules.contracts.routing import Step
from modules.domain.canonical import Body

#: What a change to an order may do.
CHANGE_ACTIONS = ("add", "remove", "quantity", "address", "method", "discount", "attribute", "priority")
#: Who asks.
ASKERS = ("customer", "staff", "channel")


@dataclass(frozen=True, slots=True)
class ChangeAction:
    """One action of a change. ``position`` is the line's, 0 for the order as a whole.

    ``units`` is by how many units the line grows (negative: shrinks), ``value`` by how much the order's total does.
    ``progress`` is how far its units have come: open, allocated, picking, packed or shipped.
    """

    kind: str
    position: int = 0
    units: int = 0
    value: Decimal = Decimal(0)
    progress: str = "open"


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A change that somebody asks for."""

    order_number: str
    channel: str
    currency: str
    method: str
    pickup: bool
    asked_by: str
    placed_at: str
    asked_at: str
    status: str
    total: Decimal
    actions: tuple[ChangeAction, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """Whether an action (by its place in the change) may be done, and why, for people."""

    action: int
    allowed: bool
    why: str


@dataclass(frozen=True, slots=True)
class ChangeDecision:
    """What becomes of a change: what is allowed of it, and whether a person has to confirm it first."""

    verdicts: tuple[ActionVerdict, ...]
    needs_confirmation: bool = False
    why: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether all of it may be done; a change is done as a whole or not at all."""
        return all(verdict.allowed for verdict in self.verdicts)

    def outcome(self) -> Body:
        """What was decided, without the explanation."""
        return {
            "verdicts": [[verdict.action, verdict.allowed] for verdict in self.verdicts],
            "needs_confirmation": self.needs_confirmation,
        }


@dataclass(frozen=True, slots=True)
class CancelPart:
    """Units of a line that are to be cancelled, and how far they have come."""

    position: int
    units: int
    progress: str


@dataclass(frozen=True, slots=True)
class CancelFacts:
    """A cancellation that somebody asks for."""

    order_number: str
    channel: str
    currency: str
    asked_by: str
    reason: str
    placed_at: str
    asked_at: str
    total: Decimal
    parts: tuple[CancelPart, ...]


@dataclass(frozen=True, slots=True)
class CancelDecision:
    """Whether it may be cancelled, what that costs the customer, and why, for people."""

    allowed: bool
    why: str
    fee: Decimal = Decimal(0)
    steps: tuple[Step, ...] = ()

    def outcome(self) -> Body:
        """What was decided, without the explanation."""
        return {"allowed": self.allowed, "fee": str(self.fee)}


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """How money is taken for the orders of a channel.

    ``capture`` is ``on_shipment`` (for what leaves or is handed over) or ``on_order``. An authorisation is asked for
    anew ``reauthorise_hours`` before it ends. ``tenders`` says which kinds of payment are captured first and refunded
    last. A refused capture is tried again after each of ``retry_hours`` and then holds the order with ``hold_code``.
    """

    capture: str = "on_shipment"
    reauthorise_hours: int = 24
    tenders: tuple[str, ...] = ("gift_card", "store_credit", "card")
    retry_hours: tuple[int, ...] = (1, 6, 24)
    hold_code: str = "payment"
    void_on_cancel: bool = True
    ship_without_authorisation: bool = True


@dataclass(frozen=True, slots=True)
class AttributeDefinition:
    """A field of the retailer's own on its orders. ``kind`` is text, number, date, choice or yes_no."""

    key: str
    title: str
    kind: str = "text"
    help: str = ""
    choices: tuple[str, ...] = ()
    required_on: tuple[str, ...] = ()
    filterable: bool = False
    in_list: bool = False
    in_api: bool = True


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """What holds for the orders of one channel: defaults for what it leaves out, and what it is told."""

    default_method: str = ""
    default_priority: int = 0
    tell_status: bool = True
    tell_tracking: bool = True
    tell_stock: bool = False
    stock_buffer: int = 0
