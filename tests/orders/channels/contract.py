"""What every channel adapter must do. A test module of an adapter subclasses :class:`AdapterContract`."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.kernel.money import minor_units
from orders.channels import adapter_codes, adapter_named
from orders.domain.channel import (
    CannotRead,
    ChannelAdapter,
    Intake,
    Message,
    OrderPlaced,
    Outbound,
    Setup,
    ShipmentTold,
    StatusTold,
    StockTold,
    Told,
    ToldLine,
    Unclear,
)
from tests.factories.channels import total_of

AT = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
#: What platforms and strangers send that is no order.
ODD: list[bytes] = [
    b"", b"null", b"0", b"[]", b"{}", b'"text"', b"[[[]]]", b"\xff\xfe", b"{", b'{"id": null}', b"[null, 1]",
    b'{"orders": null}', b'{"payload": {"Orders": [null]}}', b'{"a": 1e999}', b'{"a": NaN}', b"a,b\n1,2\n",
]  # fmt: skip


class AdapterContract:
    """``code`` names the folder; ``good`` is a message with exactly one order."""

    code = ""
    setup = Setup(code="shop", currency="EUR", country="DE")

    def good(self) -> Message:
        raise NotImplementedError

    def adapter(self) -> ChannelAdapter:
        return adapter_named(self.code)

    def read(self, message: Message, **options: Any) -> tuple[Intake, ...]:
        setup = Setup(code="shop", currency="EUR", country="DE", options={**self.setup.options, **options})
        return self.adapter().read(message, setup)

    def test_it_is_found_by_its_folder_and_says_what_it_is_called(self) -> None:
        assert self.code in adapter_codes()
        assert self.adapter().title
        assert all(option.name and option.meaning.endswith(".") for option in self.adapter().OPTIONS)

    def test_an_order_comes_to_the_platforms_total_and_fits_an_order(self) -> None:
        [placed] = [each for each in self.read(self.good()) if isinstance(each, OrderPlaced)]
        order = placed.order
        assert total_of(order) == placed.stated_total
        assert sum(payment.amount for payment in order.payments) <= placed.stated_total
        assert 0 < len(order.external_number) <= 64
        assert order.placed_at.tzinfo is not None
        assert order.lines
        assert all(line.quantity > 0 and line.unit_price >= 0 and len(line.sku) <= 64 for line in order.lines)
        assert all(line.unit_price == round(line.unit_price, 4) for line in order.lines)
        assert all(charge.unit_price and len(charge.kind) <= 32 for charge in order.charges)
        assert all(0 <= charge.position <= len(order.lines) for charge in order.charges)
        assert len(order.destination.address) <= 255
        assert minor_units(order.currency) in (0, 2, 3)
        assert (placed.settled, placed.doubt) == ("", "")

    def test_reading_twice_says_the_same(self) -> None:
        assert self.read(self.good()) == self.read(self.good())

    @pytest.mark.parametrize("body", ODD)
    def test_what_is_no_order_is_kept_and_never_breaks_it(self, body: bytes) -> None:
        message = Message(body, "application/json", {})
        self.adapter().envelope(message)
        with suppress(CannotRead):  # then it is kept with those words
            intakes = self.read(message)
            assert intakes
            assert not any(isinstance(each, OrderPlaced) for each in intakes)
            assert all(each.reason for each in intakes if isinstance(each, Unclear))

    def test_nobody_is_believed_without_a_secret_or_a_signature(self) -> None:
        for secrets in ([], [""], ["right"]):
            verdict = self.adapter().verify(self.good(), secrets, now=AT)
            assert not verdict
            assert verdict.reason

    def test_what_it_tells_is_addressed_within_the_platform(self) -> None:
        line = ToldLine(1, "RED", 2, "91")
        tellings: list[Told] = [
            ShipmentTold(
                external_number="50/01", references={"order": "5001"}, shipment="SHOP-5001/1-S1", location="LDN",
                carrier="DHL", tracking_number="JD01", shipped_at=AT, lines=(line,), complete=True,
            ),
            StatusTold(external_number="50/01", references={}, status="cancelled", changed_at=AT),
            StatusTold(external_number="50/01", references={}, status="in_progress", changed_at=AT),
            StockTold(sku="RED/1", quantity=3, told_at=AT),
        ]  # fmt: skip
        for told in tellings:
            for outbound in self.adapter().tell(told, self.setup):
                assert isinstance(outbound, Outbound)
                assert outbound.method in ("GET", "POST", "PUT", "PATCH")
                assert "://" not in outbound.path
                assert "50/01" not in outbound.path
                assert "RED/1" not in outbound.path

    def test_without_a_token_it_says_nothing_of_one(self) -> None:
        assert self.adapter().authorise("") == {}
        assert "t0ken" not in "".join(self.adapter().authorise("t0ken"))
