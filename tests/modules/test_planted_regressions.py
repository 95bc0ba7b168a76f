"""A preview flags every planted regression, each with a cause, and nothing for a release that only renames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from modules import registry
from modules.contracts import review, routing_json
from modules.domain.canonical import Body
from modules.domain.documents import Document
from modules.domain.releases import Release
from modules.journal import Journaled, journal
from modules.profile import current_profile
from modules.services import profile_begin, revise
from modules.services.upgrade import write_documents
from modules.services.upgrade_preview import Replay, Replayer, decisions_to_replay
from modules.services.upgrade_review import upgrade_review
from oms.infra.database.context import retailer_context
from tests.factories.locations import LocationFactory
from tests.releases.planted import Planted, harmless_rename, planted

LIVE = "2.0.0"
POLICY = {"order_routing": "route", "order_management": "review"}


@pytest.fixture(scope="module")
def begun(fresh_module: None) -> None:
    with retailer_context("acme"):
        profile_begin(author="setup", adopt=dict.fromkeys(POLICY, LIVE))


@pytest.fixture
def served(begun: None) -> Iterator[None]:
    with retailer_context("acme"):
        yield
        transaction.set_rollback(True)


def preview_of(candidate: Release[Any], item: Planted, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Record what 2.0.0 decides on the witness, then preview the candidate on that record."""
    module = candidate.module
    found = registry.Found(candidate, Path("/nowhere"))
    known = {name: dict(releases) for name, releases in registry._all().items()}
    known[module][candidate.version] = found
    monkeypatch.setattr(registry, "_all", lambda: known)
    for code in item.bodies.get("location_policy", {}):
        LocationFactory.create(code=code)
    with revise(author="maria", reason="the witness") as revision:
        documents = {
            (kind, key): Document(body) for kind, bodies in item.bodies.items() for key, body in bodies.items()
        }
        write_documents(revision, module, documents)
    record(module, item.facts)
    conversion = upgrade_review(module=module, to=str(candidate.version))
    assert conversion.ready, conversion.faults
    replayer = Replayer(module=module, to=str(candidate.version), documents=conversion.documents)
    replayer.portion(decisions_to_replay(module, 100))
    return replayer.found


def record(module: str, facts: Any) -> None:
    profile = current_profile()
    live: Any = profile.release(module).policies
    written: Body
    if module == "order_routing":
        decision = live.route(facts, profile.of_module(module))
        written, context = routing_json.facts_to_json(facts), routing_json.network_to_json(facts.network)
    else:
        decision = live.review(facts, profile.of_module(module))
        written, context = review.facts_to_json(facts), None
    journal(
        module=module, policy=POLICY[module], release=LIVE, revision=profile.number, context=context,
        decisions=[Journaled(facts.order_number, written, decision)],
    )  # fmt: skip


@pytest.mark.parametrize("item", planted(), ids=lambda item: item.name)
def test_each_planted_regression_is_flagged_with_a_cause(
    served: None, item: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = preview_of(item.release, item, monkeypatch)
    assert (found.replayed, found.baseline_differences, found.changed) == (1, 0, 1)
    assert sum(found.causes.values()) == 1
    assert all(found.causes)


@pytest.mark.parametrize("item", planted(), ids=lambda item: item.name)
def test_a_release_that_only_renames_is_not_flagged(
    served: None, item: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = preview_of(harmless_rename(item.release.module), item, monkeypatch)
    assert (found.replayed, found.baseline_differences, found.changed) == (1, 0, 0)
    assert found.changed_in_sequence == 0
