"""What every gateway adapter must do. A test module of an adapter subclasses :class:`GatewayContract`."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import count

from oms.kernel.money import Money
from orders.domain.gateway import Declined, Done, Gateway, Operation, Outcome, Question

_keys = count(1)


class GatewayContract:
    """``gateway`` connects; ``good_token`` names a means of payment that is always accepted."""

    good_token = ""
    checks_amounts = True
    remembers = True

    def gateway(self) -> Gateway:
        raise NotImplementedError

    def question(
        self, operation: Operation, amount: str = "10.00", reference: str = "", key: str = "", token: str | None = None
    ) -> Question:
        return Question(
            operation=operation, key=key or f"TEST-1/1/{operation.value}/{next(_keys)}",
            amount=Money(Decimal(amount), "GBP"), token=self.good_token if token is None else token,
            reference=reference, order_number="TEST-1",
        )  # fmt: skip

    def done(self, outcome: Outcome) -> str:
        assert isinstance(outcome, Done), outcome
        assert outcome.reference
        return outcome.reference

    def test_the_whole_way_of_a_payment(self) -> None:
        gateway = self.gateway()
        authorisation = self.done(gateway.ask(self.question(Operation.AUTHORISE)))
        capture = self.done(gateway.ask(self.question(Operation.CAPTURE, "6.00", authorisation)))
        self.done(gateway.ask(self.question(Operation.VOID, "4.00", authorisation)))
        self.done(gateway.ask(self.question(Operation.REFUND, "2.50", capture)))
        self.done(gateway.ask(self.question(Operation.REFUND, "3.50", capture)))

    def test_the_same_key_is_done_once(self) -> None:
        gateway = self.gateway()
        authorisation = self.done(gateway.ask(self.question(Operation.AUTHORISE)))
        capture = self.question(Operation.CAPTURE, "10.00", authorisation)
        assert self.done(gateway.ask(capture)) == self.done(gateway.ask(capture))

    def test_it_answers_within_what_it_promises(self) -> None:
        gateway = self.gateway()
        if gateway.answers_within is not None:
            started = time.monotonic()
            gateway.ask(self.question(Operation.AUTHORISE))
            assert time.monotonic() - started < max(gateway.answers_within.total_seconds(), 1)

    def test_what_was_done_can_be_looked_up(self) -> None:
        gateway = self.gateway()
        question = self.question(Operation.AUTHORISE)
        assert gateway.look_up(question.key) is None
        outcome = gateway.ask(question)
        if self.remembers:
            assert gateway.look_up(question.key) == outcome

    def test_no_more_is_captured_than_was_authorised(self) -> None:
        gateway = self.gateway()
        authorisation = self.done(gateway.ask(self.question(Operation.AUTHORISE)))
        if self.checks_amounts:
            refused = gateway.ask(self.question(Operation.CAPTURE, "10.01", authorisation))
            assert isinstance(refused, Declined)

    def test_no_more_is_refunded_than_was_captured(self) -> None:
        gateway = self.gateway()
        authorisation = self.done(gateway.ask(self.question(Operation.AUTHORISE)))
        capture = self.done(gateway.ask(self.question(Operation.CAPTURE, "10.00", authorisation)))
        self.done(gateway.ask(self.question(Operation.REFUND, "9.99", capture)))
        if self.checks_amounts:
            refused = gateway.ask(self.question(Operation.REFUND, "0.02", capture))
            assert isinstance(refused, Declined)
