"""Telling endpoints what waits for them. No transaction is open while one is called.

A delivery is leased before its call, so that no two workers make the same call. Should the process die at any line,
the lease ends and the call is made again under the same identifier: at least once, and the receiver can tell.

One thread calls; each endpoint has at most its own number of calls at once, and one while it is slow, so a receiver
that takes its time holds up nobody else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.outbound import Accepted, Kind, send
from oms.infra.secrets import CannotOpen, unseal
from oms.web.webhooks.calling import Answer, Call, make
from oms.web.webhooks.models import Delivery, DeliveryStatus, EndpointSecret
from oms.web.webhooks.services.outcomes import Outcome, outcomes_write
from oms.web.webhooks.services.sealing import context_of

logger = logging.getLogger(__name__)

#: Nobody else makes a leased call; longer than any call takes.
LEASE = timedelta(seconds=60)
#: Calls at once in one job, and the seconds after which it leaves the worker to other retailers.
THREADS, JOB_SECONDS = 16, 30.0
#: While calls are in the air, how often to look for more to do.
_LOOK_SECONDS = 0.25
#: Outcomes written in one transaction.
_TOGETHER = 50

Caller = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A call that this worker alone may make now."""

    delivery_id: int
    endpoint_id: int
    attempt: int
    tries: int
    call: Call


@dataclass(slots=True)
class Performed:
    """What a job did."""

    calls: int = 0
    delivered: int = 0
    refused: int = 0


def deliveries_perform(
    *, schema: str, seconds: float = JOB_SECONDS, threads: int = THREADS, caller: Caller | None = None
) -> Performed:
    """Make the calls that are due until none is, or for ``seconds``. ``caller`` stands in for the network."""
    caller = caller or partial(make, schema=schema)
    done = Performed()
    ends = time.monotonic() + seconds
    pending: dict[Future[Answer], Leased] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="webhook") as pool:
        while True:
            room = threads - len(pending)
            if room and time.monotonic() < ends:
                for leased in _lease(schema, room, done):
                    pending[pool.submit(caller, leased.call)] = leased
            if not pending:
                return done
            _collect(schema, pending, done)


