"""What is counted before and after a release: by a preview, and of the decisions that were really made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modules.models import Decision, ModuleUpgrade

#: Decisions of each release that are looked at.
_SAMPLE = 1_000


@dataclass(frozen=True, slots=True)
class Figure:
    """Something counted before and after; less is better. ``better`` is None where neither is."""

    word: str
    before: str
    after: str
    difference: str
    better: bool | None


def figure(word: str, before: Decimal, after: Decimal, *, places: int = 0) -> Figure:
    """A figure in words, with so many decimal places."""
    better = None if before == after else after < before
    return Figure(word, f"{before:,.{places}f}", f"{after:,.{places}f}", signed(after - before, places), better)


def signed(number: Decimal, places: int = 0) -> str:
    """``+12``, ``−3.50``; ``0`` without a sign."""
    text = f"{number:+,.{places}f}".replace("-", "−")
    return text if number else text[1:]


def figures_since(upgrade: ModuleUpgrade) -> list[Figure]:
    """Means of the newest decisions by the newer release, beside those of the newest by the older one."""
    measure = _MEASURES.get(upgrade.module)
    if measure is None:
        return []
    before, after = (_means(upgrade.module, release, measure) for release in (upgrade.from_release, upgrade.to_release))
    return [figure(word, before[word], after[word], places=2) for word in before if word in after]


Measure = Callable[[Any], Mapping[str, int]]


def _means(module: str, release: str, measure: Measure) -> dict[str, Decimal]:
    decisions = Decision.objects.filter(module=module, release=release).order_by("-id")[:_SAMPLE]
    outcomes: Iterable[Any] = decisions.values_list("outcome", flat=True)
    sums: dict[str, int] = defaultdict(int)
    count = 0
    for outcome in outcomes:
        count += 1
        for word, number in measure(outcome).items():
            sums[word] += number
    return {word: Decimal(total) / count for word, total in sums.items()}


def _of_routing(outcome: Any) -> Mapping[str, int]:
    return {
        "Parcels per decision": len({location for _, location, _ in outcome["allocations"]}),
        "Units without a place per decision": sum(units for _, units in outcome["unplaced"]),
    }


def _of_review(outcome: Any) -> Mapping[str, int]:
    return {"Holds per order": len(outcome["holds"])}


_MEASURES: dict[str, Measure] = {"order_routing": _of_routing, "order_management": _of_review}
