"""What a location says of its work."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from oms.web.api.fields import Body, Quantity, not_empty, text


class AcknowledgeBody(Body):
    """The request has been seen; ``reference`` is the partner's own number for it."""

    reference: Annotated[str, text(64)] = ""


class ShipBody(Body):
    """How the goods go."""

    carrier: Annotated[str, text(40)] = ""
    tracking_number: Annotated[str, text(64)] = ""


class RejectedItem(Body):
    """Units of a line that cannot be sent, and why. ``counted``: how many there are, for a mismatch."""

    position: Annotated[int, Field(ge=1, le=32_767)]
    quantity: Quantity
    reason: Literal["not_found", "mismatch", "damaged", "cannot_send"]
    counted: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = None


def _each_once(items: tuple[RejectedItem, ...]) -> tuple[RejectedItem, ...]:
    if len({item.position for item in items}) < len(items):
        raise PydanticCustomError("repeated", "A position is named more than once.")
    return items


class RejectBody(Body):
    """Items that cannot be sent. What is not named stays as it is."""

    items: Annotated[
        tuple[RejectedItem, ...],
        Field(max_length=1000, strict=False, json_schema_extra={"minItems": 1}),
        AfterValidator(not_empty),
        AfterValidator(_each_once),
    ]
