"""The gateways that come with the product, held to the contract."""

from __future__ import annotations

import pytest

from orders.domain.gateway import BadCallback, Declined, Done, Gateway, NoAnswer, Operation
from orders.payments import UnknownGateway, gateway_codes, gateway_connect
from orders.payments.sandbox.adapter import Sandbox, connect
from tests.orders.payments.contract import GatewayContract


@pytest.mark.usefixtures("acme")
class TestSandbox(GatewayContract):
    def gateway(self) -> Gateway:
        return gateway_connect("sandbox", schema="acme")

    def test_it_declines_when_it_is_told_to(self) -> None:
        refused = self.gateway().ask(self.question(Operation.AUTHORISE, token="sandbox:authorise=decline"))
        assert refused == Declined(code="declined", message="The sandbox was told to decline this.")

    def test_it_declines_once_when_it_is_told_to(self) -> None:
        token = "sandbox:authorise=decline_once"
        assert isinstance(self.gateway().ask(self.question(Operation.AUTHORISE, token=token)), Declined)
        assert isinstance(self.gateway().ask(self.question(Operation.AUTHORISE, token=token)), Done)

    def test_no_answer_before_means_that_nothing_was_done(self) -> None:
        question = self.question(Operation.AUTHORISE, token="sandbox:authorise=no_answer_before")
        with pytest.raises(NoAnswer):
            self.gateway().ask(question)
        assert self.gateway().look_up(question.key) is None
        assert isinstance(self.gateway().ask(question), Done)

    def test_no_answer_after_means_that_it_was_done(self) -> None:
        question = self.question(Operation.AUTHORISE, token="sandbox:authorise=no_answer_after")
        with pytest.raises(NoAnswer):
            self.gateway().ask(question)
        assert isinstance(self.gateway().look_up(question.key), Done)

    def test_a_callback_tells_what_became_of_a_call(self) -> None:
        sandbox: Sandbox = connect("acme")
        question = self.question(Operation.AUTHORISE)
        outcome = sandbox.ask(question)
        callback = sandbox.callback(*sandbox.signed_callback(question.key))
        assert (callback.key, callback.outcome) == (question.key, outcome)

    @pytest.mark.parametrize("body", [b'{"key": "TEST-1/other"}', b"{}", b"[]", b"no json"])
    def test_a_callback_with_a_wrong_signature_is_refused(self, body: bytes) -> None:
        sandbox = connect("acme")
        headers, _ = sandbox.signed_callback("TEST-1/1/authorise/1")
        with pytest.raises(BadCallback):
            sandbox.callback(headers, body)


class TestElsewhere(GatewayContract):
    checks_amounts = False
    remembers = False

    def gateway(self) -> Gateway:
        return gateway_connect("elsewhere", schema="acme")


def test_gateways_are_found_by_their_folders() -> None:
    assert gateway_codes() == ("elsewhere", "sandbox")


def test_an_unknown_gateway_says_which_there_are() -> None:
    with pytest.raises(UnknownGateway, match="there is no payment gateway 'acme_pay'; there are: elsewhere, sandbox"):
        gateway_connect("acme_pay", schema="acme")
