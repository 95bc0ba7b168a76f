"""Orders as Shopify's Admin REST API and its webhooks show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal

from orders.channels.draft import Draft, destination
from orders.channels.reading import Record, Unreadable, address_lines, country_code, currency_code, email
from orders.channels.shopify.refunds import refund_of
from orders.domain.channel import (
    Intake,
    Json,
    LineUnits,
    OrderCancelled,
    OrderPlaced,
    RefundTold,
    Setup,
    Unclear,
)

_UNPAID = {
    "pending": "not paid yet", "partially_paid": "paid in part", "expired": "its authorisation has expired",
    "voided": "its payment was voided",
}  # fmt: skip
_TAKEN = ("paid", "partially_paid", "partially_refunded", "refunded")


class Purse:
    """Reads amounts in the money that the retailer wants: the shop's own, or the customer's."""

    def __init__(self, presentment: bool) -> None:
        self._which = "presentment_money" if presentment else "shop_money"
        self._presentment = presentment

    def money(self, record: Record, name: str, in_set: str = "") -> Decimal | None:
        """An amount; in the customer's money it is in a set beside it. Raises ``Unreadable``."""
        given = record.record(in_set or f"{name}_set").record(self._which).money("amount")
        if given is not None:
            return given
        found = record.money(name)
        if found and self._presentment:
            message = f"{record.at} {name} is not given in the customer's currency".strip()
            raise Unreadable(message)
        return found

    def duty(self, record: Record) -> Decimal:
        """The amount of a duty, which is a pair of amounts itself or holds one. Raises ``Unreadable``."""
        given = record.record(self._which).money("amount")
        return self.amount(record, "amount", "price_set") if given is None else given

    def amount(self, record: Record, name: str, in_set: str = "") -> Decimal:
        """An amount, nothing where there is none. Raises ``Unreadable``."""
        return self.money(record, name, in_set) or Decimal(0)

    def currency(self, order: Record, fallback: str) -> str:
        """Of the order. Raises ``Unreadable``."""
        shop = order.text("currency") or fallback
        return currency_code((order.text("presentment_currency") or shop) if self._presentment else shop, "currency")


def order_read(order: Record, setup: Setup) -> Iterator[Intake]:
    """The order, then its cancellation and refunds where it has been cancelled or refunded already."""
    number = order.text("id", limit=200)
    if not number or len(number) > 64:
        yield Unclear("", "the order has no id")
        return
    try:
        placed = _placed(order, number, setup)
        yield placed
        cancelled_at = order.instant("cancelled_at")
        if cancelled_at:
            reason = order.text("cancel_reason") or "cancelled in the shop"
            yield OrderCancelled(external_number=number, cancelled_at=cancelled_at, reason=reason)
        refunds = [refund_of(refund, number, placed.order.currency) for refund in order.records("refunds")]
        yield from refunds
        removed = () if cancelled_at else _removed(order, refunds)
        if removed:
            at = order.instant("updated_at") or placed.order.placed_at
            yield OrderCancelled(
                external_number=number, cancelled_at=at, reason="taken off the order in the shop", lines=removed
            )
    except Unreadable as fault:
        yield Unclear(number, str(fault))


def _removed(order: Record, refunds: Sequence[RefundTold]) -> tuple[LineUnits, ...]:
    """Units that an edit took off the order, in all that are cancelled of each line; refunds tell of theirs alone."""
    cancelled: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for refund in refunds:
        for line in refund.cancelled:
            cancelled[line.reference] += line.quantity
        for line in (*refund.cancelled, *refund.returned):
            told[line.reference] += line.quantity
    found = []
    for item in order.records("line_items"):
        reference, quantity, now = item.text("id", limit=64), item.count("quantity"), item.count("current_quantity")
        if reference and quantity and now is not None and (gone := quantity - now - told[reference]) > 0:
            found.append(LineUnits(gone + cancelled[reference], reference, sku=item.text("sku")))
    return tuple(found)


