"""Moving work in flight to the release that is live: in portions, each a transaction, so that it survives anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Literal

from django.db import connection
from django.utils import timezone

from modules.contracts.inflight import MappedWork, Work
from modules.domain.releases import Version
from modules.inflight import in_flight_of
from modules.models import MOVE_LIFE, MovedWork, MoveStatus, ReleaseMove
from modules.services.refused import UpgradeRefused, require
from modules.services.state_map import NoCounterpart, StateMap
from oms.infra.database.bulk import insert_rows
from oms.infra.database.context import retailer_context
from oms.infra.queue import enqueue
from oms.kernel.verdict import Verdict

#: Pieces of work in one transaction: what the progress bar moves by.
_AT_ONCE = 500


def may_move(module: str, before: str) -> Verdict:
    """Whether work of a release can be moved to the live release of its module."""
    work = in_flight_of(module)
    if work is None:
        return Verdict.no(f"no work in flight carries a release of {module}: there is nothing to move")
    live = _live(module)
    if live is None:
        return Verdict.no(f"the module {module} is not adopted")
    if live == before:
        return Verdict.no(f"{module} {before} is live: its work is where it belongs")
    if before not in work.unfinished():
        return Verdict.no(f"no unfinished {work.thing} is on {module} {before}")
    return Verdict.yes()


def moves_ask(*, module: str, author: str, before: str | None = None) -> list[ReleaseMove]:
    """Ask for the unfinished work of a release, or of every release that is not live, to be moved to the live one.

    In the caller's transaction; a worker does it. A move that runs already is returned as it is. Raises
    :class:`UpgradeRefused` where a named release has nothing to move.
    """
    live = _live(module, lock="UPDATE")
    if before is not None:
        try:
            before = str(Version.parse(before))
        except ValueError as fault:
            raise UpgradeRefused(str(fault)) from fault
        running = ReleaseMove.objects.filter(module=module, from_release=before, status=MoveStatus.RUNNING).first()
        if running is None or running.to_release != live:
            require(may_move(module, before))
    work = in_flight_of(module)
    if work is None or live is None:
        return []
    waiting = work.unfinished()
    releases = [before] if before else sorted(set(waiting) - {live}, key=Version.parse)
    return [_ask(module, release, live, waiting.get(release, 0), author) for release in releases]


def _ask(module: str, before: str, live: str, total: int, author: str) -> ReleaseMove:
    running = (
        ReleaseMove.objects.select_for_update()
        .filter(module=module, from_release=before, status=MoveStatus.RUNNING)
        .first()
    )
    if running and running.to_release != live:
        _end(running, MoveStatus.OVERTAKEN)
        running = None
    move = running or ReleaseMove.objects.create(
        module=module, from_release=before, to_release=live, total=total, asked_by=author
    )
    name = f"move {move.pk}"
    enqueue("modules.jobs.move", lock=name, queueing_lock=name, move_id=move.pk)
    return move


def move_run(
    *, schema: str, move_id: int, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> ReleaseMove:
    """Carry a move out, from where it stands. Opens its own contexts; two at once take turns, portion by portion."""
    while True:
        with retailer_context(schema):
            move = _portion(move_id)
        on_progress(min(move.moved + move.kept, move.total), move.total)
        if move.status != MoveStatus.RUNNING:
            return move


def _portion(move_id: int) -> ReleaseMove:
    """One portion: the live release, the move, the work are locked in this order, as everybody locks them."""
    module = ReleaseMove.objects.values_list("module", flat=True).get(pk=move_id)
    live = _live(module, lock="SHARE")
    move = ReleaseMove.objects.select_for_update().get(pk=move_id)
    work = in_flight_of(module)
    if move.status != MoveStatus.RUNNING:
        return move
    if live != move.to_release or work is None:
        _end(move, MoveStatus.OVERTAKEN)
        return move
    found = work.lock_next(move.from_release, after=move.position, limit=_AT_ONCE)
    if not found:
        _end_pass(move)
        return move
    mapped, kept = _sorted(found, StateMap(module, before=move.from_release, after=move.to_release))
    if mapped:
        work.move(mapped, before=move.from_release, after=move.to_release, actor=move.asked_by)
    _write_down(move, mapped, kept)
    move.position = found[-1].id
    move.moved_in_pass += len(mapped)
    move.moved += len(mapped)
    move.kept = move.work.filter(moved=False).count()
    move.save()
    return move


def _sorted(found: Sequence[Work], states: StateMap) -> tuple[list[MappedWork], list[tuple[Work, str]]]:
    """Which work can be moved, and which stays with the reason."""
    mapped: list[MappedWork] = []
    kept: list[tuple[Work, str]] = []
    for work in found:
        try:
            mapped.append(MappedWork(work, {status: states.became(status) for status in work.statuses}))
        except NoCounterpart as fault:
            kept.append((work, str(fault)))
    return mapped, kept


def _write_down(move: ReleaseMove, mapped: Sequence[MappedWork], kept: Sequence[tuple[Work, str]]) -> None:
    """What was kept in an earlier pass, and can be moved now, is written over."""
    ids = [item.work.id for item in mapped]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE modules_movedwork SET moved = true, reason = '', at = now()"
            " WHERE move_id = %s AND work_id = ANY(%s) AND NOT moved",
            [move.pk, ids],
        )
    rows = [
        *((move.pk, item.work.id, item.work.number, True, json.dumps(dict(item.became)), "") for item in mapped),
        *((move.pk, work.id, work.number, False, "{}", reason[:255]) for work, reason in kept),
    ]
    insert_rows(MovedWork, ["move", "work_id", "number", "moved", "became", "reason"], rows, skip_existing=True)


def _end_pass(move: ReleaseMove) -> None:
    """Work may have come onto the release behind the pass; one that has moved nothing was the last."""
    if move.moved_in_pass:
        move.position = move.moved_in_pass = 0
        move.save()
    else:
        _end(move, MoveStatus.DONE)


def _end(move: ReleaseMove, status: MoveStatus) -> None:
    require(MOVE_LIFE.may(MoveStatus(move.status), status))
    move.status, move.ended_at = status, timezone.now()
    move.save()


def _live(module: str, *, lock: Literal["", "SHARE", "UPDATE"] = "") -> str | None:
    """The live release; locked, so that no promotion or rollback comes between."""
    statement = "SELECT release FROM modules_moduleadoption WHERE module = %s"
    with connection.cursor() as cursor:
        cursor.execute(statement + (f" FOR {lock}" if lock else ""), [module])
        row = cursor.fetchone()
    return str(row[0]) if row else None
