"""Events in words, for people who look at an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from fulfilment.requests.domain import RequestStatus
from oms.infra.backoffice.display import Tone, money
from oms.infra.models import Event
from oms.web.admin_sites.timeline_life import LIFE_TELLERS, Told

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of what events tell by codes."""

    channels: Mapping[str, str]
    locations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, when, and who caused it."""

    when: datetime
    actor: str
    title: str
    detail: str
    icon: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class _Told:
    title: str
    detail: str
    icon: str
    tone: Tone = Tone.NEUTRAL


def tell(event: Event, names: Names) -> Entry:
    """An event in words."""
    of_life, teller = LIFE_TELLERS.get(event.name), _TELLERS.get(event.name)
    told: _Told | Told = teller(event.payload, names) if teller else _unknown(event)
    if of_life:
        told = of_life(event.payload)
    return Entry(event.occurred_at, actor_in_words(event.actor), told.title, told.detail, told.icon, told.tone)


def actor_in_words(actor: str) -> str:
    """``user anna`` is shown as anna, ``command fulfil`` as the command it was."""
    kind, _, name = actor.partition(" ")
    return {"user": name, "command": f"command {name}"}.get(kind, actor) if name else actor.capitalize()


def count(number: int, thing: str) -> str:
    """``1 unit``, ``1,200 units``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _captured(said: Payload, names: Names) -> _Told:
    what = f"{count(said['units'], 'unit')} in {count(said['lines'], 'line')}"
    total = money(Decimal(said["total"]), said["currency"])
    channel = names.channels.get(said["channel"], said["channel"])
    return _Told(f"Placed on {channel}", f"{what}, {total}", "shopping_cart")


def _extended(said: Payload, names: Names) -> _Told:
    what = f"{count(said['units'], 'unit')} in {count(said['lines'], 'line')}"
    amount = money(Decimal(said["amount"]), said["currency"])
    return _Told("Added to by its channel", f"{what}, {amount}", "add_shopping_cart")


def _cancelled(said: Payload, names: Names) -> _Told:
    returned = said["returned"]
    verb = "returned" if returned == said["quantity"] else "cancelled"
    detail = f"Credit {money(Decimal(said['credit']), said['currency'])}"
    if 0 < returned < said["quantity"]:
        detail += f"; {count(returned, 'unit')} of them had left and came back"
    if said["reason"]:
        detail += f". {_sentence(said['reason'])}"
    title = f"{count(said['quantity'], 'unit')} of line {said['position']} {verb}"
    return _Told(title, detail, "undo", Tone.WRONG)


def _offered(said: Payload, names: Names) -> _Told:
    why = str(said["reason"]).removeprefix(f"{said['location']}: ")
    detail = f"Request {said['request']}" + (f". Why here: {why}" if why else "")
    title = f"{count(said['units'], 'unit')} offered to {_place(said, names)}"
    return _Told(title, detail, "share_location", Tone.WAITING)


def _advanced(said: Payload, names: Names) -> _Told:
    did = {RequestStatus.PICKING: "is picking", RequestStatus.PACKED: "has packed"}
    words = did.get(said["status"], f"has set to {said['status']}:")
    icon = "inventory_2" if said["status"] == RequestStatus.PACKED else "shelves"
    return _Told(f"{_place(said, names)} {words}", f"Request {said['request']}", icon, Tone.WORKING)


def _shipped(said: Payload, names: Names) -> _Told:
    tracking = f", tracking number {said['tracking_number']}" if said["tracking_number"] else ""
    title = f"{count(said['units'], 'unit')} shipped from {_place(said, names)}"
    return _Told(title, f"Shipment {said['shipment']}{tracking}", "local_shipping", Tone.DONE)


def _released(said: Payload, names: Names) -> _Told:
    title = f"{count(said['units'], 'unit')} of line {said['position']} taken back from {_place(said, names)}"
    why = f". {_sentence(said['reason'])}" if said["reason"] else ""
    return _Told(title, f"Request {said['request']}{why}", "lock_open")


def _parcel_booked(said: Payload, names: Names) -> _Told:
    price = money(Decimal(said["amount"]), said["currency"])
    detail = f"{said['service']}, {price}, tracking number {said['tracking_number']}. {_sentence(said['reason'])}"
    return _Told(f"Parcel {said['parcel']} booked", detail, "package_2", Tone.WORKING)


def _parcel_refused(said: Payload, names: Names) -> _Told:
    return _Told(
        f"Parcel {said['parcel']} refused by {said['service']}", _sentence(said["reason"]), "block", Tone.WRONG
    )


def _parcel_voided(said: Payload, names: Names) -> _Told:
    detail = f"{said['service']}, tracking number {said['tracking_number']}. {_sentence(said['reason'])}"
    return _Told(f"Parcel {said['parcel']} voided", detail, "undo")


def _parcel_delivered(said: Payload, names: Names) -> _Told:
    where = f", {said['where']}" if said["where"] else ""
    detail = f"{said['service']}, tracking number {said['tracking_number']}{where}"
    word = "counts as arrived: its day is over" if said["presumed"] else "has arrived"
    return _Told(f"Parcel {said['parcel']} {word}", detail, "markunread_mailbox", Tone.DONE)


