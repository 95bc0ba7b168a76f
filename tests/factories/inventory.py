"""Stock, through the ledger."""

from __future__ import annotations

from django.utils import timezone

from fulfilment.inventory.models import MovementKind, StockAdjustment, StockLevel
from fulfilment.inventory.services import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from orders.catalogue.models import Product


def stock_received(location: Location, product: Product, units: int) -> StockLevel:
    """Units of a product that a location has received."""
    pair = (location.pk, product.pk)
    level = levels_open([pair])[pair]
    stock_move(
        kind=MovementKind.RECEIPT,
        changes=[StockChange(level, units, 0, "delivery")],
        actor="dock",
        moved_at=timezone.now(),
    )
    return StockLevel.objects.get(pk=level)


def stock_lost(product: Product, units: int) -> StockAdjustment:
    """A report that waits to be posted."""
    return StockAdjustment.objects.create(
        product=product, quantity=-units, reason="broken", actor="dock", reported_at=timezone.now()
    )
