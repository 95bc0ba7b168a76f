"""Golden scenarios: recorded facts and documents, and the decision that must come of them for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from modules.contracts import review, routing_json
from modules.contracts.order_terms import CancelFacts, CancelPart, ChangeAction, ChangeFacts
from modules.domain.releases import Release
from tests.releases.scenes import compiled

HERE = Path(__file__).resolve().parent
PACKAGES = {"order_management": "orders.releases", "order_routing": "fulfilment.routing.releases"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file: the release that it is for, and what it says."""

    path: Path
    content: dict[str, Any]

    @property
    def release(self) -> Release[Any]:
        """The release whose name and version its folders bear."""
        version, module = self.path.parent.name, self.path.parent.parent.name
        found: Release[Any] = import_module(f"{PACKAGES[module]}.r{version.replace('.', '_')}").RELEASE
        return found

    def decide(self) -> dict[str, Any]:
        """What the release decides now, as it is recorded."""
        documents = compiled(self.release, self.content["documents"])
        if self.release.module == "order_routing":
            network = routing_json.network_from_json(self.content["network"])
            made = self.release.policies.route(routing_json.facts_from_json(self.content["facts"], network), documents)
            cost = {"cost": None if made.cost is None else str(made.cost)}
            reasons = {"reasons": [item.reason for item in made.unplaced]}
        elif "policy" in self.content:
            return _order_decision(self.release, self.content["policy"], self.content["facts"], documents)
        else:
            made = self.release.policies.review(review.facts_from_json(self.content["facts"]), documents)
            cost, reasons = {}, {"reasons": [hold.why for hold in made.holds]}
        return {"outcome": made.outcome(), **cost, **reasons, "steps": _steps(made)}


def _steps(made: Any) -> list[list[Any]]:
    return [[step.rule, step.subject, step.kept, step.why] for step in made.steps]


def _order_decision(release: Release[Any], policy: str, facts: Any, documents: Any) -> dict[str, Any]:
    """What a release of Order Management answers to another question than which holds a captured order gets."""
    if policy == "released":
        made = release.policies.released(review.facts_from_json(facts["order"]), facts["hold"], documents)
        holds = [[hold.why, hold.instructions] for hold in made.holds]
        return {"outcome": made.outcome(), "reasons": holds, "steps": _steps(made)}
    if policy in ("change", "cancel"):
        read = {"change": change_facts, "cancel": cancel_facts}[policy]
        made = getattr(release.policies, policy)(read(facts), documents)
        return {"outcome": made.outcome(), "reasons": [made.why], "steps": _steps(made)}
    answer = getattr(release.policies, policy)(*facts, documents)
    terms = [asdict(item) for item in (answer if isinstance(answer, tuple) else (answer,))]
    return {"terms": json.loads(json.dumps(terms, default=str))}


def change_facts(written: Mapping[str, Any]) -> ChangeFacts:
    """A change as a scenario writes it: the fields of its facts, amounts as text."""
    actions = tuple(
        ChangeAction(**{**action, "value": Decimal(action.get("value", "0"))}) for action in written["actions"]
    )
    return ChangeFacts(**{**written, "total": Decimal(written["total"]), "actions": actions})


def cancel_facts(written: Mapping[str, Any]) -> CancelFacts:
    """A cancellation as a scenario writes it."""
    parts = tuple(CancelPart(**part) for part in written["parts"])
    return CancelFacts(**{**written, "total": Decimal(written["total"]), "parts": parts})


def scenarios() -> list[Scenario]:
    """Every scenario of every release."""
    return [Scenario(path, json.loads(path.read_text("utf-8"))) for path in sorted(HERE.glob("*/*/*.json"))]


def record() -> list[Path]:
    """Write what releases decide into the scenarios that do not say it yet. What is recorded is never changed."""
    written = []
    for scenario in scenarios():
        if "expected" not in scenario.content:
            content = scenario.content | {"expected": scenario.decide()}
            scenario.path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
            written.append(scenario.path)
    return written
