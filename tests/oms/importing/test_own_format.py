"""A retailer's own file needs a mapping and nothing else."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oms.importing.faults import FaultCode, SourceFault
from oms.importing.lines import LineOutcome
from oms.importing.mapping import load_mapping
from oms.importing.source import open_source

MAPPING = """
name: lampen-haus
channel: lampen_haus
currency: EUR
time_zone: Europe/Berlin
encoding: cp1252
delimiter: ";"
columns:
  order_number: Beleg
  sku: Artikel
  quantity: Menge
  unit_price: Einzelpreis
  placed_at: Datum
  description: Bezeichnung
  customer: Kunde
  customer_email: E-Mail
  name: Empfänger
  line1: Straße
  postal_code: PLZ
  city: Ort
date_formats: ["%d/%m/%Y %H:%M", "%d/%m/%y"]
decimal_separator: ","
thousands_separator: "."
default_country: DE
rules:
  - when: [{column: Art, equals: Storno}, {field: quantity, less_than: 0}]
    then: {outcome: reversal}
  - when: [{column: Art, in: [Inventur, Bruch]}]
    then: {outcome: stock_adjustment, reason: stock_count}
  - when: [{field: sku, matches: "[0-9]+", not: true}, {field: unit_price, greater_than: 0}]
    then: {outcome: charge, kind: fee}
  - when: [{field: unit_price, equals: 0.00}, {field: customer, blank: false}]
    then: {outcome: refused, reason: gift}
"""
FILE = """\
PLZ;Ort;Straße;Empfänger;Datum;Beleg;Art;Artikel;Bezeichnung;Menge;Einzelpreis;Kunde;E-Mail
10115;Berlin;Ufer 1;Jörg Groß;31/12/2025 23:30;R-1;Verkauf;4711;Leuchte "Süd";1.200;1.234,50;K7;j@x.org
10115;Berlin;;;31/12/25;S-1;Storno;4711;;-2;1.234,5;K7;
;;;;01/01/26;I-1;Inventur;4711;;-3;0,00;;
;;;;01/01/26;R-2;Verkauf;PORTO;;1;4,9;K8;
;;;;01/01/26;R-2;Verkauf;4712;;1;0;K8;
;;;;01/01/26;R-2;Verkauf;4712;;1,5;1;K8;
;;;;01/01/26;R-2;Verkauf;4712;;1;12.34,5;K8;
"""


def test_other_headers_delimiter_numbers_dates_and_encoding(tmp_path: Path) -> None:
    mapping_path, file_path = tmp_path / "lampen.yaml", tmp_path / "belege.csv"
    mapping_path.write_text(MAPPING, encoding="utf-8")
    file_path.write_text(FILE, encoding="cp1252")

    lines = list(open_source(file_path, load_mapping(str(mapping_path))).lines())

    sale, credit, count, fee, gift, half, grouped = lines
    assert [line.outcome for line in lines] == [
        LineOutcome.ORDER_LINE,
        LineOutcome.REVERSAL,
        LineOutcome.STOCK_ADJUSTMENT,
        LineOutcome.CHARGE,
        LineOutcome.REFUSED,
        LineOutcome.REFUSED,
        LineOutcome.REFUSED,
    ]
    assert (sale.quantity, sale.unit_price, sale.money) == (1200, Decimal("1234.50"), Decimal("1481400.00"))
    assert sale.placed_at == datetime(2025, 12, 31, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert (sale.name, sale.line1, sale.postal_code, sale.city, sale.country) == (
        "Jörg Groß",
        "Ufer 1",
        "10115",
        "Berlin",
        "DE",
    )
    assert (sale.description, sale.customer, sale.customer_email) == ('Leuchte "Süd"', "K7", "j@x.org")
    assert (credit.quantity, credit.money) == (-2, Decimal("-2469.0"))
    assert credit.placed_at == datetime(2025, 12, 31, tzinfo=ZoneInfo("Europe/Berlin"))
    assert (count.reason, count.quantity) == ("stock_count", -3)
    assert (fee.charge_kind, fee.money) == ("fee", Decimal("4.9"))
    assert gift.message == "row 6: refused by a rule of the mapping: gift"
    assert half.message == 'row 7, column Menge: "1,5" is not a whole number'
    assert grouped.message == ('row 8, column Einzelpreis: "12.34,5" is not a number with the decimal separator ","')


def test_a_column_that_a_rule_tests_must_be_in_the_header(tmp_path: Path) -> None:
    mapping_path, file_path = tmp_path / "lampen.yaml", tmp_path / "belege.csv"
    mapping_path.write_text(MAPPING, encoding="utf-8")
    file_path.write_text(FILE.replace(";Art;", ";Typ;"), encoding="cp1252")

    with pytest.raises(SourceFault) as caught:
        next(open_source(file_path, load_mapping(str(mapping_path))).lines())

    assert caught.value.code is FaultCode.MISSING_COLUMN
    assert 'row 1: the header lacks the column "Art"; it has ' in str(caught.value)


GENERIC_FILE = """\
Order Number,SKU,Quantity,Unit Price,Order Date,Product,Customer,Email,Ship To,Street,Postcode,City,Country
1,LAMP-1,2,19.90,2026-03-14 09:26:53,Lamp,C1,a@example.org,Ann,Main St 1,1010,Wien,Austria
1,SHIPPING,1,4.90,14.03.2026 09:26,,C1,,,,,,
1,LAMP-1,-1,19.90,15.03.2026,,C1,,,,,,AT
2,TEST-9,1,0,2026-03-14,,,,,,,,
3,GIFTCARD-50,1,50,2026-03-14,,,,,,,,
3,DISCOUNT,1,-5,2026-03-14,,,,,,,,
"""


def test_the_generic_format_reads_what_it_documents(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(GENERIC_FILE)

    lines = list(open_source(path, load_mapping("generic")).lines())

    assert [(line.outcome, line.reason, line.charge_kind, line.country) for line in lines] == [
        (LineOutcome.ORDER_LINE, "", "", "AT"),
        (LineOutcome.CHARGE, "", "carriage", "DE"),
        (LineOutcome.REVERSAL, "", "", "AT"),
        (LineOutcome.REFUSED, "test_order", "", ""),
        (LineOutcome.CHARGE, "", "gift_voucher", "DE"),
        (LineOutcome.CHARGE, "", "discount", "DE"),
    ]
    assert sum(line.money for line in lines) == Decimal("69.80")
    assert (lines[0].latitude, lines[0].longitude) == (48.21, 16.37)
