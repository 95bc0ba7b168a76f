"""Documents of release 1.0 as documents of 1.1, and back.

``max_distance_km`` becomes ``radius_km``. ``keep_lines_whole`` begins as yes, which is how 1.0 decides. Each entry of
``location_settings`` gains the units kept back and the capacity; on the way back they wait under the location's code
in the complement of the strategy, also where the entry was removed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.lenses import Fields, Piles, body_of, copied, put, take, without_empty
from modules.domain.releases import DocumentSet

UP = "order_routing 1.0.0 to 1.1.0"
DOWN = "order_routing 1.1.0 to 1.0.0"

_STRATEGY = ("routing_strategy", "default")
_FIELDS = Fields(renamed={"max_distance_km": "radius_km"}, after={"keep_lines_whole": True})
_ENTRY = Fields(after={"threshold": 0, "capacity_per_day": None})

_Move = Callable[[Body, Body], tuple[Body, Body]]


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 1.0 to 1.1."""
    return {
        where: _converted(document, DOWN, UP, _FIELDS.up, _ENTRY.up) if where == _STRATEGY else document
        for where, document in documents.items()
    }


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 1.1 to 1.0."""
    return {
        where: _converted(document, UP, DOWN, _FIELDS.down, _ENTRY.down) if where == _STRATEGY else document
        for where, document in documents.items()
    }


def _converted(document: Document, back: str, there: str, fields: _Move, entry: _Move) -> Document:
    """``back`` names the conversion whose complement is used up, ``there`` the one that is made."""
    complement = copied(document.complement)
    kept, left = body_of(complement.pop(back, {})), body_of(complement.pop(there, {}))
    found, waiting = body_of(kept.pop("locations", {})), body_of(left.pop("locations", {}))
    body, left["fields"] = fields(document.body, body_of(kept.pop("fields", {})))
    if isinstance(body.get("location_settings"), list):
        body["location_settings"] = _entries(body["location_settings"], found, waiting, entry)
    complement[back] = without_empty(kept | {"locations": found})
    complement[there] = without_empty(left | {"locations": waiting})
    return Document(body, without_empty(complement))


def _entries(entries: Json, found: Piles, waiting: Piles, entry: _Move) -> Json:
    moved: list[Json] = []
    for item in entries if isinstance(entries, list) else []:
        before = body_of(item)
        code = str(before["location"])
        after, left = entry(before, take(found, code))
        put(waiting, code, left)
        moved.append(after)
    return moved
