"""What decisions came to, in words. Each policy's app says how its outcomes are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from modules.domain.canonical import Body, Json

#: Tells many outcomes at once, so that names are looked up once for all: a few sentences for each.
Teller = Callable[[Sequence[Body]], Sequence[tuple[str, ...]]]

_tellers: dict[tuple[str, str], Teller] = {}


def outcomes_told_by(module: str, policy: str, teller: Teller) -> None:
    """Register how the outcomes of a policy are told."""
    _tellers[module, policy] = teller


def outcomes_in_words(found: Sequence[tuple[str, str, Body]]) -> list[tuple[str, ...]]:
    """Each outcome (module, policy, outcome) in sentences, in the order given."""
    told: list[tuple[str, ...]] = [()] * len(found)
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, (module, policy, _) in enumerate(found):
        groups[module, policy].append(at)
    for which, places in groups.items():
        teller = _tellers.get(which, _plainly)
        for at, sentences in zip(places, teller([found[at][2] for at in places]), strict=True):
            told[at] = sentences
    return told


def _plainly(outcomes: Sequence[Body]) -> Sequence[tuple[str, ...]]:
    return [tuple(f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in item.items()) for item in outcomes]


def _shown(value: Json) -> str:
    if isinstance(value, list):
        return f"{len(value)}" if value else "none"
    return str(value)
