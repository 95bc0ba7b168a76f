"""The language of a mapping's rules: conditions on a line's cells, and the outcome when they hold.

Rules are data. `classify` turns them into functions once per file.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from oms.importing.lines import ChargeKind, LineOutcome


class SourceField(StrEnum):
    """What a column of a source file can mean."""

    ORDER_NUMBER = "order_number"
    SKU = "sku"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    PLACED_AT = "placed_at"
    DESCRIPTION = "description"
    CUSTOMER = "customer"
    COUNTRY = "country"
    CUSTOMER_EMAIL = "customer_email"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    LINE1 = "line1"
    NAME = "name"


#: A column's name in the header of a file, as headers are read: stripped.
Header = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

NUMERIC_FIELDS = frozenset({SourceField.QUANTITY, SourceField.UNIT_PRICE})
_OPERATORS = ("matches", "in", "blank", "less_than", "greater_than", "equals")
_DECIDED_LATER = frozenset({LineOutcome.CANCELLATION, LineOutcome.UNMATCHED_RETURN})
_NEEDS_REASON = frozenset({LineOutcome.REFUSED, LineOutcome.STOCK_ADJUSTMENT})

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Condition(BaseModel):
    """One test of one cell: a `field` (or any other `column` by its header) and exactly one operator.

    `matches` is a regular expression for the whole cell; `in` and `equals` compare exactly; `blank` asks
    whether the cell is empty; `less_than` and `greater_than` compare a quantity or a price, and `equals`
    compares these as numbers. Cells are tested without leading and trailing white space.
    """

    model_config = _STRICT

    field: SourceField | None = None
    column: Header | None = None
    matches: str | None = None
    any_of: tuple[str, ...] | None = Field(default=None, alias="in")
    blank: bool | None = None
    less_than: Decimal | None = None
    greater_than: Decimal | None = None
    equals: str | None = None
    negate: bool = Field(default=False, alias="not")

    @field_validator("matches")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                message = f'"{pattern}" is not a regular expression: {error}'
                raise ValueError(message) from error
        return pattern

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.field is None) == (self.column is None):
            message = "give either a field or a column, one of the two"
            raise ValueError(message)
        given = [key for key, value in zip(_OPERATORS, self._operands(), strict=True) if value is not None]
        if len(given) != 1:
            message = f"give exactly one of {', '.join(_OPERATORS)} (given: {', '.join(given) or 'none'})"
            raise ValueError(message)
        self._fits_its_field(given[0])
        return self

    def _operands(self) -> tuple[object, ...]:
        return (self.matches, self.any_of, self.blank, self.less_than, self.greater_than, self.equals)

    def _fits_its_field(self, operator: str) -> None:
        numeric = self.field in NUMERIC_FIELDS
        if operator in ("less_than", "greater_than") and not numeric:
            message = f"{operator} is for quantity and unit_price only"
            raise ValueError(message)
        if operator in ("matches", "in") and numeric:
            message = f"{operator} is for text; compare {self.field} by less_than, greater_than or equals"
            raise ValueError(message)
        if operator == "equals" and numeric and self.number() is None:
            message = f'"{self.equals}" is not a number to compare {self.field} with'
            raise ValueError(message)

    def number(self) -> Decimal | None:
        """The value of `equals` as a finite number, or None where it is none."""
        try:
            number = Decimal(self.equals or "")
        except InvalidOperation:
            return None
        return number if number.is_finite() else None


class Verdict(BaseModel):
    """What a line is: `then` of a rule. A charge needs a kind; a refusal or stock adjustment a reason."""

    model_config = _STRICT

    outcome: LineOutcome
    kind: ChargeKind | None = None
    reason: str = Field(default="", pattern=r"^([a-z][a-z0-9_]{0,63})?$")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.outcome in _DECIDED_LATER:
            message = f"{self.outcome} is decided when a line meets the stored orders; say reversal"
            raise ValueError(message)
        if (self.outcome == LineOutcome.CHARGE) != (self.kind is not None):
            message = "a charge needs a kind, and only a charge has one"
            raise ValueError(message)
        if (self.outcome in _NEEDS_REASON) != bool(self.reason):
            message = "refused and stock_adjustment need a reason, and only they have one"
            raise ValueError(message)
        return self


class Rule(BaseModel):
    """When all conditions hold, the line is what `then` says."""

    model_config = _STRICT

    when: tuple[Condition, ...]
    then: Verdict

    @field_validator("when")
    @classmethod
    def _asks_something(cls, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        if not conditions:
            message = "give at least one condition"
            raise ValueError(message)
        return conditions
