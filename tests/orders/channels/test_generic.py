"""CSV and JSON of any sender, by a mapping document."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from orders.channels import adapter_named
from orders.domain.channel import (
    CannotRead,
    Intake,
    Json,
    Message,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    Setup,
    ShipmentTold,
    ToldLine,
    Unclear,
)
from tests.factories.channels import message_of, total_of
from tests.orders.channels.contract import AT, AdapterContract

ORDER = {
    "external_number": "G-1", "placed_at": "2026-05-04T10:00:00+02:00", "currency": "EUR", "total": "26.75",
    "shipping": "5.00", "paid": "26.75", "recipient": "Ida Berg", "country": "DE",
    "lines": [{"sku": "RED", "quantity": 2, "unit_price": "10.00", "line_discount": "1.00", "line_tax": "2.75"}],
}  # fmt: skip
GERMAN: dict[str, Json] = {
    "fields": {"external_number": "Bestellung", "placed_at": "Datum", "sku": "Artikel", "quantity": "Menge",
               "unit_price": "Preis", "total": "Summe", "recipient": "Empfänger", "shipping": "Versand"},
    "date_format": "%d.%m.%Y %H:%M", "time_zone": "Europe/Berlin", "decimal_comma": True, "encoding": "cp1252",
}  # fmt: skip
FILE = (
    "Bestellung;Datum;Artikel;Menge;Preis;Summe;Empfänger;Versand\r\n"
    '7;04.05.2026 10:00;RED;2;1.010,00;2.035,50;"Berg; Ida";5,50\r\n'
    "8;04.05.2026 11:00;RED;1;1,00;1,00;;\r\n"
    "7;04.05.2026 10:00;BLUE;1;10,00;2.035,50;;5,50\r\n"
    "9;04.05.2026 12:00;RED;zwei;1,00;1,00;;\r\n"
    ";;;;;;;\r\n"
).encode("cp1252")


def read(body: bytes | object, content_type: str = "text/csv", **options: Any) -> tuple[Intake, ...]:
    setup = Setup(code="shop", currency="EUR", country="DE", options=options)
    message = Message(body, content_type) if isinstance(body, bytes) else message_of(body)
    return adapter_named("generic").read(message, setup)


def placed(found: Intake) -> OrderPlaced:
    assert isinstance(found, OrderPlaced), found
    assert total_of(found.order) == found.stated_total
    return found


class TestGeneric(AdapterContract):
    code = "generic"
    setup = Setup(code="shop", currency="EUR", options={"paths": {"shipment": "hooks/{number}", "stock": "stock"}})

    def good(self) -> Message:
        return message_of(ORDER)


def test_json_in_our_own_words_needs_no_mapping() -> None:
    order = placed(read(ORDER)[0]).order
    assert order.placed_at.hour == 8
    assert [(each.kind, each.unit_price, each.position) for each in order.charges] == [
        ("discount", Decimal("-1.0000"), 1), ("tax", Decimal("2.7500"), 1), ("shipping", Decimal("5.0000"), 0),
    ]  # fmt: skip
    assert order.payments[0].amount == Decimal("26.7500")


def test_json_of_a_sender_is_found_by_paths() -> None:
    document = {
        "data": {"list": [{"ref": {"no": "G-2"}, "at": "2026-05-04T10:00:00Z", "sum": 20,
                           "items": [{"article": {"code": "RED"}, "n": 2, "each": 10, "total": 20}]}]}
    }  # fmt: skip
    mapping = {
        "orders": "data.list", "lines": "items",
        "fields": {"external_number": "ref.no", "placed_at": "at", "total": "sum", "sku": "article.code",
                   "quantity": "n", "unit_price": "each"},
    }  # fmt: skip
    [found] = read(document, mapping=mapping)
    assert placed(found).order.external_number == "G-2"


def test_a_file_of_another_country_is_read_by_its_mapping() -> None:
    seven, eight, nine = read(FILE, mapping=GERMAN)
    order = placed(seven).order
    assert (order.external_number, order.destination.recipient) == ("7", "Berg; Ida")
    assert [(line.sku, line.quantity, line.unit_price) for line in order.lines] == [
        ("RED", 2, Decimal("1010.0000")), ("BLUE", 1, Decimal("10.0000")),
    ]  # fmt: skip
    assert (order.placed_at.hour, seven.stated_total) == (8, Decimal("2035.50"))
    assert placed(eight).order.external_number == "8"
    assert nine == Unclear("9", "Menge is 'zwei', not an amount")


def test_rows_that_disagree_about_their_order_wait() -> None:
    body = (
        b"external_number,placed_at,sku,quantity,unit_price,total\n"
        b"1,2026-05-04T10:00:00Z,RED,1,1.00,2.00\n1,2026-05-04T10:00:00Z,BLUE,1,1.00,3.00\n"
    )
    assert read(body) == (Unclear("1", "rows of the order disagree about total: 2.00, 3.00"),)


@pytest.mark.parametrize(
    ("body", "options", "reason"),
    [
        (b"a,b\n1,2\n", {}, "the file has no column 'external_number'; it has a, b"),
        (b"\xff\n", {}, r"the file is not utf-8-sig \(byte 0\)"),
        (b'external_number\n"a', {}, "the file is not CSV: unexpected end of data"),
        (b"", {"mapping": {"colums": 1}}, "the channel's mapping cannot be used: there is no key 'colums'"),
        (b"", {"mapping": {"fields": {"skuu": "A"}}}, "there is no field 'skuu'"),
        (b"", {"mapping": {"time_zone": "Mars/North"}}, "its encoding or its time zone is not known"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotRead, match=reason):
        read(body, **options)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"total": None}, "the order states no total"),
        ({"paid": "27.00"}, "the payments come to 27.00 EUR, the order to 26.75 EUR"),
        ({"placed_at": "04.05.2026"}, "placed_at is '04.05.2026', not a time with its zone"),
        ({"lines": []}, "the order has no lines"),
    ],
)
def test_oddities_wait_with_the_reason(more: dict[str, object], reason: str) -> None:
    assert read({**ORDER, **more}) == (Unclear("G-1", reason),)


def test_a_total_may_be_left_out_where_the_retailer_says_so() -> None:
    [found] = read({**ORDER, "total": None}, mapping={"no_total": True})
    assert placed(found).stated_total == Decimal("26.7500")


def test_tests_are_kept_and_cancellations_are_told() -> None:
    assert placed(read({**ORDER, "test": True})[0]).settled == "the sender says that it is a test"
    [cancelled] = read({"external_number": "G-1", "cancelled_at": "2026-05-05T10:00:00Z"})
    assert isinstance(cancelled, OrderCancelled)
    assert read([]) == (NotWanted("", "it holds no order"),)


def test_it_is_told_in_our_own_words() -> None:
    told = ShipmentTold(
        external_number="G/1", references={}, shipment="S1", location="KAS", carrier="DHL", tracking_number="JD01",
        shipped_at=AT, lines=(ToldLine(1, "RED", 2),),
    )  # fmt: skip
    setup = Setup(code="shop", currency="EUR", options={"paths": {"shipment": "orders/{number}/shipments"}})
    [outbound] = adapter_named("generic").tell(told, setup)
    assert outbound.path == "orders/G%2F1/shipments"
    body = json.loads(outbound.payload)
    assert (body["type"], body["tracking_number"], body["lines"][0]["sku"]) == ("shipment", "JD01", "RED")
