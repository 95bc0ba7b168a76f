"""The types of which request bodies and parameters are made, and what is said when a value does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeAlias, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from django.utils import timezone
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from oms.importing.iso_codes import COUNTRY_CODES, CURRENCY_CODES
from oms.web.api.problems import Fault, invalid, step


class Body(BaseModel):
    """A JSON object whose members are checked: unknown ones are refused, and no type is bent into another."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class NothingBody(Body):
    """No more is to be said: an empty object, or no body at all."""


class Parameters(BaseModel):
    """Parameters of an address, which arrive as text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Checked = TypeVar("Checked", bound=BaseModel)


def checked(model: type[Checked], value: object, *, within: str = "pointer") -> Checked:
    """``value`` as ``model``. Raises :class:`~oms.web.api.problems.Problem` that names every fault."""
    try:
        return model.model_validate(value)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        raise invalid([_fault(error, within) for error in errors]) from fault


def _fault(error: ErrorDetails, within: str) -> Fault:
    at = "".join(step(part) for part in error["loc"]) if within == "pointer" else str(error["loc"][0])
    if error["type"] not in _WORDS:
        return Fault(at, error["type"], error["msg"], within)
    code, words = _WORDS[error["type"]]
    return Fault(at, code, words.format(**error.get("ctx", {})), within)


#: pydantic's names of faults -> our code and words. Other names are our own.
_WORDS = {
    "missing": ("required", "It must be given."),
    "extra_forbidden": ("unknown_field", "There is no such field."),
    "model_type": ("wrong_type", "It must be an object."),
    "tuple_type": ("wrong_type", "It must be an array."),
    "string_type": ("wrong_type", "It must be a string."),
    "int_type": ("wrong_type", "It must be a whole number."),
    "int_parsing": ("wrong_type", "It must be a whole number."),
    "int_parsing_size": ("wrong_type", "It must be a whole number."),
    "int_from_float": ("wrong_type", "It must be a whole number."),
    "float_type": ("wrong_type", "It must be a number."),
    "string_too_short": ("blank", "It must not be empty."),
    "string_too_long": ("too_long", "It has at most {max_length} characters."),
    "too_long": ("too_many", "There are at most {max_length}."),
    "greater_than_equal": ("out_of_range", "It is at least {ge}."),
    "less_than_equal": ("out_of_range", "It is at most {le}."),
    "string_pattern_mismatch": ("malformed", "It has the form {pattern}"),
    "enum": ("unknown_value", "It is one of {expected}."),
}

_MONEY = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,4})?")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)
_LONGEST_AHEAD = timedelta(days=3653)


def _money(value: object) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise PydanticCustomError("money_as_number", 'Give it as a string, "12.50": numbers lose decimals on the way.')
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", 'It must be a string: "12.50".')
    if not _MONEY.fullmatch(value):
        raise PydanticCustomError(
            "malformed", 'At most 10 digits, and at most 4 decimals behind a point: "12.50", with nothing else.'
        )
    return Decimal(value) + 0  # makes -0 zero


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise PydanticCustomError("out_of_range", "It is not negative.")
    return value


def instant(value: object) -> datetime:
    """A date and time with its offset from UTC, from text of ISO 8601."""
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", 'It must be a string: "2026-01-31T12:00:00+01:00".')
    try:
        given = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "malformed", 'It is not a date and time of ISO 8601: "2026-01-31T12:00:00+01:00".'
        ) from None
    if given.tzinfo is None:
        raise PydanticCustomError(
            "offset_missing", 'It says no offset from UTC: "2026-01-31T12:00:00+01:00", or Z for UTC.'
        )
    return given


def future(value: object) -> datetime:
    """A date and time up to ten years ahead, from text of ISO 8601."""
    given = instant(value)
    if not _EARLIEST <= given <= timezone.now() + _LONGEST_AHEAD:
        raise PydanticCustomError("out_of_range", "It lies between 1970 and ten years from now.")
    return given


def _past(value: object) -> datetime:
    given = instant(value)
    if not _EARLIEST <= given <= timezone.now() + _CLOCKS_DIFFER:
        raise PydanticCustomError("out_of_range", "It lies between 1970 and now.")
    return given


def _trimmed(value: str) -> str:
    if value != value.strip():
        raise PydanticCustomError("surrounding_space", "It begins or ends with a space.")
    return value


def _email(value: str) -> str:
    try:
        if value:
            validate_email(value)
    except DjangoValidationError:
        raise PydanticCustomError("malformed", 'It is not an e-mail address: "ana@example.com".') from None
    return value


def _one_of(codes: frozenset[str], what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in codes:
            raise PydanticCustomError("unknown_code", what)
        return value

    return check


#: Characters that no text may have, as a class of a regular expression.
_CONTROLS = r"\x00-\x1f\x7f-\x9f"
#: What every text is like: the parser sees to it.
PLAIN_TEXT = rf"^[^{_CONTROLS}]*$"

#: Exact; negative for a discount. Never a JSON number.
Amount: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_money),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,10}(\.[0-9]{1,4})?$", "examples": ["12.50", "-5.00"]}),
]
Price: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_money),
    AfterValidator(_not_negative),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,4})?$", "examples": ["12.50"]}),
]
Instant: TypeAlias = Annotated[
    datetime,
    BeforeValidator(_past),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00+01:00"]}),
]
#: What the database's INTEGER holds.
Quantity: TypeAlias = Annotated[int, Field(ge=1, le=2_147_483_647)]
Identifier: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_trimmed),
    Field(
        json_schema_extra={"pattern": rf"^[^\s{_CONTROLS}]([^{_CONTROLS}]*[^\s{_CONTROLS}])?$", "examples": ["1001"]}
    ),
]
Email: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"examples": ["a@b.example"]}),
]
Currency: TypeAlias = Annotated[
    str,
    AfterValidator(_one_of(CURRENCY_CODES, "It must be a currency code of ISO 4217, such as GBP.")),
    WithJsonSchema({"type": "string", "enum": sorted(CURRENCY_CODES)}),
]
Country: TypeAlias = Annotated[
    str,
    AfterValidator(_one_of(COUNTRY_CODES | {""}, "It must be a country code of ISO 3166-1, such as GB.")),
    WithJsonSchema({"type": "string", "enum": sorted(COUNTRY_CODES | {""})}),
]
Latitude: TypeAlias = Annotated[float, Field(ge=-90, le=90)]
Longitude: TypeAlias = Annotated[float, Field(ge=-180, le=180)]


def not_empty(items: tuple[Checked, ...]) -> tuple[Checked, ...]:
    """At least one. (``min_length`` counts only items without a fault of their own.)"""
    if not items:
        raise PydanticCustomError("too_few", "There must be at least 1.")
    return items


def text(longest: int, *, shortest: int = 0) -> StringConstraints:
    """Text of ``shortest`` to ``longest`` characters."""
    return StringConstraints(min_length=shortest, max_length=longest)
