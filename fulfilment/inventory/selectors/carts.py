"""What carts hold at a level, and where a cart could take units."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from fulfilment.inventory.selectors.places import places

#: Units that carts hold at level ``l`` now. What has run out is not counted, whenever the job gives it back.
#: Who decides by it holds the level's lock, as does whoever changes a level's carts.
LIVE_CARTS = """
CASE WHEN l.soft_reserved = 0 THEN 0 ELSE (
    SELECT coalesce(sum(p.quantity), 0) FROM inventory_softpart p
    WHERE p.level_id = l.id AND p.expires_at > statement_timestamp()
)::bigint END
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A level with ``units`` to promise above the ``floor`` that is kept back there."""

    level_id: int
    units: int
    floor: int


_CANDIDATES = f"""
SELECT l.id, u.units, place.open_floor FROM inventory_stocklevel l JOIN place ON place.id = l.location_id
CROSS JOIN LATERAL (SELECT l.on_hand - l.reserved - place.open_floor - {LIVE_CARTS} AS units) u
WHERE l.product_id = %(product)s AND u.units > 0 ORDER BY u.units DESC, l.id
"""


def candidates(product_id: int, *, channel_id: int | None, channel: str, location: str) -> list[Candidate]:
    """The levels of a product with something to promise to a channel, those with most first."""
    here, parameters = places(channel_id=channel_id, channel=channel, locations=[location] if location else ())
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {here} {_CANDIDATES}", {**parameters, "product": product_id})
        return [Candidate(*row) for row in cursor.fetchall()]
