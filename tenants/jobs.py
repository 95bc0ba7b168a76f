"""Jobs of the platform that a retailer's own staff may ask for. The worker has the deploying role's connection."""

from __future__ import annotations

from django.db import close_old_connections, connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from tenants.cloning import CloneBusy, staging_clone, staging_expire
from tenants.cloning.services import DEPLOY, NEWEST_ORDERS


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
