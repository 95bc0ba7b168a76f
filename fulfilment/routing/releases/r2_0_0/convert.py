"""Documents of release 1.1 as documents of 2.0, and back.

The strategy stays one document and is the home of whatever 1.1 has no place for. Each entry of its
``location_settings`` becomes a ``location_policy`` document whose key is the location's code; on the way back the
documents become entries again:

- the entries stand in the order that they had; locations added since come after them, by code;
- an entry that was removed in 1.1 removes the document, and a document that was removed in 2.0 the entry; what only
  2.0 knows of that location (handling) waits under its code for the location to be listed again;
- carrier contracts wait as whole documents: 1.1 never shows them;
- ``keep_lines_whole`` waits when it is no, ``split_limit`` and ``split_penalty`` when they are not the first ones.

In the complement each of these stands under the name of its conversion.
"""

from __future__ import annotations

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.lenses import (
    ABSENT,
    Fields,
    Piles,
    Remembering,
    body_of,
    copied,
    list_of,
    packed,
    put,
    take,
    unpacked,
    without_empty,
)
from modules.domain.releases import DocumentSet

UP = "order_routing 1.1.0 to 2.0.0"
DOWN = "order_routing 2.0.0 to 1.1.0"

STRATEGY = ("routing_strategy", "default")
POLICY = "location_policy"
CONTRACT = "carrier_contract"

_FIELDS = Fields(
    before={"keep_lines_whole": True},
    after={"split_limit": 3, "split_penalty": "0.00", "location_settings": ABSENT},
)
_ENTRY = Fields(after={"handling_per_unit": "0.00", "location": ABSENT})


def _by_code(entries: Json, _: Json) -> Json:
    """2.0 keeps no order: its documents stand by their keys."""
    return [*sorted(str(code) for code in list_of(entries or []))]


def _as_before(codes: Json, before: Json) -> Json:
    """The order that the entries had, then what is new, by code."""
    present = list_of(codes)
    if before is None and not present:
        return []
    known = list_of(before) if before else []
    return [code for code in known if code in present] + [code for code in present if code not in known]


_ORDER = Remembering(to_newer=_by_code, to_older=_as_before)


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 1.1 to 2.0."""
    converted = {where: document for where, document in documents.items() if where != STRATEGY}
    strategy = documents.get(STRATEGY)
    if strategy is None:
        return converted
    complement = copied(strategy.complement)
    kept = body_of(complement.pop(DOWN, {}))
    waiting = body_of(kept.pop(POLICY, {}))
    body = copied(strategy.body)
    entries = body.pop("location_settings", None)
    _, order = _ORDER.up(_codes(entries), kept.pop("order", None))
    for code, entry in zip(list_of(_codes(entries) or []), list_of(entries or []), strict=True):
        converted[POLICY, str(code)] = _policy(body_of(entry), take(waiting, str(code)))
    for code, contract in body_of(kept.pop(CONTRACT, {})).items():
        converted[CONTRACT, code] = unpacked(contract)
    body, left = _FIELDS.up(body, body_of(kept.pop("fields", {})))
    complement[UP] = without_empty({"fields": left, "order": order})
    complement[DOWN] = without_empty({POLICY: waiting})
    converted[STRATEGY] = Document(body, without_empty(complement))
    return converted


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.0 to 1.1. A set without a strategy gets one: the entries need it."""
    moving = {where: document for where, document in documents.items() if where[0] in (POLICY, CONTRACT)}
    converted = {where: document for where, document in documents.items() if where not in moving}
    if not moving and STRATEGY not in converted:
        return converted
    strategy = converted.get(STRATEGY, Document({}))
    complement = copied(strategy.complement)
    kept = body_of(complement.pop(UP, {}))
    waiting = body_of(body_of(complement.pop(DOWN, {})).pop(POLICY, {}))
    body, left = _FIELDS.down(strategy.body, body_of(kept.pop("fields", {})))
    present: list[Json] = [key for kind, key in sorted(moving) if kind == POLICY]
    codes, order = _ORDER.down(present, kept.pop("order", None))
    if codes is not None:
        body["location_settings"] = [_entry(str(code), moving[POLICY, str(code)], waiting) for code in list_of(codes)]
    contracts: Body = {key: packed(document) for (kind, key), document in moving.items() if kind == CONTRACT}
    complement[DOWN] = without_empty({"fields": left, "order": order, POLICY: waiting, CONTRACT: contracts})
    converted[STRATEGY] = Document(body, without_empty(complement))
    return converted


def _codes(entries: Json) -> Json:
    """The codes of the entries in their order; None where there is no list."""
    return None if entries is None else [body_of(entry)["location"] for entry in list_of(entries)]


def _policy(entry: Body, waiting: Body) -> Document:
    body, left = _ENTRY.up(
        {name: value for name, value in entry.items() if name != "location"}, body_of(waiting.get("fields", {}))
    )
    complement = copied(body_of(waiting.get("complement", {}))) | {UP: left}
    return Document(body, without_empty(complement))


def _entry(code: str, document: Document, waiting: Piles) -> Body:
    complement = copied(document.complement)
    body, left = _ENTRY.down(document.body, body_of(complement.pop(UP, {})))
    put(waiting, code, without_empty({"fields": left, "complement": complement}))
    return body | {"location": code}
