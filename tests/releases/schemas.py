"""Documents that fit a release, made from its own schemas: every field, present or away, with unknown ones besides."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from modules.domain.canonical import Body, Json
from modules.domain.documents import Document
from modules.domain.releases import Kind, Release

Documents = dict[tuple[str, str], Document]

#: Codes of which some are shared by rules, locations and entries.
KEYS = ["A", "B", "LON", "value_review", "x y/z"]

#: Names that mean something to some release, so that an unknown field may bear one of them.
TELLING = [
    "max_distance_km", "radius_km", "keep_lines_whole", "location_settings", "threshold", "capacity_per_day",
    "split_limit", "split_penalty", "handling_per_unit", "location", "value_limit", "currency", "matching", "min_total",
    "safety_stock", "rules", "serves", "default_strategy", "services", "radius", "offers", "carriers", "stock_out_risk",
    "countries", "first_order_only", "max_units_per_line", "blocks", "conditions", "priority", "colour", "match",
    "groups", "clock_offset_minutes", "afterwards", "fees", "reasons", "attribute", "customer", "staff", "channel",
    "actions", "place", "instructions", "after", "expires_hours", "at_expiry", "free_minutes", "confirm",
]  # fmt: skip

_scalars: st.SearchStrategy[Json] = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "1", "é", "text"])
)
any_json: st.SearchStrategy[Json] = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip

Schema = Mapping[str, Any]

_COMPARED = ("above", "at_least", "below", "at_most")
_TEXTS = ("country", "currency", "channel", "customer", "method", "payment", "weekday", "postal_code")
_CONDITION_VALUES = {
    "total": st.from_regex(r"\A[0-9]{1,4}(\.[0-9]{1,2})?\Z"),
    "placed_on": st.dates().map(str),
    "time_of_day": st.sampled_from(["00:00", "09:30", "23:59"]),
    "weekday": st.lists(st.sampled_from(["mon", "fri", "sun"]), min_size=1, max_size=3).map(", ".join),
    "country": st.lists(st.sampled_from(["GB", "FR", "DE"]), min_size=1, max_size=3).map(", ".join),
    "currency": st.lists(st.sampled_from(["GBP", "EUR"]), min_size=1, max_size=2).map(",".join),
    "channel": st.sampled_from(["web", "web, shop"]),
    "customer": st.just("C-1"),
    "method": st.sampled_from(["express", "standard, express"]),
    "payment": st.sampled_from(["card", "card, gift_card"]),
    "postal_code": st.sampled_from(["BT", "SW1A 1AA, IM"]),
    "attribute": st.sampled_from(["3", "yes, no"]),
}


def bodies(kind: Kind) -> st.SearchStrategy[Body]:
    """Bodies that the kind's schema takes."""
    schema = kind.model.model_json_schema(mode="validation")
    return _object(schema, schema.get("$defs", {})).filter(lambda body: _fits(kind, body))


def document_sets(release: Release[Any]) -> st.SearchStrategy[Documents]:
    """Sets of documents of a release: each singleton once, a few of the other kinds."""

    @st.composite
    def build(draw: st.DrawFn) -> Documents:
        documents: Documents = {}
        for name, kind in release.kinds.items():
            keys = (
                [kind.singleton] if kind.singleton else draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3))
            )
            for key in keys:
                documents[name, key] = Document(draw(bodies(kind)))
        return documents

    return build()


def fits(release: Release[Any], documents: Mapping[tuple[str, str], Document]) -> bool:
    """Whether the release takes every document of a set."""
    return all(name in release.kinds and _fits(release.kinds[name], item.body) for (name, _), item in documents.items())


def _fits(kind: Kind, body: Body) -> bool:
    try:
        kind.model.model_validate(body)
    except ValidationError:
        return False
    return True


def _object(schema: Schema, definitions: Schema) -> st.SearchStrategy[Body]:
    properties: Schema = schema.get("properties", {})
    if set(properties) >= {"field", "operator", "value"}:
        return _conditions(properties)
    required = set(schema.get("required", ()))
    fields = {name: _value(part, definitions) for name, part in properties.items()}
    known = st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required},
    )
    unknown = st.dictionaries(st.sampled_from([n for n in TELLING if n not in fields]), any_json, max_size=2)
    return st.builds(lambda one, other: {**one, **other}, known, unknown)


def _conditions(properties: Schema) -> st.SearchStrategy[Body]:
    """Conditions whose comparison and value fit the field."""

    @st.composite
    def build(draw: st.DrawFn) -> Body:
        field = draw(st.sampled_from(properties["field"]["enum"]))
        fitting = (
            ("one_of", "starts_with") if field == "postal_code"
            else ("one_of", "starts_with", *_COMPARED) if field == "attribute"
            else ("one_of",) if field in _TEXTS
            else _COMPARED
        )  # fmt: skip
        operator = draw(st.sampled_from([each for each in properties["operator"]["enum"] if each in fitting]))
        value = draw(_CONDITION_VALUES.get(field, st.sampled_from(["0", "00", "1", "12", "1000001"])))
        if field == "attribute" and operator in _COMPARED:
            value = "3"
        body: Body = {"field": field, "operator": operator, "value": value}
        if field == "attribute":
            body["attribute"] = draw(st.sampled_from(["gift", "loyalty"]))
        elif "attribute" in properties and draw(st.booleans()):
            body["attribute"] = ""
        if draw(st.booleans()):
            body["negate"] = draw(st.booleans())
        unknown = ["note", "blocks"] + ([] if "attribute" in properties else ["attribute"])
        return body | draw(st.dictionaries(st.sampled_from(unknown), any_json, max_size=1))

    return build()


def _value(schema: Schema, definitions: Schema) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _object(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema or "oneOf" in schema:
        return st.one_of([_value(part, definitions) for part in schema.get("anyOf") or schema["oneOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if kind == "array":
        items = _value(schema["items"], definitions)
        lists = st.lists(items, min_size=schema.get("minItems", 0), max_size=3)
        return lists.map(_each_location_once)
    if kind == "integer":
        low, high = schema.get("minimum", -10), schema.get("maximum", 10)
        return st.sampled_from([low, high]) | st.integers(low, min(high, low + 20))
    if kind == "string":
        return _text(schema)
    return {"boolean": st.booleans(), "null": st.none()}[kind]


def _text(schema: Schema) -> st.SearchStrategy[str]:
    if "reference" in schema:
        return st.sampled_from(KEYS)
    if schema.get("format") == "date":
        return st.dates().map(str)
    if schema.get("format") == "time":
        return st.sampled_from(["09:00:00", "16:30:00"])
    if "pattern" in schema and schema["pattern"].startswith("^[a-z]"):
        return st.sampled_from(["table_rate", "own_fleet"])
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=string.ascii_letters + string.digits + "._")
    return st.text("ab é", min_size=schema.get("minLength", 0), max_size=6)


def _each_location_once(items: list[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for item in items:
        seen.setdefault(_what_tells_apart(item), item)
    return list(seen.values())


def _what_tells_apart(item: Any) -> str:
    """What no two entries of a list may share: a location, the name of a rule, the code of a service …"""
    for name in ("location", "name", "code", "channel", "zone"):
        if isinstance(item, dict) and name in item and "what" not in item:
            return str(item[name])
    return repr(item)
