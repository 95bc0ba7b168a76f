"""Jobs of Order Management."""

from __future__ import annotations

from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.schedule import every
from orders.services.channels import deliveries_perform as perform_deliveries
from orders.services.channels import messages_work as work_messages
from orders.services.payments import authorisations_renew, calls_perform


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


every(30, "orders.jobs.payments_perform")
every(3600, "orders.jobs.authorisations_renew")
every(60, "orders.jobs.messages_work")
every(30, "orders.jobs.deliveries_perform")