def _delivered(said: Payload, names: Names) -> _Told:
    title = f"What {_place(said, names)} sent " + ("counts as arrived" if said["presumed"] else "has arrived")
    why = ". Its expected day is over, and nobody reports deliveries" if said["presumed"] else ""
    return _Told(title, f"Request {said['request']}{why}", "home_pin", Tone.DONE)


def _rejected(said: Payload, names: Names) -> _Told:
    why = {"not_found": "not found", "mismatch": "fewer than counted", "damaged": "damaged"}
    each = "; ".join(
        f"{units} of line {position}: {why.get(reason, 'cannot be sent')}" for position, units, reason in said["lines"]
    )
    title = f"{_place(said, names)} cannot send {count(said['units'], 'unit')}"
    return _Told(title, f"Request {said['request']}. {each}", "block", Tone.WRONG)


def _lifted(said: Payload, names: Names) -> _Told:
    return _Told(f"{_place(said, names)} may be asked again", f"For line {said['position']}", "lock_open")


def _joined(said: Payload, names: Names) -> _Told:
    return _Told(f"One parcel with {', '.join(said['others'])}", f"From {_place(said, names)}", "package_2")


def _left(said: Payload, names: Names) -> _Told:
    return _Told("In a parcel of its own again", f"Request {said['request']}", "package_2")


def _given_up(said: Payload, names: Names) -> _Told:
    title = f"{count(said['units'], 'unit')} of line {said['position']} given up: the customer is to be told"
    return _Told(title, _sentence(said["reason"]), "notifications", Tone.WRONG)


def _held(said: Payload, names: Names) -> _Told:
    blocked = ", ".join(said["blocks"])
    return _Told(
        f"Held: {_words(said['code'])}", f"{_sentence(said['reason'])}. Blocks: {blocked}", "pan_tool", Tone.WRONG
    )


def _hold_released(said: Payload, names: Names) -> _Told:
    return _Told(f"Hold released: {_words(said['code'])}", "The order goes on", "lock_open", Tone.WORKING)


def _moved(said: Payload, names: Names) -> _Told:
    became = [_words(text) for text in said["statuses"] if "→" in text]
    detail = f"From {said['before']}" + (f": {', '.join(became)}" if became else "")
    return _Told(f"Moved to {_sentence(_words(said['module']))} {said['after']}", detail, "upgrade")


def _words(code: str) -> str:
    return code.replace("_", " ")


def _unknown(event: Event) -> _Told:
    words = event.name.rpartition(".v")[0].replace(".", " ").replace("_", " ")
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in event.payload.items())
    return _Told(_sentence(words), facts, "circle")


def _place(said: Payload, names: Names) -> str:
    code = str(said["location"])
    name = names.locations.get(code)
    return f"{name} ({code})" if name else code


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


_MONEY_MOVED = {
    "authorise": ("Authorised", "credit_score", Tone.NEUTRAL),
    "capture": ("Taken", "payments", Tone.DONE),
    "void": ("Authorisation given back", "credit_card_off", Tone.NEUTRAL),
    "refund": ("Given back", "undo", Tone.WRONG),
}


def _payment_moved(said: Payload, names: Names) -> _Told:
    word, icon, tone = _MONEY_MOVED[said["operation"]]
    because = f" ({said['reason']})" if said["reason"] else ""
    return _Told(word, f"{money(Decimal(said['amount']), said['currency'])}, {said['label']}{because}", icon, tone)


def _payment_declined(said: Payload, names: Names) -> _Told:
    amount = money(Decimal(said["amount"]), said["currency"])
    return _Told(f"Declined: {said['operation']}", f"{amount}, {said['label']}. {said['reason']}", "error", Tone.WRONG)


_TELLERS: dict[str, Callable[[Payload, Names], _Told]] = {
    "order.captured.v1": _captured,
    "order.extended.v1": _extended,
    "order.line_cancelled.v1": _cancelled,
    "order.held.v1": _held,
    "order.hold_released.v1": _hold_released,
    "order.payment_moved.v1": _payment_moved,
    "order.payment_declined.v1": _payment_declined,
    "order.moved.v1": _moved,
    "fulfilment.offered.v1": _offered,
    "fulfilment.advanced.v1": _advanced,
    "fulfilment.shipped.v1": _shipped,
    "fulfilment.released.v1": _released,
    "parcel.booked.v1": _parcel_booked,
    "parcel.refused.v1": _parcel_refused,
    "parcel.voided.v1": _parcel_voided,
    "parcel.delivered.v1": _parcel_delivered,
    "fulfilment.delivered.v1": _delivered,
    "fulfilment.rejected.v1": _rejected,
    "fulfilment.exclusion_lifted.v1": _lifted,
    "fulfilment.parcel_joined.v1": _joined,
    "fulfilment.parcel_left.v1": _left,
    "routing.given_up.v1": _given_up,
}
