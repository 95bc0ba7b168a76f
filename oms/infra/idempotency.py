"""A write that is sent twice is done once, and answered twice with the same answer.

The caller names the write by a key. The key is taken, the write is done and its answer is kept in one
transaction: either all three are there afterwards or none is, so a failed write can be sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import connection


class KeyInFlight(RuntimeError):
    """Another transaction is working on a request with this key at this moment."""


class KeyReused(ValueError):
    """The key has named a different request before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and JSON object that answer a write; ``replayed`` when an earlier answer is given again."""

    status: int
    body: Mapping[str, object]
    replayed: bool = False


def answer_once(*, caller: str, key: str, request: bytes, work: Callable[[], Answer]) -> Answer:
    """Do ``work`` and keep its answer, or give the answer kept for the same request before.

    ``request`` is whatever makes two requests the same: method, address and body. It never waits for another
    transaction. Raises :class:`KeyInFlight`, :class:`KeyReused` and what ``work`` raises; the caller must then
    roll back its transaction, which frees the key.
    """
    digest = hashlib.sha256(request).digest()
    taken = _take(caller, key, digest)
    if isinstance(taken, Answer):
        return taken
    answer = work()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE infra_idempotentanswer SET status = %s, body = %s::jsonb WHERE id = %s",
            [answer.status, json.dumps(answer.body), taken],
        )
    return answer


def answer_amend(*, caller: str, key: str, answer: Answer) -> None:
    """Keep another answer in place of the one given for this key: what the write set off has ended since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE infra_idempotentanswer SET status = %s, body = %s::jsonb WHERE caller = %s AND key = %s",
            [answer.status, json.dumps(answer.body), caller, key],
        )


# An insert alone would wait for another transaction that has inserted the same key and not yet ended. So a
# lock that is tried, never waited for, comes first; it ends with the transaction, as the row's claim does.
_TAKE = """
WITH claim AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws(E'\\n', current_schema(), %(caller)s, %(key)s), 0))
        AS ours
), fresh AS (
    INSERT INTO infra_idempotentanswer (caller, key, request_digest)
    SELECT %(caller)s, %(key)s, %(digest)s FROM claim WHERE ours
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT fresh.id, kept.request_digest, kept.status, kept.body::text
FROM claim LEFT JOIN fresh ON true
LEFT JOIN infra_idempotentanswer kept ON kept.caller = %(caller)s AND kept.key = %(key)s
"""


def _take(caller: str, key: str, digest: bytes) -> int | Answer:
    """Number of the row that now holds the key, or the answer that it holds already."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"caller": caller, "key": key, "digest": digest})
        fresh_id, kept_digest, status, body = cursor.fetchone()
    if fresh_id is not None:
        return int(fresh_id)
    if status is None:  # also where the other transaction ended while this statement ran, and is not seen yet
        message = f"a request with the key {key!r} is being worked on; send it again in a moment"
        raise KeyInFlight(message)
    if bytes(kept_digest) != digest:
        message = f"the key {key!r} has named a different request before; give each request a key of its own"
        raise KeyReused(message)
    return Answer(status, json.loads(body), replayed=True)


#: Rows that are looked at in one statement.
_AT_ONCE = 5_000


def answers_prune(*, days: int) -> int:
    """Forget the answers of the retailer that is being served that are older than so many days; return how many.

    A write with a forgotten key is done again as a new one, so keep answers for longer than callers try again.
    They are looked through from the oldest, in the order in which they were given; so it needs no index on time.
    """
    pruned = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH oldest AS (SELECT id, created_at FROM infra_idempotentanswer ORDER BY id LIMIT %s),"
                " gone AS (DELETE FROM infra_idempotentanswer a USING oldest o WHERE a.id = o.id"
                " AND o.created_at < now() - make_interval(days => %s) RETURNING a.id) SELECT count(*) FROM gone",
                [_AT_ONCE, days],
            )
            gone = int(cursor.fetchone()[0])
        pruned += gone
        if gone < _AT_ONCE:
            return pruned
