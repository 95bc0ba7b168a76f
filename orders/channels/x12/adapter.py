"""X12: interchanges with trading partners in, acknowledgements, notices and invoices out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from oms.kernel.verdict import Verdict
from orders.channels.reading import Unreadable
from orders.channels.signatures import hmac_of_body
from orders.channels.x12 import acknowledgement, answers, invoice, order_acknowledgement, ship_notice, stock
from orders.channels.x12.checking import read as read_file
from orders.channels.x12.findings import Finding, Level, Scope
from orders.channels.x12.options import OPTIONS, Partner, identifier, partner_of
from orders.channels.x12.order_change import order_change
from orders.channels.x12.purchase_order import CANCELS, COMES_AS_TEST, cancellation, order_placed, purchase_order
from orders.channels.x12.segments import title_of
from orders.channels.x12.syntax import File, Group, Interchange, TransactionSet, split
from orders.channels.x12.writing import Draft, Unwritable, interchange, stamp
from orders.domain.channel import (
    Bill,
    CannotRead,
    CannotTell,
    ChannelAdapter,
    Envelope,
    Intake,
    Json,
    Message,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    Outbound,
    Outcome,
    Setup,
    ShipmentTold,
    StatusTold,
    StockTold,
    Told,
    Unclear,
)

#: The content type of interchanges (RFC 1767).
CONTENT_TYPE = "application/edi-x12"
_MOST_FAULTS = 3


class X12(ChannelAdapter):
    """One trading partner."""

    title = "X12 EDI"
    OPTIONS = OPTIONS
    numbered = True

    def verify(self, message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
        """``X-Signature``: HMAC-SHA256 of the raw body, in base64."""
        return hmac_of_body(message, "x-signature", secrets)

    def options_fault(self, options: Mapping[str, Json]) -> str:
        """Also whether the identifiers are written so that they can be used."""
        fault = super().options_fault(options)
        for name in ("their_id", "our_id"):
            written = options.get(name)
            if not fault and written and identifier(written) is None:
                fault = f"{name} is {written!r}; write it as qualifier and name: ZZ/PARTNER"
        return fault

    def envelope(self, message: Message) -> Envelope:
        """By sender and control number of its first interchange (ISA05, ISA06, ISA13)."""
        found = split(message.body[:4000]).interchanges
        if not found:
            return Envelope("x12", "")
        first = found[0]
        kinds = sorted({each.code for _, each in first.sets if each.code.isalnum()})
        return Envelope(f"x12 {' '.join(kinds)}"[:80].strip(), f"{'/'.join(first.sender)}/{first.control}"[:150])

    def read(self, message: Message, setup: Setup) -> tuple[Intake, ...]:
        """Every document of every interchange by itself: what is wrong with one does not keep another."""
        partner = partner_of(setup)
        found = _file(message, partner)
        if not found.interchanges:
            raise CannotRead("; ".join(str(each) for each in found.findings[:_MOST_FAULTS]))
        result: list[Intake] = [Unclear("", str(each)) for each in found.findings]
        for each in found.interchanges:
            result += _of_interchange(each, partner)
        return tuple(result)

    def acknowledge(self, message: Message, outcomes: Sequence[Outcome], setup: Setup) -> tuple[Outbound, ...]:
        """A 997 for each interchange; an 855 for each order once it has been taken."""
        partner = partner_of(setup)
        taken = {each.external_number for each in outcomes if each.state == "taken"}
        result: list[Outbound] = []
        for place, each in enumerate(_file(message, partner).interchanges, 1):
            answer = acknowledgement.answer(each)
            if answer is not None:
                result.append(_outbound(answer, f"997/{place}"))
            if "855" in partner.send:
                result += _acceptances(each, partner, taken)
        return tuple(result)

    def tell(self, told: Told, setup: Setup) -> tuple[Outbound, ...]:
        """An 856 for a shipment, an 855 for an order that is cancelled, an 846 for stock."""
        partner = partner_of(setup)
        at = told.shipped_at if isinstance(told, ShipmentTold) else _time_of(told)
        draft: Draft | None = None
        try:
            if isinstance(told, ShipmentTold) and "856" in partner.send:
                draft = ship_notice.write(answers.notice_of(told), at)
            elif isinstance(told, StatusTold) and told.status == "cancelled" and "855" in partner.send:
                draft = order_acknowledgement.write(answers.refusal_of(told))
            elif isinstance(told, StockTold) and "846" in partner.send:
                reference = at.strftime("%Y%m%d%H%M%S")
                levels = [(told.sku, told.quantity)]
                draft = stock.write(reference=reference, at=at, levels=levels, location=told.location)
            return () if draft is None else (_outbound(interchange([draft], partner.envelope())),)
        except (Unwritable, Unreadable) as fault:
            raise CannotTell(str(fault)) from fault

    def bill(self, bill: Bill, setup: Setup) -> tuple[Outbound, ...]:
        """An 810 for an order of which nothing more will leave. Raises :class:`CannotTell`."""
        partner = partner_of(setup)
        if "810" not in partner.send:
            return ()
        try:
            draft = invoice.write(answers.invoice_of(bill))
            return (_outbound(interchange([draft], partner.envelope()), f"810/{bill.number}"),)
        except (Unwritable, Unreadable) as fault:
            raise CannotTell(str(fault)) from fault

    def stamp(self, outbound: Outbound, *, number: int, at: datetime) -> Outbound:
        """With the control number and time of its delivery."""
        return Outbound(
            outbound.method, outbound.path, stamp(outbound.payload, number, at), outbound.content_type,
            outbound.headers, outbound.accepted_also, outbound.key,
        )  # fmt: skip


def _file(message: Message, partner: Partner) -> File:
    """What a message holds; interchanges of others than the channel's partner are refused."""
    found = read_file(message.body)
    for each in found.interchanges:
        for named, expected, element, code, who in (
            (each.sender, partner.their_id, 6, "006", "comes from"),
            (each.receiver, partner.our_id, 8, "008", "is for"),
        ):
            if expected is not None and named != expected:
                text = f"the interchange {who} {'/'.join(named)[:40]}, this channel knows {'/'.join(expected)}"
                each.findings.append(
                    Finding(
                        level=Level.ERROR, scope=Scope.INTERCHANGE, code=code, text=text, segment="ISA", position=1,
                        element=element,
                    )
                )  # fmt: skip
    return found


