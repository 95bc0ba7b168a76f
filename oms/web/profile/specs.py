"""What a form has to know about a field, read from the JSON schema of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from modules.domain.canonical import Json
from modules.domain.lenses import ABSENT, Default

#: A JSON schema, or a part of one.
Raw = Mapping[str, Any]
Path = tuple[str | int, ...]


class Shape(StrEnum):
    """How a field is asked for."""

    TEXT = "text"
    LONG = "long"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATE = "date"
    GROUP = "group"
    VARIANT = "variant"
    LIST = "list"
    SEVERAL = "several"
    MAP = "map"
    FIXED = "fixed"
    OTHER = "other"


NESTED = frozenset({Shape.GROUP, Shape.VARIANT, Shape.LIST, Shape.SEVERAL, Shape.MAP})
_LONG_FROM = 4000
_SHORT = 40
_CODES = ("^[A-Z]{2}$", "^[A-Z]{3}$")
_DIGITS = ("^[0-9]", "^-?[0-9]", r"^\d")
_SCALARS = {"string", "integer", "number", "boolean"}


@dataclass(frozen=True, slots=True)
class Spec:
    """A field: its shape, its words, its limits. ``properties``, ``items`` and ``variants`` are schemas of parts."""

    shape: Shape
    title: str
    help: str = ""
    hint: str = ""
    nullable: bool = False
    required: bool = False
    default: Default = ABSENT
    choices: tuple[Json, ...] = ()
    reference: str = ""
    short: bool = False
    constant: Json = None
    properties: Mapping[str, Raw] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    items: Raw = field(default_factory=dict)
    variants: tuple[Raw, ...] = ()

    @property
    def nested(self) -> bool:
        """Whether it holds other fields."""
        return self.shape in NESTED


class Schema:
    """The schema of one kind of document."""

    def __init__(self, model: type[BaseModel]) -> None:
        raw = model.model_json_schema()
        self._definitions: Raw = raw.get("$defs", {})
        self.root = self.spec(raw)

    def spec(self, raw: Raw, name: str = "", *, required: bool = False) -> Spec:
        """What a part of the schema says; ``name`` is the field's, if it is one: it speaks for a nested model."""
        found, nullable = self._resolved(raw)
        shape = self._shape(found)
        own_title = raw.get("title") or (None if shape is Shape.GROUP and name else found.get("title"))
        return Spec(
            shape=shape,
            title=readable(str(own_title or name)),
            help=" ".join(str(found.get("description", "")).split()),
            hint=_limits(found),
            nullable=nullable,
            required=required,
            default=found.get("default", ABSENT),
            choices=tuple(value for value in found.get("enum", ()) if value is not None),
            reference=str(found.get("reference", "")),
            short=found.get("pattern") in _CODES or int(found.get("maxLength", _SHORT + 1)) <= _SHORT,
            constant=found.get("const"),
            properties=found.get("properties", {}),
            needed=frozenset(found.get("required", ())),
            items=found.get("items") or _mapping(found.get("additionalProperties")),
            variants=tuple(found["anyOf"]) if shape is Shape.VARIANT else (),
        )

    def parts(self, group: Spec) -> Iterator[tuple[str, Spec]]:
        """The fields of a group, in their order."""
        for name, raw in group.properties.items():
            yield name, self.spec(raw, name, required=name in group.needed)

    def part(self, group: Spec, name: str) -> Spec | None:
        """One field of a group; None for one that the schema does not know."""
        raw = group.properties.get(name)
        return self.spec(raw, name, required=name in group.needed) if raw is not None else None

    def item(self, spec: Spec) -> Spec:
        """An entry of a list, a value of a map."""
        return self.spec(spec.items)

    def variant_of(self, spec: Spec, value: Json) -> int:
        """Which variant a value is: the first whose constants and required fields it has."""
        has = value if isinstance(value, dict) else {}
        for at, raw in enumerate(spec.variants):
            variant = self.spec(raw)
            fixed = {name: part.constant for name, part in self.parts(variant) if part.shape is Shape.FIXED}
            if (
                has
                and all(has.get(name) == constant for name, constant in fixed.items())
                and variant.needed <= set(has)
            ):
                return at
        return 0

    def at(self, path: Path) -> Spec | None:
        """The field at a path; None for one that the schema does not know."""
        return [*self._along(path)][-1][2] if path else self.root

    def spelt(self, path: Path) -> str:
        """A path as people read it: ``Locations → 2 → Units kept back``."""
        return " → ".join(
            str(part + 1) if isinstance(part, int) else spec.title if spec else readable(part)
            for part, _, spec in self._along(path)
        )

    def rank(self, path: Path) -> tuple[int, ...]:
        """Where a field stands in the form: what the schema does not know stands last."""
        return tuple(part if isinstance(part, int) else _place(part, above) for part, above, _ in self._along(path))

    def _along(self, path: Path) -> Iterator[tuple[str | int, Spec | None, Spec | None]]:
        """Each step of a path, with the field above it and the field that it leads to."""
        above: Spec | None = self.root
        for part in path:
            if isinstance(part, int):
                spec = self.item(above) if above and above.items else None
            else:
                spec = self._below(above, part)
            yield part, above, spec
            above = spec

    def _below(self, spec: Spec | None, name: str) -> Spec | None:
        if spec is None:
            return None
        if spec.shape is Shape.VARIANT:
            groups = (self.spec(raw) for raw in spec.variants)
            return next((found for group in groups if (found := self.part(group, name))), None)
        if spec.shape is Shape.MAP:
            return self.spec({**spec.items, "title": name}, name)
        return self.part(spec, name)

    def _resolved(self, raw: Raw) -> tuple[Raw, bool]:
        """Without references, and whether it may be null."""
        if "$ref" in raw:
            rest = {name: value for name, value in raw.items() if name != "$ref"}
            return self._resolved({**self._definitions[raw["$ref"].rpartition("/")[2]], **rest})
        options = raw.get("anyOf") or raw.get("oneOf")
        if not options:
            return raw, raw.get("type") == "null" or None in raw.get("enum", ())
        others = [option for option in options if option.get("type") != "null"]
        nullable = len(others) < len(options)
        rest = {name: value for name, value in raw.items() if name not in ("anyOf", "oneOf", "discriminator")}
        if len(others) == 1:
            found, inner = self._resolved({**others[0], **rest})
            return found, nullable or inner
        return {**rest, "anyOf": [self._resolved(option)[0] for option in others]}, nullable

    def _shape(self, raw: Raw) -> Shape:
        if "anyOf" in raw:
            return _shape_of_union(raw["anyOf"])
        if "const" in raw:
            return Shape.FIXED
        if "enum" in raw:
            return Shape.CHOICE
        kind = raw.get("type")
        if kind == "object":
            mapped = Shape.MAP if _mapping(raw.get("additionalProperties")) else Shape.OTHER
            return Shape.GROUP if "properties" in raw else mapped
        if kind == "array":
            return self._shape_of_list(raw)
        if kind == "string":
            return _shape_of_text(raw)
        return {"integer": Shape.INTEGER, "number": Shape.NUMBER, "boolean": Shape.BOOLEAN}.get(str(kind), Shape.OTHER)

    def _shape_of_list(self, raw: Raw) -> Shape:
        if "prefixItems" in raw or not raw.get("items"):
            return Shape.OTHER
        choices = self._resolved(raw["items"])[0].get("enum", ())
        each_once = raw.get("uniqueItems") or raw.get("maxItems", len(choices) + 1) <= len(choices)
        return Shape.SEVERAL if choices and each_once else Shape.LIST


