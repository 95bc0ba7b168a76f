"""Preview: the retailer's own recorded decisions, made again by the present and by the candidate release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from modules import registry
from modules.domain.canonical import Body, canonical
from modules.domain.documents import Document
from modules.domain.journal import Effect, MadeDecision, Replayable
from modules.domain.releases import KindModel, Release
from modules.journal import replayable_policies, unpack
from modules.models import Decision, DecisionContext
from modules.profile import current_profile, profile_at

Compiled = Mapping[str, Mapping[str, KindModel]]


@dataclass(frozen=True, slots=True)
class ChangedDecision:
    """A decision that the candidate makes otherwise, from the same facts."""

    decision_id: int
    subject: str
    cause: str
    before: Body
    after: Body
    effect: Body


@dataclass(slots=True)
class Cost:
    """What the decisions whose cost both releases know come to in one currency."""

    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    decisions: int = 0


@dataclass(slots=True)
class Replay:
    """What a replay found so far. ``costs`` are by currency: there is no sum of pounds and euros."""

    replayed: int = 0
    baseline_differences: int = 0
    differing_subjects: list[str] = field(default_factory=list)
    changed: int = 0
    changed_in_sequence: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    costs: dict[str, Cost] = field(default_factory=dict)
    parcels_before: int = 0
    parcels_after: int = 0
    unplaced_before: int = 0
    unplaced_after: int = 0


@dataclass(slots=True)
class _Candidate:
    """Two releases with their documents, and what the candidate has taken more or less of so far."""

    policy: Replayable
    present: tuple[Release[Any], Compiled]
    candidate: tuple[Release[Any], Compiled]
    drift: dict[tuple[int, int], int] = field(default_factory=dict)


def decisions_to_replay(module: str, limit: int) -> list[int]:
    """Numbers of the last ``limit`` journaled decisions of a module, oldest first.

    What was decided for an order in a run is made again with the run, not beside it.
    """
    policies = [policy.policy for policy in replayable_policies(module)]
    newest = (
        Decision.objects.filter(module=module, policy__in=policies).order_by("-id").values_list("id", flat=True)[:limit]
    )
    return sorted(newest)


class Replayer:
    """Makes recorded decisions again, by the release that made them, the present one and the candidate.

    A decision that its own release does not make again as it was recorded means that the replay cannot be
    trusted; it is counted in ``found.baseline_differences``. ``revision`` is the profile of the present release
    (None: the head).
    """

    def __init__(
        self, *, module: str, to: str, documents: Mapping[tuple[str, str], Document], revision: int | None = None
    ) -> None:
        profile = current_profile() if revision is None else profile_at(revision)
        present = (profile.release(module), profile.of_module(module))
        target = registry.release(module, to)
        candidate = (target, compile_documents(target, documents))
        self.found = Replay()
        self._revision = profile.number
        self._contexts: dict[bytes, object] = {}
        self._runs = {policy.policy: _Candidate(policy, present, candidate) for policy in replayable_policies(module)}

    def portion(self, ids: list[int]) -> list[ChangedDecision]:
        """Replay some decisions, in the order given; return those that the candidate makes otherwise."""
        recorded = Decision.objects.in_bulk(ids)
        changes: list[ChangedDecision] = []
        for number in ids:
            decision = recorded[number]
            run = self._runs[decision.policy]
            facts = _facts(decision, run.policy, self._contexts)
            change = _compare(decision, facts, run, self.found, self._revision)
            if change:
                changes.append(change)
            self.found.replayed += 1
        return changes

    def drift(self) -> dict[str, list[list[int]]]:
        """Stock that the candidate has taken more or less of so far: [location, product, units] by policy."""
        return {policy: [[*where, units] for where, units in run.drift.items()] for policy, run in self._runs.items()}

    def go_on_from(self, found: Replay, drift: Mapping[str, list[list[int]]]) -> None:
        """Stand where another replayer stood, of which this was kept."""
        self.found = found
        for policy, run in self._runs.items():
            run.drift = {(place, product): units for place, product, units in drift.get(policy, [])}


def compile_documents(release: Release[Any], documents: Mapping[tuple[str, str], Document]) -> Compiled:
    """Documents as objects of a release's schema, by kind and key."""
    return {
        name: {
            key: kind.model.model_validate(document.body)
            for (of_kind, key), document in sorted(documents.items())
            if of_kind == name
        }
        for name, kind in release.kinds.items()
    }


