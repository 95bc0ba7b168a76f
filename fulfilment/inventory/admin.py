"""Stock in the back office. The ledger is written by services alone; here it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fulfilment.inventory import admin_supply as admin_supply  # registers its screens
from fulfilment.inventory.admin_entry import LevelEntry
from fulfilment.inventory.backoffice import Table
from fulfilment.inventory.models import MovementKind, StockAdjustment, StockLevel, StockMovement
from fulfilment.inventory.selectors.explained import explained
from oms.infra.backoffice.display import Tone, badge, in_words, moment, signed
from oms.infra.backoffice.filters import Chips, Menu, chips
from oms.infra.backoffice.links import list_link
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from orders.catalogue.selectors import products_with_code


@register(StockLevel, site=retailer_site)
class StockLevelAdmin(LevelEntry):
    """What each location holds of each product; the page of a level says how much may be promised, and why."""

    list_display = ("sku", "name", "location", "on_hand", "reserved", "carts", "free", "ledger")
    page_related = ("location", "product")
    list_select_related = ("location", "product")
    list_filter = (("location", Menu),)
    ordering = ("location_id", "product_id")
    sortable_by = ()
    search_help_text = "SKU or GTIN"

    @display(description="SKU")
    def sku(self, level: StockLevel) -> str:
        """Of the product."""
        return level.product.sku

    @display(description="Product")
    def name(self, level: StockLevel) -> str:
        """Of the product."""
        return level.product.name

    @display(description="Free")
    def free(self, level: StockLevel) -> str:
        """Units that nobody has a claim on."""
        return f"{level.on_hand - level.reserved - level.soft_reserved:,}"

    @display(description="Carts")
    def carts(self, level: StockLevel) -> str:
        """Units that carts hold."""
        return f"{level.soft_reserved:,}"

    def facts(self, row: StockLevel) -> Sequence[tuple[str, object]]:
        """What it is, and whether more may be promised than is there."""
        backorder = "allowed: more may be reserved than is on hand" if row.backorder else "not allowed"
        return (
            ("Product", f"{row.product.sku} {row.product.name}".strip()), ("Location", row.location),
            ("Backorder", backorder), ("Ledger", self.ledger(row)),
        )  # fmt: skip

    def tables(self, row: StockLevel) -> Sequence[Table]:
        """From what is on hand to what may be promised."""
        found = explained(row)
        title = f"What can be promised: {found.atp:,}, since {found.state}"
        return (Table(title, ("Step", "Units"), [(word, signed(units)) for word, units in found.steps]),)

    @display(description="Ledger")
    def ledger(self, level: StockLevel) -> SafeString:
        """Leads to what moved it."""
        return list_link(StockMovement, "Movements", level=str(level.pk))

    def find(self, rows: QuerySet[StockLevel], term: str) -> QuerySet[StockLevel]:
        """By product."""
        return rows.filter(product__in=products_with_code(term))


@register(StockMovement, site=retailer_site)
class StockMovementAdmin(ReadOnlyAdmin[StockMovement]):
    """The ledger, newest first."""

    list_display = ("moved", "kind_word", "sku", "place", "on_hand", "reserved", "why", "reference", "actor")
    list_display_links = None
    list_select_related = ("level__location", "level__product")
    list_filter = (chips("kind", MovementKind.choices, "kind"),)
    linked_by = ("level",)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "SKU or GTIN"

    @display(description="Moved")
    def moved(self, movement: StockMovement) -> str:
        """When, in the retailer's zone."""
        return moment(movement.moved_at)

    @display(description="Kind")
    def kind_word(self, movement: StockMovement) -> SafeString:
        """Why stock moved."""
        return badge(movement.get_kind_display())

    @display(description="SKU")
    def sku(self, movement: StockMovement) -> str:
        """Of the product."""
        return movement.level.product.sku

    @display(description="Location")
    def place(self, movement: StockMovement) -> str:
        """Where."""
        return str(movement.level.location)

    @display(description="Reason")
    def why(self, movement: StockMovement) -> str:
        """In words."""
        return in_words(movement.reason)

    @display(description="On hand")
    def on_hand(self, movement: StockMovement) -> str:
        """Change in units."""
        return signed(movement.on_hand_change)

    @display(description="Reserved")
    def reserved(self, movement: StockMovement) -> str:
        """Change in units."""
        return signed(movement.reserved_change)

    def find(self, rows: QuerySet[StockMovement], term: str) -> QuerySet[StockMovement]:
        """By product."""
        levels = StockLevel.objects.filter(product__in=products_with_code(term))
        return rows.filter(level__in=list(levels.values_list("id", flat=True)))


class Posted(Chips):
    """Whether a report has reached the ledger."""

    title = "posting"
    parameter_name = "posted"
    offered = (("no", "Waiting"), ("yes", "Posted"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that have, or have not."""
        if self.value() in ("yes", "no"):
            return queryset.filter(posted_at__isnull=self.value() == "no")
        return queryset


@register(StockAdjustment, site=retailer_site)
class StockAdjustmentAdmin(ReadOnlyAdmin[StockAdjustment]):
    """Stock reported lost, broken or found, newest first."""

    list_display = ("reported", "sku", "units", "why", "description", "place", "reference", "state")
    list_display_links = None
    list_select_related = ("product", "location")
    list_filter = (Posted,)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "SKU or GTIN"

    @display(description="Reported")
    def reported(self, report: StockAdjustment) -> str:
        """When, in the retailer's zone."""
        return moment(report.reported_at)

    @display(description="SKU")
    def sku(self, report: StockAdjustment) -> str:
        """Of the product."""
        return report.product.sku

    @display(description="Reason")
    def why(self, report: StockAdjustment) -> str:
        """In words."""
        return in_words(report.reason)

    @display(description="Units")
    def units(self, report: StockAdjustment) -> str:
        """Found or gone."""
        return signed(report.quantity)

    @display(description="Location")
    def place(self, report: StockAdjustment) -> str:
        """Where, if the report says."""
        return str(report.location) if report.location else "not named"

    @display(description="State")
    def state(self, report: StockAdjustment) -> SafeString:
        """Whether it has reached the ledger."""
        if report.posted_at:
            return badge(f"Posted: {moment(report.posted_at)}", Tone.DONE)
        return badge("Waiting: no level can bear it yet", Tone.WAITING)

    def find(self, rows: QuerySet[StockAdjustment], term: str) -> QuerySet[StockAdjustment]:
        """By product."""
        return rows.filter(product__in=products_with_code(term))
