"""What happens to endpoints, told to whoever listens in the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oms.infra.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointEvent(DomainEvent):
    """An event of one endpoint; its subject is the endpoint's reference."""

    SUBJECT_KIND: ClassVar[str] = "webhook_endpoint"

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFailing(EndpointEvent):
    """An endpoint has failed for so long that it will be disabled soon."""

    NAME: ClassVar[str] = "webhook.endpoint_failing.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStateChanged(EndpointEvent):
    """An endpoint was paused, disabled, made active or removed."""

    NAME: ClassVar[str] = "webhook.endpoint_state_changed.v1"

    state: str
