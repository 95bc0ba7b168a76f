"""Changes, cancellations, payments and terms, as releases 2.1 and 3.0 of Order Management decide them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from modules.contracts.order_terms import (
    ASKERS,
    CHANGE_ACTIONS,
    AttributeDefinition,
    CancelFacts,
    CancelPart,
    ChangeAction,
    ChangeFacts,
    ChannelTerms,
    PaymentTerms,
)
from modules.domain.documents import Document
from modules.domain.releases import Release
from tests.releases.scenes import Bodies, compiled

R2_0: Release[Any] = import_module("orders.releases.r2_0_0").RELEASE
R2_1: Release[Any] = import_module("orders.releases.r2_1_0").RELEASE
R3_0: Release[Any] = import_module("orders.releases.r3_0_0").RELEASE
NEW = (R2_1, R3_0)

CHANGE = ChangeFacts(
    order_number="WEB-1", channel="web", currency="GBP", method="standard", pickup=False, asked_by="customer",
    placed_at="2025-11-28T10:00:00+00:00", asked_at="2025-11-28T10:30:00+00:00", status="open",
    total=Decimal("100.00"), actions=(ChangeAction("address"),),
)  # fmt: skip
CANCEL = CancelFacts(
    order_number="WEB-1", channel="web", currency="GBP", asked_by="customer", reason="",
    placed_at="2025-11-28T10:00:00+00:00", asked_at="2025-11-28T10:30:00+00:00", total=Decimal("100.00"),
    parts=(CancelPart(1, 1, "allocated"),),
)  # fmt: skip


def edits(release: Release[Any], **fields: Any) -> Bodies:
    """The edit policies that a profile begins with, with some fields otherwise for all."""
    first = release.kinds["edit_policy"].defaults
    return {"edit_policy": {key: body | fields for key, body in first.items()}}


def cancellations(release: Release[Any], **fields: Any) -> Bodies:
    first = release.kinds["cancellation_policy"].defaults
    return {"cancellation_policy": {key: body | fields for key, body in first.items()}}


def change(release: Release[Any], facts: ChangeFacts, bodies: Bodies) -> Any:
    return release.policies.change(facts, compiled(release, bodies))


def cancel(release: Release[Any], facts: CancelFacts, bodies: Bodies) -> Any:
    return release.policies.cancel(facts, compiled(release, bodies))


@pytest.mark.parametrize("release", NEW, ids=str)
class TestBeginning:
    """The documents that a profile begins with decide as 2.0 did."""

    @pytest.mark.parametrize("asker", ASKERS)
    @pytest.mark.parametrize("kind", CHANGE_ACTIONS)
    @pytest.mark.parametrize("progress", ["open", "allocated", "picking", "packed", "shipped"])
    def test_changes(self, release: Release[Any], asker: str, kind: str, progress: str) -> None:
        actions = (ChangeAction(kind, 1, 1, Decimal("5000.00"), progress), ChangeAction(kind))
        facts = replace(CHANGE, asked_by=asker, actions=actions, asked_at="2031-01-01T00:00:00+00:00")
        before = R2_0.policies.change(facts, {})
        for bodies in (edits(release), {}):
            assert change(release, facts, bodies).outcome() == before.outcome()

    @pytest.mark.parametrize("asker", ASKERS)
    @pytest.mark.parametrize("progress", ["open", "allocated", "picking", "packed", "shipped"])
    def test_cancellations(self, release: Release[Any], asker: str, progress: str) -> None:
        facts = replace(CANCEL, asked_by=asker, parts=(CancelPart(1, 1, "open"), CancelPart(2, 3, progress)))
        before = R2_0.policies.cancel(facts, {})
        for bodies in (cancellations(release), {}):
            assert cancel(release, facts, bodies).outcome() == before.outcome()

    def test_payments_attributes_and_channels(self, release: Release[Any]) -> None:
        documents = compiled(release, {name: kind.defaults for name, kind in release.kinds.items()})
        assert release.policies.payment_terms("web", documents) == PaymentTerms()
        assert release.policies.payment_terms_of("web", "card", documents) == PaymentTerms()
        assert release.policies.attributes(documents) == ()
        assert release.policies.channel_terms("web", documents) == ChannelTerms()


@pytest.mark.parametrize("release", NEW, ids=str)
class TestChanges:
    @pytest.mark.parametrize(
        ("asked_at", "allowed"),
        [
            ("2025-11-28T11:00:00+00:00", True), ("2025-11-28T11:00:00.000001+00:00", False),
            ("2025-11-28T12:00:00+01:00", True), ("2025-11-28T11:00:00", True), ("2025-11-28T09:00:00+00:00", True),
        ],
    )  # fmt: skip
    def test_the_window_closes_after_its_last_minute(self, release: Release[Any], asked_at: str, allowed: bool) -> None:
        facts = replace(CHANGE, asked_at=asked_at)
        decision = change(release, facts, edits(release, window_minutes=60))
        assert decision.allowed is allowed
        if not allowed:
            assert (
                decision.why == "it was placed more than 60 minutes ago, and the customer may change it for no longer"
            )

    def test_pickup_is_exempt_unless_it_is_not(self, release: Release[Any]) -> None:
        facts = replace(CHANGE, pickup=True, asked_at="2025-12-28T10:00:00+00:00")
        assert change(release, facts, edits(release, window_minutes=60)).allowed
        assert not change(release, facts, edits(release, window_minutes=60, pickup_exempt=False)).allowed

    @pytest.mark.parametrize(("until", "stops_at"), [("allocated", 1), ("picking", 2), ("packed", 3)])
    def test_units_can_be_changed_until_they_have_come_so_far(
        self, release: Release[Any], until: str, stops_at: int
    ) -> None:
        stages = ("open", "allocated", "picking", "packed", "shipped", "who knows")
        actions = tuple(ChangeAction("quantity", at, 1, Decimal(1), stage) for at, stage in enumerate(stages, 1))
        decision = change(release, replace(CHANGE, actions=actions), edits(release, until=until))
        assert [verdict.allowed for verdict in decision.verdicts] == [at < stops_at for at in range(6)]

    @pytest.mark.parametrize(
        ("values", "currency", "needed"),
        [
            (["50.00"], "GBP", False), (["50.0001"], "GBP", True), (["-50.01"], "GBP", True),
            (["80", "-30"], "GBP", False), (["999"], "EUR", False),
        ],
    )  # fmt: skip
    def test_somebody_confirms_a_change_above_the_amount(
        self, release: Release[Any], values: list[str], currency: str, needed: bool
    ) -> None:
        actions = tuple(ChangeAction("add", value=Decimal(value)) for value in values)
        bodies = edits(release, confirm_above=[{"currency": "GBP", "amount": "50.00"}])
        decision = change(release, replace(CHANGE, actions=actions, currency=currency), bodies)
        assert (decision.allowed, decision.needs_confirmation) == (True, needed)
        assert decision.steps[-1].kept is not needed

    def test_what_is_refused_needs_no_confirmation(self, release: Release[Any]) -> None:
        bodies = edits(release, confirm_above=[{"currency": "GBP", "amount": "0"}])
        facts = replace(CHANGE, actions=(ChangeAction("add", 1, 1, Decimal(9), "shipped"),))
        decision = change(release, facts, bodies)
        assert (decision.allowed, decision.needs_confirmation) == (False, False)
        assert decision.why == "these units are shipped already"


def test_each_of_those_who_ask_has_a_list_in_2_1() -> None:
    bodies = edits(R2_1, customer=["address"], staff=["discount"], channel=[])
    allowed = {
        asker: [kind for kind in CHANGE_ACTIONS if change(
            R2_1, replace(CHANGE, asked_by=asker, actions=(ChangeAction(kind),)), bodies
        ).allowed]
        for asker in (*ASKERS, "somebody")
    }  # fmt: skip
    assert allowed == {"customer": ["address"], "staff": ["discount"], "channel": [], "somebody": []}


def test_each_of_those_who_ask_has_terms_in_3_0() -> None:
    policies = dict(edits(R3_0)["edit_policy"])
    policies["customer"] = policies["customer"] | {"actions": ["address"], "window_minutes": 10}
    del policies["channel"]
    bodies = {"edit_policy": policies}
    said = {
        asker: change(R3_0, replace(CHANGE, asked_by=asker), bodies).why for asker in (*ASKERS, "somebody")
    }  # fmt: skip
    assert said == {
        "customer": "it was placed more than 10 minutes ago, and the customer may change it for no longer",
        "staff": "the total changes by 0 GBP; no confirmation is asked for in GBP",
        "channel": "no edit policy is set for the channel",
        "somebody": "no edit policy is set for “somebody”",
    }


FEE = {"afterwards": "fee", "fees": [{"currency": "GBP", "amount": "7.50"}]}


@pytest.mark.parametrize("release", NEW, ids=str)
class TestCancellations:
    @pytest.mark.parametrize(
        ("until", "progress", "fee"),
        [
            ("allocated", "open", "0"), ("allocated", "allocated", "7.50"), ("picked", "allocated", "0"),
            ("picked", "picking", "7.50"), ("packed", "picking", "0"),
        ],
    )  # fmt: skip
    def test_free_until_then_a_fee(self, release: Release[Any], until: str, progress: str, fee: str) -> None:
        facts = replace(CANCEL, parts=(CancelPart(1, 1, progress),))
        decision = cancel(release, facts, cancellations(release, free_until=until, **FEE))
        assert (decision.allowed, decision.fee) == (True, Decimal(fee))

    @pytest.mark.parametrize(("total", "fee"), [("7.49", "7.49"), ("0", "0"), ("-3", "0"), ("7.51", "7.50")])
    def test_the_fee_is_never_above_the_total(self, release: Release[Any], total: str, fee: str) -> None:
        facts = replace(CANCEL, total=Decimal(total))
        decision = cancel(release, facts, cancellations(release, free_until="allocated", **FEE))
        assert (decision.allowed, str(decision.fee)) == (True, fee)

    def test_after_that_not_at_all(self, release: Release[Any]) -> None:
        bodies = cancellations(release, free_until="allocated", afterwards="refused")
        decision = cancel(release, CANCEL, bodies)
        assert not decision.allowed
        assert decision.why == "line 1 is given to a location already, and nothing is cancelled from then on"

    @pytest.mark.parametrize(
        ("required", "reasons", "given", "allowed"),
        [
            (True, [], "", False), (True, [], "  ", False), (True, [], "anything", True), (False, ["a"], "", True),
            (False, ["a"], "b", False), (True, ["a"], " a ", True),
        ],
    )  # fmt: skip
    def test_reasons(
        self, release: Release[Any], required: bool, reasons: list[str], given: str, allowed: bool
    ) -> None:
        bodies = cancellations(release, reason_required=required, reasons=reasons)
        assert cancel(release, replace(CANCEL, reason=given), bodies).allowed is allowed


def test_free_minutes_in_3_0() -> None:
    bodies = cancellations(R3_0, free_until="allocated", free_minutes=30, **FEE)
    assert cancel(R3_0, CANCEL, bodies).fee == 0
    late = replace(CANCEL, asked_at="2025-11-28T10:30:01+00:00")
    assert cancel(R3_0, late, bodies).fee == Decimal("7.50")
    packed = replace(CANCEL, parts=(CancelPart(1, 1, "packed"),))
    assert not cancel(R3_0, packed, bodies).allowed


def payment(**fields: Any) -> dict[str, Any]:
    return {"title": "Terms", "tenders": ["card"], "retry_hours": [2], **fields}


def test_a_payment_policy_is_found_by_channel_then_by_naming_none() -> None:
    bodies = {
        "payment_policy": {
            "z": payment(hold_code="z"),
            "b": payment(channels=["web"], hold_code="b"),
            "a": payment(channels=["app", "web"], hold_code="a"),
        }
    }
    documents = compiled(R3_0, bodies)
    found = {channel: R3_0.policies.payment_terms(channel, documents).hold_code for channel in ("web", "app", "store")}
    assert found == {"web": "a", "app": "a", "store": "z"}
    del bodies["payment_policy"]["z"]
    assert R3_0.policies.payment_terms("store", compiled(R3_0, bodies)) == PaymentTerms()


def test_one_kind_of_payment_has_terms_of_its_own() -> None:
    own = {"payment": "account", "capture": "on_order", "reauthorise_hours": 72, "void_on_cancel": "no"}
    documents = compiled(R3_0, {"payment_policy": {"all": payment(kinds=[own, {"payment": "card"}])}})
    usual = PaymentTerms(tenders=("card",), retry_hours=(2,))
    assert R3_0.policies.payment_terms_of("web", "card", documents) == usual
    assert R3_0.policies.payment_terms_of("web", "account", documents) == replace(
        usual, capture="on_order", reauthorise_hours=72, void_on_cancel=False
    )


@pytest.mark.parametrize("release", NEW, ids=str)
def test_fields_of_ones_own_and_channels(release: Release[Any]) -> None:
    documents = compiled(
        release,
        {
            "order_attribute": {
                "ribbon": {"title": "Ribbon", "kind": "choice", "choices": ["red", "gold"], "required_on": ["web"]},
                "gift": {"title": "Gift", "kind": "yes_no", "in_list": True},
            },
            "channel_settings": {"web": {"default_method": "standard", "tell_stock": True, "stock_buffer": 2}},
        },
    )
    assert release.policies.attributes(documents) == (
        AttributeDefinition("gift", "Gift", "yes_no", in_list=True),
        AttributeDefinition("ribbon", "Ribbon", "choice", choices=("red", "gold"), required_on=("web",)),
    )
    assert release.policies.channel_terms("web", documents) == ChannelTerms(
        default_method="standard", tell_stock=True, stock_buffer=2
    )
    assert release.policies.channel_terms("app", documents) == ChannelTerms()


@pytest.mark.parametrize("release", NEW, ids=str)
@pytest.mark.parametrize(
    ("kind", "key", "body", "message"),
    [
        ("order_attribute", "a", {"title": "A", "kind": "choice"}, "choices are given for the kind"),
        ("order_attribute", "a", {"title": "A", "choices": ["x"]}, "choices are given for the kind"),
        ("order_attribute", "a", {"title": "A", "required_on": ["web", "web"]}, "something is listed twice"),
        ("cancellation_policy", "default", {"fees": [{"currency": "GBP", "amount": "1"}] * 2}, "listed twice"),
        (
            "cancellation_policy",
            "default",
            {"fees": [{"currency": "GBP", "amount": "-1"}]},
            "write an amount as digits",
        ),
        ("channel_settings", "web", {"stock_buffer": -1}, "greater than or equal to 0"),
    ],
)
def test_what_does_not_fit_is_refused(
    release: Release[Any], kind: str, key: str, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        compiled(release, {kind: {key: body}})


def test_a_rule_of_3_0_says_what_to_do() -> None:
    rule: dict[str, Any] = {"title": "A", "blocks": ["ship"], "groups": []}
    with pytest.raises(ValidationError, match=r"instructions\n  Field required"):
        compiled(R3_0, {"hold_rule": {"a": rule}})
    converted = R3_0.up({("hold_rule", "a"): Document(rule | {"priority": 7})}) if R3_0.up else {}
    assert converted["hold_rule", "a"].body == rule | {
        "place": 7, "after": [], "expires_hours": None, "at_expiry": "release",
        "instructions": "Look at the order, then release the hold or cancel the order.",
    }  # fmt: skip
