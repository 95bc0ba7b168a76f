"""Stock, through the ledger."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from fulfilment.inventory.models import FeedKind, MovementKind, StockAdjustment, StockLevel
from fulfilment.inventory.services import StockChange, cart_reserve, levels_open, stock_doubt, stock_move
from fulfilment.inventory.services.counts import count_open, count_record
from fulfilment.inventory.services.feed_rows import Columns, rows_of_csv
from fulfilment.inventory.services.feeds import feed_merge_step, feed_receive
from fulfilment.inventory.services.supply import supply_announce
from fulfilment.inventory.services.transfers import transfer_draft
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


def every_stock_screen(here: Location, there: Location, product: Product) -> StockLevel:
    """Ten more units, and one row about them on each of the other screens of stock."""
    level = stock_received(here, product, 10)
    mark = f"{here.code}-{product.sku}"
    supply_announce(
        location=here, product=product, quantity=5, expected_on=date(2099, 1, 2), reference=mark, actor="anna"
    )  # fmt: skip
    transfer_draft(number=mark, source=here, destination=there, units={product.sku: 4}, actor="anna")
    count = count_open(location=here, products=[product.pk], actor="anna")
    count_record(count_id=count.pk, counted={level.pk: 8})
    cart_reserve(
        key=mark, sku=product.sku, quantity=2, actor="shop", expires_at=timezone.now() + timedelta(hours=1),
        location=here.code,
    )  # fmt: skip
    stock_doubt(level_id=level.pk, reason="damaged", actor="ben", reference="A-1/1")
    rows = rows_of_csv(["location,sku,quantity", f"{here.code},{product.sku},9", "S0,X,1"], Columns())
    feed_merge_step(feed_id=feed_receive(kind=FeedKind.SNAPSHOT, rows=rows, source="till.csv", actor="erp").pk)
    return level