def _placed(order: Record, number: str, setup: Setup) -> OrderPlaced:
    purse = Purse(setup.options.get("money") == "presentment")
    placed_at = order.instant("processed_at", "created_at")
    if placed_at is None:
        message = "the order does not say when it was placed"
        raise Unreadable(message)
    draft = Draft(number, placed_at, purse.currency(order, setup.currency))
    _lines(draft, order, purse)
    _charges(draft, order, purse)
    _parts(draft, order, purse)
    stated = purse.money(order, "total_price")
    _payments(draft, order, purse, stated or Decimal(0))
    customer = order.record("customer")
    reference = customer.text("id", limit=64)
    ways = tuple(
        tuple(dict.fromkeys(filter(None, (way.text("code", limit=64), way.text("title", limit=64)))))
        for way in order.records("shipping_lines")
        if not way.flag("is_removed")
    )
    references: dict[str, Json] = {"order": number, "lines": dict(draft.line_references)}
    return OrderPlaced(
        order=draft.close(
            stated,
            customer_reference=f"{setup.code}:{reference}"[:64] if reference else "",
            customer_name=_name(customer) or _name(order.record("billing_address")),
            customer_email=email(order.text("email", "contact_email") or customer.text("email")),
            destination=_destination(order, setup),
        ),
        stated_total=stated or Decimal(0), label=order.text("name", limit=64),
        method=next((name for names in ways for name in names), ""), ways=ways,
        references=references, settled=_settled(order, setup), doubt=_doubt(order, setup),
    )  # fmt: skip


def _lines(draft: Draft, order: Record, purse: Purse) -> None:
    included = order.flag("taxes_included")
    for item in order.records("line_items"):
        if _is_tip(item):
            units = item.count("quantity")
            draft.charge("tip", purse.amount(item, "price") * (1 if units is None else units), "Tip")
            continue
        variant, title = item.text("variant_id", limit=40), item.text("title", "name")
        position = draft.line(
            sku=item.whole("sku", 64) or (f"variant:{variant}" if variant else f"title:{title}"[:64]),
            quantity=item.count("quantity"), price=purse.money(item, "price"),
            description=item.text("name", "title"), reference=item.text("id", limit=64),
        )  # fmt: skip
        if not position:
            continue
        allocations = item.records("discount_allocations")
        for allocation in allocations:
            draft.charge("discount", -purse.amount(allocation, "amount"), _discount(order, allocation), position)
        if not allocations:  # shops of old say it on the line alone
            draft.charge("discount", -purse.amount(item, "total_discount"), "", position)
        for duty in [] if order.flag("duties_included") else item.records("duties"):
            draft.charge("duty", purse.duty(duty), duty.text("harmonized_system_code", limit=40), position)
            _taxes(draft, duty, purse, "duty tax", position, included=included)
        _taxes(draft, item, purse, "tax", position, included=included)


def _charges(draft: Draft, order: Record, purse: Purse) -> None:
    included = order.flag("taxes_included")
    for item in order.records("shipping_lines"):
        if item.flag("is_removed"):
            continue
        name = item.text("title", "code")
        draft.charge("shipping", purse.amount(item, "price"), name)
        for allocation in item.records("discount_allocations"):
            draft.charge("shipping discount", -purse.amount(allocation, "amount"), name)
        _taxes(draft, item, purse, "shipping tax", included=included)
    if not any(_is_tip(item) for item in order.records("line_items")):
        draft.charge("tip", purse.amount(order, "total_tip_received"), "Tip")
    for fee in order.records("additional_fees"):
        draft.charge("fee", purse.amount(fee, "price"), fee.text("name"))
        _taxes(draft, fee, purse, "fee tax", included=included)
    _whole_order(draft, order, purse, included=included)


def _whole_order(draft: Draft, order: Record, purse: Purse, *, included: bool) -> None:
    """What older documents say of the order as a whole: tax and discount that stand on no line."""
    if not included and not _sum(draft, "tax"):
        kinds = ("duty tax", "shipping tax", "fee tax")
        untold = purse.amount(order, "total_tax") - sum(_sum(draft, kind) for kind in kinds)
        draft.charge("tax", max(untold, Decimal(0)))
    if not _sum(draft, "discount") and not _sum(draft, "shipping discount"):
        draft.charge("discount", -purse.amount(order, "total_discounts"))


def _parts(draft: Draft, order: Record, purse: Purse) -> None:
    """What the shop says that lines, discounts, shipping and taxes come to."""
    for name, *kinds in (
        ("total_line_items_price",), ("total_discounts", "discount", "shipping discount"),
        ("total_shipping_price", "shipping"), ("total_tax", "tax", "duty tax", "shipping tax", "fee tax"),
    ):  # fmt: skip
        if name != "total_tax" or not order.flag("taxes_included"):
            with suppress(Unreadable):  # nothing depends on it
                draft.part(name, purse.money(order, name), *kinds)


def _is_tip(item: Record) -> bool:
    """Tips can come as lines, which nobody ships."""
    return bool(item.record("tip")) or "tip_payment_gateway" in item or "tip_payment_method" in item


