"""What layers above add to the back office of requests, so that this one need not know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest

from fulfilment.requests.models import FulfilmentRequest


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a request's page. ``context`` gives the names that its template is included with."""

    template: str
    context: Callable[[HttpRequest, FulfilmentRequest], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class HowItGoes:
    """Carrier and tracking number that the shipping form is filled with."""

    carrier: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class Spot:
    """An end of a journey; ``code`` is a location's. Degrees north and east, None where unknown."""

    country: str
    postal_code: str
    latitude: float | None
    longitude: float | None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """A parcel that is to travel by a service of a carrier contract. ``ready`` is on the location's clock, no zone.

    ``grams`` is None where nobody has weighed it.
    """

    contract: str
    service: str
    origin: Spot
    destination: Spot
    grams: int | None
    ready: datetime


#: Shown under the lines, in the order in which they are added.
PANELS: list[Panel] = []
#: Each is asked how a request goes; the first answer fills the shipping form.
HOW_IT_GOES: list[Callable[[FulfilmentRequest], HowItGoes | None]] = []
#: Each is given a carrier and a tracking number as typed, and says what looks wrong about them; empty: nothing.
DOUBTS: list[Callable[[HowItGoes], str]] = []
#: Each is asked for journeys when they end, in the same order (None: it cannot tell); the first answer counts.
ARRIVALS: list[Callable[[Sequence[Journey]], Sequence[date | None]]] = []
