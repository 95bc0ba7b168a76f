"""What happens in the life of an order, in words for its timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format

from oms.infra.backoffice.display import Tone, money
from oms.web.notices.kinds import NoticeKind

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words."""

    title: str
    detail: str
    icon: str
    tone: Tone = Tone.NEUTRAL


def _asked(said: Payload) -> str:
    asker = {"customer": "For the customer", "channel": "For the channel"}.get(said["asked_by"], "")
    reason = _sentence(said["reason"])
    return ". ".join(part for part in (asker, reason) if part)


def _what(said: Payload) -> str:
    return _sentence("; ".join(said["actions"])) or "Cancellation"


def _requested(said: Payload) -> Told:
    title = f"Change {said['change']} asked for: it waits"
    return Told(title, _join(_what(said), _asked(said)), "edit_note", Tone.WAITING)


def _changed(said: Payload) -> Told:
    difference = Decimal(said["difference"])
    sign = "+" if difference > 0 else ""
    now = f"The customer pays {money(Decimal(said['total']), said['currency'])}"
    if difference:
        now += f" ({sign}{money(difference, said['currency'])})"
    return Told(f"Changed (change {said['change']})", _join(_what(said), _asked(said), now), "edit", Tone.WORKING)


def _declined(said: Payload) -> Told:
    word = "Cancellation" if said["kind"] == "cancellation" else "Change"
    what = _what(said) if said["actions"] else ""
    return Told(f"{word} declined", _join(what, _sentence(said["why"]), _asked(said)), "block", Tone.WRONG)


def _taken_back(said: Payload) -> Told:
    return Told(f"Change {said['change']} taken back", _what(said), "undo")


def _cancelled(said: Payload) -> Told:
    units = f"{said['units']:,} unit{'s' if said['units'] != 1 else ''}"
    title = f"Cancelled: all {units} that had not left" if said["whole"] else f"{units} cancelled"
    fee = Decimal(said["fee"])
    charged = f"Fee {money(fee, said['currency'])}" if fee else ""
    return Told(title, _join(_asked(said), charged), "cancel", Tone.WRONG)


def _rejected(said: Payload) -> Told:
    return Told(f"Hold rejected: {said['code'].replace('_', ' ')}", _sentence(said["reason"]), "gpp_bad", Tone.WRONG)


def _note(said: Payload) -> Told:
    return Told("Note written", "Partners see it" if said["for_partners"] else "", "sticky_note_2")


def _file(said: Payload) -> Told:
    seen = "Partners see it" if said.get("for_partners") else ""
    return Told("File added", _join(f"{said['name']}, {said['size']:,} bytes", seen), "attach_file")


def _file_removed(said: Payload) -> Told:
    return Told("File removed", said["name"], "attach_file_off")


def _promise_broken(said: Payload) -> Told:
    day = date_format(date.fromisoformat(said["promised_on"]), "j M Y")
    return Told(f"Promise broken: line {said['position']} was promised by {day}", _sentence(said["why"]),
                "event_busy", Tone.WRONG)  # fmt: skip


def _notice_sent(said: Payload) -> Told:
    return Told(f"Customer told: {NoticeKind(said['kind']).label}", f"Notice {said['notice']}, by e-mail", "mail",
                Tone.DONE)  # fmt: skip


def _notice_failed(said: Payload) -> Told:
    detail = _join(f"Notice {said['notice']}", said["reason"])
    return Told(f"Customer not told: {NoticeKind(said['kind']).label}", detail, "unsubscribe", Tone.WRONG)


def _join(*parts: str) -> str:
    return ". ".join(part for part in parts if part)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


LIFE_TELLERS: dict[str, Callable[[Payload], Told]] = {
    "order.change_requested.v1": _requested,
    "order.changed.v1": _changed,
    "order.change_declined.v1": _declined,
    "order.change_cancelled.v1": _taken_back,
    "order.cancelled.v1": _cancelled,
    "order.hold_rejected.v1": _rejected,
    "order.note_written.v1": _note,
    "order.attachment_added.v1": _file,
    "order.attachment_removed.v1": _file_removed,
    "order.promise_broken.v1": _promise_broken,
    "order.notice_sent.v1": _notice_sent,
    "order.notice_failed.v1": _notice_failed,
}
