"""From what was recorded to what is told: new facts and movements of stock become messages and deliveries.

Nothing is added to the transactions that capture orders: this job reads what they have written, in sets. Numbers of
facts are taken before their transactions commit, so a fact may appear behind others with higher numbers. Therefore:

- A *floor*: no fact at or below it can appear any more. Every run looks at everything above the floor, and leaves
  out what has its message already (a unique constraint holds this too), so that nothing waits for a long transaction.
- A *mark*: the highest number seen, with the transaction identifier of that moment. Once every transaction that had
  begun to write by then has ended, and some seconds have passed, the mark becomes the floor.
- Messages about stock tell of levels, not of movements, so they are made once for the movements between two floors.

One row holds both; its lock lets one run at a time through. All of a run commits together or not at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from oms.infra.database.bulk import insert_rows, take_numbers
from oms.infra.database.context import served_schema
from oms.web.webhooks.catalogue import CATALOGUE, STOCK_CHANGED, TOLD_OF
from oms.web.webhooks.models import Delivery, EndpointState, Message, Position, Subscription
from oms.web.webhooks.payloads import Happening, Level, envelope, stock_changed

#: Facts read at once, and the times that a run reads.
_PAGE, _PAGES = 1000, 20
#: A mark rests for so long before it can become the floor.
SETTLING = timedelta(seconds=10)
#: What happened longer ago than this when it was recorded is history that was brought in: nobody is told of it.
HISTORY = timedelta(days=30)
_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Interest:
    """What one endpoint wants to be told of one type."""

    endpoint_id: int
    after_event: int
    after_movement: int
    channels: frozenset[str]
    locations: frozenset[str]

    def fits(self, channel: str, location: str) -> bool:
        """Whether the filters let it through. A filter passes over what has no channel or no location."""
        return _passes(self.channels, channel) and _passes(self.locations, location)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run has written."""

    messages: int
    deliveries: int
    #: Whether more is waiting than one run takes.
    more: bool


@dataclass(frozen=True, slots=True)
class _New:
    """A message about to be written, and for whom."""

    reference: str
    event: str
    fact_id: int | None
    subject: str
    body: str
    occurred_at: datetime
    endpoint_ids: tuple[int, ...]


def fan_out(*, settling: timedelta = SETTLING) -> Told:
    """Write messages and deliveries for everything new. The first statement of its transaction must be its own."""
    interests = _interests()
    if not interests:
        return Told(0, 0, more=False)
    # Before any lock: a lock would give this transaction an identifier that is older than the numbers it reads.
    newest_event, newest_movement = newest()
    position = _position(newest_event, newest_movement)
    settled, own = _settled(position, settling)
    new, last, more = _from_facts(position, interests)
    before = position.movement_floor
    if settled:
        _move_floor(position, own, min(last, newest_event) if more else newest_event, newest_movement)
    if position.movement_floor > before and STOCK_CHANGED in interests:
        new += _from_stock(before, position.movement_floor, interests[STOCK_CHANGED])
    return Told(len(new), _write(new), more)


def newest() -> tuple[int, int]:
    """Numbers of the newest fact and the newest movement."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        event, movement = cursor.fetchone()
    return int(event), int(movement)


def position_begin() -> None:
    """Begin to look through the retailer's history from now on. Does nothing while somebody listens already."""
    if Subscription.objects.exclude(endpoint__state=EndpointState.REMOVED).exists():
        return
    event, movement = newest()
    Position.objects.update_or_create(id=1, defaults=_begun(event, movement))


def _begun(event: int, movement: int) -> dict[str, Any]:
    return {
        "event_began": event, "event_floor": event, "event_mark": event, "movement_floor": movement,
        "movement_mark": movement, "mark_transaction": 0, "marked_at": timezone.now(),
    }  # fmt: skip


_NEWEST = """
SELECT coalesce((SELECT max(id) FROM infra_event), 0), coalesce((SELECT max(id) FROM inventory_stockmovement), 0)
"""


def _position(newest_event: int, newest_movement: int) -> Position:
    position = Position.objects.select_for_update().filter(id=1).first()
    if position is None:  # a clone has none: it begins here
        Position.objects.get_or_create(id=1, defaults=_begun(newest_event, newest_movement))
        position = Position.objects.select_for_update().get(id=1)
    return position


def _settled(position: Position, settling: timedelta) -> tuple[bool, int]:
    """Whether everything begun before the mark was set has ended; and the identifier of this transaction.

    It is asked before facts are read: what ends in between is then seen by the reading.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_xact_id()::text::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
        own, oldest_running = cursor.fetchone()
    if position.mark_transaction > own:  # the database was moved to a server that counts anew
        position.mark_transaction, position.marked_at = own, timezone.now()
    rested = timezone.now() - position.marked_at >= settling
    return rested and oldest_running > position.mark_transaction, own


def _move_floor(position: Position, own: int, seen_event: int, seen_movement: int) -> None:
    """The mark becomes the floor, as far as this run has read; what was seen becomes the mark."""
    position.event_floor = min(position.event_mark, seen_event)
    position.movement_floor = position.movement_mark
    position.event_mark = max(seen_event, position.event_floor)
    position.movement_mark = max(seen_movement, position.movement_floor)
    position.mark_transaction, position.marked_at = own, timezone.now()
    position.save()


def _interests() -> dict[str, list[Interest]]:
    rows = Subscription.objects.exclude(endpoint__state=EndpointState.REMOVED).select_related("endpoint")
    found: dict[str, list[Interest]] = {}
    for row in rows.order_by("endpoint_id"):
        interest = Interest(
            row.endpoint_id, row.after_event, row.after_movement,
            frozenset(row.endpoint.channels), frozenset(row.endpoint.locations),
        )  # fmt: skip
        found.setdefault(row.event, []).append(interest)
    return found


# Facts behind the floor that have no message yet, with what their messages say about the order.
_FACTS = """
SELECT e.id, e.name, e.subject, e.payload, e.occurred_at, coalesce(c.code, ''), coalesce(o.external_number, ''),
       coalesce(p.sku, '')
