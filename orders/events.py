"""What happens to orders, told to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from oms.infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(DomainEvent):
    """An event of one order; its subject is the order's number."""

    SUBJECT_KIND: ClassVar[str] = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCaptured(OrderEvent):
    """A channel placed an order."""

    NAME: ClassVar[str] = "order.captured.v1"

    channel: str
    external_number: str
    lines: int
    units: int
    total: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExtended(OrderEvent):
    """A channel added lines or charges to an order that it had placed before."""

    NAME: ClassVar[str] = "order.extended.v1"

    lines: int
    units: int
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineCancelled(OrderEvent):
    """Units of a line were taken back; ``returned`` of them had already left."""

    NAME: ClassVar[str] = "order.line_cancelled.v1"

    position: int
    quantity: int
    returned: int
    credit: Decimal
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld(OrderEvent):
    """A hold was placed on an order."""

    NAME: ClassVar[str] = "order.held.v1"

    code: str
    blocks: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHoldReleased(OrderEvent):
    """A hold was released; the order goes on."""

    NAME: ClassVar[str] = "order.hold_released.v1"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(OrderEvent):
    """An event of one tender of an order (by its position)."""

    payment: int
    operation: str
    amount: Decimal
    currency: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved(PaymentEvent):
    """A gateway authorised, captured, voided or refunded."""

    NAME: ClassVar[str] = "order.payment_moved.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(PaymentEvent):
    """A gateway refused, or the call was not sent; ``reason`` says why."""

    NAME: ClassVar[str] = "order.payment_declined.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoved(OrderEvent):
    """An order finishes on another release of a module; ``statuses`` tell what each of its statuses became."""

    NAME: ClassVar[str] = "order.moved.v1"

    module: str
    before: str
    after: str
    statuses: tuple[str, ...]
