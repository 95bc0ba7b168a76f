"""The log of deliveries is kept for a time."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

#: Kept at least this long. What waits is kept however old it is; what is parked is kept longer.
KEPT, PARKED_KEPT = timedelta(days=30), timedelta(days=90)
_AT_ONCE = 2000

# Messages go with the last of their deliveries, once no fact of theirs can be looked at again.
_PRUNE = """
WITH old AS MATERIALIZED (
    SELECT id FROM webhooks_delivery
    WHERE created_at < now() - make_interval(days => %(kept)s) AND status <> 'waiting'
      AND (status <> 'parked' OR created_at < now() - make_interval(days => %(parked_kept)s))
    ORDER BY created_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
), calls AS (
    DELETE FROM webhooks_attempt WHERE delivery_id IN (SELECT id FROM old)
)
DELETE FROM webhooks_delivery WHERE id IN (SELECT id FROM old) RETURNING message_id
"""
_ORPHANS = """
DELETE FROM webhooks_message m WHERE id = ANY(%s)
  AND NOT EXISTS (SELECT FROM webhooks_delivery d WHERE d.message_id = m.id)
"""


def log_prune() -> int:
    """Forget one portion of the oldest deliveries; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, {"kept": KEPT.days, "parked_kept": PARKED_KEPT.days, "at_once": _AT_ONCE})
        messages = [row[0] for row in cursor.fetchall()]
        cursor.execute(_ORPHANS, [messages])
    return len(messages)
