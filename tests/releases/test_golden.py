"""Every release decides for ever as it did when it was sealed."""

from __future__ import annotations

from collections import Counter

import pytest

from modules.domain.canonical import canonical
from tests.releases.golden import PACKAGES, Scenario, scenarios


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda item: "-".join(item.path.with_suffix("").parts[-3:]))
def test_the_decision_is_the_recorded_one(scenario: Scenario) -> None:
    assert scenario.decide() == scenario.content["expected"]
    assert canonical(scenario.decide()) == canonical(scenario.content["expected"])


def test_every_release_has_scenarios() -> None:
    covered = Counter((item.path.parts[-3], item.path.parts[-2]) for item in scenarios())
    assert set(covered) >= {(module, version) for module in PACKAGES for version in ("1.0.0", "1.1.0", "2.0.0")}
    assert min(covered["order_management", version] for version in ("2.1.0", "3.0.0")) >= 12
    assert set(covered) >= {*(("order_routing", version) for version in ("2.1.0", "3.0.0", "3.0.1", "3.0.2"))}
