"""Jobs of Order Management."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.schedule import every
from orders.services.channels import deliveries_perform as perform_deliveries
from orders.services.channels import messages_work as work_messages
from orders.services.holds_expire import holds_expire
from orders.services.payments import authorisations_renew, calls_perform
from orders.services.promises import promises_break
from tenants.registry import time_zone_of


@app.task(name="orders.jobs.payments_perform", retry=5)
def payments_perform(schema: str) -> None:
    """Make the calls to gateways that wait."""
    calls_perform(schema=schema)


@app.task(name="orders.jobs.authorisations_renew", retry=5)
def renew(schema: str) -> None:
    """Ask anew for authorisations that end soon."""
    with retailer_context(schema):
        authorisations_renew(actor="payments")


@app.task(name="orders.jobs.messages_work", retry=5)
def messages_work(schema: str) -> None:
    """Work through what channels have sent."""
    work_messages(schema=schema)


@app.task(name="orders.jobs.deliveries_perform", retry=5)
def deliveries_perform(schema: str) -> None:
    """Tell channels what they are to be told."""
    perform_deliveries(schema=schema)


@app.task(name="orders.jobs.promises_break", retry=5)
def break_promises(schema: str) -> None:
    """Write down which promises were not kept, by the retailer's calendar."""
    with timezone.override(time_zone_of(schema)), retailer_context(schema):
        promises_break()


@app.task(name="orders.jobs.holds_expire", retry=5)
def expire_holds(schema: str) -> None:
    """End the holds that nobody has decided in time."""
    with retailer_context(schema):
        holds_expire()


every(60, "orders.jobs.holds_expire")
every(30, "orders.jobs.payments_perform")
every(3600, "orders.jobs.authorisations_renew")
every(60, "orders.jobs.messages_work")
every(30, "orders.jobs.deliveries_perform")
every(3600, "orders.jobs.promises_break")
