"""Golden scenarios: recorded facts and documents, and the decision that must come of them for ever."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from modules.contracts import review, routing_json
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
        else:
            made = self.release.policies.review(review.facts_from_json(self.content["facts"]), documents)
            cost, reasons = {}, {"reasons": [hold.why for hold in made.holds]}
        steps = [[step.rule, step.subject, step.kept, step.why] for step in made.steps]
        return {"outcome": made.outcome(), **cost, **reasons, "steps": steps}


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
