"""Facts, written where they become true, and the reactions of higher layers to them.

A module says what happened with a frozen dataclass; whoever cares registers a handler in its ``handlers.py``.
The event is stored in the transaction that made it true, and reacted to by a job after that has committed.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from oms.infra.database.bulk import insert_rows, rows_as_json
from oms.infra.database.prepared import prepared
from oms.infra.models import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Base of every event. ``NAME`` carries the major version; fields never change within it."""

    NAME: ClassVar[str]
    SUBJECT_KIND: ClassVar[str]

    subject: str
    occurred_at: datetime
    actor: str


E = TypeVar("E", bound=DomainEvent)
#: Takes events of one type.
Handler = Callable[[Sequence[Any]], None]
#: Takes events of one name as they are stored.
StoredHandler = Callable[[Sequence[Event]], None]

_handlers: dict[str, list[Handler]] = defaultdict(list)
_stored_handlers: dict[str, list[tuple[StoredHandler, Callable[[Any], bool]]]] = defaultdict(list)
_together: set[str] = set()
_types: dict[str, type[DomainEvent]] = {}
_ENVELOPE = {"subject", "occurred_at", "actor"}
_registering = threading.Lock()


def handles(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a reaction to an event. It may run again: be idempotent. Other events may share its transaction."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        def each(events: Sequence[E]) -> None:
            for event in events:
                handler(event)

        _register(event_type, each)
        return handler

    return register


def handles_together(event_type: type[E]) -> Callable[[Callable[[Sequence[E]], None]], Callable[[Sequence[E]], None]]:
    """As :func:`handles`, for a reaction that takes several events at less than the cost of each."""

    def register(handler: Callable[[Sequence[E]], None]) -> Callable[[Sequence[E]], None]:
        _register(event_type, handler)
        _together.add(event_type.NAME)
        return handler

    return register


def _always(event: DomainEvent) -> bool:
    return True


def handles_stored(
    *event_types: type[DomainEvent], when: Callable[[Any], bool] = _always
) -> Callable[[StoredHandler], StoredHandler]:
    """As :func:`handles`, for a reaction to several types that needs the rows: an event's number names it for ever.

    An event for which ``when`` is false costs no reaction where no other handler asks for one. The handler may be
    given such an event all the same.
    """

    def register(handler: StoredHandler) -> StoredHandler:
        with _registering:
            for event_type in event_types:
                _stored_handlers[event_type.NAME].append((handler, when))
        return handler

    return register


def taken_together(name: str) -> bool:
    """Whether a reaction takes several events of this name at less than the cost of each."""
    return name in _together


def _register(event_type: type[DomainEvent], handler: Handler) -> None:
    with _registering:
        _handlers[event_type.NAME].append(handler)
        _types[event_type.NAME] = event_type


def record(events: Sequence[DomainEvent], *, react: bool = True) -> None:
    """Store events in the transaction that made them true.

    ``react=False`` keeps handlers from being called: for history that is brought in, and for work whose
    caller carries it on itself.
    """
    if not events:
        return
    rows = [_row(event) for event in events]
    handled = list({event.NAME for event in events if _is_handled(event)}) if react else []
    if not handled:
        insert_rows(Event, _COLUMNS, rows)
        return
    prepared(_RECORD_AND_REACT, [rows_as_json(rows), handled])


def _is_handled(event: DomainEvent) -> bool:
    stored = _stored_handlers.get(event.NAME, [])
    return bool(_handlers.get(event.NAME)) or any(when(event) for _, when in stored)


_COLUMNS = ["name", "subject_kind", "subject", "payload", "actor", "occurred_at"]

# The events, what waits for a reaction, and the job that will react: one round trip, since every order pays it.
_RECORD_AND_REACT = """
WITH recorded AS (
    INSERT INTO infra_event (name, subject_kind, subject, payload, actor, occurred_at)
    SELECT c0, c1, c2, c3::jsonb, c4, c5
    FROM json_to_recordset(%s::json) AS r(c0 text, c1 text, c2 text, c3 text, c4 text, c5 timestamptz)
    RETURNING id, name
), pending AS (
    INSERT INTO infra_pendingreaction (event_id, attempts, last_error)
    SELECT id, 0, '' FROM recorded WHERE name = ANY(%s)
)
SELECT public.enqueue_job('oms.infra.jobs.react', 'default', '{}', NULL, 'react', NULL, 0)
"""


def react_to(events: Sequence[Event]) -> None:
    """Call every handler of stored events of one name."""
    [name] = {event.name for event in events}
    handlers = _handlers.get(name, [])
    if handlers:
        typed = [
            _types[name](subject=event.subject, occurred_at=event.occurred_at, actor=event.actor, **event.payload)
            for event in events
        ]
        for handler in handlers:
            handler(typed)
    for stored_handler, _ in _stored_handlers.get(name, []):
        stored_handler(events)


def _row(event: DomainEvent) -> tuple[Any, ...]:
    payload = {
        field.name: _plain(getattr(event, field.name))
        for field in dataclasses.fields(event)
        if field.name not in _ENVELOPE
    }
    return (
        event.NAME, event.SUBJECT_KIND, event.subject, json.dumps(payload), event.actor, event.occurred_at,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
