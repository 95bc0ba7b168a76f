"""What layers above add to the back office of requests, so that this one need not know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


#: Shown under the lines, in the order in which they are added.
PANELS: list[Panel] = []
#: Each is asked how a request goes; the first answer fills the shipping form.
HOW_IT_GOES: list[Callable[[FulfilmentRequest], HowItGoes | None]] = []
#: Each is given a carrier and a tracking number as typed, and says what looks wrong about them; empty: nothing.
DOUBTS: list[Callable[[HowItGoes], str]] = []
