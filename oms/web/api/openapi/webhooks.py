"""The section ``webhooks`` of the document: what we send to partners, from the catalogue of public events.

The catalogue registers itself (``WEBHOOKS[name] = …``), so that the API need not know who sends.
"""

from __future__ import annotations

from dataclasses import dataclass

from oms.web.api.documents import Schema


@dataclass(frozen=True, slots=True)
class Webhook:
    """A message to partners: JSON schema of the body, and a sample."""

    summary: str
    description: str
    schema: Schema
    sample: object


#: By the name of the event: ``order.captured``.
WEBHOOKS: dict[str, Webhook] = {}

_SIGNATURE = {
    "webhook-id": "The same for every attempt at this message.",
    "webhook-timestamp": "Seconds since 1970 of this attempt.",
    "webhook-signature": "v1,<base64 of HMAC-SHA256>; several, separated by spaces, while a secret is rotated.",
}


def webhooks() -> Schema:
    """Each message as an operation that the partner serves."""
    return {name: {"post": _operation(name, hook)} for name, hook in sorted(WEBHOOKS.items())}


def _operation(name: str, hook: Webhook) -> Schema:
    return {
        "operationId": "webhook_" + name.replace(".", "_"),
        "tags": ["Webhooks"],
        "summary": hook.summary,
        "description": hook.description,
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
            for header, said in _SIGNATURE.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": hook.schema, "example": hook.sample}},
        },
        "responses": {"2XX": {"description": "Received; anything else is sent again later"}},
    }
