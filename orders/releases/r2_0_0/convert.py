"""Documents of release 1.1 as documents of 2.0, and back.

The fields of a ``hold_rule`` become its list of conditions. On the way back a rule that blocks allocation, and whose
conditions are those that 1.1 knows, becomes fields again; the conditions as they were written are remembered, so that
their order, their wording and unknown fields of theirs come back, with whatever was edited meanwhile. A rule that 1.1
cannot express waits as a whole document in the complement of ``review_settings``, and so does a
``cancellation_policy`` that is not the first one. A rule added in 1.1 under the key of one that waits takes its
place; the waiting one stays put aside until the other is deleted.
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
    same,
    shelve,
    unpacked,
    unshelve,
    without_empty,
)
from modules.domain.releases import DocumentSet

UP = "order_management 1.1.0 to 2.0.0"
DOWN = "order_management 2.0.0 to 1.1.0"

SETTINGS = ("review_settings", "default")
CANCELLATION = ("cancellation_policy", "default")
RULE = "hold_rule"

#: The fields of 1.1 that are conditions, with the value that sets none, in the order in which 1.1 looks at them.
_UNSET: Body = {
    "currency": None,
    "min_total": None,
    "countries": [],
    "first_order_only": False,
    "max_units_per_line": None,
}
_FIRST_CANCELLATION = Document({"free_until": "picked", "reason_required": False})
_FIELDS = Fields(
    after={"blocks": ["allocate"], "priority": 100, "conditions": ABSENT, **dict.fromkeys(_UNSET, ABSENT)},
)
#: The most that a field of 1.1 takes.
_MOST_UNITS = 1_000_000


def _condition(field: str, operator: str, value: str) -> Body:
    return {"field": field, "operator": operator, "value": value, "negate": False}


def _written(name: str, value: Json) -> Body:
    """A field of 1.1 that is set, as a condition."""
    if name == "countries":
        return _condition("country", "one_of", ", ".join(str(code) for code in list_of(value)))
    if name == "first_order_only":
        return _condition("earlier_orders", "at_most", "0")
    field, operator = {
        "currency": ("currency", "one_of"),
        "min_total": ("total", "above"),
        "max_units_per_line": ("largest_line_units", "above"),
    }[name]
    return _condition(field, operator, str(value))


def _read(condition: Body) -> tuple[str, Json] | None:
    """A condition as a field of 1.1 and its value; None where 1.1 has none for it."""
    if condition.get("negate", False) is not False:
        return None
    value = str(condition.get("value"))
    match condition.get("field"), condition.get("operator"):
        case "currency", "one_of" if "," not in value:
            return "currency", value
        case "total", "above":
            return "min_total", value
        case "country", "one_of":
            codes = [code.strip() for code in value.split(",")]
            return ("countries", [*codes]) if len(set(codes)) == len(codes) else None
        case "earlier_orders", "at_most" if int(value) == 0:
            return "first_order_only", True
        case "largest_line_units", "above" if int(value) <= _MOST_UNITS:
            return "max_units_per_line", int(value)
    return None


def _to_conditions(fields: Json, before: Json) -> Json:
    """Set fields as conditions: those that were there stay where and as they were, further ones follow."""
    given = body_of(fields)
    wanted = {name: given[name] for name, unset in _UNSET.items() if not same(given.get(name, unset), unset)}
    conditions: list[Json] = []
    for item in list_of(before) if before is not None else []:
        condition = body_of(item)
        name, value = _read(condition) or ("", None)
        if name in wanted:
            now = wanted.pop(name)
            conditions.append(condition if same(now, value) else condition | _written(name, now))
    return conditions + [_written(name, value) for name, value in wanted.items()]


def _to_fields(conditions: Json, before: Json) -> Json:
    """Conditions as fields; one that sets nothing stays as it was written, or away."""
    found = dict(read for item in list_of(conditions) if (read := _read(body_of(item))))
    written = body_of(before) if before is not None else _UNSET
    return {name: found.get(name, unset) for name, unset in _UNSET.items() if name in found or name in written}


_CONDITIONS = Remembering(to_newer=_to_conditions, to_older=_to_fields)


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 1.1 to 2.0."""
    converted = {where: item for where, item in documents.items() if where[0] != RULE and where != SETTINGS}
    rules = {key: document for (kind, key), document in documents.items() if kind == RULE}
    cancellation: list[Json] = [packed(_FIRST_CANCELLATION)]
    if SETTINGS in documents:
        settings = documents[SETTINGS]
        complement = copied(settings.complement)
        kept = body_of(complement.pop(DOWN, {}))
        cancellation = list_of(body_of(kept.get("documents", {})).get(CANCELLATION[0], [*cancellation]))
        shelf = body_of(kept.get(RULE, {}))
        for key in sorted(set(shelf) - set(rules)):
            waiting = unshelve(shelf, key)
            if waiting is not None:
                converted[RULE, key] = waiting
        complement[DOWN] = without_empty({RULE: shelf})
        converted[SETTINGS] = Document(settings.body, without_empty(complement))
    for key, rule in rules.items():
        converted[RULE, key] = _newer(rule)
    for document in cancellation:
        converted[CANCELLATION] = unpacked(document)
    return converted


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.0 to 1.1. A set without settings gets them where something has to wait in them."""
    moved = (SETTINGS, CANCELLATION)
    converted = {where: item for where, item in documents.items() if where[0] != RULE and where not in moved}
    rules = {key: document for (kind, key), document in documents.items() if kind == RULE}
    settings = documents.get(SETTINGS, Document({}))
    complement = copied(settings.complement)
    shelf: Piles = body_of(body_of(complement.pop(DOWN, {})).get(RULE, {}))
    for key in sorted({*rules, *shelf}):
        rule = rules.get(key)
        if rule is not None and _is_known(rule.body):
            converted[RULE, key] = _older(rule)
        else:
            shelve(shelf, key, rule)
    waiting: Body = {}
    cancellation = documents.get(CANCELLATION)
    if cancellation is None or not same(packed(cancellation), packed(_FIRST_CANCELLATION)):
        waiting[CANCELLATION[0]] = [packed(cancellation)] if cancellation else []
    complement[DOWN] = without_empty({RULE: shelf, "documents": waiting})
    if SETTINGS in documents or shelf or (cancellation is not None and waiting):
        converted[SETTINGS] = Document(settings.body, without_empty(complement))
    return converted


def _newer(rule: Document) -> Document:
    complement = copied(rule.complement)
    kept = body_of(complement.pop(DOWN, {}))
    fields: Body = {name: rule.body[name] for name in _UNSET if name in rule.body}
    rest: Body = {name: value for name, value in rule.body.items() if name not in fields}
    conditions, memory = _CONDITIONS.up(fields, kept.get("conditions"))
    body, left = _FIELDS.up(rest, body_of(kept.get("fields", {})))
    complement[UP] = without_empty({"fields": left, "conditions": memory})
    return Document(body | {"conditions": conditions}, without_empty(complement))


def _older(rule: Document) -> Document:
    complement = copied(rule.complement)
    kept = body_of(complement.pop(UP, {}))
    rest: Body = {name: value for name, value in rule.body.items() if name != "conditions"}
    fields, memory = _CONDITIONS.down(rule.body["conditions"], kept.get("conditions"))
    body, left = _FIELDS.down(rest, body_of(kept.get("fields", {})))
    complement[DOWN] = without_empty({"fields": left, "conditions": memory})
    return Document(body | body_of(fields), without_empty(complement))


def _is_known(body: Body) -> bool:
    """Whether 1.1 can express a rule in full but for what else it blocks."""
    known = [_read(body_of(condition)) for condition in list_of(body["conditions"])]
    names = [read[0] for read in known if read]
    return "allocate" in list_of(body["blocks"]) and len(set(names)) == len(known)
