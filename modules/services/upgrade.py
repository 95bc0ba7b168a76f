"""The way of one upgrade: preview, promote, roll back, hold. The retailer starts every step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.db import transaction

from modules import registry
from modules.domain.documents import Document, Reference
from modules.domain.releases import Version
from modules.events import ModulePromoted, ModuleRolledBack
from modules.inflight import in_flight_of
from modules.models import (
    UPGRADE_LIFE,
    ModuleAdoption,
    ModuleUpgrade,
    Origin,
    ProfileRevision,
    ProfileSnapshot,
    UpgradeStatus,
)
from modules.profile import current_profile, profile_at
from modules.publishing.selectors import is_published
from modules.services.conversion import convert, documents_of
from modules.services.plans import may_promote_by_plan, plan_carried_out, plan_void
from modules.services.refused import UpgradeRefused as UpgradeRefused
from modules.services.refused import require
from modules.services.replay_progress import replay_begin, replay_end, replay_from_json, replay_run
from modules.services.revise import InvalidDocument, OpenRevision, UnknownKind, revise, validate
from modules.services.upgrade_move import moves_ask
from modules.services.upgrade_preview import Replay
from modules.services.upgrade_review import Review, upgrade_review
from oms.infra.database.context import retailer_context
from oms.infra.events import record
from oms.kernel.verdict import Verdict

#: Decisions that a preview replays unless told otherwise.
REPLAY_LIMIT = 10_000


class InFlightChoice(StrEnum):
    """What becomes of work that began on the release that is left."""

    DRAIN = "drain"
    MOVE = "move"


def upgrade_begin(*, module: str, to: str, author: str) -> ModuleUpgrade:
    """The open upgrade of a module to a release; an open one to another release is abandoned.

    Raises :class:`UpgradeRefused`.
    """
    adoption = ModuleAdoption.objects.filter(module=module).first()
    require(may_begin(adoption, module, to))
    assert adoption is not None
    with transaction.atomic():
        opened = ModuleUpgrade.objects.select_for_update().filter(module=module, status__in=_OPEN).first()
        if opened and (opened.from_release, opened.to_release) == (adoption.release, to):
            return opened
        if opened:
            plan_void(opened, f"another upgrade, to {to}, was begun")
            _become(opened, UpgradeStatus.ABANDONED)
        return ModuleUpgrade.objects.create(
            module=module, from_release=adoption.release, to_release=to, started_by=author
        )


def may_begin(adoption: ModuleAdoption | None, module: str, to: str) -> Verdict:
    """Whether an upgrade of a module to a release may begin."""
    if adoption is None:
        return Verdict.no(f"the module {module} is not adopted")
    if adoption.held:
        return Verdict.no(f"{module} is held: release the hold before an upgrade")
    try:
        registry.release(module, to)
    except (ValueError, registry.BrokenRelease) as fault:
        return Verdict.no(str(fault))
    if not is_published(module, to):
        return Verdict.no(f"{module} {to} is not published")
    if Version.parse(to) == Version.parse(adoption.release):
        return Verdict.no(f"{module} {to} is live already")
    return Verdict.yes()


def upgrade_preview(
    *,
    schema: str,
    upgrade_id: int,
    limit: int = REPLAY_LIMIT,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Replay:
    """Review the documents, then replay the last decisions; each portion commits, so a preview survives anything.

    One that was cut short goes on where it stopped. Afterwards the upgrade is ready, or blocked with the exact
    documents and fields. Opens its own contexts. Raises :class:`UpgradeRefused`.
    """
    with retailer_context(schema):
        upgrade = ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
        plan_void(upgrade, "it was previewed anew")
        anew = upgrade.status != UpgradeStatus.PREVIEWING
        if anew:
            _become(upgrade, UpgradeStatus.PREVIEWING)
        review = upgrade_review(module=upgrade.module, to=upgrade.to_release, choices=upgrade.choices)
        upgrade.previewed_revision = review.revision
        upgrade.review = review_to_json(review)
        replay_begin(upgrade, review, limit, anew=anew)
        upgrade.save()
    found = replay_run(schema, upgrade, review, on_progress)
    with retailer_context(schema):
        upgrade = ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
        if found and replay_end(upgrade, found):
            _become(upgrade, UpgradeStatus.READY if review.ready else UpgradeStatus.BLOCKED)
        elif found is None and upgrade.status not in (UpgradeStatus.READY, UpgradeStatus.BLOCKED):
            message = f"the upgrade went on meanwhile: it is {upgrade.status}"
            raise UpgradeRefused(message)
    return found or replay_from_json(upgrade.preview)


def upgrade_promote(
    *,
    upgrade_id: int,
    author: str,
    reason: str = "",
    in_flight: InFlightChoice = InFlightChoice.DRAIN,
    by_schedule: bool = False,
) -> int:
    """Make the candidate live with its converted documents, in one transaction; return the new revision.

    Refused unless the preview found it ready and the head is still the revision that was previewed. Work in flight
    finishes on the release that is left, or is moved by a job that this transaction asks for. Raises
    :class:`UpgradeRefused`, :class:`~modules.services.revise.StaleEdit`.
    """
    with transaction.atomic():
        upgrade = ModuleUpgrade.objects.select_for_update().get(pk=upgrade_id)
        require(may_promote(upgrade, by_schedule=by_schedule))
        review = upgrade_review(module=upgrade.module, to=upgrade.to_release, choices=upgrade.choices)
        if not review.ready:
            fault = review.faults[0]
            where = f"{fault.kind}/{fault.key} {'.'.join(map(str, fault.path))}".strip()
            message = f"since the preview a document has come not to fit: {where}: {fault.message}; preview again"
            raise UpgradeRefused(message)
        with revise(
            author=author,
            reason=reason or f"Promoted {upgrade.module} {upgrade.from_release} → {upgrade.to_release}",
            origin=Origin.PROMOTION,
            expected=upgrade.previewed_revision,
        ) as revision:
            revision.adopt(upgrade.module, upgrade.to_release)
            write_documents(revision, upgrade.module, review.documents)
        upgrade.promoted_revision = revision.number
        _become(upgrade, UpgradeStatus.PROMOTED)
        plan_carried_out(upgrade, f"promoted in revision {revision.number}")
        _move_along(upgrade.module, upgrade.from_release, in_flight, author)
        written = ProfileRevision.objects.get(number=revision.number)
        record([
            ModulePromoted(
                subject=upgrade.module, occurred_at=written.created_at, actor=author,
                before=upgrade.from_release, after=upgrade.to_release, revision=revision.number,
            )
        ])  # fmt: skip
    return revision.number


def _move_along(module: str, before: str, in_flight: InFlightChoice, author: str) -> None:
    work = in_flight_of(module)
    if in_flight is InFlightChoice.MOVE and work is not None and before in work.unfinished():
        moves_ask(module=module, author=author, before=before)


def may_promote(upgrade: ModuleUpgrade, *, by_schedule: bool = False) -> Verdict:
    """Whether an upgrade may be promoted now: for the button, the command and the service alike."""
    verdict = UPGRADE_LIFE.may(UpgradeStatus(upgrade.status), UpgradeStatus.PROMOTED)
    if not verdict:
        return verdict
    if ModuleAdoption.objects.filter(module=upgrade.module, held=True).exists():
        return Verdict.no(f"{upgrade.module} is held: release the hold before an upgrade")
    if (upgrade.preview or {}).get("baseline_differences"):
        return Verdict.no("the preview cannot be trusted: recorded decisions could not be made again as they were")
    return may_promote_by_plan(upgrade, by_schedule=by_schedule)


def module_rollback(
    *,
    module: str,
    author: str,
    to: int | None = None,
    reason: str = "",
    in_flight: InFlightChoice = InFlightChoice.DRAIN,
) -> int:
    """Take a module back: to the release before its last promotion, or to its state at revision ``to``.

    One transaction. Without ``to``, edits made since the promotion are carried back by the release's own
    conversion; where they do not fit, and always with ``to``, the state before is kept as a named snapshot.
    Work in flight finishes on the release that is left, or is moved by a job that this transaction asks for.
    Returns the new revision. Raises :class:`UpgradeRefused`.
    """
    with transaction.atomic():
        number, live, back_to = _rolled_back(module, author, to, reason)
        if back_to != live:
            _move_along(module, live, in_flight, author)
        written = ProfileRevision.objects.get(number=number)
        record([
            ModuleRolledBack(
                subject=module, occurred_at=written.created_at, actor=author, before=live, after=back_to,
                revision=number,
            )
        ])  # fmt: skip
    return number


def _rolled_back(module: str, author: str, to: int | None, reason: str) -> tuple[int, str, str]:
    """Number of the new revision, the release that was live and the one that is."""
    with revise(author=author, reason=reason or f"Rolled back {module}", origin=Origin.ROLLBACK) as revision:
        live = revision.adopted.get(module)
        if live is None:
            message = f"the module {module} is not adopted"
            raise UpgradeRefused(message)
        upgrade = (
            ModuleUpgrade.objects.select_for_update()
            .filter(module=module, status=UpgradeStatus.PROMOTED, to_release=live)
            .first()
        )
        back_to, documents = _target(module, live, upgrade, to, revision.number - 1, author)
        revision.adopt(module, back_to)
        write_documents(revision, module, documents)
        if upgrade:
            upgrade.rolled_back_revision = revision.number
            _become(upgrade, UpgradeStatus.ROLLED_BACK)
    return revision.number, live, back_to


def _target(
    module: str, live: str, upgrade: ModuleUpgrade | None, to: int | None, head: int, author: str
) -> tuple[str, dict[tuple[str, str], Document]]:
    if to is not None:
        then = profile_at(to)
        if module not in then.adopted:
            message = f"the module {module} was not adopted at revision {to}"
            raise UpgradeRefused(message)
        _park(module, head, author)
        return then.adopted[module], documents_of(then, module)
    if upgrade is None or upgrade.promoted_revision is None:
        message = f"{module} {live} was not reached by a promotion; name the revision to go back to"
        raise UpgradeRefused(message)
    carried = convert(module, documents_of(profile_at(head), module), before=live, after=upgrade.from_release)
    if _fits(module, upgrade.from_release, carried):
        return upgrade.from_release, carried
    _park(module, head, author)
    return upgrade.from_release, documents_of(profile_at(upgrade.promoted_revision - 1), module)


def _fits(module: str, release: str, documents: dict[tuple[str, str], Document]) -> bool:
    try:
        for (kind, key), document in documents.items():
            validate(Reference(module, kind, key), release, document.body)
    except (InvalidDocument, UnknownKind):
        return False
    return True


def _park(module: str, head: int, author: str) -> None:
    name = f"{module} before its rollback at revision {head}"
    ProfileSnapshot.objects.get_or_create(name=name, defaults={"revision": head, "author": author})


def module_hold(*, module: str, held: bool, author: str, reason: str = "") -> int:
    """Hold a module (no notices, no promotion) or release the hold; return the revision."""
    with revise(author=author, reason=reason or f"{'Held' if held else 'Released'} {module}") as revision:
        if module not in revision.adopted:
            message = f"the module {module} is not adopted"
            raise UpgradeRefused(message)
        revision.adopt(module, revision.adopted[module], held=held)
    return revision.number


def write_documents(revision: OpenRevision, module: str, documents: dict[tuple[str, str], Document]) -> None:
    """Within an open revision, make the documents of one module exactly these; no other module is touched."""
    for where in current_profile().raw(module):
        if (where.kind, where.key) not in documents:
            revision.drop(module, where.kind, where.key)
    for (kind, key), document in sorted(documents.items()):
        revision.put(module, kind, key, document.body, document.complement)


def review_to_json(review: Review) -> dict[str, Any]:
    """A review as it is kept with its upgrade."""
    return {
        "ready": review.ready,
        "faults": [dataclasses.asdict(fault) for fault in review.faults],
        "touched": [dataclasses.asdict(item) for item in review.touched],
    }


_OPEN = (UpgradeStatus.AVAILABLE, UpgradeStatus.PREVIEWING, UpgradeStatus.READY, UpgradeStatus.BLOCKED)


def _become(upgrade: ModuleUpgrade, status: UpgradeStatus) -> None:
    require(UPGRADE_LIFE.may(UpgradeStatus(upgrade.status), status))
    upgrade.status = status
    upgrade.save()
