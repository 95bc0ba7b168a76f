"""How amounts and instants are written for partners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from oms.web.api.documents import amount_text, instant_text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("10", "GBP", "10.00"), ("10.5000", "GBP", "10.50"), ("0.1234", "GBP", "0.1234"), ("1000", "JPY", "1000"),
        ("0.5", "JPY", "0.5"), ("-3", "KWD", "-3.000"), ("1E+3", "GBP", "1000.00"),
    ],
)  # fmt: skip
def test_an_amount_is_exact_and_has_the_decimals_of_its_currency(amount: str, currency: str, text: str) -> None:
    assert amount_text(Decimal(amount), currency) == text


def test_an_instant_is_in_utc() -> None:
    assert instant_text(datetime(2026, 1, 31, 1, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-30T23:00:00Z"
    assert instant_text(datetime(2026, 1, 31, 1, 2, 3, 4, tzinfo=UTC)) == "2026-01-31T01:02:03.000004Z"
    assert instant_text(None) is None
