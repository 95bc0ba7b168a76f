"""Documents of release 2.0 as documents of 2.1, and back.

The conditions of a ``hold_rule`` become its first group. On the way back a rule whose groups come to one list, all of
which must be met and all of which 2.0 can look at, becomes that list again; how they were grouped is remembered. A
rule that 2.0 cannot express waits as a whole document in the complement of ``review_settings``, and so do the kinds
that 2.0 does not have, where they are not as they begin. A rule added in 2.0 under the key of one that waits takes
its place; the waiting one stays put aside until the other is deleted.
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

from .documents import FIRST_EDIT_POLICY

UP = "order_management 2.0.0 to 2.1.0"
DOWN = "order_management 2.1.0 to 2.0.0"

SETTINGS = ("review_settings", "default")
CANCELLATION = ("cancellation_policy", "default")
RULE = "hold_rule"

#: The kinds that 2.0 does not have, with the documents that a profile begins with.
_NEW: dict[str, Body] = {
    "edit_policy": {"default": packed(Document(FIRST_EDIT_POLICY))},
    "order_attribute": {},
    "channel_settings": {},
}
_ALIKE = {
    SETTINGS: Fields(after={"clock_offset_minutes": 0}),
    CANCELLATION: Fields(after={"afterwards": "free", "fees": [], "reasons": []}),
}
_RULE_FIELDS = Fields(after=dict.fromkeys(("conditions", "match", "groups"), ABSENT))

#: What 2.0 can look at, and how many conditions a rule of it has at most.
_KNOWN = ("total", "units", "lines", "largest_line_units", "earlier_orders", "placed_on", "country", "currency",
          "channel", "customer")  # fmt: skip
_MOST = 20


def _plain(condition: Json) -> Json:
    """A condition without the field that means something in 2.1 alone."""
    return {name: value for name, value in body_of(condition).items() if name != "attribute"}


def _to_groups(conditions: Json, before: Json) -> Json:
    """A list of conditions in groups: those that were there stay where they were, further ones follow."""
    wanted = [_plain(condition) for condition in list_of(conditions)]
    if before is None:
        return {"match": "all", "groups": [{"match": "all", "conditions": [*wanted]}] if wanted else []}
    rule = body_of(before)
    groups: list[Body] = []
    for group in map(body_of, list_of(rule["groups"])):
        stay: list[Json] = []
        for condition in list_of(group["conditions"]):
            at = next((at for at, one in enumerate(wanted) if same(one, _plain(condition))), None)
            if at is not None:
                del wanted[at]
                stay.append(condition)
        groups.append(group | {"conditions": stay})
    if wanted:
        home = next((group for group in groups if group.get("match", "all") == "all"), None)
        if home is None:
            groups.append({"match": "all", "conditions": [*wanted]})
        else:
            home["conditions"] = [*list_of(home["conditions"]), *wanted]
    kept: list[Json] = [group for group in groups if group["conditions"]]
    return rule | {"groups": kept} | ({"match": "all"} if rule.get("match", "all") != "all" else {})


def _to_conditions(rule: Json, before: Json) -> Json:
    """The conditions of all groups as one list."""
    groups = map(body_of, list_of(body_of(rule)["groups"]))
    return [_plain(condition) for group in groups for condition in list_of(group["conditions"])]


_GROUPS = Remembering(to_newer=_to_groups, to_older=_to_conditions)


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.0 to 2.1."""
    converted = {where: item for where, item in documents.items() if where[0] != RULE and where not in _ALIKE}
    rules = {key: document for (kind, key), document in documents.items() if kind == RULE}
    for where in _ALIKE:
        if where in documents:
            converted[where] = _newer(where, documents[where])
    if SETTINGS in converted:
        complement = converted[SETTINGS].complement
        kept = body_of(complement.pop(DOWN, {}))
        waiting, shelf = body_of(kept.get("documents", {})), body_of(kept.get(RULE, {}))
        for kind, first in _NEW.items():
            for key, document in body_of(waiting.get(kind, first)).items():
                converted[kind, key] = unpacked(document)
        for key in sorted(set(shelf) - set(rules)):
            shelved = unshelve(shelf, key)
            if shelved is not None:
                converted[RULE, key] = shelved
        complement[DOWN] = without_empty({RULE: shelf})
        converted[SETTINGS] = Document(converted[SETTINGS].body, without_empty(complement))
    for key, rule in rules.items():
        converted[RULE, key] = _newer_rule(rule)
    return converted


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.1 to 2.0. A set without settings gets them where something has to wait in them."""
    moved = {RULE, *_NEW}
    converted = {where: item for where, item in documents.items() if where[0] not in moved and where not in _ALIKE}
    rules = {key: document for (kind, key), document in documents.items() if kind == RULE}
    settings = documents.get(SETTINGS, Document({}))
    shelf: Piles = body_of(copied(body_of(settings.complement.get(DOWN, {}))).get(RULE, {}))
    for key in sorted({*rules, *shelf}):
        rule = rules.get(key)
        if rule is not None and _is_known(rule.body):
            converted[RULE, key] = _older_rule(rule)
        else:
            shelve(shelf, key, rule)
    waiting: Body = {}
    for kind, first in _NEW.items():
        here: Body = {key: packed(item) for (name, key), item in sorted(documents.items()) if name == kind}
        if not same(here, first if SETTINGS in documents else {}):
            waiting[kind] = here
    for where in _ALIKE:
        if where in documents:
            converted[where] = _older(where, documents[where])
    if shelf or waiting:
        home = converted.get(SETTINGS, Document({}))
        complement = copied(home.complement)
        left = body_of(complement.get(DOWN, {}))
        complement[DOWN] = left | without_empty({RULE: shelf, "documents": waiting})
        converted[SETTINGS] = Document(home.body, complement)
    return converted


def _newer(where: tuple[str, str], document: Document) -> Document:
    """A document of which only fields differ; what :func:`down` left besides stays for :func:`up` to read."""
    complement = copied(document.complement)
    kept = body_of(complement.get(DOWN, {}))
    body, left = _ALIKE[where].up(document.body, body_of(kept.pop("fields", {})))
    complement[UP] = without_empty({"fields": left})
    return Document(body, without_empty(complement))


def _older(where: tuple[str, str], document: Document) -> Document:
    complement = copied(document.complement)
    complement.pop(DOWN, None)
    kept = body_of(complement.pop(UP, {}))
    body, left = _ALIKE[where].down(document.body, body_of(kept.get("fields", {})))
    complement[DOWN] = without_empty({"fields": left})
    return Document(body, without_empty(complement))


def _newer_rule(rule: Document) -> Document:
    complement = copied(rule.complement)
    kept = body_of(complement.pop(DOWN, {}))
    rest: Body = {name: value for name, value in rule.body.items() if name != "conditions"}
    groups, memory = _GROUPS.up(rule.body["conditions"], kept.get("groups"))
    body, left = _RULE_FIELDS.up(rest, body_of(kept.get("fields", {})))
    complement[UP] = without_empty({"fields": left, "groups": memory})
    return Document(body | body_of(groups), without_empty(complement))


def _older_rule(rule: Document) -> Document:
    complement = copied(rule.complement)
    kept = body_of(complement.pop(UP, {}))
    grouped: Body = {name: rule.body[name] for name in ("match", "groups") if name in rule.body}
    rest: Body = {name: value for name, value in rule.body.items() if name not in grouped}
    conditions, memory = _GROUPS.down(grouped, kept.get("groups"))
    body, left = _RULE_FIELDS.down(rest, body_of(kept.get("fields", {})))
    complement[DOWN] = without_empty({"fields": left, "groups": memory})
    return Document(body | {"conditions": conditions}, without_empty(complement))


def _is_known(body: Body) -> bool:
    """Whether 2.0 can look at all that a rule looks at, and all of it must be met."""
    groups = [body_of(group) for group in list_of(body["groups"]) if list_of(body_of(group)["conditions"])]
    conditions = [body_of(condition) for group in groups for condition in list_of(group["conditions"])]
    together = body.get("match", "all") == "all" or len(groups) <= 1
    whole = all(group.get("match", "all") == "all" or len(list_of(group["conditions"])) == 1 for group in groups)
    return together and whole and len(conditions) <= _MOST and all(each["field"] in _KNOWN for each in conditions)
