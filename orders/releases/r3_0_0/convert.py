"""Documents of release 2.1 as documents of 3.0, and back.

The edit policy and the cancellation policy become one document for each of those who ask. On the way back the three
become one again: what each may change stays, what 2.1 says of all of them alike is taken from the customer's. What
they were is remembered in the complement of ``review_settings``; a field that is changed in 2.1 is changed for all of
them on return. A rule that follows another one waits there as a whole document, and so do payment policies that are
not as they begin.
"""

from __future__ import annotations

from collections.abc import Mapping

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.lenses import (
    Fields,
    Piles,
    Remembering,
    body_of,
    copied,
    list_of,
    packed,
    same,
    shelve,
    unpacked,
    unshelve,
    without_empty,
)
from modules.domain.releases import DocumentSet

from .documents import ASKERS, FIRST_PAYMENT_POLICY

UP = "order_management 2.1.0 to 3.0.0"
DOWN = "order_management 3.0.0 to 2.1.0"

SETTINGS = ("review_settings", "default")
RULE, PAYMENT = "hold_rule", "payment_policy"

_FIRST_PAYMENT: Body = {"default": packed(Document(FIRST_PAYMENT_POLICY))}
_RULE_FIELDS = Fields(
    renamed={"priority": "place"},
    after={
        "instructions": "Look at the order, then release the hold or cancel the order.",
        "after": [],
        "expires_hours": None,
        "at_expiry": "release",
    },
)
#: Fields that only one of the two releases knows, in the documents that are split.
_OLDER = {"edit_policy": (*ASKERS, "window_minutes", "window_for"), "cancellation_policy": ()}
_NEWER = {"edit_policy": ("actions", "window_minutes"), "cancellation_policy": ("free_minutes",)}


def _split(kind: str, body: Body) -> dict[str, Body]:
    """A body of 2.1 as one for each of those who ask."""
    rest: Body = {name: value for name, value in body.items() if name not in (*_OLDER[kind], *_NEWER[kind])}
    if kind == "cancellation_policy":
        return {asker: rest | {"free_minutes": None} for asker in ASKERS}
    timed = list_of(body["window_for"])
    return {
        asker: rest | {"actions": body[asker], "window_minutes": body.get("window_minutes") if asker in timed else None}
        for asker in ASKERS
    }


def _joined(kind: str, bodies: Mapping[str, Body]) -> Body:
    """The bodies of those who ask (one at least) as one of 2.1."""
    first = next(bodies[asker] for asker in ASKERS if asker in bodies)
    rest: Body = {name: value for name, value in first.items() if name not in (*_OLDER[kind], *_NEWER[kind])}
    if kind == "cancellation_policy":
        return rest
    minutes: dict[str, Json] = {asker: body.get("window_minutes") for asker, body in bodies.items() if asker in ASKERS}
    timed: list[Json] = [asker for asker in ("customer", "channel", "staff") if minutes.get(asker) is not None]
    return (
        rest
        | {asker: bodies[asker]["actions"] if asker in bodies else [] for asker in ASKERS}
        | {
            "window_minutes": minutes[str(timed[0])] if timed else None,
            "window_for": timed or ["customer", "channel"],
        }
    )


def _changed(body: Body, before: Body, after: Body) -> Body:
    """A body with the fields in which ``after`` differs from ``before``."""
    differ = {name for name in {*before, *after} if name not in before or name not in after}
    differ |= {name for name in {*before} & {*after} if not same(before[name], after[name])}
    return {name: value for name, value in body.items() if name not in differ} | {
        name: value for name, value in after.items() if name in differ
    }


def _bodies(documents: Json) -> dict[str, Body]:
    return {key: unpacked(whole).body for key, whole in body_of(documents).items() if key in ASKERS}


def _splitting(kind: str) -> Remembering:
    """Between one packed document of 2.1 (None: there is none) and those of 3.0 by key."""

    def to_newer(older: Json, before: Json) -> Json:
        if older is None:
            return {}
        document = unpacked(older)
        now = _split(kind, document.body)
        was = _bodies(before) if before is not None else {}
        if not was:
            return {
                asker: packed(Document(now[asker], document.complement if asker == ASKERS[0] else {}))
                for asker in ASKERS
            }
        earlier = _split(kind, _joined(kind, was))
        first = next(asker for asker in ASKERS if asker in was)
        documents = copied(body_of(before))
        for asker, body in was.items():
            complement = document.complement if asker == first else unpacked(documents[asker]).complement
            documents[asker] = packed(Document(_changed(body, earlier[asker], now[asker]), complement))
        return documents

    def to_older(newer: Json, before: Json) -> Json:
        bodies = _bodies(newer)
        if not bodies:
            return None
        first = next(asker for asker in ASKERS if asker in bodies)
        strange = [name for name in _NEWER[kind] if name not in _OLDER[kind]]
        had = unpacked(before).body if before is not None else {}
        kept: Body = {name: had[name] for name in strange if name in had}
        return packed(Document(_joined(kind, bodies) | kept, unpacked(body_of(newer)[first]).complement))

    return Remembering(to_newer=to_newer, to_older=to_older)


