"""Returns in the back office."""

from __future__ import annotations

from django.contrib.admin import display, register
from django.db.models import QuerySet

from oms.infra.backoffice.display import moment, money
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from orders.catalogue.selectors import products_with_code
from orders.models import Customer
from orders.selectors import as_written_or_capital, customers_found
from returns.models import BlindReturn


@register(BlindReturn, site=retailer_site)
class BlindReturnAdmin(ReadOnlyAdmin[BlindReturn]):
    """Goods that came back without an order, newest first."""

    list_display = (
        "external_number", "returned", "sku", "description", "quantity", "credited", "customer", "channel",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("product", "customer", "channel")
    list_empty = "Goods that came back without an order that they belong to would be listed here."
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Credit note, customer or SKU"

    @display(description="Returned")
    def returned(self, item: BlindReturn) -> str:
        """When, in the retailer's zone."""
        return moment(item.returned_at)

    @display(description="SKU")
    def sku(self, item: BlindReturn) -> str:
        """Of the product."""
        return item.product.sku

    @display(description="Credit")
    def credited(self, item: BlindReturn) -> str:
        """For all units together."""
        return money(item.credit, item.currency)

    def find(self, rows: QuerySet[BlindReturn], term: str) -> QuerySet[BlindReturn]:
        """By the credit note's number first, then by customer, then by product."""
        numbered = rows.filter(external_number__in=as_written_or_capital(term))
        if numbered.exists():
            return numbered
        customers = list(customers_found(Customer.objects.all(), term).values_list("id", flat=True)[:50])
        if customers:
            return rows.filter(customer__in=customers)
        return rows.filter(product__in=products_with_code(term))
