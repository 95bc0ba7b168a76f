"""Check the invariants of a retailer's data."""

from __future__ import annotations

import sys
import time
from typing import Any

from oms.infra.console import RetailerCommand, progress_bar
from oms.infra.database.context import retailer_context
from oms.infra.verification import Violation, all_invariants, check


class Command(RetailerCommand):
    """Exit code 1, and the rows, when an invariant is violated."""

    help = "Check that stock, orders, events and money agree with each other."

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        started = time.monotonic()
        invariants = list(all_invariants())
        violations: list[Violation] = []
        with progress_bar("") as bar, retailer_context(schema):
            for done, invariant in enumerate(invariants, 1):
                found = check(invariant)
                if found:
                    violations.append(found)
                bar.show("verify", done, len(invariants))
        seconds = round(time.monotonic() - started, 2)
        self.finish(
            {
                "checked": len(invariants),
                "violations": [
                    {
                        "invariant": item.invariant.name,
                        "sentence": item.invariant.sentence,
                        "rows": [[str(value) for value in row] for row in item.rows],
                    }
                    for item in violations
                ],
                "seconds": seconds,
            },
            [*_sentences(violations), f"{len(invariants)} invariants checked in {seconds} s"],
            as_json=options["json"],
        )
        if violations:
            sys.exit(1)


def _sentences(violations: list[Violation]) -> list[str]:
    lines = []
    for item in violations:
        lines.append(f"VIOLATED {item.invariant.name}: {item.invariant.sentence}")
        lines += ["  " + " | ".join(str(value) for value in row) for row in item.rows]
    return lines or ["all invariants hold"]
