"""Orders as shops really send them: each is taken to the cent, or kept with a reason that says what to do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders.channels import adapter_named
from orders.domain.channel import (
    CannotRead,
    Intake,
    LineUnits,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    RefundTold,
    Setup,
    Unclear,
)
from tests.factories.channels import message_of, set_of, shopify_line, shopify_order, total_of, woo_order

TOPIC = {"shopify": "x_shopify_topic", "woocommerce": "x_wc_webhook_topic"}
WAYS = {"method_id": "flat_rate", "method_title": "Flat", "total": "5.00", "total_tax": "0.95"}


def read(adapter: str, document: object, topic: str = "", **options: Any) -> tuple[Intake, ...]:
    headers = {TOPIC[adapter]: topic} if topic else {}
    setup = Setup(code="shop", currency="EUR", country="DE", options=options)
    return adapter_named(adapter).read(message_of(document, **headers), setup)


def placed(adapter: str, document: object, **options: Any) -> OrderPlaced:
    found = read(adapter, document, **options)[0]
    assert isinstance(found, OrderPlaced), found
    assert total_of(found.order) == found.stated_total
    return found


def charges(found: OrderPlaced) -> list[tuple[str, str, int]]:
    return [(each.kind, f"{each.unit_price.normalize():f}", each.position) for each in found.order.charges]


def lines(found: OrderPlaced) -> list[tuple[str, int, str]]:
    return [(line.sku, line.quantity, f"{line.unit_price.normalize():f}") for line in found.order.lines]


def pair(shop: str, customer: str) -> dict[str, Any]:
    return set_of(shop, presentment=(customer, "USD"))


def in_dollars(**more: Any) -> dict[str, Any]:
    """An order of a shop in euros that the customer has paid in dollars, taxes in the price."""
    line = shopify_line(
        91, "RED", 2, price_set=pair("10.00", "11.05"),
        discount_allocations=[
            {"amount": "1.00", "amount_set": pair("1.00", "1.11"), "discount_application_index": 0}
        ],
        tax_lines=[{"title": "VAT", "price": "3.03", "rate": 0.19, "price_set": pair("3.03", "3.35")}],
    )  # fmt: skip
    return shopify_order(
        total="19.00", taxes_included=True, presentment_currency="USD", line_items=[line], total_tax="3.03",
        total_discounts="1.00", total_price_set=pair("19.00", "20.99"), **more,
    )  # fmt: skip


GIFT_CARD = shopify_line(92, "", 1, "50.00", variant_id=900, gift_card=True, requires_shipping=False)
DUTY = {"id": "2", "harmonized_system_code": "520300", "country_code_of_origin": "CA", **set_of("5.00"),
        "tax_lines": [{"price": "0.95"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "sold", "charged"),
    [
        (in_dollars(), [("RED", 2, "10")], [("discount", "-1", 1)]),
        (shopify_order(total="22.50", total_tip_received="2.50"), [("RED", 2, "10")], [("tip", "2.5", 0)]),
        (shopify_order(total="22.50", total_tip_received="2.50", line_items=[
            shopify_line(91, "RED", 2), shopify_line(95, None, 1, "2.50", tip_payment_gateway="stripe")]),
         [("RED", 2, "10")], [("tip", "2.5", 0)]),
        (shopify_order(total="70.00", line_items=[shopify_line(91, "RED", 2), GIFT_CARD]),
         [("RED", 2, "10"), ("variant:900", 1, "50")], []),
        (shopify_order(total="0.00", payment_gateway_names=[], line_items=[shopify_line(91, "RED", 1, "0.00")]),
         [("RED", 1, "0")], []),
        (shopify_order(total="0.00", line_items=[
            shopify_line(91, "RED", 2, discount_allocations=[{"amount": "20.00", "discount_application_index": 0}])]),
         [("RED", 2, "10")], [("discount", "-20", 1)]),
        (shopify_order(total="35.00", line_items=[shopify_line(91, "RED", 2), shopify_line(
            93, None, 1, "15.00", variant_id=None, product_id=None, title="Engraving", requires_shipping=False)]),
         [("RED", 2, "10"), ("title:Engraving", 1, "15")], []),
        (shopify_order(total="25.95", line_items=[shopify_line(91, "RED", 2, duties=[DUTY])]),
         [("RED", 2, "10")], [("duty", "5", 1), ("duty tax", "0.95", 1)]),
        (shopify_order(duties_included=True, line_items=[shopify_line(91, "RED", 2, duties=[DUTY])]),
         [("RED", 2, "10")], []),
        (shopify_order(total="28.00", shipping_lines=[{"code": "A", "title": "Standard", "price": "5.00"},
                                                      {"code": "B", "title": "Freight", "price": "3.00"}]),
         [("RED", 2, "10")], [("shipping", "5", 0), ("shipping", "3", 0)]),
        (shopify_order(total="2000", currency="JPY", line_items=[shopify_line(91, "RED", 2, "1000")]),
         [("RED", 2, "1000")], []),
        (shopify_order(total="2.468", currency="KWD", line_items=[shopify_line(91, "RED", 2, "1.234")]),
         [("RED", 2, "1.234")], []),
        (shopify_order(total="23.80", total_tax="3.80", tax_lines=[{"price": "3.80", "title": "MwSt"}]),
         [("RED", 2, "10")], [("tax", "3.8", 0)]),
        (shopify_order(total=20.0, line_items=[shopify_line(91, "RED", 2, 10.0)]),  # type: ignore[arg-type]
         [("RED", 2, "10")], []),
        (shopify_order(total="22.38", additional_fees=[
            {"id": 1, "name": "Import", "price": "2.00", "tax_lines": [{"price": "0.38"}]}]),
         [("RED", 2, "10")], [("fee", "2", 0), ("fee tax", "0.38", 0)]),
        (shopify_order(note="Ring twice", note_attributes=[{"name": "gift", "value": "yes"}], tags="vip, b2b"),
         [("RED", 2, "10")], []),
    ],
)  # fmt: skip
def test_shopify_orders_are_taken_to_the_cent(
    order: dict[str, Any], sold: list[tuple[str, int, str]], charged: list[tuple[str, str, int]]
) -> None:
    found = placed("shopify", order)
    assert (lines(found), charges(found), found.doubt, found.settled) == (sold, charged, "", "")


def test_an_order_in_the_customers_money_needs_only_what_is_charged_in_it() -> None:
    found = placed("shopify", in_dollars(), money="presentment")
    assert (found.order.currency, found.stated_total, charges(found)) == (
        "USD", Decimal("20.99"), [("discount", "-1.11", 1)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("order", "word"),
    [
        (shopify_order(financial_status="voided"), "its payment was voided"),
        (shopify_order(financial_status="pending", payment_terms={"due_in_days": 30}), "not paid yet"),
        (shopify_order(source_name="pos", shipping_address=None, customer=None), "sold at a till without an address"),
        (shopify_order(fulfillment_status="partial"), "the shop has sent a part of it itself"),
    ],
)
def test_shopify_orders_that_somebody_has_to_look_at_say_why(order: dict[str, Any], word: str) -> None:
    assert placed("shopify", order).doubt.startswith(word)


def test_a_sale_that_was_handed_over_at_the_till_is_left_alone() -> None:
    till = shopify_order(source_name="pos", shipping_address=None, customer=None, fulfillment_status="fulfilled")
    assert placed("shopify", till).settled == "the shop has sent it itself"


def test_what_is_fetched_is_never_sent_to_who_pays() -> None:
    payer = {"name": "Ida Berg", "address1": "Weg 1", "city": "Kassel", "country_code": "DE"}
    way = {"code": "Downtown", "title": "Downtown store", "price": "0.00", "delivery_category": "pick_up"}
    found = placed("shopify", shopify_order(shipping_address=None, billing_address=payer, shipping_lines=[way]))
    assert (found.order.destination.address, found.ways) == ("", (("Downtown", "Downtown store"),))
    woo = woo_order(
        total="23.80", shipping={"address_1": ""}, billing={"first_name": "Ida", "address_1": "Weg 1", "city": "K"},
        shipping_lines=[{"method_id": "local_pickup", "instance_id": "2", "method_title": "Store", "total": "0.00"}],
    )  # fmt: skip
    found = placed("woocommerce", woo)
    assert (found.order.destination.address, found.ways) == ("", (("local_pickup:2", "Store", "local_pickup"),))


def test_units_that_an_edit_took_off_an_order_are_cancelled_in_all() -> None:
    order = shopify_order(
        total="50.00", updated_at="2026-05-06T10:00:00Z",
        line_items=[shopify_line(91, "RED", 4, current_quantity=1), shopify_line(92, "BLUE", 1, current_quantity=1)],
        refunds=[{"id": 7, "order_id": 5001, "created_at": "2026-05-05T10:00:00Z", "transactions": [],
                  "refund_line_items": [{"line_item_id": 91, "quantity": 1, "restock_type": "cancel"}]}],
    )  # fmt: skip
    _, refund, removed = read("shopify", order, "orders/updated")
    assert isinstance(refund, RefundTold)
    assert refund.amount == 0
    assert isinstance(removed, OrderCancelled)
    assert removed.lines == (LineUnits(3, "91", sku="RED"),)


def refunded(lines: list[dict[str, Any]], moved: str, currency: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 9, "order_id": 5001, "created_at": "2026-05-05T10:00:00Z", "refund_line_items": lines,
        "transactions": [{"kind": "refund", "status": "success", "amount": moved, "currency": currency}], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("moved", "amount", "currency"),
    [("16.58", "15.00", "EUR"), ("16.00", "16.00", "USD")],  # parts that come to it; parts that do not
)
def test_a_refund_in_the_customers_money_counts_in_the_shops_where_its_parts_say_so(
    moved: str, amount: str, currency: str
) -> None:
    lines = [{"line_item_id": 91, "quantity": 1, "restock_type": "return", "subtotal_set": pair("10.00", "11.05"),
              "total_tax_set": pair("1.60", "1.77")}]  # fmt: skip
    carriage = [{"id": 1, "kind": "shipping_refund", "amount_set": pair("-5.00", "-5.53")}]
    told = refunded(lines, moved, "USD", order_adjustments=carriage)
    [found] = read("shopify", told, "refunds/create")
    assert isinstance(found, RefundTold)
    assert (found.amount, found.currency) == (Decimal(amount), currency)
    [found] = read("shopify", told, "refunds/create", money="presentment")
    assert isinstance(found, RefundTold)
    assert (found.amount, found.currency) == (Decimal(moved), "USD")


@pytest.mark.parametrize(
    ("document", "topic", "reason"),
    [
        (shopify_order(line_items=None), "orders/create", "the order has no lines"),
        (shopify_order(total="21.00", total_line_items_price="21.00"), "orders/create",
         "lines and charges come to 20.00 EUR, the platform says 21.00 EUR: 1.00 EUR cannot be explained; "
         "total_line_items_price is 21.00 EUR, here 20.00 EUR"),
        (shopify_order(total="15.00", total_line_items_price="20.00", total_discounts="0.00", total_tax="0.00"),
         "orders/create",
         "lines and charges come to 20.00 EUR, the platform says 15.00 EUR: 5.00 EUR cannot be explained; "
         "total_line_items_price, total_discounts, total_tax agree, so it is beside them (a fee, a gift card)"),
        ({"id": 1, "order_id": 5001, "status": "success", "line_items": [{"id": 91}]}, "fulfillments/create",
         "fulfillments/create is nothing that orders need"),
        ({"refunds": []}, "", "it holds no refund"),
    ],
)  # fmt: skip
def test_what_is_not_taken_says_how_much_and_where(document: dict[str, Any], topic: str, reason: str) -> None:
    [found] = read("shopify", document, topic)
    assert isinstance(found, Unclear | NotWanted)
    assert found.reason == reason


def woo_line(**more: Any) -> dict[str, Any]:
    return {"id": 31, "name": "Red", "sku": "RED", "quantity": 2, "subtotal": "20.00", "total": "20.00",
            "total_tax": "3.80", **more}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "sold", "charged"),
    [
        (woo_order(total="35.68", line_items=[woo_line(quantity=3, subtotal="25.210084", total="25.210084",
                                                       total_tax="4.789916", price=8.403361344537815)],
                   shipping_lines=[{**WAYS, "total": "4.773109", "total_tax": "0.906891"}]),
         [("RED", 3, "8.4034")],
         [("rounding", "-0.0001", 1), ("tax", "4.7899", 1), ("shipping", "4.7731", 0), ("shipping tax", "0.9069", 0)]),
        (woo_order(total="22.61", line_items=[woo_line(total="14.00", total_tax="2.66")],
                   coupon_lines=[{"id": 1, "code": "MAI", "discount": "6.00", "discount_tax": "1.14"}]),
         [("RED", 2, "10")],
         [("discount", "-6", 1), ("tax", "2.66", 1), ("shipping", "5", 0), ("shipping tax", "0.95", 0)]),
        (woo_order(total="27.37", fee_lines=[{"name": "Bulk", "total": "-2.00", "total_tax": "-0.38"}]),
         [("RED", 2, "10")],
         [("tax", "3.8", 1), ("shipping", "5", 0), ("shipping tax", "0.95", 0), ("fee", "-2", 0),
          ("fee tax", "-0.38", 0)]),
        (woo_order(total="2500", currency="JPY", shipping_lines=[{**WAYS, "total": "500", "total_tax": "0"}],
                   line_items=[woo_line(subtotal="2000", total="2000", total_tax="0")]),
         [("RED", 2, "1000")], [("shipping", "500", 0)]),
        (woo_order(total="2.468", currency="KWD", shipping_lines=[],
                   line_items=[woo_line(subtotal="2.468", total="2.468", total_tax="0.000")]),
         [("RED", 2, "1.234")], []),
        (woo_order(billing=None, shipping=None, customer_id=0, meta_data=[{"key": "_x", "value": {"a": [1]}}]),
         [("RED", 2, "10")], [("tax", "3.8", 1), ("shipping", "5", 0), ("shipping tax", "0.95", 0)]),
        (woo_order(line_items=[woo_line(), woo_line(id=32, sku="", quantity=0, subtotal="0", total="0", total_tax="0"),
                               woo_line(id=33, sku="BLUE", subtotal="0", total="0", total_tax="0")]),
         [("RED", 2, "10"), ("BLUE", 2, "0")],
         [("tax", "3.8", 1), ("shipping", "5", 0), ("shipping tax", "0.95", 0)]),
        (woo_order(total="29.76"), [("RED", 2, "10")],
         [("tax", "3.8", 1), ("shipping", "5", 0), ("shipping tax", "0.95", 0), ("rounding", "0.01", 0)]),
    ],
)  # fmt: skip
def test_woocommerce_orders_are_taken_to_the_cent(
    order: dict[str, Any], sold: list[tuple[str, int, str]], charged: list[tuple[str, str, int]]
) -> None:
    found = placed("woocommerce", order)
    assert (lines(found), charges(found), found.doubt, found.settled) == (sold, charged, "", "")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"total": "30.75", "total_tax": "5.75", "shipping_total": "5.00"},
         "lines and charges come to 29.75 EUR, the platform says 30.75 EUR: 1.00 EUR cannot be explained; "
         "total_tax is 5.75 EUR, here 4.75 EUR"),
        ({"line_items": [woo_line(quantity=1.5)]}, "line_items 1 quantity is 1.5, not a whole number of units"),
        ({"line_items": []}, "the order has no lines"),
        ({"total": "12,50"}, "total is '12,50', not an amount"),
    ],
)  # fmt: skip
def test_woocommerce_orders_that_are_not_taken_say_why(more: dict[str, Any], reason: str) -> None:
    [found] = read("woocommerce", woo_order(**more), "order.created")
    assert isinstance(found, Unclear)
    assert found.reason == reason


@pytest.mark.parametrize("adapter", ["shopify", "woocommerce", "amazon"])
@pytest.mark.parametrize("value", [None, "", [], {}, 0, True, "x", -1, 1e300, [None], {"a": None}])
def test_no_field_of_a_document_can_break_its_reading(adapter: str, value: object) -> None:
    amazon = {"AmazonOrderId": "1", "PurchaseDate": "2026-05-04T08:00:00Z", "OrderStatus": "Unshipped",
              "OrderTotal": {"CurrencyCode": "EUR", "Amount": "20.00"}, "OrderItems": [
                  {"OrderItemId": "1", "SellerSKU": "RED", "QuantityOrdered": 2,
                   "ItemPrice": {"CurrencyCode": "EUR", "Amount": "20.00"}}]}  # fmt: skip
    order: dict[str, Any] = {"shopify": shopify_order(
        shipping_lines=[{"code": "A", "price": "0.00"}], refunds=[refunded([{"line_item_id": 91}], "1.00", "EUR")],
    ), "woocommerce": woo_order(refunds=[{"id": 1, "total": "-1.00"}]), "amazon": amazon}[adapter]  # fmt: skip
    broken = [{**order, name: value} for name in order]
    for name, inner in order.items():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            broken += [{**order, name: [{**inner[0], part: value}]} for part in inner[0]]
        if isinstance(inner, dict):
            broken += [{**order, name: {**inner, part: value}} for part in inner]
    for document in broken:
        try:
            found = adapter_named(adapter).read(message_of(document), Setup(code="shop", currency="EUR", country="DE"))
        except CannotRead:
            continue
        assert found
        for each in found:
            if isinstance(each, OrderPlaced):
                assert total_of(each.order) == each.stated_total
            if isinstance(each, Unclear | NotWanted):
                assert each.reason
