"""Documents of release 2.0 as documents of 2.1, and back.

The one strategy of 2.0 becomes the default strategy of 2.1 with one rule: its radius is a filter of the rule, its
split limit the rule's, its penalty the strategy's. What 2.0 has no place for (more rules, more strategies, conditions)
waits while the retailer is back, and what was edited there meanwhile is written into it on the return. The routing
settings are the home of whatever the other side cannot express:

- ``strategies`` remembers the strategies as :class:`Remembering` does;
- shipping methods wait as whole documents: 2.0 never shows them;
- locations gain safety stock and priority, which wait with each location.

In the complement each of these stands under the name of its conversion.
"""

from __future__ import annotations

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.lenses import (
    Fields,
    Remembering,
    body_of,
    copied,
    list_of,
    packed,
    same,
    unpacked,
    without_empty,
)
from modules.domain.releases import DocumentSet

UP = "order_routing 2.0.0 to 2.1.0"
DOWN = "order_routing 2.1.0 to 2.0.0"

OLD = ("routing_strategy", "default")
SETTINGS = ("routing_settings", "default")
STRATEGY = "routing_strategy"
POLICY = "location_policy"
METHOD = "shipping_method"

_POLICY = Fields(after={"safety_stock": 0, "priority": 0})
_SETTINGS = Fields(after={"default_strategy": "default", "channel_thresholds": []})
#: Fields of a strategy that only 2.1 knows, and those of 2.0 that become parts of a rule.
_NEWER = ("active", "priority", "serves", "rules", "left_over")
_OLDER = ("radius_km", "split_limit")
_RULE = "Lowest landed cost"
_WAIT: Body = {"do": "park", "queue": "backorder", "cancel_after_days": None}


def up(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.0 to 2.1."""
    converted = {
        where: _policy(document, up=True) if where[0] == POLICY else document
        for where, document in documents.items()
        if where != OLD
    }
    old = documents.get(OLD)
    if old is None:
        return converted
    complement = copied(old.complement)
    kept = body_of(complement.pop(DOWN, {}))
    strategies, memory = _STRATEGIES.up(old.body, kept.pop("strategies", None))
    for key, document in body_of(strategies).items():
        converted[STRATEGY, key] = unpacked(document)
    for key, document in body_of(kept.pop(METHOD, {})).items():
        converted[METHOD, key] = unpacked(document)
    settings, _ = _SETTINGS.up({}, body_of(kept.pop("settings", {})))
    settings |= body_of(kept.pop("unknown", {}))
    complement[UP] = without_empty({"strategies": memory})
    converted[SETTINGS] = Document(settings, without_empty(complement))
    return converted


def down(documents: DocumentSet) -> dict[tuple[str, str], Document]:
    """From 2.1 to 2.0. A set without settings gets a strategy all the same, if it had any or a shipping method."""
    moving = {where for where in documents if where[0] in (STRATEGY, METHOD) or where == SETTINGS}
    converted = {
        where: _policy(document, up=False) if where[0] == POLICY else document
        for where, document in documents.items()
        if where not in moving
    }
    if not moving:
        return converted
    settings = documents.get(SETTINGS, Document({}))
    complement = copied(settings.complement)
    kept = body_of(complement.pop(UP, {}))
    strategies: Body = {key: packed(documents[STRATEGY, key]) for kind, key in sorted(moving) if kind == STRATEGY}
    methods: Body = {key: packed(documents[METHOD, key]) for kind, key in sorted(moving) if kind == METHOD}
    old, memory = _STRATEGIES.down(strategies, kept.pop("strategies", None))
    known, left = _SETTINGS.down(settings.body, {})
    complement[DOWN] = without_empty({"strategies": memory, METHOD: methods, "settings": left, "unknown": known})
    converted[OLD] = Document(body_of(old), without_empty(complement))
    return converted


def _policy(document: Document, *, up: bool) -> Document:
    back, there = (DOWN, UP) if up else (UP, DOWN)
    complement = copied(document.complement)
    move = _POLICY.up if up else _POLICY.down
    body, left = move(document.body, body_of(complement.pop(back, {})))
    complement[there] = left
    return Document(body, without_empty(complement))


def _to_strategies(old: Json, before: Json) -> Json:
    """2.1's strategies: those there were before, with what was changed in 2.0 written into the default one."""
    body = body_of(old)
    known = {name: value for name, value in body.items() if name not in (*_OLDER, *_NEWER)}
    if before is None:
        rule: Body = {
            "name": _RULE,
            "active": True,
            "conditions": [],
            "filters": _filters(body),
            "ratings": [{"what": "landed_cost"}],
            "split": "anywhere",
            "most_parcels": body.get("split_limit", 3),
            "then": {"do": "next_rule"},
        }
        rest: Body = {"active": True, "priority": 100, "serves": [], "rules": [rule], "left_over": _WAIT}
        return {"default": {"body": known | rest}}
    strategies = copied(body_of(before))
    default = body_of(strategies.setdefault("default", {"body": {}}))
    shown = body_of(_to_strategy(before, None))
    strategy = copied(body_of(default["body"]))
    for name in {*known, *shown} - {*_OLDER, *_NEWER}:
        strategy.pop(name, None)
    strategy |= known
    if "rules" not in strategy or not list_of(strategy["rules"]):
        strategy["rules"] = [{"name": _RULE}]
    rules = list_of(strategy["rules"])
    first = copied(body_of(rules[0]))
    if not same(body.get("split_limit", None), shown.get("split_limit", None)):
        first["most_parcels"] = body.get("split_limit", 3)
    if not same(body.get("radius_km", None), shown.get("radius_km", None)):
        others = [item for item in list_of(first.get("filters", [])) if body_of(item).get("what") != "distance"]
        first["filters"] = [*_filters(body), *others][:20]
    strategy["rules"] = [first, *rules[1:]]
    strategies["default"] = default | {"body": strategy}
    return strategies


def _filters(body: Body) -> list[Json]:
    radius = body.get("radius_km")
    return [] if radius is None else [{"what": "distance", "km": radius}]


def _to_strategy(strategies: Json, _: Json) -> Json:
    """2.0's strategy: the default one, as far as its first rule says the same."""
    default = body_of(body_of(strategies).get("default", {"body": {}}))
    body = body_of(default["body"])
    old: Body = {name: value for name, value in body.items() if name not in (*_OLDER, *_NEWER)}
    rules = list_of(body.get("rules", []))
    first = body_of(rules[0]) if rules else {}
    distances = [
        body_of(item)["km"] for item in list_of(first.get("filters", [])) if body_of(item).get("what") == "distance"
    ]
    old["radius_km"] = min(distances, key=lambda km: int(str(km))) if distances else None
    old["split_limit"] = first.get("most_parcels", 3)
    return old


_STRATEGIES = Remembering(to_newer=_to_strategies, to_older=_to_strategy)
