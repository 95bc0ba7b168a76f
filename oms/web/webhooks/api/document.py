"""Endpoints, deliveries and replays as partners get them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import AwareDatetime, Field

from oms.web.api.conditional import tag_of
from oms.web.api.documents import Document, Links, Page, instant_text
from oms.web.webhooks.catalogue import CATALOGUE
from oms.web.webhooks.models import Attempt, Delivery, Endpoint, Replay
from oms.web.webhooks.selectors import Health, health, healths

EVENTS, ENDPOINTS = "/api/v1/webhook-events", "/api/v1/webhook-endpoints"


class WebhookEvent(Document):
    """What can be listened to. ``filters``: what an endpoint may narrow it by; ``schema`` and ``sample``: of a body."""

    name: str = Field(examples=["order.captured"])
    version: int
    title: str
    description: str
    filters: list[str]
    schema_: dict[str, Any] = Field(alias="schema")
    sample: dict[str, Any]


class WebhookEvents(Document):
    """Everything that can be listened to."""

    events: list[WebhookEvent]


class HealthDocument(Document):
    """How an endpoint is doing: messages that wait or were given up, and calls that fail."""

    waiting: int
    oldest_waiting: AwareDatetime | None
    parked: int
    failures_in_a_row: int
    failing_since: AwareDatetime | None
    resting_until: AwareDatetime | None


class EndpointLinks(Links):
    """The endpoint and its log."""

    deliveries: str


class EndpointDocument(Document):
    """An address that is told. ``rate``: calls a second at most; ``concurrency``: calls at once at most."""

    reference: str
    name: str
    url: str
    state: str = Field(description="active, paused, disabled or removed; more may come.")
    state_reason: str
    events: list[str]
    channels: list[str] = Field(description="Codes; none: all channels.")
    locations: list[str] = Field(description="Codes; none: all locations.")
    rate: int
    concurrency: int
    health: HealthDocument
    created_at: AwareDatetime
    links: EndpointLinks


class EndpointList(Document):
    """All endpoints of the retailer."""

    endpoints: list[EndpointDocument]


class SecretDocument(EndpointDocument):
    """An endpoint and the secret that signs what it is told."""

    secret: str = Field(description="It is in this answer alone: keep it.")


class DeliveryDocument(Document):
    """A message to an endpoint, and what became of it."""

    webhook_id: str
    event: str
    subject: str
    status: str = Field(description="waiting, delivered, parked or refused; more may come.")
    attempts: int
    last_answer: str
    created_at: AwareDatetime
    delivered_at: AwareDatetime | None
    next_try_at: AwareDatetime | None
    links: Links


class DeliveryPage(Page):
    """Deliveries, the newest first."""

    deliveries: list[DeliveryDocument]


class CallDocument(Document):
    """One call: what was sent and what came back."""

    number: int
    started_at: AwareDatetime
    milliseconds: int | None
    url: str
    request_headers: dict[str, Any]
    status: int | None
    response_headers: dict[str, Any]
    response_body: str
    error: str


class DeliveryDetailDocument(DeliveryDocument):
    """A delivery with what was sent, call by call."""

    body: dict[str, Any]
    calls: list[CallDocument]


class ReplayDocument(Document):
    """A range of time that is told again: ``done`` of ``total`` messages."""

    reference: str
    begins: AwareDatetime
    ends: AwareDatetime
    only_failed: bool
    total: int
    done: int
    finished_at: AwareDatetime | None
    links: Links


def catalogue_document() -> dict[str, object]:
    """Everything that can be listened to."""
    return {
        "events": [
            {
                "name": event.name, "version": event.version, "title": event.title, "description": event.description,
                "filters": [
                    name for name, held in (("channels", event.has_channel), ("locations", event.has_location)) if held
                ],
                "schema": event.schema, "sample": event.sample,
            }
            for event in CATALOGUE.values()
        ]
    }  # fmt: skip


def endpoint_documents(endpoints: Sequence[Endpoint]) -> list[dict[str, object]]:
    """Endpoints, their subscriptions read already, in a list."""
    doing = healths([endpoint.pk for endpoint in endpoints])
    return [_endpoint(endpoint, doing[endpoint.pk]) for endpoint in endpoints]


def endpoint_document(endpoint: Endpoint) -> dict[str, object]:
    """An endpoint with how it is doing; never its secrets."""
    return _endpoint(endpoint, health(endpoint))


def endpoint_tag(document: Mapping[str, object]) -> str:
    """The tag of an endpoint, of what can be edited: how it is doing changes with every call and is none of it.

    It is weak (``W/``) therefore: two documents with the same tag may differ in ``health``.
    """
    return "W/" + tag_of({name: value for name, value in document.items() if name != "health"})


def _endpoint(endpoint: Endpoint, now: Health) -> dict[str, object]:
    return {
        "reference": endpoint.reference,
        "name": endpoint.name,
        "url": endpoint.url,
        "state": endpoint.state,
        "state_reason": endpoint.state_reason,
        "events": sorted(row.event for row in endpoint.subscriptions.all()),
        "channels": endpoint.channels,
        "locations": endpoint.locations,
        "rate": endpoint.rate,
        "concurrency": endpoint.concurrency,
        "health": {
            "waiting": now.waiting,
            "oldest_waiting": instant_text(now.oldest_waiting),
            "parked": now.parked,
            "failures_in_a_row": endpoint.failures,
            "failing_since": instant_text(endpoint.failing_since),
            "resting_until": instant_text(endpoint.not_before),
        },
        "created_at": instant_text(endpoint.created_at),
        "links": {
            "self": address(endpoint.reference),
            "deliveries": f"{address(endpoint.reference)}/deliveries",
        },
    }


def delivery_document(delivery: Delivery, reference: str) -> dict[str, object]:
    """A delivery in a list."""
    return {
        "webhook_id": delivery.message.reference,
        "event": delivery.message.event,
        "subject": delivery.message.subject,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "last_answer": delivery.last_answer,
        "created_at": instant_text(delivery.created_at),
        "delivered_at": instant_text(delivery.delivered_at),
        "next_try_at": instant_text(delivery.next_try_at) if delivery.status == "waiting" else None,
        "links": {"self": f"{address(reference)}/deliveries/{delivery.message.reference}"},
    }


def delivery_detail_document(delivery: Delivery, calls: Sequence[Attempt], reference: str) -> dict[str, object]:
    """A delivery with what was sent and every answer."""
    return {
        **delivery_document(delivery, reference),
        "body": json.loads(delivery.message.body),
        "calls": [
            {
                "number": call.number,
                "started_at": instant_text(call.started_at),
                "milliseconds": call.milliseconds,
                "url": call.url,
                "request_headers": call.request_headers,
                "status": call.status,
                "response_headers": call.response_headers,
                "response_body": call.response_body,
                "error": call.error,
            }
            for call in calls
        ],
    }


def replay_document(replay: Replay, reference: str) -> dict[str, object]:
    """A replay with how far it is."""
    return {
        "reference": replay.reference,
        "begins": instant_text(replay.begins),
        "ends": instant_text(replay.ends),
        "only_failed": replay.only_failed,
        "total": replay.total,
        "done": replay.done,
        "finished_at": instant_text(replay.finished_at),
        "links": {"self": f"{address(reference)}/replays/{replay.reference}"},
    }


def address(reference: str) -> str:
    """Where an endpoint is."""
    return f"{ENDPOINTS}/{reference}"
