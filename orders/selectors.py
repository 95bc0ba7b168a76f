"""Finding orders and customers by what people have in hand: a number, a reference, an address, a SKU."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower, Upper

from orders.catalogue.selectors import products_with_code
from orders.models import Customer, HoldStatus, Order, OrderHold, OrderLine

#: One external number may stand on several channels, but on no more than a handful.
_ENOUGH = 50


def orders_numbered(term: str) -> list[int]:
    """Primary keys of the orders with this number (in any case) or this external number."""
    orders = Order.objects.alias(any_case=Upper("number")).filter(
        Q(any_case=Upper(Value(term))) | Q(external_number__in=as_written_or_capital(term))
    )
    return list(orders.order_by().values_list("id", flat=True)[:_ENOUGH])


def orders_found(orders: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Orders that a term names: by number first, then by customer, then by the SKU of a line.

    A number finds its order wherever it is, also outside ``orders``; the other ways look in ``orders``.
    """
    numbered = orders_numbered(term)
    if numbered:
        return Order.objects.filter(pk__in=numbered)
    customers = list(customers_found(Customer.objects.all(), term).values_list("id", flat=True)[:_ENOUGH])
    if customers:
        return orders.filter(customer__in=customers)
    return orders.filter(pk__in=lines_of_product(OrderLine.objects.all(), term).order_by().values("order"))


def customers_found(customers: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """Customers with this reference, or this e-mail address in any case."""
    named = Q(reference__in=as_written_or_capital(term))
    if "@" not in term:
        return customers.filter(named)
    return customers.alias(any_case=Lower("email")).filter(named | Q(any_case=Lower(Value(term))))


def lines_of_product(lines: QuerySet[OrderLine], term: str) -> QuerySet[OrderLine]:
    """Lines of the products with this SKU or GTIN."""
    return lines.filter(product__in=products_with_code(term))


def as_written_or_capital(term: str) -> list[str]:
    """A term as it was typed and in capitals, for numbers that people type in any case."""
    return list(dict.fromkeys([term, term.upper()]))


_DONE = {"edit": "changed", "ship": "shipped", "allocate": "given to a location", "capture": "charged"}


def holds_on(order_ids: Collection[int], action: str) -> dict[int, str]:
    """By order: why a hold keeps an action (allocate, ship, edit, capture) from it. Orders without are left out."""
    holds = OrderHold.objects.filter(order__in=order_ids, status=HoldStatus.ACTIVE, blocks__contains=[action])
    return {
        hold.order_id: f"the hold “{hold.code.replace('_', ' ')}” keeps it from being {_DONE.get(action, action)}: "
        f"{hold.why}"
        for hold in holds.order_by("-id")
    }
