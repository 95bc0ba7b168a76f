"""Jobs of the inventory."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fulfilment.inventory.services import carts_expire, feeds, sales_forget
from fulfilment.inventory.services.channel_stock import channel_stock_tell
from oms.infra.database.context import registry_context, retailer_context
from oms.infra.queue import enqueue
from oms.infra.schedule import every
from tenants.models import Retailer


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


@app.task(name="fulfilment.inventory.jobs.forget", retry=3)
def forget(schema: str) -> None:
    """Forget sales of days that nobody asks for any more."""
    close_old_connections()
    with retailer_context(schema):
        sales_forget()


@app.periodic(cron="* * * * *")
@app.task(name="fulfilment.inventory.jobs.every_minute")
def every_minute(timestamp: int) -> None:
    """Each retailer's carts."""
    _for_each_retailer("fulfilment.inventory.jobs.carts", "carts")


@app.periodic(cron="41 3 * * *")
@app.task(name="fulfilment.inventory.jobs.every_night")
def every_night(timestamp: int) -> None:
    """Each retailer's old days."""
    _for_each_retailer("fulfilment.inventory.jobs.forget", "forget-sales")


def _for_each_retailer(task: str, lock: str) -> None:
    close_old_connections()
    with registry_context():
        schemas = list(Retailer.objects.values_list("schema_name", flat=True))
    for schema in schemas:
        with retailer_context(schema):
            enqueue(task, queueing_lock=lock)


@app.task(name="fulfilment.inventory.jobs.channel_stock", retry=5)
def channel_stock(schema: str) -> None:
    """Tell channels what they may sell."""
    with retailer_context(schema):
        channel_stock_tell()


every(60, "fulfilment.inventory.jobs.channel_stock")
