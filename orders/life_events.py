"""What happens in the life of an order between capture and the end, told to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from orders.events import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent(OrderEvent):
    """An event of one change (by its number within the order); ``actions`` say in words what it does."""

    change: int
    asked_by: str
    actions: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequested(ChangeEvent):
    """A change waits for somebody to confirm or decline it."""

    NAME: ClassVar[str] = "order.change_requested.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged(ChangeEvent):
    """An order was changed: ``total`` is what the customer is to pay now, ``difference`` by how much that is more."""

    NAME: ClassVar[str] = "order.changed.v1"

    total: Decimal
    difference: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDeclined(ChangeEvent):
    """A change or cancellation was declined; the order stayed as it was."""

    NAME: ClassVar[str] = "order.change_declined.v1"

    kind: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTakenBack(ChangeEvent):
    """Who had asked for a change took it back before it was decided."""

    NAME: ClassVar[str] = "order.change_cancelled.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """Units were cancelled before they left, ``whole`` where nothing is left of the order: the customer is told."""

    NAME: ClassVar[str] = "order.cancelled.v1"

    units: int
    whole: bool
    asked_by: str
    reason: str
    fee: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHoldRejected(OrderEvent):
    """A hold was rejected: what had not left was cancelled."""

    NAME: ClassVar[str] = "order.hold_rejected.v1"

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(OrderEvent):
    """Somebody wrote a note; its text stands on the order alone."""

    NAME: ClassVar[str] = "order.note_written.v1"

    for_partners: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentAdded(OrderEvent):
    """Somebody put a file on an order; ``sha256`` of its content names it among the order's."""

    NAME: ClassVar[str] = "order.attachment_added.v1"

    name: str
    size: int
    sha256: str = ""
    for_partners: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRemoved(OrderEvent):
    """Who had put a file on an order took it away."""

    NAME: ClassVar[str] = "order.attachment_removed.v1"

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseBroken(OrderEvent):
    """The day by which a line was promised has passed, and not everything of it has left."""

    NAME: ClassVar[str] = "order.promise_broken.v1"

    position: int
    promised_on: str
    why: str
