"""Authorising the tenders of a new order while whoever places it waits for the answer.

Capture writes such a call down as begun, in the transaction of the order. Once that has committed, and never before,
the gateway is asked. Should the process die, the gateway not answer, or its answer be lost: the call's lease ends, and
the job makes the call again under the same key, which the gateway does once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from oms.infra.database.context import served_schema
from oms.infra.database.identity import is_staging
from orders.domain.gateway import Begun, NoAnswer, Outcome
from orders.payments import gateway_connect
from orders.services.payments.settle import call_settle

logger = logging.getLogger(__name__)

#: Gateways that may take longer are asked by the job alone.
_PATIENCE = timedelta(seconds=5)
#: A gateway that took longer than this, or did not answer, is left to the job for a while: web threads are few.
_SLOW = timedelta(seconds=1)
_REST = timedelta(seconds=30)

_lock = threading.Lock()
_resting: dict[tuple[str, str], float] = {}


@dataclass(frozen=True, slots=True)
class Answered:
    """What a gateway answered, not yet written down."""

    key: str
    outcome: Outcome


def asked_at_once(gateways: Collection[str]) -> frozenset[str]:
    """Which of these gateways are asked at once for the retailer that is being served; none in a staging clone."""
    schema = served_schema()
    if is_staging(schema):
        return frozenset()
    now = time.monotonic()
    return frozenset(
        code
        for code in gateways
        if _resting.get((schema, code), 0) <= now
        and (within := gateway_connect(code, schema=schema).answers_within) is not None
        and within <= _PATIENCE
    )


def calls_make(*, schema: str, begun: Sequence[Begun]) -> list[Answered]:
    """Make calls that capture has begun, and that are now committed, outside every transaction; those answered."""
    answered = []
    for call in begun:
        started = time.monotonic()
        try:
            outcome = gateway_connect(call.gateway, schema=schema).ask(call.question)
            answered.append(Answered(call.question.key, outcome))
        except NoAnswer as fault:
            logger.warning("no answer from %s to %s: %s", call.gateway, call.question.key, fault)
            _let_rest(schema, call.gateway)
            break  # the others would keep the customer waiting as well
        if time.monotonic() - started > _SLOW.total_seconds():
            _let_rest(schema, call.gateway)
            break
    return answered


def calls_settle(*, answered: Sequence[Answered], actor: str) -> None:
    """Write down what the gateways answered, in the caller's transaction; what was told meanwhile stays."""
    for answer in answered:
        call_settle(key=answer.key, outcome=answer.outcome, actor=actor)


def _let_rest(schema: str, gateway: str) -> None:
    with _lock:
        _resting[schema, gateway] = time.monotonic() + _REST.total_seconds()


def forget() -> None:
    """Ask every gateway at once again. For tests."""
    with _lock:
        _resting.clear()
