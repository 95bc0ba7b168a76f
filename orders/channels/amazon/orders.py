"""Orders as Amazon's Selling Partner API shows them (orders v0): the order and its items, in one document or in two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from orders.channels.draft import Draft, destination
from orders.channels.reading import Record, Unreadable, address_lines, country_code, currency_code, email
from orders.domain.capture import Destination
from orders.domain.channel import (
    Intake,
    Json,
    LineUnits,
    NotWanted,
    OrderCancelled,
    OrderPlaced,
    Setup,
    Unclear,
)

#: What an item is charged with and given, beside its price, and the sign of each.
_CHARGES = (
    ("ItemTax", "tax", 1), ("PromotionDiscount", "discount", -1), ("PromotionDiscountTax", "discount tax", -1),
    ("ShippingPrice", "shipping", 1), ("ShippingTax", "shipping tax", 1), ("ShippingDiscount", "shipping discount", -1),
    ("ShippingDiscountTax", "shipping discount tax", -1), ("CODFee", "fee", 1), ("CODFeeDiscount", "fee discount", -1),
)  # fmt: skip
_UNPAID = ("Pending", "PendingAvailability", "InvoiceUnconfirmed")


def order_read(order: Record, setup: Setup) -> Iterator[Intake]:
    """The order, then that it was cancelled or that its buyer asks for that."""
    number = order.text("AmazonOrderId", limit=64)
    if not number:
        yield Unclear("", "the order has no AmazonOrderId")
        return
    try:
        yield from _read(order, number, setup)
    except Unreadable as fault:
        yield Unclear(number, str(fault))


def _read(order: Record, number: str, setup: Setup) -> Iterator[Intake]:
    status = order.text("OrderStatus")
    changed = order.instant("LastUpdateDate", "PurchaseDate")
    if status == "Canceled" and changed:
        yield OrderCancelled(external_number=number, cancelled_at=changed, reason="cancelled at Amazon")
        return
    if status in _UNPAID:
        yield NotWanted("order", f"{status}: Amazon holds it until it is paid, and gives no total before")
        return
    items = order.records("OrderItems")
    if not items:
        yield Unclear(number, "Amazon gives the items of an order in a document of their own, which has not come yet")
        return
    if not status:
        yield Unclear(number, "these are the items of an order; the order itself has not come yet")
        return
    if order.text("NextToken"):
        yield Unclear(number, "this is one page of the order's items; the others have not come")
        return
    yield _placed(order, number, items, setup)
    wishes = [item.record("BuyerRequestedCancel") for item in items]
    asked = [
        LineUnits(item.count("QuantityOrdered") or 0, item.text("OrderItemId", limit=64))
        for item, wish in zip(items, wishes, strict=True)
        if wish.flag("IsBuyerRequestedCancel")
    ]
    if asked and changed:
        reason = next((wish.text("BuyerCancelReason") for wish in wishes if wish), "") or "the buyer asks for it"
        yield OrderCancelled(external_number=number, cancelled_at=changed, reason=reason[:120], lines=tuple(asked))


def _placed(order: Record, number: str, items: list[Record], setup: Setup) -> OrderPlaced:
    placed_at = order.instant("PurchaseDate")
    total = order.record("OrderTotal")
    stated = total.money("Amount")
    if stated is None and order.flag("IsReplacementOrder"):
        stated = Decimal(0)  # sent in place of what was paid for before
    if placed_at is None or stated is None:
        message = "the order does not say " + ("its total" if placed_at else "when it was placed")
        raise Unreadable(message)
    draft = Draft(number, placed_at, currency_code(total.text("CurrencyCode") or setup.currency, "currency"))
    included = _tax_included(order, items, stated, setup)
    for item in items:
        _line(draft, item, included=included, free=order.flag("IsReplacementOrder"))
    captured = order.text("PaymentMethod") != "COD"
    if captured:
        draft.pay(
            "amazon", stated, reference=f"amazon-{number}", captured=True,
            label=", ".join(_texts(order.value.get("PaymentMethodDetails")))[:80],
        )  # fmt: skip
    buyer = order.record("BuyerInfo") or order
    references: dict[str, Json] = {
        "order": number, "marketplace": order.text("MarketplaceId"), "lines": dict(draft.line_references),
    }  # fmt: skip
    name = buyer.text("BuyerName", limit=160)
    address = email(buyer.text("BuyerEmail"))
    return OrderPlaced(
        order=draft.close(
            stated, customer_reference=f"{setup.code}:{address}" if 0 < len(address) < 64 - len(setup.code) else "",
            customer_name=name, customer_email=address, destination=_destination(order, setup),
        ),
        stated_total=stated, label=order.text("SellerOrderId", limit=64),
        method=order.text("ShipmentServiceLevelCategory", "ShipServiceLevel", limit=64),
        ways=(tuple(order.text(name, limit=64) for name in ("ShipServiceLevel", "ShipmentServiceLevelCategory")),),
        references=references, settled=_settled(order), doubt=_doubt(order),
    )  # fmt: skip


def _line(draft: Draft, item: Record, *, included: bool, free: bool) -> None:
    price = _money(item, "ItemPrice", draft.currency)
    position = draft.line(
        sku=item.whole("SellerSKU", 64) or (f"asin:{item.text('ASIN')}" if "ASIN" in item else ""),
        quantity=item.count("QuantityOrdered"), amount=Decimal(0) if price is None and free else price,
        description=item.text("Title"), reference=item.text("OrderItemId", limit=64),
    )  # fmt: skip
    if not position:
        return
    for name, kind, sign in _CHARGES:
        if not (included and kind.endswith("tax")):
            draft.charge(kind, sign * (_money(item, name, draft.currency) or Decimal(0)), "", position)
    wrap = item.record("BuyerInfo") or item
    draft.charge("gift wrap", _money(wrap, "GiftWrapPrice", draft.currency) or Decimal(0), "", position)
    if not included:
        draft.charge("gift wrap tax", _money(wrap, "GiftWrapTax", draft.currency) or Decimal(0), "", position)


def _money(item: Record, name: str, currency: str) -> Decimal | None:
    """An amount in the order's currency. Raises ``Unreadable``."""
    given = item.record(name)
    amount = given.money("Amount")
    if amount and given.text("CurrencyCode", limit=3) not in ("", currency):
        message = f"{item.at} {name} is in {given.text('CurrencyCode')}, the order in {currency}".strip()
        raise Unreadable(message)
    return amount


