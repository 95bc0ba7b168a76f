"""What documents of the API share. They say what an answer looks like; the views write it without them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias, overload

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from oms.kernel.money import minor_units


class Document(BaseModel):
    """An object in an answer. Members may be added to it at any time."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": True})


#: Exact, never a JSON number.
Money: TypeAlias = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.50"]}),
]


class Links(Document):
    """Addresses that belong to a document."""

    self: str


class PageLinks(Document):
    """This page and the following."""

    self: str
    next: str | None = Field(description="Null on the last page.")


class Page(Document):
    """A page of a list."""

    next_cursor: str | None = Field(description="Give it as the parameter cursor; null on the last page.")
    links: PageLinks


class FaultDocument(Document):
    """One value that cannot be taken."""

    pointer: str = Field(default="", description="JSON pointer (RFC 6901) into the body.")
    parameter: str = Field(default="", description="Name of a parameter of the address.")
    code: str
    detail: str


class ProblemDocument(Document):
    """What went wrong (RFC 9457). Programs rely on ``code`` alone."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str
    errors: list[FaultDocument] = Field(default=[], description="The first 100 values that cannot be taken.")


Schema: TypeAlias = dict[str, Any]


def amount_text(amount: Decimal, currency: str) -> str:
    """Exact: as many decimals as the amount needs, and at least those of the currency's smallest unit."""
    smallest = Decimal(1).scaleb(-minor_units(currency))
    in_units = amount.quantize(smallest)
    return f"{in_units if in_units == amount else amount.normalize():f}"


@overload
def instant_text(instant: datetime) -> str: ...


@overload
def instant_text(instant: datetime | None) -> str | None: ...


def instant_text(instant: datetime | None) -> str | None:
    """In UTC, as ISO 8601 with Z; None stays None."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None
