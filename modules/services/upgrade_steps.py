"""The small steps of an upgrade that its screens take: a reviewer's choice, asking for a preview, giving it up."""

from __future__ import annotations

from django.db import transaction

from modules.domain.canonical import Body
from modules.models import UPGRADE_LIFE, ModuleAdoption, ModuleUpgrade, UpgradeStatus
from modules.services.plans import plan_void
from modules.services.refused import require
from modules.services.upgrade_review import Choice
from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict

_DECIDING = (UpgradeStatus.AVAILABLE, UpgradeStatus.READY, UpgradeStatus.BLOCKED)


def may_choose(upgrade: ModuleUpgrade) -> Verdict:
    """Whether the documents of an upgrade can be decided about now."""
    if upgrade.status not in _DECIDING:
        return Verdict.no(f"the upgrade is {upgrade.status.replace('_', ' ')}: its documents cannot be decided about")
    return _still_from(upgrade)


def may_preview(upgrade: ModuleUpgrade) -> Verdict:
    """Whether a preview can be asked for now; asking again while one runs is harmless."""
    if upgrade.status != UpgradeStatus.PREVIEWING:
        verdict = UPGRADE_LIFE.may(UpgradeStatus(upgrade.status), UpgradeStatus.PREVIEWING)
        if not verdict:
            return verdict
    return _still_from(upgrade)


def upgrade_choose(*, upgrade_id: int, choices: dict[str, tuple[Choice, Body | None]]) -> None:
    """Decide about documents, by ``kind/key``; a body is given for a merge. Raises :class:`UpgradeRefused`.

    What a preview found is void then: it was made with other documents.
    """
    with transaction.atomic():
        upgrade = _locked(upgrade_id)
        require(may_choose(upgrade))
        plan_void(upgrade, "its documents were decided about anew")
        for name, (choice, body) in choices.items():
            upgrade.choices[name] = {"choice": choice.value} | ({"body": body} if body is not None else {})
        if upgrade.status != UpgradeStatus.AVAILABLE:
            # By way of a preview: nothing else leads from its result back to the beginning.
            _become(upgrade, UpgradeStatus.PREVIEWING)
            _become(upgrade, UpgradeStatus.AVAILABLE)
            upgrade.preview, upgrade.previewed_revision = None, None
            upgrade.replayed = upgrade.to_replay = 0
            upgrade.changes.all().delete()
        upgrade.save()


def preview_request(*, upgrade_id: int) -> None:
    """Ask a worker for the preview. Raises :class:`UpgradeRefused`."""
    with transaction.atomic():
        upgrade = _locked(upgrade_id)
        require(may_preview(upgrade))
        plan_void(upgrade, "a new preview was asked for")
        if upgrade.status != UpgradeStatus.PREVIEWING:
            _become(upgrade, UpgradeStatus.PREVIEWING)
            upgrade.preview, upgrade.replayed, upgrade.to_replay = None, 0, 0
            upgrade.save()
        name = f"preview {upgrade_id}"
        enqueue("modules.jobs.preview", lock=name, queueing_lock=name, upgrade_id=upgrade_id)


def upgrade_abandon(*, upgrade_id: int) -> None:
    """Give an upgrade up; nothing has changed for the retailer. Raises :class:`UpgradeRefused`."""
    with transaction.atomic():
        upgrade = _locked(upgrade_id)
        if upgrade.status == UpgradeStatus.ABANDONED:
            return
        plan_void(upgrade, "the upgrade was given up")
        _become(upgrade, UpgradeStatus.ABANDONED)
        upgrade.save()


def _still_from(upgrade: ModuleUpgrade) -> Verdict:
    live = ModuleAdoption.objects.filter(module=upgrade.module).values_list("release", flat=True).first()
    if live != upgrade.from_release:
        return Verdict.no(
            f"{upgrade.module} {live or 'is not adopted and'} is live now, and this upgrade begins at "
            f"{upgrade.from_release}: abandon it and begin anew"
        )
    return Verdict.yes()


def _locked(upgrade_id: int) -> ModuleUpgrade:
    return ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)


def _become(upgrade: ModuleUpgrade, status: UpgradeStatus) -> None:
    require(UPGRADE_LIFE.may(UpgradeStatus(upgrade.status), status))
    upgrade.status = status
