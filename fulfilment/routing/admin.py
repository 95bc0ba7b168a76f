"""What waits for stock, in the back office."""

from __future__ import annotations

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from fulfilment.routing.bulk import RETRY_BACKORDERS
from fulfilment.routing.models import Backorder
from oms.infra.backoffice.display import moment
from oms.infra.backoffice.links import page_link
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from orders.models import OrderLine
from orders.selectors import lines_of_product, orders_numbered


@register(Backorder, site=retailer_site)
class BackorderAdmin(ReadOnlyAdmin[Backorder]):
    """Lines that no location can fulfil now, longest waiting first."""

    list_display = ("order_number", "sku", "description", "units_open", "reason", "waiting_since")
    list_display_links = None
    list_select_related = ("line__order", "line__product")
    ordering = ("since", "line_id")
    sortable_by = ()
    search_help_text = "SKU or order number"
    bulk_actions = (RETRY_BACKORDERS,)

    @display(description="Order")
    def order_number(self, backorder: Backorder) -> SafeString:
        """Leads to the order."""
        return page_link(backorder.line.order, backorder.line.order.number)

    @display(description="SKU")
    def sku(self, backorder: Backorder) -> str:
        """Of the product."""
        return backorder.line.product.sku

    @display(description="Description")
    def description(self, backorder: Backorder) -> str:
        """As sold."""
        return backorder.line.description

    @display(description="Units open")
    def units_open(self, backorder: Backorder) -> str:
        """Units that wait."""
        return f"{backorder.line.open:,}"

    @display(description="Waits since")
    def waiting_since(self, backorder: Backorder) -> str:
        """When, in the retailer's zone."""
        return moment(backorder.since)

    def find(self, rows: QuerySet[Backorder], term: str) -> QuerySet[Backorder]:
        """By the number of the order first, then by product."""
        numbered = orders_numbered(term)
        if numbered:
            return rows.filter(line__order__in=numbered)
        return rows.filter(line__in=lines_of_product(OrderLine.objects.filter(open__gt=0), term))
