"""Orders in the back office. The page of one order stands higher (`oms.web`): it shows every module's part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter, display, register
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

import orders.admin_channels  # noqa: F401 - registers the screens of channels
from oms.infra.backoffice.display import Tone, badge, moment, money, price
from oms.infra.backoffice.filters import DayRange, Menu, chips
from oms.infra.backoffice.links import page_link
from oms.infra.backoffice.lists import MasterDataAdmin, ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from orders.bulk import ORDER_ACTIONS
from orders.models import Channel, Customer, Order, OrderCharge, OrderLine, OrderStatus
from orders.promise_figures import PromiseState, orders_by_promise
from orders.selectors import customers_found, lines_of_product, orders_found, orders_numbered

_TONES = {
    OrderStatus.HELD: Tone.WRONG,
    OrderStatus.OPEN: Tone.WAITING,
    OrderStatus.IN_PROGRESS: Tone.WORKING,
    OrderStatus.COMPLETE: Tone.DONE,
    OrderStatus.CANCELLED: Tone.NEUTRAL,
}


def order_status_badge(order: Order) -> SafeString:
    """The order's status in words."""
    return badge(order.get_status_display(), _TONES[OrderStatus(order.status)])


class PromiseFilter(SimpleListFilter):
    """Orders by how their promises stand, as a menu."""

    title = "promise"
    parameter_name = lookup_kwarg = "promise"
    template = "infra/filters/menu.html"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """(value in the address, word)."""
        return [(state.value, state.words) for state in PromiseState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Only those that stand so; all where the value is not one of those offered."""
        value = self.value()
        if value not in set(PromiseState):
            return queryset
        return orders_by_promise(queryset, PromiseState(value), timezone.localdate())

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Everything first."""
        yield {"value": "", "word": "All", "chosen": not self.value()}
        for value, word in self.lookup_choices:
            yield {"value": str(value), "word": word, "chosen": value == self.value()}


class OrderAdmin(ReadOnlyAdmin[Order]):
    """The list of orders, newest first."""

    list_display = ("number", "placed", "customer", "state", "units_open", "owed", "channel")
    list_select_related = ("customer", "channel")
    list_filter = (chips("status", OrderStatus.choices), ("channel", Menu), PromiseFilter, ("placed_at", DayRange))
    ordering = ("-placed_at", "-id")
    sortable_by = ("placed",)
    search_help_text = "Order number, customer, e-mail or SKU"
    list_more = ("external_number", "captured", "recipient", "city", "postal_code", "country")
    bulk_actions = ORDER_ACTIONS

    @display(description="Placed", ordering="placed_at")
    def placed(self, order: Order) -> str:
        """When, in the retailer's zone."""
        return moment(order.placed_at)

    @display(description="Captured")
    def captured(self, order: Order) -> str:
        """When it came here, in the retailer's zone."""
        return moment(order.captured_at)

    @display(description="Status")
    def state(self, order: Order) -> SafeString:
        """In words."""
        return order_status_badge(order)

    @display(description="Units open")
    def units_open(self, order: Order) -> str:
        """Units that no location has been given."""
        return f"{order.open_quantity:,}" if order.open_quantity else "–"

    @display(description="Total")
    def owed(self, order: Order) -> str:
        """Lines and charges."""
        return money(order.total, order.currency)

    def find(self, rows: QuerySet[Order], term: str) -> QuerySet[Order]:
        """By number first."""
        return orders_found(rows, term)


@register(OrderLine, site=retailer_site)
class OrderLineAdmin(ReadOnlyAdmin[OrderLine]):
    """Lines of all orders, newest orders first: which orders want a product?"""

    list_display = (
        "order_number", "position", "sku", "description", "unit", "ordered", "cancelled", "allocated", "fulfilled",
        "open",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("order", "product")
    ordering = ("-order_id", "-position")
    sortable_by = ()
    search_help_text = "SKU or order number"

    @display(description="Order")
    def order_number(self, line: OrderLine) -> SafeString:
        """Leads to the order."""
        return page_link(line.order, line.order.number)

    @display(description="SKU")
    def sku(self, line: OrderLine) -> str:
        """Of its product."""
        return line.product.sku

    @display(description="Unit price")
    def unit(self, line: OrderLine) -> str:
        """With its currency."""
        return price(line.unit_price, line.order.currency)

    def find(self, rows: QuerySet[OrderLine], term: str) -> QuerySet[OrderLine]:
        """By the number of the order first, then by product."""
        numbered = orders_numbered(term)
        return rows.filter(order__in=numbered) if numbered else lines_of_product(rows, term)

    def has_view_permission(self, request: HttpRequest, obj: OrderLine | None = None) -> bool:  # type: ignore[override]
        """Whoever may view orders."""
        return super().has_view_permission(request, obj) or request.user.has_perm("orders.view_order")


@register(OrderCharge, site=retailer_site)
class OrderChargeAdmin(ReadOnlyAdmin[OrderCharge]):
    """Money beside the goods, also what belongs to no order."""

    list_display = ("kind", "description", "order_number", "external_number", "sum", "charged", "channel")
    list_display_links = None
    list_select_related = ("order", "channel")
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Order number"

    @display(description="Order")
    def order_number(self, charge: OrderCharge) -> SafeString | str:
        """Leads to the order."""
        return page_link(charge.order, charge.order.number) if charge.order else "none"

    @display(description="Amount")
    def sum(self, charge: OrderCharge) -> str:
        """In the order's currency, else the channel's."""
        return money(charge.amount, charge.order.currency if charge.order else charge.channel.currency)

    @display(description="Charged")
    def charged(self, charge: OrderCharge) -> str:
        """When, in the retailer's zone."""
        return moment(charge.charged_at)

    def find(self, rows: QuerySet[OrderCharge], term: str) -> QuerySet[OrderCharge]:
        """Those of an order."""
        return rows.filter(order__in=orders_numbered(term))


@register(Customer, site=retailer_site)
class CustomerAdmin(MasterDataAdmin[Customer]):
    """Customers, by their references."""

    list_display = ("reference", "name", "email", "phone", "since")
    ordering = ("reference",)
    sortable_by = ("reference",)
    search_help_text = "Reference or e-mail"
    fields = ("reference", "name", "email", "phone")

    @display(description="Known since")
    def since(self, customer: Customer) -> str:
        """When, in the retailer's zone."""
        return moment(customer.created_at)

    def find(self, rows: QuerySet[Customer], term: str) -> QuerySet[Customer]:
        """By reference or e-mail address."""
        return customers_found(rows, term)

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> tuple[str, ...]:
        """Channels know a customer by the reference, so it stays."""
        return ("reference",) if obj else ()


@register(Channel, site=retailer_site)
class ChannelAdmin(MasterDataAdmin[Channel]):
    """Where orders are placed."""

    list_display = ("name", "code", "kind_word", "currency", "state")
    ordering = ("code",)
    sortable_by = ()
    fields = ("code", "name", "kind", "currency", "active")

    @display(description="Kind")
    def kind_word(self, channel: Channel) -> str:
        """What kind of place."""
        return str(channel.get_kind_display())

    @display(description="State")
    def state(self, channel: Channel) -> SafeString:
        """Whether it takes orders."""
        if channel.active:
            return badge("Active: takes orders", Tone.DONE)
        return badge("Inactive: takes no new orders", Tone.NEUTRAL)

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        """Numbers of orders begin with the code, so it stays."""
        return ("code",) if obj else ()
