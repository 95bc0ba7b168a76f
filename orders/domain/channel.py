"""What a channel's adapter does: read what the platform sends, and put what we tell it into the platform's words.

An adapter is a folder ``orders/channels/<name>/`` with an ``adapter.py`` that has ``ADAPTER = <a ChannelAdapter>``.
It is pure: no database, no network, no clock. What it cannot read for certain it keeps, with a reason for people
(:class:`Unclear`, :class:`CannotRead`); it never guesses about money and never leaves anything out in silence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from oms.kernel.verdict import Verdict
from orders.domain.capture import NewOrder

#: What can be written as JSON.
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class CannotRead(ValueError):
    """Nothing of a message can be read; the message says why, in words for people."""


class CannotTell(ValueError):
    """The platform's answer does not let us go on; the message says what to mend, in words for people."""


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived, byte for byte. Names of ``headers`` are in lower case."""

    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a retailer has set a channel up. ``options`` hold what one adapter alone asks for (its ``OPTIONS``)."""

    code: str
    currency: str
    country: str = ""
    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a message without reading it through.

    ``key`` names the delivery: the same one twice is stored once. Empty: the bytes of the message name it.
    """

    topic: str = ""
    key: str = ""


# -- what is read ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """An order. ``order.lines`` have the channel's own SKUs; the retailer's aliases are applied afterwards.

    ``stated_total`` is the platform's own sum; an adapter gives only orders whose lines and charges come to it.
    ``label`` is the number that the customer knows, where it differs from ``order.external_number``.
    ``method`` is the platform's name of the way of shipping; ``ways`` are all that it names, each by every name that it
    has there (a code, a title): the first that the retailer knows counts. Empty: ``method`` alone.
    ``references`` is kept with the order and handed back in :class:`Told`: the platform's numbers of order and lines.
    ``settled`` says why there is nothing to work on (sent by the shop itself, a test); such an order is kept, not
    taken. ``doubt`` says why somebody should look at it first (partly sent already, unpaid); such an order waits.
    """

    order: NewOrder
    stated_total: Decimal
    label: str = ""
    method: str = ""
    references: Mapping[str, Json] = field(default_factory=dict)
    settled: str = ""
    doubt: str = ""
    ways: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Units of one line, named as the platform names it (``reference``) or by its ``position`` (from 1)."""

    quantity: int
    reference: str = ""
    position: int = 0
    sku: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """The customer or the platform cancels an order, or units of it. Without ``lines``: all that is left.

    ``lines`` say how many units of each are cancelled in all, so that telling it again changes nothing.
    """

    external_number: str
    cancelled_at: datetime
    reason: str = ""
    lines: tuple[LineUnits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTold:
    """The platform has given money back. ``reference`` names the refund; the same one counts once.

    ``cancelled`` units were not sent and no longer are to be; ``returned`` ones came back, or are said to.
    ``units_known`` is False where the platform tells the sum alone: while units have yet to leave, it waits.
    """

    external_number: str
    reference: str
    amount: Decimal
    currency: str
    refunded_at: datetime
    reason: str = ""
    cancelled: tuple[LineUnits, ...] = ()
    returned: tuple[LineUnits, ...] = ()
    units_known: bool = True


@dataclass(frozen=True, slots=True)
class NotWanted:
    """Understood, and nothing that orders need; ``reason`` is kept with it."""

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something that looks like an order and cannot be taken as it is: it waits, with the reason, to be retried."""

    external_number: str
    reason: str


Intake = OrderPlaced | OrderCancelled | RefundTold | NotWanted | Unclear


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one :data:`Intake`. ``state`` is taken, waiting or ignored."""

    external_number: str
    state: str
    reason: str = ""


# -- what is told ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToldLine:
    """Units of a line. ``reference`` is the platform's number of it, where it gave one."""

    position: int
    sku: str
    quantity: int
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentTold:
    """Goods left, under our number ``shipment``."""

    external_number: str
    references: Mapping[str, Json]
    shipment: str
    location: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    lines: tuple[ToldLine, ...]
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTold:
    """An order's status changed: held, open, in_progress, complete, cancelled."""

    external_number: str
    references: Mapping[str, Json]
    status: str
    changed_at: datetime
    reason: str = ""
    lines: tuple[ToldLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTold:
    """Units that the channel may sell of a product now. ``sku`` is the channel's own."""

    sku: str
    quantity: int
    location: str = ""
    told_at: datetime


Told = ShipmentTold | StatusTold | StockTold


@dataclass(frozen=True, slots=True)
class BillLine:
    """Units of a line that have left, each at ``unit_price``."""

    position: int
    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What is owed for an order of which nothing more will leave.

    ``charges`` are kind, amount and description of money beside the goods; all of it comes to ``total``.
    """

    number: str
    external_number: str
    references: Mapping[str, Json]
    currency: str
    billed_at: datetime
    lines: tuple[BillLine, ...]
    charges: tuple[tuple[str, Decimal, str], ...]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Outbound:
    """What is to be sent: ``path`` is joined to the channel's base address.

    ``accepted_also`` are statuses beyond 2xx that say that it has been done already. ``key`` names an answer among
    those to its message: such a one may be asked for whenever the message is worked through, and is sent once.
    """

    method: str
    path: str
    payload: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted_also: tuple[int, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting that an adapter understands: its name in ``Setup.options`` and what it means."""

    name: str
    meaning: str
    default: Json = None


class ChannelAdapter(ABC):
    """Everything that is particular to one platform."""

    title: ClassVar[str]
    OPTIONS: ClassVar[tuple[Option, ...]] = ()
    #: Whether each delivery carries a number of its own, which is never used again (:meth:`stamp`).
    numbered: ClassVar[bool] = False

    @abstractmethod
    def verify(self, message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
        """Whether the platform that shares one of ``secrets`` has sent it. Without a secret: never."""

    def options_fault(self, options: Mapping[str, Json]) -> str:
        """What is wrong with a channel's options, in words for people; empty for nothing."""
        known = [option.name for option in self.OPTIONS]
        strange = sorted(set(options) - set(known))
        return f"there is no option {strange[0]!r}; there are: {', '.join(known)}" if strange else ""

    def probe(self, message: Message) -> bool:
        """Whether it is the unsigned trial that a platform makes when it is set up: answered, and not stored."""
        return False

    @abstractmethod
    def envelope(self, message: Message) -> Envelope:
        """Topic and key of a delivery. Never raises: what cannot be read is read later, and kept."""

    @abstractmethod
    def read(self, message: Message, setup: Setup) -> tuple[Intake, ...]:
        """All that a message says. Raises :class:`CannotRead` where nothing of it can be understood."""

    def join(self, messages: Sequence[Message], setup: Setup) -> tuple[Intake, ...]:
        """What several messages of one order say together, for platforms that tell of it in parts. By default none do.

        They are those of the order that wait, the oldest first. May raise :class:`CannotRead`.
        """
        return ()

    def tell(self, told: Told, setup: Setup) -> tuple[Outbound, ...]:
        """What is sent to the platform about it; nothing where the platform has no words for it.

        A delivery that got no answer begins anew from here, so what is sent twice must count once.
        """
        return ()

    def follow(self, told: Told, answers: Sequence[bytes], setup: Setup) -> Outbound | None:
        """What is sent next, now that everything sent so far was answered so: for platforms whose own numbers have
        to be asked for first. Raises :class:`CannotTell`."""
        return None

    def acknowledge(self, message: Message, outcomes: Sequence[Outcome], setup: Setup) -> tuple[Outbound, ...]:
        """What is sent back once a message has been worked through (an EDI acknowledgement). By default nothing.

        It is asked again when the message is tried again; what has no ``key`` counts for the first time alone.
        """
        return ()

    def bill(self, bill: Bill, setup: Setup) -> tuple[Outbound, ...]:
        """What is sent to have an order paid. By default nothing. Raises :class:`CannotTell`."""
        return ()

    def stamp(self, outbound: Outbound, *, number: int, at: datetime) -> Outbound:
        """The same with the number and time of its delivery, which stay the same however often it is tried."""
        return outbound

    def authorise(self, token: str) -> Mapping[str, str]:
        """Headers with which the platform knows us."""
        return {"Authorization": f"Bearer {token}"} if token else {}