def _tax_included(order: Record, items: list[Record], stated: Decimal, setup: Setup) -> bool:
    """In some marketplaces prices hold their taxes: then the total is reached without them, and only then."""
    sums = {True: Decimal(0), False: Decimal(0)}
    for item in items:
        wrap = item.record("BuyerInfo") or item
        plain = item.record("ItemPrice").amount("Amount") + wrap.record("GiftWrapPrice").amount("Amount")
        tax = wrap.record("GiftWrapTax").amount("Amount")
        for name, kind, sign in _CHARGES:
            amount = sign * item.record(name).amount("Amount")
            if kind.endswith("tax"):
                tax += amount
            else:
                plain += amount
        sums[True] += plain
        sums[False] += plain + tax
    return sums[False] != stated and sums[True] == stated


def _settled(order: Record) -> str:
    if order.text("FulfillmentChannel") == "AFN":
        return "Amazon sends it from its own stock"
    return "it has been sent already" if order.text("OrderStatus") in ("Shipped", "InvoiceUnconfirmed") else ""


def _doubt(order: Record) -> str:
    status = order.text("OrderStatus")
    if status == "PartiallyShipped":
        return "a part has been sent already; take the rest by hand"
    if status != "Unshipped" and status != "Shipped":
        return f"Amazon says {status!r}, which nobody has told us to work on"
    return ""


def _destination(order: Record, setup: Setup) -> Destination:
    to = order.record("ShippingAddress")
    where = to.record("ExtendedFields").record("GeoCoordinates")
    degrees: Mapping[str, float | None] = {
        "latitude": _float(where.money("Latitude")), "longitude": _float(where.money("Longitude")),
    }  # fmt: skip
    return destination({
        "recipient": to.text("Name", "CompanyName"),
        "address": address_lines(*(to.text(f"AddressLine{line}") for line in (1, 2, 3))),
        "city": address_lines(to.text("City"), to.text("StateOrRegion")),
        "postal_code": to.text("PostalCode", limit=32),
        "country": country_code(to.text("CountryCode"), setup.country),
        **degrees,
    })  # fmt: skip


def _float(degrees: Decimal | None) -> float | None:
    return None if degrees is None else float(degrees)


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