def readable(name: str) -> str:
    """``per_100_km`` and ``LocationSetting`` as they are read: ``Per 100 km``, ``Location setting``."""
    if re.fullmatch(r"(?:[A-Z][a-z0-9]+){2,}", name):
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    spaced = name.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def _place(name: str, above: Spec | None) -> int:
    names = list(above.properties) if above else []
    return names.index(name) if name in names else len(names)


def _mapping(raw: object) -> Raw:
    return raw if isinstance(raw, Mapping) else {}


def _shape_of_union(options: list[Raw]) -> Shape:
    kinds = {str(option.get("type")) for option in options}
    if kinds == {"object"}:
        return Shape.VARIANT
    if kinds == {"number", "string"}:  # how pydantic writes a Decimal
        return Shape.DECIMAL
    return Shape.TEXT if kinds <= _SCALARS else Shape.OTHER


def _shape_of_text(raw: Raw) -> Shape:
    if raw.get("format") == "date":
        return Shape.DATE
    if str(raw.get("pattern", "")).startswith(_DIGITS):
        return Shape.DECIMAL
    return Shape.LONG if int(raw.get("maxLength", 0)) >= _LONG_FROM else Shape.TEXT


def _limits(raw: Raw) -> str:
    """Limits of a number in words."""
    least, most = raw.get("minimum"), raw.get("maximum")
    if least is not None and most is not None:
        return f"{least:,} to {most:,}"
    if least is not None:
        return f"{least:,} or more"
    return f"{most:,} at most" if most is not None else ""