def _of_interchange(each: Interchange, partner: Partner) -> Iterator[Intake]:
    named = f"interchange {each.control}"
    for segment in each.answers:
        yield _of_answer(acknowledgement.answer_of_ta1(segment), "TA1")
    if each.errors:
        yield Unclear("", f"{named} is refused: {_words(each.errors)}")
        return
    if not each.groups and not each.answers:
        yield NotWanted("x12", f"{named} holds no documents")
    for group in each.groups:
        if group.errors:
            yield Unclear("", f"group {group.control} of {named} is refused: {_words(group.errors)}")
            continue
        for document in group.sets:
            yield from _of_document(document, group, partner, test=each.header[15] == "T")


def _of_document(each: TransactionSet, group: Group, partner: Partner, *, test: bool) -> Iterator[Intake]:
    named = f"{each.code} {each.control}"
    number = _number(each)
    if any(finding.scope is Scope.SET and finding.code == "1" for finding in each.errors):
        yield NotWanted(each.code, f"{named} ({title_of(each.code)}) is not supported; the partner is told so")
        return
    if each.errors:
        yield Unclear(number, f"{named} is refused: {_words(each.errors)}")
        return
    try:
        yield from _understood(each, group, partner, test=test)
    except Unreadable as fault:
        yield Unclear(number, f"{named}: {fault}")