_SPLIT = {kind: _splitting(kind) for kind in _NEWER}


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.1 to 3.0. A set without settings gets them where something has to be remembered in them."""
    converted = {where: item for where, item in documents.items() if where[0] not in (RULE, *_SPLIT)}
    rules = {key: document for (kind, key), document in documents.items() if kind == RULE}
    settings = documents.get(SETTINGS, Document({}))
    complement = copied(settings.complement)
    kept = body_of(complement.pop(DOWN, {}))
    memories, waiting = body_of(kept.get("split", {})), body_of(kept.get("documents", {}))
    shelf = body_of(kept.get(RULE, {}))
    left: Body = {}
    for kind, lens in _SPLIT.items():
        older = documents.get((kind, "default"))
        newer, memory = lens.up(packed(older) if older else None, memories.get(kind))
        left |= without_empty({kind: memory})
        for key, document in body_of(newer).items():
            converted[kind, key] = unpacked(document)
    if SETTINGS in documents:
        for key, document in body_of(waiting.get(PAYMENT, _FIRST_PAYMENT)).items():
            converted[PAYMENT, key] = unpacked(document)
    for key in sorted(set(shelf) - set(rules)):
        shelved = unshelve(shelf, key)
        if shelved is not None:
            converted[RULE, key] = shelved
    for key, rule in rules.items():
        converted[RULE, key] = _newer_rule(rule)
    if SETTINGS in documents or left:
        complement[UP] = without_empty({"split": left})
        complement[DOWN] = without_empty({RULE: shelf})
        converted[SETTINGS] = Document(settings.body, without_empty(complement))
    return converted


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 3.0 to 2.1. A set without settings gets them where something has to wait in them."""
    converted = {where: item for where, item in documents.items() if where[0] not in (RULE, PAYMENT, *_SPLIT)}
    rules = {key: document for (kind, key), document in documents.items() if kind == RULE}
    settings = documents.get(SETTINGS, Document({}))
    complement = copied(settings.complement)
    memories = body_of(body_of(complement.pop(UP, {})).get("split", {}))
    shelf: Piles = body_of(body_of(complement.pop(DOWN, {})).get(RULE, {}))
    left: Body = {}
    for kind, lens in _SPLIT.items():
        older, memory = lens.down(_packed(documents, kind), memories.get(kind))
        left |= without_empty({kind: memory})
        if older is not None:
            converted[kind, "default"] = unpacked(older)
    waiting: Body = {}
    here = _packed(documents, PAYMENT)
    if not same(here, _FIRST_PAYMENT if SETTINGS in documents else {}):
        waiting[PAYMENT] = here
    for key in sorted({*rules, *shelf}):
        rule = rules.get(key)
        if rule is not None and not rule.body.get("after"):
            converted[RULE, key] = _older_rule(rule)
        else:
            shelve(shelf, key, rule)
    if SETTINGS in documents or left or waiting or shelf:
        complement[DOWN] = without_empty({RULE: shelf, "documents": waiting, "split": left})
        converted[SETTINGS] = Document(settings.body, without_empty(complement))
    return converted


def _packed(documents: DocumentSet, kind: str) -> Body:
    return {key: packed(item) for (name, key), item in sorted(documents.items()) if name == kind}


def _newer_rule(rule: Document) -> Document:
    complement = copied(rule.complement)
    kept = body_of(complement.pop(DOWN, {}))
    body, left = _RULE_FIELDS.up(rule.body, body_of(kept.get("fields", {})))
    complement[UP] = without_empty({"fields": left})
    return Document(body, without_empty(complement))


def _older_rule(rule: Document) -> Document:
    complement = copied(rule.complement)
    kept = body_of(complement.pop(UP, {}))
    body, left = _RULE_FIELDS.down(rule.body, body_of(kept.get("fields", {})))
    complement[DOWN] = without_empty({"fields": left})
    return Document(body, without_empty(complement))
