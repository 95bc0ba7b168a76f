"""What partners send."""

from __future__ import annotations

import base64
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from oms.web.api.fields import Body, Instant, Parameters
from oms.web.webhooks.models import DeliveryStatus
from oms.web.webhooks.services.endpoints import Wish

_Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
_Url = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]
_Codes = Annotated[tuple[_Code, ...], BeforeValidator(lambda given: tuple(given) if isinstance(given, list) else given)]
_Rate = Annotated[int, Field(ge=1, le=1000)]
_Concurrency = Annotated[int, Field(ge=1, le=16)]


class EndpointBody(Body):
    """A new endpoint."""

    name: _Name
    url: _Url
    events: _Codes
    channels: _Codes = ()
    locations: _Codes = ()
    rate: _Rate = 50
    concurrency: _Concurrency = 4

    def wish(self) -> Wish:
        """As the service takes it."""
        return Wish(**self.model_dump())


class WishedState(StrEnum):
    """States that a partner can ask for."""

    ACTIVE = "active"
    PAUSED = "paused"


class EndpointChangeBody(Body):
    """What is to be different; members that are left out stay as they are."""

    name: _Name | None = None
    url: _Url | None = None
    events: _Codes | None = None
    channels: _Codes | None = None
    locations: _Codes | None = None
    rate: _Rate | None = None
    concurrency: _Concurrency | None = None
    state: Annotated[WishedState, BeforeValidator(lambda given: _state(given))] | None = None


class RotationBody(Body):
    """For how many hours the secret before signs beside the new one."""

    keep_hours: Annotated[int, Field(ge=0, le=720)] = 24


class ReplayBody(Body):
    """A range of time; by default only what never arrived."""

    begins: Instant
    ends: Instant
    only_failed: bool = True


def write_cursor(number: int) -> str:
    """The place behind a delivery, opaque."""
    return base64.urlsafe_b64encode(f"d{number}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """The place in a cursor. Raises a fault of validation where it is none of ours."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        number = int(text.removeprefix("d"))
        ours = 0 < number < 2**63 and write_cursor(number) == cursor
    except (ValueError, AttributeError):
        ours = False
    if not ours:
        message = "Give the cursor of an earlier answer as it was, or none to begin with the newest."
        raise PydanticCustomError("malformed_cursor", message)
    return number


class DeliveriesParameters(Parameters):
    """Which deliveries, and how many at once."""

    status: DeliveryStatus | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[int, BeforeValidator(read_cursor), WithJsonSchema({"type": "string"})] | None = None


def _state(given: object) -> object:
    if isinstance(given, str) and given in set(WishedState):
        return WishedState(given)
    raise PydanticCustomError("unknown_value", "It is one of 'active' or 'paused'.")