FROM infra_event e
LEFT JOIN orders_order o ON e.subject_kind = 'order' AND o.number = e.subject
LEFT JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN orders_orderline l ON l.order_id = o.id AND l.position = (e.payload ->> 'position')::integer
LEFT JOIN catalogue_product p ON p.id = l.product_id
WHERE e.id > %s AND e.name = ANY(%s) AND e.occurred_at > e.recorded_at - make_interval(days => %s)
  AND NOT EXISTS (SELECT FROM webhooks_message m WHERE m.fact_id = e.id)
ORDER BY e.id LIMIT %s
"""


def _from_facts(position: Position, interests: Mapping[str, list[Interest]]) -> tuple[list[_New], int, bool]:
    """New messages, the number of the last fact read, and whether there may be more."""
    sources = [source for source, events in TOLD_OF.items() if any(event.name in interests for event in events)]
    new: list[_New] = []
    last, schema = position.event_floor, served_schema()
    for _ in range(_PAGES):
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [last, sources, HISTORY.days, _PAGE])
            rows = cursor.fetchall()
        for number, name, subject, payload, occurred_at, channel, external_number, sku in rows:
            given = json.loads(payload) if isinstance(payload, str) else payload
            fact = Happening(
                name=name, subject=subject, payload=given, occurred_at=occurred_at, channel=channel,
                external_number=external_number, sku=sku,
            )  # fmt: skip
            new += _tell(schema, number, fact, interests)
        last = rows[-1][0] if rows else last
        if len(rows) < _PAGE:
            return new, last, False
    return new, last, True


def _tell(schema: str, number: int, fact: Happening, interests: Mapping[str, list[Interest]]) -> Iterator[_New]:
    location = str(fact.payload.get("location", ""))
    for event in TOLD_OF[fact.name]:
        wanted = tuple(
            interest.endpoint_id
            for interest in interests.get(event.name, ())
            if number > interest.after_event and interest.fits(fact.channel, location)
        )
        data = event.tell(fact) if wanted and event.tell else None
        if data is not None:
            body = json.dumps(envelope(event.name, event.version, fact.occurred_at, data), ensure_ascii=False)
            reference = _reference(schema, f"{event.name}:{number}")
            yield _New(reference, event.name, number, fact.subject, body, fact.occurred_at, wanted)


def _reference(schema: str, what: str) -> str:
    """Says nothing to anybody, and is the same whenever the same message is made."""
    mark = hmac.digest(settings.SECRET_KEY.encode(), f"webhook-id {schema} {what}".encode(), hashlib.sha256)
    return f"msg_{mark[:15].hex()}"


# Levels that moved between two floors, by location, as they stand now; with the newest movement of each.
_LEVELS = """
SELECT n.code, p.sku, l.on_hand, l.reserved, moved.newest
FROM (
    SELECT level_id, max(id) AS newest FROM inventory_stockmovement WHERE id > %s AND id <= %s GROUP BY level_id
) moved
JOIN inventory_stocklevel l ON l.id = moved.level_id
JOIN locations_location n ON n.id = l.location_id
JOIN catalogue_product p ON p.id = l.product_id
ORDER BY n.code, p.sku
"""


def _from_stock(after: int, until: int, interests: Sequence[Interest]) -> list[_New]:
    since = min(interest.after_movement for interest in interests)
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS, [max(after, since), until])
        rows = cursor.fetchall()
    places: dict[str, list[tuple[Level, int]]] = {}
    for location, sku, on_hand, reserved, number in rows:
        places.setdefault(location, []).append((Level(sku, on_hand, reserved), number))
    now, new = timezone.now(), []
    version = CATALOGUE[STOCK_CHANGED].version
    for location, levels in places.items():
        fitting = [interest for interest in interests if interest.fits("", location)]
        for start in range(0, len(levels), _ITEMS):
            part = levels[start : start + _ITEMS]
            highest = max(number for _, number in part)
            wanted = tuple(interest.endpoint_id for interest in fitting if interest.after_movement < highest)
            if wanted:
                data = stock_changed(location, [level for level, _ in part])
                body = json.dumps(envelope(STOCK_CHANGED, version, now, data), ensure_ascii=False)
                reference = f"msg_{secrets.token_hex(15)}"
                new.append(_New(reference, STOCK_CHANGED, None, location, body, now, wanted))
    return new


def _write(new: Sequence[_New]) -> int:
    if not new:
        return 0
    [numbers] = take_numbers([(Message, len(new))])
    insert_rows(
        Message,
        ["id", "reference", "event", "fact", "subject", "body", "occurred_at"],
        [
            (number, item.reference, item.event, item.fact_id, item.subject, item.body, item.occurred_at)
            for number, item in zip(numbers, new, strict=True)
        ],
    )
    rows = [
        (endpoint_id, number, "waiting", 0, 0, "")
        for number, item in zip(numbers, new, strict=True)
        for endpoint_id in item.endpoint_ids
    ]
    return insert_rows(Delivery, ["endpoint", "message", "status", "attempts", "tries", "last_answer"], rows)


def _passes(chosen: frozenset[str], value: str) -> bool:
    return not chosen or not value or value in chosen
