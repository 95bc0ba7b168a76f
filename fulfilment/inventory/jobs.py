"""Jobs of the stock."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fulfilment.inventory.services.channel_stock import channel_stock_tell
from oms.infra.database.context import retailer_context
from oms.infra.schedule import every


@app.task(name="fulfilment.inventory.jobs.channel_stock", retry=5)
def channel_stock(schema: str) -> None:
    """Tell channels what they may sell."""
    with retailer_context(schema):
        channel_stock_tell()


every(60, "fulfilment.inventory.jobs.channel_stock")
