"""Any sender of CSV or JSON: a mapping document says what it calls each thing. It is told in our own JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from oms.kernel.verdict import Verdict
from orders.channels.draft import Draft, destination
from orders.channels.generic.mapping import ORDER_FIELDS, Sheet, mapping_fault, sheet_of
from orders.channels.reading import Unreadable, address_lines, country_code, currency_code, email, json_of
from orders.channels.signatures import standard_webhook
from orders.domain.channel import (
    CannotRead,
    ChannelAdapter,
    Envelope,
    Intake,
    Json,
    Message,
    NotWanted,
    Option,
    OrderCancelled,
    OrderPlaced,
    Outbound,
    Setup,
    Told,
    Unclear,
)
from orders.domain.told import told_json

_ROWS, _FLAT = "\x00rows", "\x00flat"
#: Rows of a file that are read at most.
_MOST_ROWS = 100_000


class Generic(ChannelAdapter):
    """CSV with a line of an order in each row, or JSON with orders that hold lines."""

    title = "CSV or JSON with a mapping"
    OPTIONS = (
        Option("mapping", "What the sender calls each thing: {\"fields\": {\"sku\": \"Artikel\"}, …}.", {}),
        Option("paths", "Where it is told: {\"shipment\": \"hooks/shipments\"}; left out, it is not told.", {}),
        Option("take_tests", "Take orders that say they are a test.", False),
    )  # fmt: skip

    def verify(self, message: Message, secrets: Sequence[str], *, now: datetime) -> Verdict:
        """Standard Webhooks."""
        return standard_webhook(message, secrets, now=now)

    def options_fault(self, options: Mapping[str, Json]) -> str:
        """Also of the mapping."""
        return super().options_fault(options) or mapping_fault(options.get("mapping") or {})

    def envelope(self, message: Message) -> Envelope:
        """By the sender's number of the delivery."""
        return Envelope("", message.headers.get("webhook-id", "")[:160])

    def read(self, message: Message, setup: Setup) -> tuple[Intake, ...]:
        """Every order in it; one that cannot be read does not keep the others."""
        sheet = sheet_of(setup)
        is_json = "json" in message.content_type or message.body.lstrip()[:1] in (b"{", b"[")
        orders = list(_from_json(message, sheet) if is_json else _from_csv(message, sheet))
        if not orders:
            return (NotWanted("", "it holds no order"),)
        return tuple(intake for order in orders for intake in _read(order, sheet, setup))

    def tell(self, told: Told, setup: Setup) -> tuple[Outbound, ...]:
        """Our own words, with a key that names the event."""
        paths = setup.options.get("paths")
        kind = type(told).__name__.removesuffix("Told").lower()
        path = paths.get(kind) if isinstance(paths, Mapping) else None
        if not isinstance(path, str) or not path:
            return ()
        document: dict[str, Json] = {"type": kind, **told_json(told)}
        number = getattr(told, "external_number", "") or getattr(told, "sku", "")
        payload = json.dumps(document, ensure_ascii=False).encode()
        return (Outbound("POST", path.replace("{number}", quote(str(number), safe="")), payload),)


def _from_json(message: Message, sheet: Sheet) -> Iterator[Mapping[str, object]]:
    document = json_of(message)
    if sheet.orders:
        document = replace(sheet, fields={}).value(document, sheet.orders)
    elif isinstance(document, dict) and isinstance(document.get("orders"), list):
        document = document["orders"]
    for order in document if isinstance(document, list) else [document]:
        if isinstance(order, dict) and order:
            lines = replace(sheet, fields={}).value(order, sheet.lines)
            yield {
                **order,
                _ROWS: [each for each in lines if isinstance(each, dict)] if isinstance(lines, list) else [],
            }


def _from_csv(message: Message, sheet: Sheet) -> Iterator[Mapping[str, object]]:
    """Rows of one order number belong together, wherever they stand. Raises :class:`CannotRead`."""
    try:
        text = message.body.decode(sheet.encoding)
    except UnicodeDecodeError as fault:
        reason = f"the file is not {sheet.encoding} (byte {fault.start})"
        raise CannotRead(reason) from fault
    head = text.split("\n", 1)[0]
    delimiter = sheet.delimiter or max(",;\t|", key=head.count)
    number = sheet.fields.get("external_number", "external_number")
    found: dict[str, dict[str, object]] = {}
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        if not rows.fieldnames or number not in rows.fieldnames:
            reason = f"the file has no column {number!r}; it has {', '.join(rows.fieldnames or ['none'])[:200]}"
            raise CannotRead(reason)
        for count, row in enumerate(rows, 1):
            if count > _MOST_ROWS:
                reason = f"the file has more than {_MOST_ROWS:,} rows; send it in parts"
                raise CannotRead(reason)
            if any(value for value in row.values()):
                order = found.setdefault(str(row[number] or "").strip(), {**row, _ROWS: [], _FLAT: True})
                order[_ROWS].append(row)  # type: ignore[attr-defined]
    except csv.Error as fault:
        reason = f"the file is not CSV: {fault}"
        raise CannotRead(reason) from fault
    yield from found.values()


