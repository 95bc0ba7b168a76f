"""The planted regressions are regressions, and the renaming releases are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.domain.canonical import Body, canonical
from modules.domain.documents import Document
from modules.domain.releases import Release
from tests.releases.planted import Planted, harmless_rename, orders, planted, planted_regressions, routing
from tests.releases.scenes import Bodies, compiled
from tests.releases.schemas import document_sets, fits

BEFORE: dict[str, Release[Any]] = {"order_routing": routing.RELEASE, "order_management": orders.RELEASE}
MODULES = sorted(BEFORE)


def decide(release: Release[Any], facts: Any, bodies: Bodies) -> Any:
    documents = compiled(release, bodies)
    if release.module == "order_routing":
        return release.policies.route(facts, documents)
    return release.policies.review(facts, documents)


def test_there_are_more_than_twenty_for_each_module() -> None:
    names = [name for name, _ in planted_regressions()]
    assert len(names) == len(set(names))
    modules = [release.module for _, release in planted_regressions()]
    assert [modules.count(module) for module in MODULES] == [23, 31]
    assert {str(release.version) for _, release in planted_regressions()} == {"2.0.1"}


@pytest.mark.parametrize("item", planted(), ids=lambda item: item.name)
def test_each_decides_differently_on_its_witness(item: Planted) -> None:
    right = decide(BEFORE[item.release.module], item.facts, item.bodies)
    wrong = decide(item.release, item.facts, item.bodies)
    assert canonical(wrong.outcome()) != canonical(right.outcome())


@pytest.mark.parametrize("item", planted(), ids=lambda item: item.name)
def test_the_renaming_releases_decide_the_same_on_every_witness(item: Planted) -> None:
    release = harmless_rename(item.release.module)
    assert release.up is not None
    converted = release.up(
        {(kind, key): Document(body) for kind, of in item.bodies.items() for key, body in of.items()}
    )
    after: dict[str, dict[str, Body]] = {}
    for (kind, key), document in converted.items():
        after.setdefault(kind, {})[key] = document.body
    assert fits(release, converted)
    right = decide(BEFORE[item.release.module], item.facts, item.bodies)
    same = decide(release, item.facts, after)
    assert same == right


@pytest.mark.parametrize("module", MODULES)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_renaming_releases_lose_nothing(module: str, data: st.DataObject) -> None:
    release = harmless_rename(module)
    documents = data.draw(document_sets(BEFORE[module]))
    assert release.up is not None
    assert release.down is not None
    newer = release.up(documents)
    back = release.down(newer)
    assert fits(release, newer)
    assert {k: (canonical(d.body), canonical(d.complement)) for k, d in back.items()} == {
        k: (canonical(d.body), canonical(d.complement)) for k, d in documents.items()
    }