def _sum(draft: Draft, kind: str) -> Decimal:
    return sum((charge.unit_price for charge in draft.charges if charge.kind == kind), Decimal(0))


def _taxes(
    draft: Draft, item: Record, purse: Purse, kind: str, position: int = 0, *, included: bool
) -> None:  # fmt: skip
    """Taxes beside the price; those in it are not charged again, and what a marketplace pays itself neither."""
    for tax in item.records("tax_lines"):
        if not included:
            draft.charge(kind, purse.amount(tax, "price"), tax.text("title"), position)


def _discount(order: Record, allocation: Record) -> str:
    applications = order.records("discount_applications")
    index = allocation.count("discount_application_index")
    if index is None or not 0 <= index < len(applications):
        return ""
    return applications[index].text("code", "title", "description")


def _payments(draft: Draft, order: Record, purse: Purse, total: Decimal) -> None:
    """What the shop has taken or had authorised; it keeps those books itself."""
    status = order.text("financial_status")
    names = order.value.get("payment_gateway_names")
    listed = [name for name in names if isinstance(name, str) and name] if isinstance(names, list) else []
    kind = listed[0] if len(set(listed)) == 1 else order.text("gateway") or ("several" if listed else "card")
    card = order.record("payment_details")
    label = " ".join(filter(None, [card.text("credit_card_company"), card.text("credit_card_number")[-4:]]))
    label = label or ", ".join(dict.fromkeys(listed))
    if _tenders(draft, order, purse):
        return
    if status in _TAKEN:
        taken = total
        if status == "partially_paid":
            taken -= purse.amount(order, "total_outstanding")
        draft.pay(kind, min(taken, total), reference=f"shopify-{draft.external_number}", captured=True, label=label)
    elif status == "authorized":
        draft.pay(kind, total, reference=f"shopify-{draft.external_number}", captured=False, label=label)


def _tenders(draft: Draft, order: Record, purse: Purse) -> bool:
    """Each tender by itself, where the document lists what was taken: a gift card beside a card."""
    taken = [
        each
        for each in order.records("transactions")
        if each.text("status") == "success" and each.text("kind") in ("sale", "capture")
    ]
    if not taken or any(each.text("currency") not in ("", draft.currency) for each in taken):
        return False
    for each in taken:
        reference = f"shopify-{each.text('id', limit=60) or draft.external_number}"
        draft.pay(each.text("gateway") or "card", purse.amount(each, "amount"), reference=reference, captured=True)
    return True


def _settled(order: Record, setup: Setup) -> str:
    """Why there is nothing to work on."""
    if order.flag("test") and not setup.options.get("take_tests"):
        return "a test order of the shop"
    if order.text("fulfillment_status") == "fulfilled":
        return "the shop has sent it itself"
    return ""


def _doubt(order: Record, setup: Setup) -> str:
    """Why somebody should look at it first."""
    if order.text("fulfillment_status") == "partial":
        return "the shop has sent a part of it itself; take the rest by hand"
    if order.text("source_name") == "pos" and not order.record("shipping_address") and not order.text("cancelled_at"):
        return "sold at a till without an address to send it to; the shop sends it again once it is handed over there"
    status = order.text("financial_status")
    if status in _UNPAID and not order.text("cancelled_at") and not setup.options.get("take_unpaid"):
        return f"{_UNPAID[status]} ({status}); the shop sends it again once it is paid"
    return ""


def _name(person: Record) -> str:
    full = f"{person.text('first_name')} {person.text('last_name')}".strip()
    return (full or person.text("name"))[:160]


def _destination(order: Record, setup: Setup) -> object:
    to = order.record("shipping_address")
    if not to and not order.records("shipping_lines"):  # else it is fetched: nothing is sent to who pays
        to = order.record("billing_address") or order.record("customer").record("default_address")
    where = {name: to.value.get(name) for name in ("latitude", "longitude")}
    return destination({
        "recipient": to.text("name") or _name(to),
        "address": address_lines(to.text("company"), to.text("address1"), to.text("address2")),
        "city": address_lines(to.text("city"), to.text("province_code", "province")) if to else "",
        "postal_code": to.text("zip", limit=32),
        "country": country_code(to.text("country_code"), setup.country),
        **{name: _degrees(value) for name, value in where.items()},
    })  # fmt: skip


def _degrees(value: object) -> float | None:
    try:
        return float(str(value)) if value is not None else None
    except ValueError:
        return None
