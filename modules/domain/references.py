"""Where a document names master data by its code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from modules.domain.canonical import Body
from modules.domain.releases import KindModel

Path = tuple[str | int, ...]
_Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mention:
    """A code that a field (or the key: an empty path) names."""

    path: Path
    reference: str
    code: str


def mentions(model: type[KindModel], body: Body) -> tuple[Mention, ...]:
    """Every code that a body names in a field declared with ``json_schema_extra={"reference": …}``, once each."""
    schema = _schema(model)
    if schema is None:
        return ()
    return tuple(dict.fromkeys(_walk(schema, schema.get("$defs", {}), body, ())))


@lru_cache(maxsize=1024)
def _schema(model: type[KindModel]) -> _Part | None:
    """The schema of a kind, None where it names nothing."""
    schema = model.model_json_schema()
    return schema if '"reference":' in json.dumps(schema) else None


def _walk(part: _Part, defs: Mapping[str, _Part], value: object, path: Path) -> Iterator[Mention]:
    if "$ref" in part:
        part = {**defs[str(part["$ref"]).rpartition("/")[2]], **{k: v for k, v in part.items() if k != "$ref"}}
    reference = part.get("reference")
    if isinstance(value, str):
        if isinstance(reference, str) and value:
            yield Mention(path, reference, value)
    elif isinstance(value, list):
        items = {**part.get("items", {}), **({"reference": reference} if reference else {})}
        for place, item in enumerate(value):
            yield from _walk(items, defs, item, (*path, place))
    elif isinstance(value, dict):
        yield from _walk_mapping(part, defs, value, path)
    for variant in _variants(part, defs, value):
        yield from _walk(variant, defs, value, path)


def _walk_mapping(part: _Part, defs: Mapping[str, _Part], value: Mapping[str, Any], path: Path) -> Iterator[Mention]:
    properties, further, names = (
        part.get(each, {}) for each in ("properties", "additionalProperties", "propertyNames")
    )
    for name, item in value.items():
        if name in properties:
            yield from _walk(properties[name], defs, item, (*path, name))
            continue
        if names:
            yield from _walk(names, defs, name, (*path, name))
        if isinstance(further, Mapping):
            yield from _walk(further, defs, item, (*path, name))


def _variants(part: _Part, defs: Mapping[str, _Part], value: object) -> Iterator[_Part]:
    """The alternatives that a value may be written in; of those that a field tells apart, the one that it names."""
    chooser = part.get("discriminator")
    if chooser and isinstance(value, dict):
        chosen = chooser.get("mapping", {}).get(value.get(chooser["propertyName"]))
        if chosen:
            yield {"$ref": chosen}
        return
    for word in ("anyOf", "oneOf", "allOf"):
        yield from part.get(word, ())
