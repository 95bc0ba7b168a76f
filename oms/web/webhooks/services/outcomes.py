"""Writing down what came of calls, and what follows for the delivery and for its endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

from oms.infra.database.bulk import insert_rows
from oms.infra.events import record
from oms.web.webhooks.calling import Answer
from oms.web.webhooks.events import EndpointFailing, EndpointStateChanged
from oms.web.webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, EndpointState
from oms.web.webhooks.services.retries import delay_after

ACTOR = "webhooks"
#: An endpoint that has only failed for so long is warned of, and then disabled; at least so many calls must have.
WARN_AFTER, DISABLE_AFTER = timedelta(days=1), timedelta(days=3)
FAILURES = 10
#: So many failures in a row make the endpoint rest before anything else is tried.
_REST_FROM, _REST = 5, timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)
_BUSY = frozenset({429, 502, 503, 504})
_GONE = 410
_SLOW_MILLISECONDS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A call and its answer."""

    delivery_id: int
    endpoint_id: int
    attempt: int
    tries: int
    reference: str
    url: str
    answer: Answer


def outcomes_write(outcomes: Sequence[Outcome]) -> None:
    """Keep the calls in the log, and move deliveries and endpoints on. Locks: endpoints, then deliveries, by id."""
    endpoints = {
        row.pk: row
        for row in Endpoint.objects.select_for_update(no_key=True)
        .filter(pk__in={outcome.endpoint_id for outcome in outcomes})
        .order_by("pk")
    }
    deliveries = {
        row.pk: row
        for row in Delivery.objects.select_for_update(no_key=True)
        .filter(pk__in={outcome.delivery_id for outcome in outcomes})
        .order_by("pk")
    }
    _log(outcomes)
    now = timezone.now()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.delivery_id):
        _move_delivery(deliveries[outcome.delivery_id], outcome, now)
        _move_endpoint(endpoints[outcome.endpoint_id], outcome.answer, now)
    fields = ["status", "next_try_at", "leased_until", "delivered_at", "last_answer"]
    Delivery.objects.bulk_update(deliveries.values(), fields)
    for endpoint in endpoints.values():
        endpoint.save(update_fields=_HEALTH)


_HEALTH = ["state", "state_reason", "not_before", "slow", "failures", "failing_since", "warned_at"]


def _log(outcomes: Sequence[Outcome]) -> None:
    insert_rows(
        Attempt,
        ["delivery", "number", "url", "request_headers", "status", "response_headers", "response_body", "error",
         "milliseconds", "started_at"],
        [
            (item.delivery_id, item.attempt, item.url, json.dumps(dict(item.answer.request_headers)),
             item.answer.status, json.dumps(dict(item.answer.headers)), item.answer.body, item.answer.error,
             item.answer.milliseconds, item.answer.started_at)
            for item in outcomes
        ],
    )  # fmt: skip


def _move_delivery(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    if delivery.status != DeliveryStatus.WAITING:
        return  # another worker, whose lease followed on this one, was told that it has arrived
    answer = outcome.answer
    if answer.taken:
        delivery.status, delivery.delivered_at, delivery.leased_until = DeliveryStatus.DELIVERED, now, None
        delivery.last_answer = f"{answer.status} in {answer.milliseconds} ms"
        return
    if delivery.attempts != outcome.attempt:
        return  # the lease ended and the call is being made again: that one counts
    delivery.leased_until = None
    delivery.last_answer = (answer.error or f"{answer.status} in {answer.milliseconds} ms")[:255]
    wait = delay_after(outcome.tries, reference=outcome.reference, asked=_asked(answer, now))
    if wait is None:
        delivery.status = DeliveryStatus.PARKED
    else:
        delivery.next_try_at = now + wait


def _move_endpoint(endpoint: Endpoint, answer: Answer, now: datetime) -> None:
    endpoint.slow = answer.milliseconds >= _SLOW_MILLISECONDS
    if answer.taken:
        endpoint.failures, endpoint.failing_since, endpoint.warned_at, endpoint.not_before = 0, None, None, None
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.not_before = _rest_until(endpoint, answer, now)
    if endpoint.state != EndpointState.ACTIVE:
        return
    failing = now - endpoint.failing_since
    if answer.status == _GONE:
        _disable(endpoint, "It answered 410: it is gone for good.", now)
    elif failing >= DISABLE_AFTER and endpoint.failures >= FAILURES:
        _disable(endpoint, f"Each of its last {endpoint.failures} calls failed, for {failing.days} days.", now)
    elif failing >= WARN_AFTER and endpoint.failures >= FAILURES and endpoint.warned_at is None:
        endpoint.warned_at = now
        reason = f"each of the last {endpoint.failures} calls failed; it will be disabled soon"
        record([
            EndpointFailing(
                subject=endpoint.reference, occurred_at=now, actor=ACTOR, name=endpoint.name, reason=reason
            )
        ])  # fmt: skip


def _disable(endpoint: Endpoint, reason: str, now: datetime) -> None:
    endpoint.state, endpoint.state_reason = EndpointState.DISABLED, reason
    record([
        EndpointStateChanged(
            subject=endpoint.reference, occurred_at=now, actor=ACTOR, name=endpoint.name, reason=reason,
            state=EndpointState.DISABLED.value,
        )
    ])  # fmt: skip


def _rest_until(endpoint: Endpoint, answer: Answer, now: datetime) -> datetime | None:
    """Until when nothing at all is sent: a receiver that is overloaded needs fewer calls, not others."""
    rests = []
    if answer.status in _BUSY:
        rests.append(_asked(answer, now) or timedelta(0))
    if endpoint.failures >= _REST_FROM:
        rests.append(_REST * 2 ** min(endpoint.failures - _REST_FROM, 6))
    longest = min(max(rests, default=timedelta(0)), _LONGEST_REST)
    return now + longest if longest else None


def _asked(answer: Answer, now: datetime) -> timedelta | None:
    """What ``Retry-After`` asks for: seconds or a date (RFC 9110, 10.2.3)."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return timedelta(seconds=min(int(given), 86_400)) if len(given) < 10 else timedelta(days=1)
    try:
        until = parsedate_to_datetime(given) if given else None
    except ValueError:
        return None
    if until is None:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(min(until - now, timedelta(days=1)), timedelta(0)) or None
