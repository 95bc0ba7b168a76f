"""What has been asked for, written and kept about an order, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString

from oms.infra.backoffice.display import Tone, badge
from oms.kernel.verdict import Verdict
from oms.web.admin_sites.order_life import fresh_key
from oms.web.admin_sites.timeline import actor_in_words
from orders.domain.change import actions_from_json
from orders.models import ChangeKind, ChangeStatus, Order, OrderAttachment, OrderChange, OrderHold, OrderNote
from orders.services import may_cancel, may_change
from orders.services.holds import BLOCKABLE
from orders.services.order_change_money import outstanding
from orders.services.payments import shares_of

_TONES = {
    ChangeStatus.REQUESTED: Tone.WAITING,
    ChangeStatus.CONFIRMED: Tone.DONE,
    ChangeStatus.DECLINED: Tone.WRONG,
    ChangeStatus.CANCELLED: Tone.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """A change in words."""

    row: OrderChange
    state: SafeString
    words: str
    by: str

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide it."""
        return self.row.status == ChangeStatus.REQUESTED


@dataclass(frozen=True, slots=True)
class LifePanel:
    """Changes, notes and files; ``outstanding`` is for the customer to pay.

    ``payable`` is what a changed order costs without what was cancelled. ``key`` is that of the hold form.
    """

    changes: Sequence[ChangeShown]
    notes: Sequence[OrderNote]
    files: Sequence[OrderAttachment]
    outstanding: Decimal
    payable: Decimal | None
    may_change: Verdict
    may_cancel: Verdict
    blockable: Sequence[str]
    key: str

    @property
    def waiting(self) -> ChangeShown | None:
        """The first change that somebody has to decide."""
        return next((change for change in self.changes if change.waits), None)


def life_panel(order: Order, holds: Sequence[OrderHold]) -> LifePanel:
    """Gather the panel in a fixed number of queries; ``holds`` are the order's active ones."""
    blocking = next((hold for hold in holds if "edit" in hold.blocks), None)
    held = Verdict.no(f"a hold keeps it from being changed: {blocking.why}") if blocking else Verdict.yes()
    return LifePanel(
        changes=[_shown(change) for change in order.changes.order_by("number")],
        notes=list(order.notes.order_by("id")),
        files=list(order.attachments.defer("content").order_by("id")),
        outstanding=outstanding(order, list(order.payments.order_by("position"))),
        payable=shares_of(order).payable if order.version > 1 else None,
        may_change=may_change(order, held),
        may_cancel=may_cancel(order, held),
        blockable=BLOCKABLE,
        key=fresh_key(),
    )


def _shown(change: OrderChange) -> ChangeShown:
    if change.kind == ChangeKind.CANCELLATION:
        parts = ", ".join(f"{part['units']} of line {part['line']}" for part in change.actions)
        words = f"cancel {parts or 'everything that had not left'}"
    else:
        words = "; ".join(action.in_words() for action in actions_from_json(change.actions))
    state = badge(change.get_status_display(), _TONES[ChangeStatus(change.status)])
    return ChangeShown(change, state, words[:1].upper() + words[1:], actor_in_words(change.requested_by))
