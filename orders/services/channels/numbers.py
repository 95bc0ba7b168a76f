"""Control numbers: each thing sent to a partner that counts has one, larger than all before it, and keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

MOST = 999_999_999


class ControlNumbersUsedUp(RuntimeError):
    """A channel has used all numbers of nine digits: it has to be set up anew, as another channel."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A number and when it was drawn."""

    number: int
    at: datetime


def control_number_draw(*, channel_id: int, purpose: str) -> Stamp:
    """The number of ``purpose``: the one it has, else the next of the channel. Raises :class:`ControlNumbersUsedUp`.

    The channel's numbers are drawn one after another (an advisory lock until the transaction ends), so that a larger
    one never becomes visible before a smaller one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [channel_id])
        cursor.execute(_KNOWN, [channel_id, purpose])
        known = cursor.fetchone()
        if known is None:
            cursor.execute(_NEXT, [channel_id])
            number = cursor.fetchone()[0]
            if number > MOST:
                message = f"the channel has used all control numbers up to {MOST:,}"
                raise ControlNumbersUsedUp(message)
            cursor.execute(_DRAW, [channel_id, number, purpose])
            known = cursor.fetchone()
    return Stamp(known[0], known[1])


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(E'\\n', current_schema(), 'control numbers', %s), 0))"
_KNOWN = "SELECT number, drawn_at FROM orders_controlnumber WHERE channel_id = %s AND purpose = %s"
_NEXT = "SELECT COALESCE(max(number), 0) + 1 FROM orders_controlnumber WHERE channel_id = %s"
_DRAW = "INSERT INTO orders_controlnumber (channel_id, number, purpose) VALUES (%s, %s, %s) RETURNING number, drawn_at"
