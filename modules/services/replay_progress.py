"""A replay that survives its worker: after each portion it is written down how far it is and what it has found.

Portions of one upgrade are done under the lock of its row, each from where the one before ended, by whichever
worker is there. So a replay that is cut short, or done by two at once, ends with what one undisturbed worker finds.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from modules.models import ModuleUpgrade, ReplayedDecision, ReplayProgress, UpgradeStatus
from modules.services.upgrade_preview import Cost, Replay, Replayer, decisions_to_replay
from modules.services.upgrade_review import Review
from oms.infra.database.context import retailer_context

#: Decisions in one transaction of a replay: what the progress bar moves by, and what a kill costs at most.
AT_ONCE = 250


def replay_begin(upgrade: ModuleUpgrade, review: Review, limit: int, *, anew: bool) -> None:
    """Go on with the replay that an upgrade has, or begin one. The caller has locked the upgrade, and saves it.

    It begins anew where it is told to, and where the profile or the number of decisions is another one.
    """
    kept = ReplayProgress.objects.filter(upgrade=upgrade).first()
    if kept and not anew and (kept.revision, kept.asked_for) == (review.revision, limit) and review.ready:
        return
    if kept:
        kept.delete()
    decisions = decisions_to_replay(upgrade.module, limit) if review.ready else []
    upgrade.changes.all().delete()
    upgrade.to_replay, upgrade.replayed, upgrade.preview = len(decisions), 0, None
    ReplayProgress.objects.create(upgrade=upgrade, revision=review.revision, asked_for=limit, decisions=decisions)


def replay_run(
    schema: str, upgrade: ModuleUpgrade, review: Review, on_progress: Callable[[int, int], None]
) -> Replay | None:
    """Do what is left of a replay, a transaction for each portion. None where the upgrade has gone on without it."""
    if not review.ready:
        return Replay()
    with retailer_context(schema):
        replayer = Replayer(
            module=upgrade.module, to=upgrade.to_release, documents=review.documents, revision=review.revision
        )
    while True:
        with retailer_context(schema):
            progress = _locked_progress(upgrade.pk, review.revision)
            if progress is None:
                return None
            total = len(progress.decisions)
            if replayer.found.replayed != progress.done:
                replayer.go_on_from(replay_from_json(progress.found), progress.drift)
            if progress.done < total:
                _portion(progress, replayer)
        on_progress(replayer.found.replayed, total)
        if replayer.found.replayed >= total:
            return replayer.found


def replay_end(upgrade: ModuleUpgrade, found: Replay) -> bool:
    """Keep what a replay found with its upgrade, which the caller has locked; False where another has done so."""
    ended, _ = ReplayProgress.objects.filter(upgrade=upgrade).delete()
    if ended:
        upgrade.preview = replay_to_json(found)
    return bool(ended)


def _locked_progress(upgrade_id: int, revision: int) -> ReplayProgress | None:
    locked = ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
    if locked.status != UpgradeStatus.PREVIEWING:
        return None
    return ReplayProgress.objects.filter(upgrade=locked, revision=revision).first()


def _portion(progress: ReplayProgress, replayer: Replayer) -> None:
    changes = replayer.portion(progress.decisions[progress.done : progress.done + AT_ONCE])
    ReplayedDecision.objects.bulk_create(
        ReplayedDecision(upgrade_id=progress.upgrade_id, **dataclasses.asdict(change)) for change in changes
    )
    progress.done = replayer.found.replayed
    progress.found = replay_to_json(replayer.found)
    progress.drift = replayer.drift()
    progress.save(update_fields=["done", "found", "drift"])
    ModuleUpgrade.objects.filter(pk=progress.upgrade_id).update(replayed=progress.done)


def replay_to_json(found: Replay) -> dict[str, Any]:
    """A replay as it is kept with its upgrade; what it cost before and after is by currency."""
    kept = dataclasses.asdict(found)
    del kept["costs"]
    kept["causes"] = dict(sorted(found.causes.items(), key=lambda item: (-item[1], item[0])))
    costs = sorted(found.costs.items())
    kept["cost_before"] = {currency: str(cost.before) for currency, cost in costs}
    kept["cost_after"] = {currency: str(cost.after) for currency, cost in costs}
    kept["costed"] = {currency: cost.decisions for currency, cost in costs}
    return kept


def replay_from_json(kept: dict[str, Any] | None) -> Replay:
    """A replay as it was when it was written down; one that has found nothing where nothing was."""
    if kept is None:
        return Replay()
    same = {each.name: kept[each.name] for each in dataclasses.fields(Replay) if each.name in kept}
    costs = {
        currency: Cost(Decimal(kept["cost_before"][currency]), Decimal(kept["cost_after"][currency]), decisions)
        for currency, decisions in kept["costed"].items()
    }
    return Replay(**{**same, "causes": Counter(kept["causes"]), "costs": costs})