def _understood(each: TransactionSet, group: Group, partner: Partner, *, test: bool) -> Iterator[Intake]:
    if each.code == "850":
        order = purchase_order(each)
        if order.purpose == CANCELS:
            yield _kept_apart(cancellation(order, partner.time_zone), partner, test=test)
        else:
            yield order_placed(order, partner, test=test)
    elif each.code == "860":
        change = order_change(each, partner.time_zone)
        yield _kept_apart(change, partner, test=test)
    elif each.code == "997":
        found = acknowledgement.answers_in(each)
        refused = [one for one in found if not one.accepted and one.document] or [
            one for one in found if not one.accepted
        ]
        for one in refused or found[-1:]:
            yield _of_answer(one, "997")
    elif each.code == "855":
        yield NotWanted("855", f"the partner says: {order_acknowledgement.read(each).summary}")
    elif each.code == "856":
        notice = ship_notice.read(each)
        units = sum((item.quantity or Decimal(0) for _, item in notice.items), Decimal(0))
        yield NotWanted("856", f"ship notice {notice.number}: {units:f} units in {len(notice.orders)} orders")
    elif each.code == "810":
        billed = invoice.read(each)
        yield NotWanted(
            "810", f"invoice {billed.number} of {billed.total:f} {billed.currency} adds up".replace("  ", " ")
        )
    elif each.code == "846":
        levels, _ = stock.rows(each, partner.time_zone)
        yield NotWanted("846", f"stock of {len(levels)} products; take it with: manage.py edi take")


def _kept_apart(change: Intake, partner: Partner, *, test: bool) -> Intake:
    """A cancellation that comes as a test takes nothing back."""
    if test and not partner.take_tests and isinstance(change, OrderCancelled):
        return Unclear(change.external_number, COMES_AS_TEST)
    return change


def _of_answer(answer: acknowledgement.Answer, kind: str) -> Intake:
    what = f"our {answer.document} in group {answer.control}" if answer.document else f"our group {answer.control}"
    if kind == "TA1":
        what = f"our interchange {answer.control}"
    detail = f": {answer.text}" if answer.text else ""
    if answer.accepted:
        return NotWanted(kind, f"the partner has accepted {what}{detail}")
    return Unclear("", f"the partner has refused {what}{detail}")


def _number(each: TransactionSet) -> str:
    """The order's number, also of a document that cannot be read through."""
    head = each.segments[1] if len(each.segments) > 1 else None
    if head is None or head.name not in ("BEG", "BCH"):
        return ""
    return (f"{head[3]}/{head[4]}" if head[4] and head[4] != head[3] else head[3])[:64]


def _words(findings: Sequence[Finding]) -> str:
    told = "; ".join(str(each) for each in findings[:_MOST_FAULTS])
    more = len(findings) - _MOST_FAULTS
    return f"{told} (and {more} more)" if more > 0 else told


def _acceptances(each: Interchange, partner: Partner, taken: set[str]) -> Iterator[Outbound]:
    for _, document in each.sets:
        if each.errors or document.code != "850" or document.errors or _number(document) not in taken:
            continue
        try:
            order = purchase_order(document)
            if order.purpose == CANCELS:
                continue
            placed: OrderPlaced = order_placed(order, partner)
            draft = order_acknowledgement.write(answers.acceptance_of(order, placed.order.placed_at))
            payload = interchange([draft], answers.reply_envelope(each, partner))
            yield _outbound(payload, f"855/{order.external_number}")
        except (Unreadable, Unwritable):
            continue  # a partner's own identifiers cannot be written back: the order is taken all the same


def _time_of(told: StatusTold | StockTold) -> datetime:
    return told.changed_at if isinstance(told, StatusTold) else told.told_at


def _outbound(payload: bytes, key: str = "") -> Outbound:
    return Outbound("POST", "", payload, CONTENT_TYPE, key=key)


ADAPTER = X12()