def _collect(schema: str, pending: dict[Future[Answer], Leased], done: Performed) -> None:
    finished, _ = wait(pending, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
    outcomes = [_outcome(pending.pop(future), future.result()) for future in list(finished)[:_TOGETHER]]
    if outcomes:
        with retailer_context(schema):
            outcomes_write(outcomes)
        done.calls += len(outcomes)
        done.delivered += sum(outcome.answer.taken for outcome in outcomes)


def _outcome(leased: Leased, answer: Answer) -> Outcome:
    return Outcome(
        delivery_id=leased.delivery_id, endpoint_id=leased.endpoint_id, attempt=leased.attempt, tries=leased.tries,
        reference=leased.call.reference, url=leased.call.url, answer=answer,
    )  # fmt: skip


# The calls that each endpoint has room for: fewer than it bears at once, and no faster than its rate. The pace of an
# endpoint is the moment until which its calls fill its rate (GCRA); up to a second's worth may come together.
_CLAIM = """
WITH open AS MATERIALIZED (
    SELECT e.id, e.url, e.rate, CASE WHEN e.slow THEN 1 ELSE e.concurrency END AS at_once, e.paced_until
    FROM webhooks_endpoint e
    WHERE e.state = 'active' AND (e.not_before IS NULL OR e.not_before <= now())
      AND EXISTS (SELECT FROM webhooks_delivery d WHERE d.endpoint_id = e.id AND d.status = 'waiting'
                  AND d.next_try_at <= now() AND (d.leased_until IS NULL OR d.leased_until <= now()))
    ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED
), room AS MATERIALIZED (
    SELECT id, url, rate, least(
        at_once - (SELECT count(*) FROM webhooks_delivery d WHERE d.endpoint_id = open.id AND d.leased_until > now()),
        floor(extract(epoch FROM clock_timestamp() + interval '1 second'
                                 - greatest(paced_until, clock_timestamp())) * rate)
    )::integer AS calls
    FROM open
), due AS MATERIALIZED (
    SELECT d.id, room.id AS endpoint_id, row_number() OVER (PARTITION BY room.id ORDER BY d.next_try_at, d.id) AS turn
    FROM room CROSS JOIN LATERAL (
        SELECT d.id, d.next_try_at FROM webhooks_delivery d
        WHERE d.endpoint_id = room.id AND d.status = 'waiting' AND d.next_try_at <= now()
          AND (d.leased_until IS NULL OR d.leased_until <= now())
        ORDER BY d.next_try_at, d.id LIMIT greatest(room.calls, 0) FOR NO KEY UPDATE SKIP LOCKED
    ) d
), fair AS MATERIALIZED (
    SELECT id, endpoint_id FROM due ORDER BY turn, endpoint_id LIMIT %(room)s
), paced AS (
    UPDATE webhooks_endpoint e
    SET paced_until = greatest(e.paced_until, clock_timestamp()) + make_interval(secs => taken.calls::float8 / e.rate)
    FROM (SELECT endpoint_id, count(*) AS calls FROM fair GROUP BY endpoint_id) taken WHERE e.id = taken.endpoint_id
), claimed AS (
    UPDATE webhooks_delivery d
    SET leased_until = now() + make_interval(secs => %(lease)s), attempts = d.attempts + 1, tries = d.tries + 1
    FROM fair WHERE d.id = fair.id
    RETURNING d.id, d.endpoint_id, d.message_id, d.attempts, d.tries
)
SELECT c.id, c.endpoint_id, c.attempts, c.tries, m.reference, m.body, room.url, m.event
FROM claimed c JOIN webhooks_message m ON m.id = c.message_id JOIN room ON room.id = c.endpoint_id
ORDER BY c.id
"""


def _lease(schema: str, room: int, done: Performed) -> list[Leased]:
    """Take the next calls; those that may leave the house."""
    allowed: list[Leased] = []
    with retailer_context(schema):
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, {"room": room, "lease": LEASE.total_seconds()})
            rows = cursor.fetchall()
        if not rows:
            return []
        secrets = _live_secrets({row[1] for row in rows})
        refused = []
        for number, endpoint_id, attempt, tries, reference, body, url, event in rows:
            call = Call(url=url, reference=reference, body=body, secrets=secrets.get(endpoint_id, ()))
            leased = Leased(
                delivery_id=number, endpoint_id=endpoint_id, attempt=attempt, tries=tries, call=call
            )  # fmt: skip
            answer = send(
                kind=Kind.WEBHOOK, target=url, payload={"webhook-id": reference, "type": event, "body": body},
                perform=partial(allowed.append, leased),  # called where its answer can be written down
            )  # fmt: skip
            if not isinstance(answer, Accepted):
                refused.append(number)
        done.refused += _refuse(refused)
    return allowed


def _refuse(delivery_ids: Sequence[int]) -> int:
    if not delivery_ids:
        return 0
    return Delivery.objects.filter(pk__in=delivery_ids).update(
        status=DeliveryStatus.REFUSED, leased_until=None, last_answer=str(DeliveryStatus.REFUSED.label)
    )


def _live_secrets(endpoint_ids: set[int]) -> dict[int, list[str]]:
    """Opened secrets by endpoint, the newest first."""
    now: datetime = timezone.now()
    rows = EndpointSecret.objects.filter(endpoint_id__in=endpoint_ids).select_related("endpoint").order_by("-id")
    found: dict[int, list[str]] = {}
    for row in rows:
        if row.expires_at is None or row.expires_at > now:
            try:
                opened = unseal(row.sealed, context=context_of(row.endpoint.reference))
            except CannotOpen:
                logger.exception("a secret of webhook endpoint %s cannot be opened", row.endpoint.reference)
                continue
            found.setdefault(row.endpoint_id, []).append(opened)
    return found