def _facts(recorded: Decision, policy: Replayable, contexts: dict[bytes, object]) -> object:
    context: object = None
    if recorded.context is not None:
        digest = bytes(recorded.context)
        if digest not in contexts:
            kept = DecisionContext.objects.get(digest=digest)
            contexts[digest] = policy.read_context(unpack(bytes(kept.content)))
        context = contexts[digest]
    return policy.read_facts(unpack(bytes(recorded.facts)), context)


def _compare(recorded: Decision, facts: object, run: _Candidate, found: Replay, head: int) -> ChangedDecision | None:
    policy = run.policy
    then = profile_at(recorded.revision)
    again = policy.decide(registry.release(recorded.module, recorded.release), then.of_module(recorded.module), facts)
    if canonical(again.outcome()) != canonical(recorded.outcome):
        found.baseline_differences += 1
        found.differing_subjects = [*found.differing_subjects, recorded.subject][:20]
    same_as_then = (recorded.release, recorded.revision) == (str(run.present[0].version), head)
    before = again if same_as_then else policy.decide(*run.present, facts)
    after = policy.decide(*run.candidate, facts)
    effect_before, effect_after = policy.effect(facts, before), policy.effect(facts, after)
    _weigh(effect_before, effect_after, found)
    _follow_sequence(recorded, facts, before, after, run, found)
    if canonical(before.outcome()) == canonical(after.outcome()):
        return None
    cause = cause_of(before, after)
    found.changed += 1
    found.causes[cause] += 1
    return ChangedDecision(
        recorded.id, recorded.subject, cause, _written(before), _written(after),
        _effect(effect_before, effect_after),
    )  # fmt: skip


def _follow_sequence(
    recorded: Decision, facts: object, before: MadeDecision, after: MadeDecision, run: _Candidate, found: Replay
) -> None:
    """In sequence: what the candidate took earlier is missing now, and what it left is there.

    ``after`` is what it decides by itself; while it has taken just what was taken then, that is its answer here too.
    """
    policy = run.policy
    if run.drift:
        after = policy.decide(*run.candidate, policy.with_consumption(facts, run.drift))
    if canonical(before.outcome()) != canonical(after.outcome()):
        found.changed_in_sequence += 1
    taken_then = policy.consumed(facts, recorded.outcome)
    taken_now = policy.consumed(facts, after.outcome())
    for where in {*taken_then, *taken_now}:
        drift = run.drift.get(where, 0) + taken_then.get(where, 0) - taken_now.get(where, 0)
        if drift:
            run.drift[where] = drift
        else:
            run.drift.pop(where, None)


def cause_of(before: MadeDecision, after: MadeDecision) -> str:
    """The rule whose step first differs between two explanations, and what it says now."""
    for old, new in zip(before.steps, after.steps, strict=False):
        if old != new:
            return new.rule if new.rule == old.rule else f"{new.rule} (was {old.rule})"
    if len(after.steps) > len(before.steps):
        return after.steps[len(before.steps)].rule
    if len(before.steps) > len(after.steps):
        return f"no longer {before.steps[len(after.steps)].rule}"
    return "the same steps lead elsewhere"


def _weigh(before: Effect, after: Effect, found: Replay) -> None:
    if before.cost is not None and after.cost is not None and before.currency == after.currency:
        cost = found.costs.setdefault(before.currency, Cost())
        cost.before += before.cost
        cost.after += after.cost
        cost.decisions += 1
    found.parcels_before += before.parcels
    found.parcels_after += after.parcels
    found.unplaced_before += before.unplaced_units
    found.unplaced_after += after.unplaced_units


def _effect(before: Effect, after: Effect) -> Body:
    costed = before.cost is not None and after.cost is not None and before.currency == after.currency
    return {
        "cost": str((after.cost or 0) - (before.cost or 0)) if costed else None,
        "currency": before.currency if costed else None,
        "parcels": after.parcels - before.parcels,
        "unplaced_units": after.unplaced_units - before.unplaced_units,
        "kilometres": round(after.kilometres - before.kilometres, 1)
        if before.kilometres is not None and after.kilometres is not None
        else None,
    }


def _written(decision: MadeDecision) -> Body:
    return {
        "outcome": decision.outcome(),
        "steps": [[step.rule, step.subject, step.kept, step.why] for step in decision.steps],
    }
