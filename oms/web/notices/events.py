"""What became of notices. Their subject is the order, on whose timeline they stand; no address is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orders.events import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent(OrderEvent):
    """The mail server took a notice; ``kind`` is what it tells."""

    NAME: ClassVar[str] = "order.notice_sent.v1"

    notice: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFailed(OrderEvent):
    """A notice was given up; somebody may send it again."""

    NAME: ClassVar[str] = "order.notice_failed.v1"

    notice: int
    kind: str
    reason: str