def _read(order: Mapping[str, object], sheet: Sheet, setup: Setup) -> Iterator[Intake]:
    number = sheet.text(order, "external_number", 200)
    if not number or len(number) > 64:
        yield Unclear("", f"an order has {'a number longer than 64 characters' if number else 'no number'}")
        return
    try:
        cancelled_at = sheet.time(order, "cancelled_at")
        if order[_ROWS] or not cancelled_at:
            yield _placed(order, number, sheet, setup)
        if cancelled_at:
            yield OrderCancelled(external_number=number, cancelled_at=cancelled_at, reason="cancelled by the sender")
    except Unreadable as fault:
        yield Unclear(number, str(fault))


def _placed(order: Mapping[str, object], number: str, sheet: Sheet, setup: Setup) -> OrderPlaced:
    rows = order[_ROWS]
    assert isinstance(rows, list)  # made above
    if _FLAT in order:
        _refuse_disagreement(rows, sheet)
    placed_at = sheet.time(order, "placed_at")
    if placed_at is None:
        message = f"the order does not say when it was placed ({sheet.fields.get('placed_at', 'placed_at')})"
        raise Unreadable(message)
    draft = Draft(number, placed_at, currency_code(sheet.text(order, "currency") or setup.currency, "currency"))
    for row in rows:
        _line(draft, row, sheet)
    for kind in ("shipping", "fee", "tax"):
        draft.charge(kind, sheet.amount(order, kind) or Decimal(0))
    draft.charge("discount", -abs(sheet.amount(order, "discount") or Decimal(0)))
    stated = sheet.amount(order, "total")
    if stated is None and sheet.no_total:
        stated = draft.total
    paid = sheet.amount(order, "paid")
    reference = sheet.text(order, "payment_reference", 128) or f"{setup.code}-{number}"
    draft.pay(sheet.text(order, "payment_kind", 24) or "card", paid or Decimal(0), reference=reference, captured=True)
    customer = sheet.text(order, "customer_reference", 64)
    test = sheet.text(order, "test").lower() in ("true", "1", "yes") or sheet.value(order, "test") is True
    return OrderPlaced(
        order=draft.close(
            stated, customer_reference=customer, customer_name=sheet.text(order, "customer_name", 160),
            customer_email=email(sheet.text(order, "customer_email")),
            destination=destination({
                "recipient": sheet.text(order, "recipient") or sheet.text(order, "customer_name"),
                "address": address_lines(sheet.text(order, "address"), sheet.text(order, "address_2")),
                "city": sheet.text(order, "city"), "postal_code": sheet.text(order, "postal_code", 32),
                "country": country_code(sheet.text(order, "country"), setup.country),
            }),
        ),
        stated_total=stated or Decimal(0), label=sheet.text(order, "label", 64),
        method=sheet.text(order, "method", 64), references={"order": number, "lines": dict(draft.line_references)},
        settled="the sender says that it is a test" if test and not setup.options.get("take_tests") else "",
    )  # fmt: skip


def _line(draft: Draft, row: object, sheet: Sheet) -> None:
    position = draft.line(
        sku=sheet.text(row, "sku", 200), quantity=sheet.units(row, "quantity"), price=sheet.amount(row, "unit_price"),
        amount=sheet.amount(row, "line_total"), description=sheet.text(row, "description"),
        reference=sheet.text(row, "line_number", 64),
    )  # fmt: skip
    if position:
        draft.charge("discount", -abs(sheet.amount(row, "line_discount") or Decimal(0)), "", position)
        draft.charge("tax", sheet.amount(row, "line_tax") or Decimal(0), "", position)


def _refuse_disagreement(rows: Sequence[object], sheet: Sheet) -> None:
    """Every row of a CSV file repeats what holds for the whole order: it must be the same in each, or left empty."""
    columns = [name for name in ORDER_FIELDS if sheet.value(rows[0], name) is not None] if rows else []
    for name in columns:
        said = {text for row in rows if (text := sheet.text(row, name))}
        if len(said) > 1:
            message = f"rows of the order disagree about {sheet.fields.get(name, name)}: {', '.join(sorted(said)[:3])}"
            raise Unreadable(message)


ADAPTER = Generic()
