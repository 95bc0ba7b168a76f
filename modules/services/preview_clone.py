"""A staging clone for an upgrade: the retailer's newest orders, with the candidate release live, to click through.

Asked for by the retailer's staff, made and dropped by a worker with the deploying role. In the clone the release is
promoted by the very service that would promote it in production, with the documents as they were reviewed. So what
is seen there is what a promotion would bring, and what a promotion would refuse is refused there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from modules.models import CloneState, ModuleUpgrade, PreviewClone
from modules.selectors import head_number
from modules.services.conversion import NoConversion
from modules.services.revise import InvalidDocument, StaleEdit, UnknownKind
from modules.services.upgrade import UpgradeRefused, may_promote, upgrade_promote
from oms.infra.database.context import retailer_context, served_schema
from oms.infra.database.identity import is_staging
from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict
from tenants import registry
from tenants.cloning import (
    CannotClone,
    CloneBusy,
    CloneFor,
    CloneReport,
    NoClone,
    staging_clone,
    staging_drop,
    staging_schema,
)
from tenants.cloning.services import NEWEST_ORDERS, PHASES

#: A preview is a matter of days; the retailer's own staging clone is kept for longer.
DAYS = 7
#: The parts of the work, in order: those of making a clone, then the release in it.
STEPS = ("asked", *PHASES[:-1], "release")
ADOPTING = "release"
#: What may keep a release from being promoted in the clone, as in production.
_REFUSALS = (UpgradeRefused, StaleEdit, InvalidDocument, UnknownKind, NoConversion)

OnStep = Callable[[str], None]


def clone_label(upgrade_id: int) -> str:
    """Label of the clone of an upgrade."""
    return f"u{upgrade_id}"


def clone_schema(source: str, upgrade_id: int) -> str:
    """Schema of the clone of an upgrade. Raises :class:`~tenants.cloning.CannotClone`."""
    return staging_schema(source, clone_label(upgrade_id))


def may_open_clone(upgrade: ModuleUpgrade) -> Verdict:
    """Whether a clone can be made in which the release of an upgrade is live: where it could be promoted now."""
    if is_staging(served_schema()):
        return Verdict.no("this is a staging clone itself: promote the release here to see it")
    verdict = may_promote(upgrade)
    if verdict and upgrade.previewed_revision != head_number():
        return Verdict.no("the profile has been changed since the preview: preview again")
    return verdict


def preview_clone_ask(*, upgrade_id: int, author: str) -> None:
    """Write down that the clone of an upgrade is wanted; one that is there is to be made anew.

    Raises :class:`~modules.services.upgrade.UpgradeRefused`.
    """
    with transaction.atomic():
        upgrade = ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
        verdict = may_open_clone(upgrade)
        if not verdict:
            raise UpgradeRefused(verdict.reason)
        try:
            clone_schema(served_schema(), upgrade_id)
        except CannotClone as refused:
            raise UpgradeRefused(str(refused)) from refused
        wanted = {
            "status": CloneState.ASKED, "phase": STEPS[0], "why": "", "asked_by": author, "asked_at": timezone.now(),
        }  # fmt: skip
        PreviewClone.objects.update_or_create(upgrade=upgrade, defaults=wanted)


def preview_clone_request(*, upgrade_id: int, author: str) -> None:
    """Ask a worker for the clone of an upgrade. Asking again while it is made is harmless.

    Raises :class:`~modules.services.upgrade.UpgradeRefused`.
    """
    with transaction.atomic():
        preview_clone_ask(upgrade_id=upgrade_id, author=author)
        name = f"preview clone {upgrade_id}"
        enqueue("modules.jobs.preview_clone", lock=name, queueing_lock=name, upgrade_id=upgrade_id)


def preview_clone_make(
    *, schema: str, upgrade_id: int, orders: int = NEWEST_ORDERS, on_step: OnStep = lambda step: None
) -> CloneReport | None:
    """Make the clone that was asked for, and promote the release in it. None where it is wanted no longer.

    Cut short anywhere and run again, it makes the clone once more. Opens its own contexts. Raises
    :class:`~tenants.cloning.CloneBusy`, where trying again may do; what else stands in the way is kept with the
    clone, in words.
    """
    with retailer_context(schema):
        clone = PreviewClone.objects.select_for_update().select_related("upgrade").filter(pk=upgrade_id).first()
        if clone is None or clone.status == CloneState.DROPPING:
            return None
        upgrade = clone.upgrade
        verdict = may_open_clone(upgrade)
        head = head_number()
        clone.status, clone.why = CloneState.MAKING, ""
        clone.save()
    step = _StepTold(schema, upgrade_id, on_step)
    try:
        if not verdict:
            raise UpgradeRefused(verdict.reason)
        report = staging_clone(
            source=schema, orders=orders, days=DAYS, made_for=_made_for(upgrade),
            on_phase=lambda phase: step(phase) if phase in STEPS else None,
        )  # fmt: skip
        step(ADOPTING)
        _promote_in(report.schema, clone)
    except CloneBusy as busy:
        _tell(schema, upgrade_id, status=CloneState.ASKED, phase=STEPS[0], why=f"waiting: {busy}"[:500])
        raise
    except (CannotClone, *_REFUSALS) as refused:
        _give_up(schema, upgrade_id, str(refused))
        return None
    except BaseException:
        _tell(schema, upgrade_id, status=CloneState.FAILED, why="it failed by a fault of ours; ask for it again")
        raise
    registry.forget(report.domain)
    _tell(
        schema, upgrade_id, status=CloneState.READY, phase="", host=report.domain, revision=head,
        made_at=timezone.now(), expires_at=report.expires_at,
    )  # fmt: skip
    return report


class _StepTold:
    """Writes down which part of the work begins, for the page that watches it."""

    def __init__(self, schema: str, upgrade_id: int, on_step: OnStep) -> None:
        self._schema, self._upgrade_id, self._on_step = schema, upgrade_id, on_step

    def __call__(self, step: str) -> None:
        _tell(self._schema, self._upgrade_id, phase=step)
        self._on_step(step)


def _made_for(upgrade: ModuleUpgrade) -> CloneFor:
    title = upgrade.module.replace("_", " ").capitalize()
    return CloneFor(
        label=clone_label(upgrade.pk),
        purpose=f"Preview of {title} {upgrade.to_release} for upgrade {upgrade.pk}",
        asked_from=reverse("profile:preview", args=[upgrade.pk]),
    )


def _promote_in(clone_schema: str, clone: PreviewClone) -> None:
    with retailer_context(clone_schema):
        upgrade_promote(
            upgrade_id=clone.upgrade_id, author=clone.asked_by, reason="To click through it in a staging clone"
        )


def _give_up(schema: str, upgrade_id: int, why: str) -> None:
    """A clone in which the release is not live is no preview: nothing is left of it."""
    with suppress(NoClone, CannotClone):
        staging_drop(source=schema, label=clone_label(upgrade_id))
    _tell(schema, upgrade_id, status=CloneState.FAILED, phase="", why=why[:500])


def _tell(schema: str, upgrade_id: int, **fields: object) -> None:
    """Write down how far a clone is, unless it is wanted no longer."""
    with retailer_context(schema):
        PreviewClone.objects.filter(pk=upgrade_id).exclude(status=CloneState.DROPPING).update(**fields)


def preview_clone_drop_request(*, upgrade_id: int) -> None:
    """Ask a worker to drop the clone of an upgrade. What is dropped already is left alone."""
    with transaction.atomic():
        dropping = PreviewClone.objects.filter(pk=upgrade_id).update(status=CloneState.DROPPING, phase="", why="")
        if dropping:
            name = f"preview clone {upgrade_id}"
            enqueue("modules.jobs.preview_clone_drop", lock=name, queueing_lock=f"drop {name}", upgrade_id=upgrade_id)


def preview_clone_drop(*, schema: str, upgrade_id: int) -> bool:
    """Drop the clone of an upgrade; whether there was one. Opens its own contexts.

    One that was asked for again meanwhile is left to be made. Raises :class:`~tenants.cloning.CloneBusy`.
    """
    with retailer_context(schema):
        clone = PreviewClone.objects.filter(pk=upgrade_id).first()
        if clone and clone.status != CloneState.DROPPING:
            return False
    try:
        staging_drop(source=schema, label=clone_label(upgrade_id))
        found = True
    except NoClone:
        found = False
    if clone:
        registry.forget(clone.host)
    with retailer_context(schema):
        PreviewClone.objects.filter(pk=upgrade_id, status=CloneState.DROPPING).delete()
    return found
