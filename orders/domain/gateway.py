"""What a payment gateway is asked, and what it answers.

Every question carries a ``key``. A gateway that is asked twice with the same key does it once and answers alike; so
whatever happens between the question and our record of its answer, asking again is safe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from oms.kernel.money import Money


class Operation(StrEnum):
    """What is asked."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One operation. ``token`` names the customer's means of payment at the gateway; it is never logged.

    ``reference`` is the gateway's own for what this continues: the authorisation that is captured or voided, the
    capture that is refunded; empty for an authorisation.
    """

    operation: Operation
    key: str
    amount: Money
    token: str
    reference: str
    order_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done. ``reference`` is the gateway's own; an authorisation may end at ``expires_at``."""

    reference: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It was not done. ``code`` is stable, ``message`` for people; ``final`` where asking again is of no use."""

    code: str
    message: str
    final: bool = True


Outcome = Done | Declined


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is written down as begun, to be made once that is committed."""

    gateway: str
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What a gateway tells by itself about an earlier question."""

    key: str
    outcome: Outcome


class NoAnswer(RuntimeError):
    """The gateway did not answer in time: it may have done it or not."""


class BadCallback(ValueError):
    """A callback that the gateway did not sign, or that cannot be read. The message is for our log alone."""


class Gateway(ABC):
    """A connection to one gateway account. The contract test suite says what every adapter must do."""

    title: str
    #: Within so long ``ask`` answers or raises; None: nobody waits for it, it is asked by a job alone.
    answers_within: ClassVar[timedelta | None] = None

    @abstractmethod
    def ask(self, question: Question) -> Outcome:
        """Do it, once for each key. Raises :class:`NoAnswer`."""

    @abstractmethod
    def look_up(self, key: str) -> Outcome | None:
        """What became of an earlier question; None where it never arrived. Raises :class:`NoAnswer`."""

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """Read and verify a callback. Raises :class:`BadCallback`."""
        message = f"{self.title} sends no callbacks"
        raise BadCallback(message)
