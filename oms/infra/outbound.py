"""The one door through which effects leave the house: mail, messages, webhooks, carriers, gateways, connectors.

    answer = send(kind=Kind.WEBHOOK, target=url, payload=body, perform=lambda: client.post(url, json=body))

In production the effect happens once the transaction that wanted it has committed, and not at all if it is undone.
In a staging clone it never happens: what would have left is written down instead. Whose schema is served decides,
not a setting that somebody could forget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from oms.infra.database.bulk import insert_rows
from oms.infra.database.context import served_schema
from oms.infra.database.identity import PUBLIC_SCHEMA, is_staging
from oms.infra.models import OutboundDeparture, OutboundRefusal

#: What can be written as JSON.
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Kind(StrEnum):
    """What leaves."""

    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"
    CARRIER = "carrier"
    GATEWAY = "gateway"
    CONNECTOR = "connector"


class NobodyServed(RuntimeError):
    """Something was to leave while no retailer is served, so nobody can tell whether it may."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The effect happens as soon as the transaction has committed."""

    kind: Kind
    target: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The effect does not happen; ``reason`` is a sentence for people, ``refusal_id`` the row that tells of it."""

    kind: Kind
    target: str
    reason: str
    refusal_id: int


def send(*, kind: Kind, target: str, payload: Mapping[str, Json], perform: Callable[[], object]) -> Accepted | Refused:
    """Let an effect out and write down that it was, or refuse it and write down what it would have been.

    ``target`` is an address, number, URL or account; ``payload`` what was to be sent, without secrets. ``perform``
    is called with no retailer's tables at hand; should it fail, that is logged, and the transaction stays committed.
    Raises :class:`NobodyServed` outside a retailer's context.
    """
    schema = served_schema()
    if schema == PUBLIC_SCHEMA:
        message = f"{kind} to {target}: open retailer_context() around what sends; only a retailer's effects leave here"
        raise NobodyServed(message)
    if is_staging(schema):
        reason = f"{schema} is a staging clone: no {kind} leaves it"
        refusal = OutboundRefusal.objects.create(kind=kind, target=target, payload=dict(payload), reason=reason)
        return Refused(kind, target, reason, refusal.pk)
    insert_rows(OutboundDeparture, ["kind", "target"], [(kind.value, target)])
    transaction.on_commit(perform, robust=True)
    return Accepted(kind, target)
