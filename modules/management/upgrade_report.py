"""What the upgrade command tells: rows for JSON, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modules.inflight import in_flight_of
from modules.models import ModuleAdoption, ModuleUpgrade, MoveStatus, PromotionPlan, ReleaseMove
from modules.promotions import irreversible_of, promotion_that_is_live
from modules.publishing.selectors import published_releases
from modules.services.plans import open_plan, when_in_words

Row = dict[str, Any]

#: Pieces of work that a move kept, told one by one.
_KEPT = 20


def module_status(module: str) -> Row:
    """Where a module stands."""
    upgrade = ModuleUpgrade.objects.filter(module=module).first()
    adoption = ModuleAdoption.objects.filter(module=module).first()
    promoted, work = promotion_that_is_live(module), in_flight_of(module)
    plan = open_plan(upgrade) if upgrade else None
    running = ReleaseMove.objects.filter(module=module, status=MoveStatus.RUNNING)
    return {
        "module": module, "live": adoption.release if adoption else None,
        "held": adoption.held if adoption else False,
        "published": [item.version for item in published_releases(module)],
        "upgrade": {"to": upgrade.to_release, "status": upgrade.status} if upgrade else None,
        "plan": plan_told(plan) if plan else None,
        "unfinished": dict(work.unfinished()) if work else {},
        "moves": [move_told(move) for move in running],
        "irreversible": irreversible_told(promoted) if promoted else [],
    }  # fmt: skip


def status_in_words(row: Row) -> Iterator[str]:
    """The status of a module, a line for each thing."""
    live = f"live {row['live']}" if row["live"] else "not adopted"
    held = " (held)" if row["held"] else ""
    yield f"{row['module']:<20} {live}{held}, published {', '.join(row['published']) or 'none'}"
    if row["plan"]:
        yield f"  promotion to {row['plan']['to']}: {row['plan']['sentence']}"
    for release, count in sorted(row["unfinished"].items()):
        yield f"  {count:,} unfinished on {release}"
    for move in row["moves"]:
        yield from (f"  {line}" for line in move_in_words(move))
    for item in row["irreversible"]:
        if item["count"]:
            yield f"  cannot be undone: {item['sentence']}. {item['before']}"


def irreversible_told(promoted: ModuleUpgrade) -> list[Row]:
    """What no rollback of a promotion undoes."""
    return [
        {"kind": item.kind, "count": item.count, "sentence": item.sentence, "before": item.before, "after": item.after}
        for item in irreversible_of(promoted)
    ]


def move_told(move: ReleaseMove) -> Row:
    """How far a move is, with the first pieces of work that it kept."""
    kept = move.work.filter(moved=False)[:_KEPT]
    return {
        "from": move.from_release, "to": move.to_release, "status": move.status, "total": move.total,
        "moved": move.moved, "kept": move.kept,
        "kept_work": [{"number": item.number, "reason": item.reason} for item in kept],
    }  # fmt: skip


def move_in_words(move: Row) -> Iterator[str]:
    """A move in words."""
    kept = f", {move['kept']:,} kept" if move["kept"] else ""
    yield f"{move['moved']:,} moved from {move['from']} to {move['to']}{kept} ({move['status']})"
    for item in move["kept_work"]:
        yield f"  {item['number']}: {item['reason']}"


def plan_told(plan: PromotionPlan) -> Row:
    """A plan."""
    return {
        "plan": plan.pk, "module": plan.upgrade.module, "to": plan.upgrade.to_release, "status": plan.status,
        "asked_by": plan.asked_by, "decided_by": plan.decided_by,
        "due_at": plan.due_at.isoformat() if plan.due_at else None, "sentence": plan_in_words(plan),
    }  # fmt: skip


def plan_in_words(plan: PromotionPlan) -> str:
    """A plan in words: its times are in the active zone."""
    when = f" for {when_in_words(plan)}" if plan.due_at else ""
    return f"{plan.status.replace('_', ' ')}{when}, asked for by {plan.asked_by}" + (
        f"; {plan.outcome}" if plan.outcome else ""
    )
