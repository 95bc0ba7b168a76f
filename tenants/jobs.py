"""Jobs of the platform that a retailer's own staff may ask for. The worker has the deploying role's connection."""

from __future__ import annotations

from datetime import time

from django.db import close_old_connections, connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.idempotency import answers_prune
from oms.infra.schedule import daily
from tenants.cloning import CloneBusy, staging_clone, staging_expire
from tenants.cloning.services import DEPLOY, NEWEST_ORDERS

#: Nobody sends a write again after a month.
ANSWERS_KEPT_DAYS = 30


@app.task(
    name="tenants.jobs.clone",
    retry=RetryStrategy(max_attempts=5, exponential_wait=3, retry_exceptions=[CloneBusy]),
)
def clone(schema: str, orders: int = NEWEST_ORDERS, full: bool = False) -> None:
    """Make the staging clone of a retailer, or make it anew. Running it again makes it once more."""
    close_old_connections()
    try:
        staging_clone(source=schema, orders=orders, full=full)
    finally:
        connections[DEPLOY].close()


@app.periodic(cron="23 2 * * *")
@app.task(name="tenants.jobs.expire")
def expire(timestamp: int) -> None:
    """Drop the staging clones whose time has come, once a night."""
    close_old_connections()
    try:
        staging_expire()
    finally:
        connections[DEPLOY].close()


@app.task(name="tenants.jobs.prune", retry=3)
def prune(schema: str) -> None:
    """Forget the answers to writes that nobody will send again."""
    close_old_connections()
    with retailer_context(schema):
        answers_prune(days=ANSWERS_KEPT_DAYS)


daily(time(2, 50), "tenants.jobs.prune")
