"""Any documents and any facts give a valid decision in 2.1 and 3.0, and a form shows any document and loses none."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.contracts.order_terms import (
    ASKERS,
    CHANGE_ACTIONS,
    CancelDecision,
    CancelFacts,
    CancelPart,
    ChangeAction,
    ChangeDecision,
    ChangeFacts,
    PaymentTerms,
)
from modules.contracts.review import AT_EXPIRY, ReviewDecision
from modules.domain.canonical import Body, canonical
from modules.domain.releases import Release
from oms.web.profile.nodes import Builder
from oms.web.profile.reading import ROOT, Reading
from oms.web.profile.specs import Schema, Shape
from tests.oms.web.test_profile_forms import sent
from tests.releases.scenes import compiled, review_facts
from tests.releases.schemas import KEYS, bodies, document_sets

R2_1: Release[Any] = import_module("orders.releases.r2_1_0").RELEASE
R3_0: Release[Any] = import_module("orders.releases.r3_0_0").RELEASE
NEW = (R2_1, R3_0)
KINDS = [(release, name) for release in NEW for name in release.kinds]
thorough = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

amounts = st.decimals("-99999", "99999", places=2)
times = st.datetimes(timezones=st.none() | st.timezones()).map(lambda moment: moment.isoformat())
words = st.sampled_from(["", "web", "GBP", "EUR", "GB", "card", "A", "é"]) | st.text(max_size=5)
askers = st.sampled_from([*ASKERS, "", "robot"])
progress = st.sampled_from(["open", "allocated", "picking", "packed", "shipped", "", "lost"])

orders = st.builds(
    review_facts, channel=words, currency=words, total=amounts, lines=st.integers(0, 99), units=st.integers(0, 10**7),
    country=words, customer=words, earlier_orders=st.integers(0, 9), largest_line_units=st.integers(0, 10**7),
    placed_at=times, method=words, priority=st.integers(-9, 9), postal_code=words,
    payment_kinds=st.lists(words, max_size=2).map(tuple), recent_orders=st.integers(0, 9),
    attributes=st.dictionaries(st.sampled_from(["gift", "loyalty"]), words | st.sampled_from(["3", "-1.5", "\u0663"])),
)  # fmt: skip
changes = st.builds(
    ChangeFacts, order_number=words, channel=words, currency=words, method=words, pickup=st.booleans(),
    asked_by=askers, placed_at=times, asked_at=times, status=words, total=amounts,
    actions=st.lists(
        st.builds(
            ChangeAction, kind=st.sampled_from(CHANGE_ACTIONS) | words, position=st.integers(0, 9),
            units=st.integers(-9, 9), value=amounts, progress=progress,
        ),
        max_size=4,
    ).map(tuple),
)  # fmt: skip
cancels = st.builds(
    CancelFacts, order_number=words, channel=words, currency=words, asked_by=askers, reason=words, placed_at=times,
    asked_at=times, total=amounts,
    parts=st.lists(
        st.builds(CancelPart, position=st.integers(1, 9), units=st.integers(0, 9), progress=progress), max_size=3
    ).map(tuple),
)  # fmt: skip


@st.composite
def documents_of(draw: st.DrawFn, release: Release[Any]) -> dict[str, dict[str, Any]]:
    """Documents of a release as policies get them; those for whoever asks stand under who asks."""
    found: dict[str, dict[str, Body]] = {}
    for (kind, key), document in draw(document_sets(release)).items():
        at = ASKERS[KEYS.index(key) % 3] if key in KEYS and kind.endswith("_policy") and "payment" not in kind else key
        found.setdefault(kind, {})[at] = document.body
    return compiled(release, found)


def check_review(decision: ReviewDecision, rules: Any) -> None:
    kept = [step.rule for step in decision.steps if step.kept]
    assert [hold.code for hold in decision.holds] == kept
    for hold in decision.holds:
        assert hold.code in rules
        assert set(hold.blocks) <= {"allocate", "ship", "edit", "capture"}
        assert hold.blocks
        assert 0 < len(hold.why) <= 255
        assert hold.expires_hours >= 0
        assert hold.at_expiry in AT_EXPIRY
    assert all(step.why for step in decision.steps)
    canonical(decision.outcome())


@pytest.mark.parametrize("release", NEW, ids=str)
@given(data=st.data())
@thorough
def test_any_review_is_a_decision(release: Release[Any], data: st.DataObject) -> None:
    documents = data.draw(documents_of(release))
    facts = data.draw(orders)
    decision = release.policies.review(facts, documents)
    check_review(decision, documents["hold_rule"])
    assert decision == release.policies.review(facts, documents)
    check_review(release.policies.released(facts, data.draw(st.sampled_from(KEYS)), documents), documents["hold_rule"])


@pytest.mark.parametrize("release", NEW, ids=str)
@given(data=st.data())
@thorough
def test_any_change_is_a_decision(release: Release[Any], data: st.DataObject) -> None:
    documents, facts = data.draw(documents_of(release)), data.draw(changes)
    decision: ChangeDecision = release.policies.change(facts, documents)
    assert [verdict.action for verdict in decision.verdicts] == list(range(len(facts.actions)))
    assert all(verdict.why for verdict in decision.verdicts)
    assert not (decision.needs_confirmation and not decision.allowed)
    for action, verdict in zip(facts.actions, decision.verdicts, strict=True):
        if action.progress in ("packed", "shipped"):
            assert not verdict.allowed
    assert all(step.why for step in decision.steps)
    canonical(decision.outcome())


@pytest.mark.parametrize("release", NEW, ids=str)
@given(data=st.data())
@thorough
def test_any_cancellation_is_a_decision(release: Release[Any], data: st.DataObject) -> None:
    documents, facts = data.draw(documents_of(release)), data.draw(cancels)
    decision: CancelDecision = release.policies.cancel(facts, documents)
    limits = [fee for policy in documents["cancellation_policy"].values() for fee in policy.fees]
    usual = {fee.amount for fee in limits if fee.currency == facts.currency}
    assert decision.why
    assert decision.fee in {Decimal(0), facts.total, *usual}
    assert 0 <= decision.fee <= max(facts.total, Decimal(0))
    if any(part.progress in ("packed", "shipped") for part in facts.parts):
        assert not decision.allowed
    assert decision.allowed or decision.fee == 0
    canonical(decision.outcome())


@given(data=st.data())
@thorough
def test_any_payment_policy_gives_terms(data: st.DataObject) -> None:
    documents = data.draw(documents_of(R3_0))
    for channel in ("web", *KEYS):
        terms = R3_0.policies.payment_terms(channel, documents)
        own = R3_0.policies.payment_terms_of(channel, data.draw(words), documents)
        shared = {each.name for each in fields(PaymentTerms)} - {"capture", "reauthorise_hours", "void_on_cancel"}
        for item in (terms, own):
            assert item.capture in ("on_shipment", "on_order")
            assert 1 <= item.reauthorise_hours <= 720
            assert all(hours >= 1 for hours in item.retry_hours)
            assert item.hold_code
            assert item.tenders
        assert replace(own, **{name: getattr(terms, name) for name in shared}) == own


@pytest.mark.parametrize(("release", "name"), KINDS, ids=str)
def test_every_field_of_every_kind_has_a_control(release: Release[Any], name: str) -> None:
    schema = Schema(release.kinds[name].model)

    def look(path: str, spec: Any) -> None:
        assert spec.shape is not Shape.OTHER, path
        assert spec.title, path
        if spec.shape is Shape.GROUP:
            for part, inner in schema.parts(spec):
                assert inner.help, f"{path}.{part}"
                look(f"{path}.{part}", inner)
        elif spec.shape is Shape.LIST:
            look(f"{path}[]", schema.item(spec))

    look(name, schema.root)


@pytest.mark.parametrize(("release", "name"), KINDS, ids=str)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_document_changes_by_being_looked_at_in_its_form(
    release: Release[Any], name: str, data: st.DataObject
) -> None:
    kind = release.kinds[name]
    body = data.draw(bodies(kind))
    schema = Schema(kind.model)
    form = sent(Builder(schema, None, None).node(schema.root, body, (), ROOT))
    assert canonical(Reading(schema, form, body).body) == canonical(body)


@pytest.mark.parametrize(("release", "name"), KINDS, ids=str)
def test_a_new_document_is_written_in_its_form_without_json(release: Release[Any], name: str) -> None:
    kind = release.kinds[name]
    schema = Schema(kind.model)
    form = sent(Builder(schema, None, None).node(schema.root, {}, (), ROOT))
    for field, text in (("title", "Ours"), ("instructions", "Look at it.")):
        form[f"{ROOT}.{field}"] = text
    for field, choices in (("blocks", ["ship"]), ("tenders", [])):
        form.setlist(f"{ROOT}.{field}", choices)
    form.setlist(f"{ROOT}.tenders.row", ["0:"])
    form[f"{ROOT}.tenders.0"] = "card"
    kind.model.model_validate(Reading(schema, form, None).body)
