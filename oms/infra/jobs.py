"""Jobs of the infrastructure itself."""

from __future__ import annotations

import logging

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.events import react_to
from oms.infra.models import Event, PendingReaction
from oms.infra.queue import enqueue

logger = logging.getLogger(__name__)

#: Events handled in one job, so that one retailer's flood leaves room for the others' jobs.
_AT_ONCE = 200


@app.task(name="oms.infra.jobs.react", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def react(schema: str) -> None:
    """Let the handlers react to the events that wait, oldest first, each in a transaction of its own.

    An event whose handler fails stays pending with its error, is skipped in this job and tried again later.
    """
    close_old_connections()
    failed: list[int] = []
    for _ in range(_AT_ONCE):
        event_id = _react_to_next(schema, failed)
        if event_id is None:
            break
    with retailer_context(schema):
        if PendingReaction.objects.exclude(event_id__in=failed).exists():
            enqueue("oms.infra.jobs.react", queueing_lock="react")
    if failed:
        message = f"{len(failed)} reactions failed in {schema}; they stay pending"
        raise ReactionsFailed(message)


class ReactionsFailed(RuntimeError):
    """Some handlers failed; their events stay pending with the error."""


def _react_to_next(schema: str, failed: list[int]) -> int | None:
    event_id: int | None = None
    try:
        with retailer_context(schema):
            pending = (
                PendingReaction.objects.select_for_update(skip_locked=True)
                .exclude(event_id__in=failed)
                .order_by("event_id")
                .first()
            )
            if pending is None:
                return None
            event_id = pending.event_id
            react_to(Event.objects.get(pk=event_id))
            pending.delete()
    except Exception as fault:
        if event_id is None:
            raise
        logger.exception("reaction to event %s of %s failed", event_id, schema)
        failed.append(event_id)
        _note_failure(schema, event_id, f"{type(fault).__name__}: {fault}")
    return event_id


def _note_failure(schema: str, event_id: int, error: str) -> None:
    with retailer_context(schema):
        pending = PendingReaction.objects.select_for_update().filter(pk=event_id).first()
        if pending:
            pending.attempts += 1
            pending.last_error = error
            pending.save()
