"""Telling again: one delivery, a range of time, or a test."""

from __future__ import annotations

import json
import secrets
from datetime import datetime

from django.db import connection
from django.utils import timezone

from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict
from oms.web.webhooks.catalogue import TEST, TEST_DATA
from oms.web.webhooks.models import Delivery, DeliveryStatus, Endpoint, EndpointState, Message, Replay
from oms.web.webhooks.payloads import envelope
from oms.web.webhooks.selectors import events_recorded_between
from oms.web.webhooks.services.endpoints import EndpointRefused, endpoint_named

_PORTION = 500
_DELIVER, _REPLAY = "oms.web.webhooks.jobs.deliver", "oms.web.webhooks.jobs.replay"


def may_replay(delivery: Delivery) -> Verdict:
    """Whether a delivery can be made again."""
    if delivery.endpoint.state == EndpointState.REMOVED:
        return Verdict.no("The endpoint has been removed.")
    if delivery.leased_until and delivery.leased_until > timezone.now():
        return Verdict.no("A call is being made at this moment.")
    return Verdict.yes()


def delivery_replay(*, endpoint: Endpoint, message: str) -> Delivery:
    """Tell one message again, with the same identifier and all tries before it. A waiting one is tried at once.

    Raises :class:`EndpointRefused` and ``Delivery.DoesNotExist``.
    """
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("endpoint", "message")
    delivery = rows.get(endpoint=endpoint, message__reference=message)
    verdict = may_replay(delivery)
    if not verdict.allowed:
        raise EndpointRefused("", verdict.reason)
    delivery.status, delivery.delivered_at, delivery.leased_until = DeliveryStatus.WAITING, None, None
    delivery.tries, delivery.next_try_at = 0, timezone.now()
    delivery.save(update_fields=["status", "delivered_at", "leased_until", "tries", "next_try_at"])
    enqueue(_DELIVER, queueing_lock=_DELIVER)
    return delivery


def range_replay(
    *, reference: str, begins: datetime, ends: datetime, only_failed: bool, actor: str
) -> Replay:  # fmt: skip
    """Tell again what was written in a range of time: what is parked, or everything. A job does it.

    Raises :class:`EndpointRefused` and ``Endpoint.DoesNotExist``.
    """
    endpoint = endpoint_named(reference)
    if ends <= begins:
        raise EndpointRefused("ends", "The range ends after it begins.")
    total = events_recorded_between(begins, ends, endpoint, only_failed=only_failed)
    replay = Replay.objects.create(
        reference=f"wr_{secrets.token_hex(10)}", endpoint=endpoint, begins=begins, ends=ends, only_failed=only_failed,
        total=total, asked_by=actor,
    )  # fmt: skip
    enqueue(_REPLAY, reference=replay.reference)
    return replay


# One portion by number; a delivery that is being called at this moment is left to that call.
_PORTION_OF = """
WITH portion AS MATERIALIZED (
    SELECT id FROM webhooks_delivery
    WHERE endpoint_id = %(endpoint)s AND id > %(position)s AND created_at >= %(begins)s AND created_at < %(ends)s
      AND status = ANY(%(statuses)s)
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
), moved AS (
    UPDATE webhooks_delivery d
    SET status = 'waiting', delivered_at = NULL, leased_until = NULL, tries = 0, next_try_at = now()
    FROM portion WHERE d.id = portion.id
)
SELECT coalesce(max(id), 0), count(*) FROM portion
"""


def replay_go_on(*, reference: str) -> bool:
    """Do one portion of a replay; whether there may be more. Where it stands is kept with what it did."""
    replay = Replay.objects.select_for_update(no_key=True).get(reference=reference)
    if replay.finished_at:
        return False
    statuses = ["parked"] if replay.only_failed else ["parked", "delivered"]
    with connection.cursor() as cursor:
        cursor.execute(
            _PORTION_OF,
            {"endpoint": replay.endpoint_id, "position": replay.position, "begins": replay.begins,
             "ends": replay.ends, "statuses": statuses, "limit": _PORTION},
        )  # fmt: skip
        last, moved = cursor.fetchone()
    replay.done += moved
    replay.position = max(replay.position, last)
    more = bool(moved == _PORTION)
    if not more:
        replay.finished_at = timezone.now()
    replay.save(update_fields=["done", "position", "finished_at"])
    return more


def test_send(*, reference: str) -> Delivery:
    """Send a test message to an endpoint, whatever it is subscribed to. Raises ``Endpoint.DoesNotExist``."""
    endpoint = endpoint_named(reference)
    now = timezone.now()
    message = Message.objects.create(
        reference=f"msg_{secrets.token_hex(15)}", event=TEST, body=json.dumps(envelope(TEST, 1, now, dict(TEST_DATA))),
        occurred_at=now,
    )  # fmt: skip
    delivery = Delivery.objects.create(endpoint=endpoint, message=message)
    enqueue(_DELIVER, queueing_lock=_DELIVER)
    return delivery
