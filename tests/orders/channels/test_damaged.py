"""Good documents, damaged anywhere: an adapter reads them, or says why not, and its orders still add up."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.channels import adapter_named
from orders.domain.channel import CannotRead, OrderPlaced, Setup
from tests.factories.channels import message_of, shopify_line, shopify_order, total_of, woo_order
from tests.orders.channels.test_amazon import item, whole
from tests.orders.channels.test_generic import ORDER

GOOD: dict[str, Any] = {
    "shopify": shopify_order(
        total="28.80",
        line_items=[
            shopify_line(91, "RED", 2, tax_lines=[{"title": "MwSt", "price": "3.80"}],
                         discount_allocations=[{"amount": "1.00", "discount_application_index": 0}],
                         duties=[{"price": "1.00"}]),
        ],
        shipping_lines=[{"title": "DHL", "price": "5.00", "tax_lines": [], "discount_allocations": []}],
        refunds=[{"id": 1, "created_at": "2026-05-05T10:00:00Z", "transactions": [
            {"kind": "refund", "status": "success", "amount": "1.00", "currency": "EUR"}],
            "refund_line_items": [{"line_item_id": 91, "quantity": 1, "restock_type": "return"}]}],
        cancelled_at="2026-05-05T10:00:00Z", payment_details={"credit_card_number": "•••• 4242"},
        transactions=[{"id": 1, "kind": "sale", "status": "success", "amount": "28.80", "currency": "EUR"}],
    ),
    "woocommerce": woo_order(
        fee_lines=[{"name": "x", "total": "0.00"}], coupon_lines=[{"code": "c"}], refunds=[{"id": 3, "total": "-1.00"}]
    ),
    "amazon": whole(item(BuyerRequestedCancel={"IsBuyerRequestedCancel": "true"}, BuyerInfo={"GiftWrapPrice": None})),
    "generic": {"orders": [ORDER]},
}  # fmt: skip
STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-10, 10), st.text(max_size=8), st.just("\x00\ud800"),
    st.sampled_from(["", "0", "-1", "1e9", "NaN", "9" * 30, "0001-01-01T00:00:00+14:00", "x" * 400, [], {}, [None],
                     [[]], [{}], {"amount": {}}, 10**400, 1.5, -0.0, 1e300]),
)  # fmt: skip


def places(value: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inner for place in places(each, (*at, key)))]


def damaged(document: Any, place: tuple[str | int, ...], strange: object) -> Any:
    if not place:
        return strange
    document = copy.deepcopy(document)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = strange
    return document


@pytest.mark.parametrize("code", sorted(GOOD))
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_document_is_read_or_refused_and_never_adds_up_wrongly(code: str, data: st.DataObject) -> None:
    document = GOOD[code]
    for _ in range(data.draw(st.integers(1, 3))):
        document = damaged(document, data.draw(st.sampled_from(places(document))), data.draw(STRANGE))
    try:
        message = message_of(document)
        intakes = adapter_named(code).read(message, Setup(code="shop", currency="EUR", country="DE"))
    except (CannotRead, UnicodeEncodeError):
        return
    for intake in intakes:
        if isinstance(intake, OrderPlaced):
            assert total_of(intake.order) == intake.stated_total
            assert all(line.quantity > 0 and line.unit_price >= 0 for line in intake.order.lines)
            assert "\x00" not in repr(intake)
