"""Jobs of webhooks: look for what is new, tell it, tell it again on request, forget what is old."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.infra.schedule import every
from oms.web.webhooks.models import EndpointState, Subscription
from oms.web.webhooks.selectors import anything_due
from oms.web.webhooks.services.deliver import deliveries_perform
from oms.web.webhooks.services.fan_out import fan_out
from oms.web.webhooks.services.prune import log_prune
from oms.web.webhooks.services.replay import replay_go_on

FAN_OUT, DELIVER, REPLAY, PRUNE = (f"oms.web.webhooks.jobs.{name}" for name in ("look", "deliver", "replay", "prune"))
#: Where somebody listens, new facts are looked for this often.
_EVERY = timedelta(seconds=2)


@app.task(name=FAN_OUT, retry=5)
def look(schema: str) -> None:
    """Turn what is new into deliveries and have them made; come back soon where somebody listens."""
    with retailer_context(schema):
        told = fan_out()
        if Subscription.objects.exclude(endpoint__state=EndpointState.REMOVED).exists():
            due = None if told.more else timezone.now() + _EVERY
            enqueue(FAN_OUT, queueing_lock=FAN_OUT, due=due)
        if anything_due():
            enqueue(DELIVER, queueing_lock=DELIVER)


@app.task(name=DELIVER, retry=5)
def deliver(schema: str) -> None:
    """Make the calls that are due."""
    deliveries_perform(schema=schema)
    with retailer_context(schema):
        if anything_due():
            enqueue(DELIVER, queueing_lock=DELIVER)


@app.task(name=REPLAY, retry=5)
def replay(schema: str, reference: str) -> None:
    """Go on with a replay until it is done; cut short and run again, it goes on from there."""
    while True:
        with retailer_context(schema):
            if not replay_go_on(reference=reference):
                enqueue(DELIVER, queueing_lock=DELIVER)
                return


@app.task(name=PRUNE, retry=3)
def prune(schema: str) -> None:
    """Forget what is older than the log is kept."""
    while True:
        with retailer_context(schema):
            if not log_prune():
                return


every(30, FAN_OUT)
every(6 * 3600, PRUNE)
