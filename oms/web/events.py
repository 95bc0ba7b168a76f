"""What partners do over the API that no module knows of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fulfilment.requests.events import RequestEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAcknowledged(RequestEvent):
    """A partner has seen a request."""

    NAME: ClassVar[str] = "fulfilment.acknowledged.v1"

    reference: str
