"""A mapping says, as data, how to read one kind of order file: its columns, formats, countries and rules.

The mappings in `formats/` ship with the product; a retailer writes another for its own file.
`formats/generic.yaml` explains every key.
"""

from __future__ import annotations

import io
from collections.abc import Hashable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from oms.importing.iso_codes import COUNTRY_CODES, CURRENCY_CODES
from oms.importing.rules import Header, Rule, SourceField

FORMATS_FOLDER = Path(__file__).parent / "formats"
REQUIRED_FIELDS = (
    SourceField.ORDER_NUMBER,
    SourceField.SKU,
    SourceField.QUANTITY,
    SourceField.UNIT_PRICE,
    SourceField.PLACED_AT,
)
_OWN_WORDS = {
    "extra_forbidden": "there is no such key; remove it or correct its spelling",
    "missing": "is missing; add it",
    "tuple_type": "must be a list",
    "dict_type": "must be keys with values",
    "model_type": "must be keys with values",
}
_STRICT = ConfigDict(frozen=True, extra="forbid")
_SPELT_DATE = datetime(2001, 12, 31)


class MappingError(Exception):
    """A mapping cannot be found, read or understood. The text names file and key and says what to do."""


class Country(BaseModel):
    """What a spelling of a country means: ISO 3166-1 alpha-2 (empty for none), and a point in degrees."""

    model_config = _STRICT

    code: str = ""
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)

    @field_validator("code")
    @classmethod
    def _is_a_country(cls, code: str) -> str:
        return _country_code(code)

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            message = "give both latitude and longitude, or neither"
            raise ValueError(message)
        return self


class Mapping(BaseModel):
    """How to read one kind of order file. `load_mapping` makes it from YAML."""

    model_config = _STRICT

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    description: str = ""
    channel: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    currency: str
    time_zone: str
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", pattern=r'^[^"\r\n\x00]$')
    columns: dict[SourceField, Header] = Field(default_factory=dict)
    date_formats: tuple[str, ...] = Field(default=("iso",), min_length=1)
    decimal_separator: Literal[".", ","] = "."
    thousands_separator: Literal["", ".", ",", " ", "'"] = ""
    default_country: str = ""
    countries: dict[str, Country] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    joiner: Literal["olist"] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone that times without an offset are in."""
        return ZoneInfo(self.time_zone)

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, currency: str) -> str:
        if currency not in CURRENCY_CODES:
            message = f'"{currency}" is not a currency of ISO 4217, such as GBP'
            raise ValueError(message)
        return currency

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            message = f'"{name}" is not a time zone of the IANA data base, such as Europe/London'
            raise ValueError(message) from error
        return name

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, encoding: str) -> str:
        try:
            io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        except (LookupError, UnicodeError) as error:
            message = f'"{encoding}" is not a text encoding, such as utf-8 or cp1252'
            raise ValueError(message) from error
        return encoding

    @field_validator("default_country")
    @classmethod
    def _is_a_country(cls, code: str) -> str:
        return _country_code(code)

    @field_validator("date_formats")
    @classmethod
    def _are_date_formats(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for spelling in formats:
            if spelling != "iso" and not _names_a_day(spelling):
                message = f'"{spelling}" is neither "iso" nor a strptime format with year, month and day'
                raise ValueError(message)
        return formats

    @field_validator("columns")
    @classmethod
    def _are_distinct(cls, columns: dict[SourceField, str]) -> dict[SourceField, str]:
        headers = list(columns.values())
        for header in headers:
            if headers.count(header) > 1:
                message = f'column "{header}" is given to more than one field'
                raise ValueError(message)
        return columns

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.decimal_separator == self.thousands_separator:
            message = "decimal_separator and thousands_separator must differ"
            raise ValueError(message)
        if self.joiner is None:
            self._has_its_columns()
        elif self.columns or self.rules:
            message = f"joiner {self.joiner} knows its own columns: leave out columns and rules"
            raise ValueError(message)
        return self

    def _has_its_columns(self) -> None:
        missing = [field for field in REQUIRED_FIELDS if field not in self.columns]
        if missing:
            message = f"columns: no column is given for {', '.join(missing)}"
            raise ValueError(message)
        for number, rule in enumerate(self.rules, start=1):
            for condition in rule.when:
                if condition.field is not None and condition.field not in self.columns:
                    message = f"rules, item {number}: tests {condition.field}, which has no column"
                    raise ValueError(message)

    def rule_columns(self) -> Iterator[str]:
        """The headers that rules test by name."""
        for rule in self.rules:
            for condition in rule.when:
                if condition.column is not None:
                    yield condition.column


def available_formats() -> list[str]:
    """The names of the mappings that ship with the product, in alphabetical order."""
    return sorted(path.stem for path in FORMATS_FOLDER.glob("*.yaml"))


def load_mapping(name_or_path: str) -> Mapping:
    """The mapping that ships under this name, or that this file holds. Raises `MappingError`."""
    shipped = name_or_path in available_formats()
    path = FORMATS_FOLDER / f"{name_or_path}.yaml" if shipped else Path(name_or_path)
    document = _document(path)
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        complaints = "\n".join(
            f"  {_spelt_place(fault['loc'])}{_spelt_fault(fault['type'], fault['msg'])}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        )
        message = f"{path}: correct these keys (formats/generic.yaml explains each):\n{complaints}"
        raise MappingError(message) from error


def _document(path: Path) -> object:
    try:
        return yaml.load(path.read_bytes(), Loader=_TextLoader)  # noqa: S506 - makes nothing but text
    except OSError as error:
        message = (
            f"{path}: no such format and no mapping file to read there ({error.strerror}); "
            f"give one of {', '.join(available_formats())}, or the path of a mapping file"
        )
        raise MappingError(message) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = f"{path}: not valid YAML, correct it: {error}"
        raise MappingError(message) from error


class _TextLoader(yaml.BaseLoader):
    """Reads every scalar as text, so that NO is Norway and 007 keeps its zeros; refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f'key "{key}" is given twice', node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _spelt_place(location: tuple[int | str, ...]) -> str:
    parts = [f"item {part + 1}" if isinstance(part, int) else part for part in location if part != "[key]"]
    return f"{', '.join(parts)}: " if parts else ""


def _spelt_fault(kind: str, text: str) -> str:
    return _OWN_WORDS.get(kind, text.removeprefix("Value error, "))


def _country_code(code: str) -> str:
    if code and code not in COUNTRY_CODES:
        message = f'"{code}" is not a country of ISO 3166-1 alpha-2, such as GB; leave it empty for none'
        raise ValueError(message)
    return code


def _names_a_day(spelling: str) -> bool:
    try:
        return datetime.strptime(_SPELT_DATE.strftime(spelling), spelling).date() == _SPELT_DATE.date()
    except ValueError:
        return False
