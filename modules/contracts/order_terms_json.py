"""Facts about changes and cancellations, written down and read back exactly. Version 1."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from modules.contracts.order_terms import CancelFacts, CancelPart, ChangeAction, ChangeFacts
from modules.domain.canonical import Body


def change_to_json(facts: ChangeFacts) -> Body:
    """Write the facts of a change down."""
    return {
        "order": facts.order_number, "channel": facts.channel, "currency": facts.currency, "method": facts.method,
        "pickup": facts.pickup, "by": facts.asked_by, "placed": facts.placed_at, "asked": facts.asked_at,
        "status": facts.status, "total": str(facts.total), "attributes": dict(facts.attributes),
        "actions": [[a.kind, a.position, a.units, str(a.value), a.progress] for a in facts.actions],
    }  # fmt: skip


def change_from_json(written: Body) -> ChangeFacts:
    """Read the facts of a change back as they were."""
    said: Any = written
    return ChangeFacts(
        order_number=said["order"], channel=said["channel"], currency=said["currency"], method=said["method"],
        pickup=said["pickup"], asked_by=said["by"], placed_at=said["placed"], asked_at=said["asked"],
        status=said["status"], total=Decimal(said["total"]), attributes=said["attributes"],
        actions=tuple(
            ChangeAction(kind, position, units, Decimal(value), progress)
            for kind, position, units, value, progress in said["actions"]
        ),
    )  # fmt: skip


def cancel_to_json(facts: CancelFacts) -> Body:
    """Write the facts of a cancellation down."""
    return {
        "order": facts.order_number, "channel": facts.channel, "currency": facts.currency, "by": facts.asked_by,
        "reason": facts.reason, "placed": facts.placed_at, "asked": facts.asked_at, "total": str(facts.total),
        "parts": [[part.position, part.units, part.progress] for part in facts.parts],
    }  # fmt: skip


def cancel_from_json(written: Body) -> CancelFacts:
    """Read the facts of a cancellation back as they were."""
    said: Any = written
    return CancelFacts(
        order_number=said["order"], channel=said["channel"], currency=said["currency"], asked_by=said["by"],
        reason=said["reason"], placed_at=said["placed"], asked_at=said["asked"], total=Decimal(said["total"]),
        parts=tuple(CancelPart(position, units, progress) for position, units, progress in said["parts"]),
    )  # fmt: skip
