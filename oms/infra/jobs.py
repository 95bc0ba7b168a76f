"""Jobs of the infrastructure itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from oms.infra.database.context import retailer_context
from oms.infra.events import react_to, taken_together
from oms.infra.models import Event, PendingReaction
from oms.infra.queue import enqueue

logger = logging.getLogger(__name__)

#: Events handled in one job, so that one retailer's flood leaves room for the others' jobs.
_AT_ONCE = 200
#: Events of one name that share a transaction.
_TOGETHER = 20


@app.task(name="oms.infra.jobs.react", retry=RetryStrategy(max_attempts=10, exponential_wait=2))
def react(schema: str) -> None:
    """Let the handlers react to the events that wait, oldest first, some of one name in a transaction.

    Events whose handlers fail together are handled one by one. One that fails by itself stays pending with its error,
    is skipped in this job and tried again later.
    """
    close_old_connections()
    failed: list[int] = []
    handled = 0
    while handled < _AT_ONCE:
        looked_at = _react_to_next(schema, failed)
        if not looked_at:
            break
        handled += looked_at
    with retailer_context(schema):
        if PendingReaction.objects.exclude(event_id__in=failed).exists():
            enqueue("oms.infra.jobs.react", queueing_lock="react")
    if failed:
        message = f"{len(failed)} reactions failed in {schema}; they stay pending"
        raise ReactionsFailed(message)


class ReactionsFailed(RuntimeError):
    """Some handlers failed; their events stay pending with the error."""


def _react_to_next(schema: str, failed: list[int]) -> int:
    """Handle the oldest event and others of its name; return how many were looked at."""
    taken: list[Event] = []
    try:
        with retailer_context(schema):
            taken = _take(failed)
            _handle(taken)
    except Exception as fault:
        if not taken:
            raise
        if len(taken) == 1:
            _failed(schema, taken[0].pk, fault, failed)
        else:
            logger.warning("%d reactions to %s in %s failed together: %s", len(taken), taken[0].name, schema, fault)
            for event in taken:
                _react_alone(schema, event.pk, failed)
    return len(taken)


def _take(failed: list[int]) -> list[Event]:
    waiting = (
        PendingReaction.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("event")
        .exclude(event_id__in=failed)
        .order_by("event_id")
    )
    first = waiting.first()
    if first is None:
        return []
    more: Iterable[PendingReaction] = ()
    if taken_together(first.event.name):
        more = waiting.filter(event__name=first.event.name, event_id__gt=first.event_id)[: _TOGETHER - 1]
    return [first.event, *(each.event for each in more)]


def _handle(events: list[Event]) -> None:
    if events:
        react_to(events)
        PendingReaction.objects.filter(event_id__in=[event.pk for event in events]).delete()


def _react_alone(schema: str, event_id: int, failed: list[int]) -> None:
    try:
        with retailer_context(schema):
            waiting = PendingReaction.objects.select_for_update(skip_locked=True, of=("self",)).select_related("event")
            _handle([each.event for each in waiting.filter(event_id=event_id)])
    except Exception as fault:  # noqa: BLE001 - it is told, and kept with the event
        _failed(schema, event_id, fault, failed)


def _failed(schema: str, event_id: int, fault: Exception, failed: list[int]) -> None:
    logger.error("reaction to event %s of %s failed", event_id, schema, exc_info=fault)
    failed.append(event_id)
    with retailer_context(schema):
        pending = PendingReaction.objects.select_for_update().filter(pk=event_id).first()
        if pending:
            pending.attempts += 1
            pending.last_error = f"{type(fault).__name__}: {fault}"
            pending.save()
