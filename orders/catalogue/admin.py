"""Products in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.http import HttpRequest

from oms.infra.backoffice.bases import ModelForm
from oms.infra.backoffice.display import price
from oms.infra.backoffice.lists import MasterDataAdmin
from oms.infra.backoffice.site import retailer_site
from orders.catalogue.models import Product
from orders.catalogue.selectors import products_with_code


class ProductForm(ModelForm[Product]):
    """Says in words what the database would refuse."""

    class Meta:
        model = Product
        fields = "__all__"

    def clean_currency(self) -> str:
        """Three capital letters, whatever case they were typed in."""
        return str(self.cleaned_data["currency"]).upper()

    def clean_gtin(self) -> str:
        """8, 12, 13 or 14 digits."""
        gtin = str(self.cleaned_data["gtin"])
        if gtin and not (gtin.isascii() and gtin.isdigit() and len(gtin) in (8, 12, 13, 14)):
            message = "A GTIN has 8, 12, 13 or 14 digits and nothing else."
            raise forms.ValidationError(message)
        return gtin

    def clean(self) -> dict[str, Any] | None:
        """A price is an amount in a currency."""
        cleaned = super().clean() or self.cleaned_data
        amount, currency = cleaned.get("price"), cleaned.get("currency", "")
        if amount is not None and amount < 0:
            self.add_error("price", "A price is not negative.")
        if amount is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            self.add_error("currency", "Name the currency of the price by its three letters, such as GBP.")
        return cleaned


@register(Product, site=retailer_site)
class ProductAdmin(MasterDataAdmin[Product]):
    """Products, by SKU."""

    form = ProductForm
    list_display = ("sku", "name", "category", "list_price", "gtin", "returnable")
    ordering = ("sku",)
    sortable_by = ("sku",)
    search_help_text = "SKU or GTIN"
    list_more = ("weight_grams", "length_mm", "width_mm", "height_mm")
    fieldsets = (
        (None, {"fields": ("sku", "name", "category", "gtin", ("price", "currency"), "returnable", "sold_from")}),
        ("Weight and size", {"fields": ("weight_grams", ("length_mm", "width_mm", "height_mm"))}),
    )

    @display(description="List price")
    def list_price(self, product: Product) -> str:
        """With its currency."""
        return price(product.price, product.currency) if product.price is not None else "–"

    def find(self, rows: QuerySet[Product], term: str) -> QuerySet[Product]:
        """By SKU or GTIN."""
        return rows & products_with_code(term)

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """Channels and files name a product by its SKU, so it stays."""
        return ("sku",) if obj else ()
