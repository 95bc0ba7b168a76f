"""Jobs of the inventory."""

from __future__ import annotations

from datetime import time

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fulfilment.inventory.services import boards_write, carts_expire, feeds, sales_forget
from fulfilment.inventory.services.channel_stock import channel_stock_tell
from oms.infra.database.context import retailer_context
from oms.infra.schedule import daily, every


@app.task(name=feeds.JOB, retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def feed_merge(schema: str, feed_id: int) -> None:
    """Merge what is left of a feed; its row tells how far it is."""
    close_old_connections()
    feeds.feed_merge(schema=schema, feed_id=feed_id)


@app.task(name="fulfilment.inventory.jobs.carts", retry=3)
def carts(schema: str) -> None:
    """Give back what carts hold beyond their time."""
    close_old_connections()
    expired = 1
    while expired:
        with retailer_context(schema):
            expired = carts_expire()


@app.task(name="fulfilment.inventory.jobs.boards", retry=3)
def boards(schema: str) -> None:
    """Write the boards that have many notes beside them, some products in each transaction."""
    close_old_connections()
    written = 1
    while written:
        with retailer_context(schema):
            written = boards_write()


@app.task(name="fulfilment.inventory.jobs.forget", retry=3)
def forget(schema: str) -> None:
    """Forget sales of days that nobody asks for any more."""
    close_old_connections()
    with retailer_context(schema):
        sales_forget()


@app.task(name="fulfilment.inventory.jobs.channel_stock", retry=5)
def channel_stock(schema: str) -> None:
    """Tell channels what they may sell."""
    close_old_connections()
    with retailer_context(schema):
        channel_stock_tell()


every(60, "fulfilment.inventory.jobs.carts")
every(60, "fulfilment.inventory.jobs.boards")
every(60, "fulfilment.inventory.jobs.channel_stock")
daily(time(3, 10), "fulfilment.inventory.jobs.forget")
