"""What can be done to many orders at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import uuid4

from django import forms

from oms.infra.backoffice.bulk import BulkAction, Given, Outcome, left
from orders.models import HoldStatus, Order, OrderHold
from orders.services import CannotCancel, NoSuchHold, hold_release, orders_cancel, orders_hold

#: Names of holds that are offered; there are never many.
_NAMES_OFFERED = 200


class PlaceHoldForm(forms.Form):
    """Which hold, and why."""

    code = forms.RegexField(
        r"^[a-z][a-z0-9_]*$", max_length=60, label="Name of the hold", initial="by_hand",
        help_text="Small letters, digits and underscores: address_check.",
        error_messages={"invalid": "Name it by small letters, digits and underscores, such as address_check."},
    )  # fmt: skip
    why = forms.CharField(max_length=255, label="Why", help_text="Whoever opens the order reads it.")


def _active_names() -> list[tuple[str, str]]:
    active = OrderHold.objects.filter(status=HoldStatus.ACTIVE).order_by("code").values_list("code", flat=True)
    return [(code, code.replace("_", " ")) for code in active.distinct()[:_NAMES_OFFERED]]


class ReleaseHoldForm(forms.Form):
    """Which hold."""

    code = forms.ChoiceField(choices=_active_names, label="Hold")


class CancelForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=120, label="Reason", help_text="Stands on each cancellation.")


def _hold(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    why = given.get("why") or "Held again: its release was undone."
    placed = orders_hold(order_ids=keys, code=given["code"], why=why, actor=actor)
    return {key: left("this hold is on it already") for key in keys if key not in placed}


def _release(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    orders = Order.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    numbers = dict(orders.values_list("pk", "number"))
    held = set(
        OrderHold.objects.filter(order__in=numbers, code=given["code"], status=HoldStatus.ACTIVE).values_list(
            "order_id", flat=True
        )
    )
    for key in numbers:
        if key in held:
            hold_release(order_number=numbers[key], code=given["code"], actor=actor)
    return {key: left("this hold is not on it") for key in keys if key not in held}


def _cancel(keys: Sequence[int], given: Given, actor: str) -> Mapping[int, Outcome]:
    numbers = dict(Order.objects.filter(pk__in=keys).values_list("number", "pk"))
    # A job works on each of its rows once, and takes back with them what it has done: each time is a change anew.
    results = orders_cancel(
        order_numbers=list(numbers), reason=given["reason"], asked_by="staff", key=f"bulk-{uuid4().hex}", actor=actor
    )
    return {numbers[each.number]: left(each.why) for each in results if not each.cancelled}


ORDER_ACTIONS: tuple[BulkAction, ...] = (
    BulkAction(
        name="hold_place", word="Place a hold", right="orders.change_order", form=PlaceHoldForm, run=_hold,
        sentence="No open unit of these orders is given to a location until the hold is released. What a location "
                 "is working on stays with it.",
        undo="hold_release",
    ),
    BulkAction(
        name="hold_release", word="Release a hold", right="orders.change_order", form=ReleaseHoldForm, run=_release,
        sentence="The hold is released, and the orders that it is on go on to routing.",
        refusals=(NoSuchHold,), undo="hold_place",
    ),
    BulkAction(
        name="cancel", word="Cancel what has not left", right="orders.change_order", form=CancelForm, run=_cancel,
        sentence="Every unit that has not left is cancelled and credited, as far as your rules for cancelling allow "
                 "it; what a location is working on is taken back from it. Each order is cancelled as a whole or "
                 "left as it is, with the reason.",
        warning="A cancelled unit cannot be ordered again: the customer would have to place a new order.",
        refusals=(CannotCancel,), danger=True,
    ),
)  # fmt: skip
