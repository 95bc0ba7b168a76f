"""The real file: every line ends once, and counts and money add up to the file's."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from oms.importing.lines import LineOutcome, SourceLine
from oms.importing.mapping import load_mapping
from oms.importing.source import open_source

FILE = "orders_uci/online_retail_2010_2011.csv.gz"


@pytest.fixture(scope="session")
def uci_file(shared_data: Path) -> Path:
    path = shared_data / FILE
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path


def test_every_line_of_the_file_ends_once_and_the_money_adds_up(uci_file: Path) -> None:
    source = open_source(uci_file, load_mapping("uci-online-retail"))
    counts: Counter[tuple[LineOutcome, str]] = Counter()
    money: Counter[tuple[LineOutcome, str]] = Counter()
    identities: set[tuple[UUID, int]] = set()
    repeated = lines = 0

    for lines, line in enumerate(source.lines(), start=1):
        end = (line.outcome, line.reason or line.charge_kind)
        counts[end] += 1
        money[end] += line.money  # type: ignore[assignment]
        identities.add((line.fingerprint, line.occurrence))
        repeated += line.occurrence > 0
        assert line.row == lines + 1

    assert lines == 541_909
    assert sum(money.values()) == Decimal("9747747.934")
    assert (len(identities), repeated) == (541_909, 5_268)
    assert source.bytes_read == source.total_bytes == uci_file.stat().st_size
    assert {(outcome.value, detail): count for (outcome, detail), count in counts.items()} == {
        ("order_line", ""): 527_791,
        ("reversal", ""): 8_704,
        ("charge", "carriage"): 2_110,
        ("charge", "manual"): 572,
        ("charge", "discount"): 77,
        ("charge", "fee"): 71,
        ("charge", "sample"): 63,
        ("charge", "gift_voucher"): 34,
        ("charge", "donation"): 16,
        ("charge", "packaging"): 4,
        ("charge", "bad_debt"): 3,
        ("stock_adjustment", "stock_written_off"): 1_336,
        ("stock_adjustment", "stock_found"): 1_128,
    }
    assert {(outcome.value, detail): total for (outcome, detail), total in money.items()} == {
        ("order_line", ""): Decimal("10271433.06"),
        ("reversal", ""): Decimal("-478724.18"),
        ("charge", "carriage"): Decimal("279462.12"),
        ("charge", "manual"): Decimal("-68671.64"),
        ("charge", "discount"): Decimal("-5696.22"),
        ("charge", "fee"): Decimal("-228696.139"),
        ("charge", "sample"): Decimal("-3049.39"),
        ("charge", "gift_voucher"): Decimal("685.81"),
        ("charge", "donation"): Decimal("-7933.43"),
        ("charge", "packaging"): Decimal("0.003"),
        ("charge", "bad_debt"): Decimal("-11062.06"),
        ("stock_adjustment", "stock_written_off"): Decimal(0),
        ("stock_adjustment", "stock_found"): Decimal(0),
    }


HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.mark.parametrize(
    ("row", "outcome", "detail"),
    [
        ("536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom", "order_line", ""),
        ("536365,85123A,HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom", "order_line", ""),
        ("536365,DCGS0003,ASHTRAY,1,2010-12-01 08:26:00,2.55,17850,EIRE", "order_line", ""),
        ("536365,22841,free,1,2010-12-01 08:26:00,0.0,12647,Germany", "order_line", ""),
        ("C536379,85123A,HEART,-6,2010-12-01 08:26:00,2.55,17850,United Kingdom", "reversal", ""),
        ("C536379,D,Discount,-1,2010-12-01 08:26:00,27.5,14527,United Kingdom", "charge", "discount"),
        ("A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,Unspecified", "charge", "bad_debt"),
        ("536370,POST,POSTAGE,3,2010-12-01 08:45:00,18.0,12583,France", "charge", "carriage"),
        ("540699,POST,,1000,2011-01-11 09:32:00,0.0,,United Kingdom", "charge", "carriage"),
        ("538071,gift_0001_20,to push,10,2010-12-09 14:09:00,0.0,,Bahrain", "charge", "gift_voucher"),
        ("53658,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom", "stock_adjustment", "stock_written_off"),
        ("536414,22139,found,56,2010-12-01 11:52:00,0.0,,RSA", "stock_adjustment", "stock_found"),
        ("C536379,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,EIRE", "refused",
         "reversal_without_negative_quantity"),
        ("536365,85123A,HEART,0,2010-12-01 08:26:00,2.55,17850,EIRE", "refused", "zero_quantity"),
    ],
)  # fmt: skip
def test_each_kind_of_line_ends_as_its_rule_says(tmp_path: Path, row: str, outcome: str, detail: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + row + "\n")

    (line,) = open_source(path, load_mapping("uci-online-retail")).lines()

    assert (line.outcome.value, line.reason or line.charge_kind) == (outcome, detail)


def test_countries_that_are_none_have_no_code(uci_file: Path) -> None:
    """Every spelling in the file is known; three have no ISO code, two of these no place."""
    lines: dict[str, SourceLine] = {}
    for line in open_source(uci_file, load_mapping("uci-online-retail")).lines(limit=50_000):
        lines.setdefault(line.country, line)

    assert lines["GB"].latitude == 52.69
    assert lines[""].latitude == 49.35
