"""A gateway that lives in the retailer's own schema: the default, for trying out and for tests.

It keeps a book of its own, checks amounts as a real one does, and misbehaves on request. The token says how, for
each operation: ``sandbox:capture=no_answer_after`` or ``sandbox:authorise=decline;refund=no_answer_before``.

- ``decline``: refused for good. ``decline_once``: refused, and done when it is asked again under another key.
- ``no_answer_before``: no answer, and nothing was done; asking again succeeds.
- ``no_answer_after``: no answer, although it was done; asking again, or looking it up, tells so.
- ``expired``: an authorisation that has ended already.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Sum
from django.utils import timezone

from oms.infra.database.context import ask_alone, retailer_context
from orders.domain.gateway import (
    BadCallback,
    Callback,
    Declined,
    Done,
    Gateway,
    NoAnswer,
    Operation,
    Outcome,
    Question,
)
from orders.models import SandboxEntry

_AUTHORISED_FOR = timedelta(days=7)
SIGNATURE_HEADER = "Sandbox-Signature"


class Sandbox(Gateway):
    """The book of one retailer."""

    title = "Sandbox"
    answers_within = timedelta(seconds=1)

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def ask(self, question: Question) -> Outcome:
        """Do it once for each key, unless the token asks for trouble. Raises :class:`NoAnswer`."""
        fault = _faults(question.token).get(question.operation.value, "")
        if question.operation == Operation.AUTHORISE and not fault:
            done = self._authorise(question)
            if done:
                return done
        with retailer_context(self._schema):
            known = SandboxEntry.objects.filter(key=question.key).first()
            if known and known.accepted is None:  # it was told not to answer the first time
                known.delete()
                fault, known = "", None
            elif known:
                return _outcome(known)
            if fault == "no_answer_before":
                SandboxEntry.objects.create(**_row(question), accepted=None)
            else:
                known = self._do(question, fault)
        if known is None or fault == "no_answer_after":
            message = f"the sandbox was told not to answer {question.operation} {question.key}"
            raise NoAnswer(message)
        return _outcome(known)

    def _authorise(self, question: Question) -> Done | None:
        """The usual case in one round trip; None where the key is known already.

        It is on disk before anybody's record of it is: that comes later in the same log. Should the server crash in
        between, both have forgotten it, and it is asked again.
        """
        rows = ask_alone(
            self._schema,
            "INSERT INTO orders_sandboxentry (key, operation, amount, currency, continues, accepted, code, expires_at)"
            " VALUES (%s, %s, %s, %s, '', true, '', %s) ON CONFLICT (key) DO NOTHING RETURNING key, expires_at",
            [
                question.key, question.operation.value, str(question.amount.amount), question.amount.currency,
                (timezone.now() + _AUTHORISED_FOR).isoformat(),
            ],
            flushed=False,
        )  # fmt: skip
        return Done(reference=rows[0][0], expires_at=rows[0][1]) if rows else None

    def look_up(self, key: str) -> Outcome | None:
        """What became of it."""
        with retailer_context(self._schema):
            known = SandboxEntry.objects.filter(key=key, accepted__isnull=False).first()
            return _outcome(known) if known else None

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """A callback as :meth:`signed_callback` makes it. Raises :class:`BadCallback`."""
        given = {name.casefold(): value for name, value in headers.items()}.get(SIGNATURE_HEADER.casefold(), "")
        if not hmac.compare_digest(given, self._signature(body)):
            message = "the signature does not fit the body"
            raise BadCallback(message)
        try:
            key = json.loads(body)["key"]
        except (ValueError, KeyError, TypeError) as fault:
            message = "the body is no JSON object with a key"
            raise BadCallback(message) from fault
        outcome = self.look_up(str(key))
        if outcome is None:
            message = f"nothing is known of {key!r}"
            raise BadCallback(message)
        return Callback(key=str(key), outcome=outcome)

    def signed_callback(self, key: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of the callback that tells what became of a question."""
        body = json.dumps({"key": key}).encode()
        return {SIGNATURE_HEADER: self._signature(body)}, body

    def _signature(self, body: bytes) -> str:
        secret = f"sandbox gateway of {self._schema}:{settings.SECRET_KEY}".encode()
        return hmac.new(secret, body, hashlib.sha256).hexdigest()

    def _do(self, question: Question, fault: str) -> SandboxEntry:
        refusal = _refusal(question, fault)
        try:
            with retailer_context(self._schema):
                return SandboxEntry.objects.create(
                    **_row(question), accepted=not refusal, code=refusal,
                    expires_at=_end(question, fault) if not refusal else None,
                )  # fmt: skip
        except IntegrityError:  # asked twice at the same moment: the first one counts
            return SandboxEntry.objects.get(key=question.key)


def connect(schema: str) -> Sandbox:
    """The sandbox of one retailer."""
    return Sandbox(schema)


def _row(question: Question) -> dict[str, object]:
    return {
        "key": question.key, "operation": question.operation.value, "amount": question.amount.amount,
        "currency": question.amount.currency, "continues": question.reference,
    }  # fmt: skip


def _end(question: Question, fault: str) -> datetime | None:
    if question.operation != Operation.AUTHORISE:
        return None
    return timezone.now() + (timedelta(seconds=-1) if fault == "expired" else _AUTHORISED_FOR)


def _refusal(question: Question, fault: str) -> str:
    """The code of what forbids it, or nothing. A capture needs its authorisation, a refund its capture."""
    alike = question.key.rpartition("/")[0] + "/"
    declined_before = SandboxEntry.objects.filter(key__startswith=alike, accepted=False).exists()
    if fault == "decline" or (fault == "decline_once" and not declined_before):
        return "declined"
    if question.operation == Operation.AUTHORISE:
        return ""
    origin = SandboxEntry.objects.select_for_update().filter(key=question.reference, accepted=True).first()
    if origin is None or origin.currency != question.amount.currency:
        return "unknown_reference"
    if origin.expires_at and origin.expires_at < timezone.now() and question.operation == Operation.CAPTURE:
        return "expired"
    used = SandboxEntry.objects.filter(continues=origin.key, accepted=True).aggregate(sum=Sum("amount"))["sum"]
    return "too_much" if (used or Decimal(0)) + question.amount.amount > origin.amount else ""


_WORDS = {
    "declined": "The sandbox was told to decline this.",
    "unknown_reference": "There is nothing that this could continue.",
    "expired": "The authorisation has ended.",
    "too_much": "That is more than is left of it.",
}


def _outcome(entry: SandboxEntry) -> Outcome:
    if entry.accepted:
        return Done(reference=entry.key, expires_at=entry.expires_at)
    return Declined(code=entry.code, message=_WORDS.get(entry.code, entry.code), final=entry.code != "expired")


def _faults(token: str) -> dict[str, str]:
    _, _, said = token.partition("sandbox:")
    pairs = (part.partition("=") for part in said.split(";") if part)
    return {operation.strip(): fault.strip() for operation, _, fault in pairs}
