"""Documents of release 1.0 as documents of 1.1, and back.

``order_review`` becomes two documents: ``review_settings``, which is the home of what 1.0 has no place for, and the
rule ``value_review``, which is there while there is a value limit. On the way back the total and the currency of that
rule are the limit; what else it says is remembered, and all other rules wait as whole documents. A limit that was
changed in 1.0 changes the rule and leaves its other conditions; a limit that was taken away takes the rule away.
"""

from __future__ import annotations

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.lenses import Fields, Remembering, body_of, copied, packed, unpacked, without_empty
from modules.domain.releases import DocumentSet

UP = "order_management 1.0.0 to 1.1.0"
DOWN = "order_management 1.1.0 to 1.0.0"

REVIEW = ("order_review", "default")
SETTINGS = ("review_settings", "default")
RULE = ("hold_rule", "value_review")

_LIMIT = ("value_limit", "currency")
_FIELDS = Fields(before=dict.fromkeys(_LIMIT), after={"matching": "every"})
_NEW_RULE: Body = {
    "title": "Value review",
    "min_total": None,
    "currency": None,
    "countries": [],
    "first_order_only": False,
    "max_units_per_line": None,
}


def _rule_for(limit: Json, before: Json) -> Json:
    """The rule (packed) that holds what a limit holds; None without a limit."""
    wanted = body_of(limit)
    value, currency = wanted.get("value_limit"), wanted.get("currency")
    if before is None:
        return None if value is None else {"body": _NEW_RULE | {"min_total": value, "currency": currency}}
    rule = unpacked(before)
    if value is None and rule.body.get("min_total") is not None:
        return None
    return packed(Document(rule.body | {"min_total": value, "currency": currency}, rule.complement))


def _limit_of(rule: Json, before: Json) -> Json:
    """The limit that holds what a rule holds by its total; its fields stay away where they were not written."""
    body = body_of(body_of(rule)["body"]) if rule is not None else {}
    found: Body = {"value_limit": body.get("min_total"), "currency": body.get("currency")}
    written = set(found) if before is None else set(body_of(before))
    return {name: value for name, value in found.items() if value is not None or name in written}


_RULE = Remembering(to_newer=_rule_for, to_older=_limit_of)


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 1.0 to 1.1."""
    converted = {where: document for where, document in documents.items() if where != REVIEW}
    review = documents.get(REVIEW)
    if review is None:
        return converted
    complement = copied(review.complement)
    kept = body_of(complement.pop(DOWN, {}))
    limit: Body = {name: review.body[name] for name in _LIMIT if name in review.body}
    rest = {name: value for name, value in review.body.items() if name not in limit}
    body, left = _FIELDS.up(rest | dict.fromkeys(_LIMIT), body_of(kept.get("fields", {})))
    rule, memory = _RULE.up(limit, kept.get("rule"))
    for key, other in body_of(kept.get("hold_rule", {})).items():
        converted["hold_rule", key] = unpacked(other)
    if rule is not None:
        converted[RULE] = unpacked(rule)
    complement[UP] = without_empty({"fields": left, "rule": memory})
    converted[SETTINGS] = Document(body, without_empty(complement))
    return converted


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 1.1 to 1.0. A set without settings gets a review: the rules need it."""
    rules = {key: document for (kind, key), document in documents.items() if kind == "hold_rule"}
    converted = {where: item for where, item in documents.items() if where != SETTINGS and where[0] != "hold_rule"}
    if not rules and SETTINGS not in documents:
        return converted
    settings = documents.get(SETTINGS, Document({}))
    complement = copied(settings.complement)
    kept = body_of(complement.pop(UP, {}))
    body, left = _FIELDS.down(settings.body, body_of(kept.get("fields", {})))
    rest: Body = {name: value for name, value in body.items() if name not in _LIMIT}
    rule = rules.pop(RULE[1], None)
    limit, memory = _RULE.down(packed(rule) if rule else None, kept.get("rule"))
    others: Body = {key: packed(document) for key, document in sorted(rules.items())}
    complement[DOWN] = without_empty({"fields": left, "rule": memory, "hold_rule": others})
    converted[REVIEW] = Document(rest | body_of(limit), without_empty(complement))
    return converted
