"""What a retailer decides about captured orders in release 3.0.

Amounts of money are decimal strings in documents (``"500.00"``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from modules.domain.canonical import Body
from modules.domain.releases import Kind, KindModel

from .conditions import Condition

_AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,4})?$"


def _amount(value: object) -> Decimal:
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not re.fullmatch(_AMOUNT, text):
        message = "write an amount as digits with at most four decimals, for example 500.00"
        raise ValueError(message)
    return Decimal(text)


Items = TypeVar("Items", bound=Sequence[object])


def each_once(values: Items) -> Items:
    """A list in which nothing stands twice."""
    if any(value in values[:at] for at, value in enumerate(values)):
        message = "something is listed twice"
        raise ValueError(message)
    return values


Money = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]
ChannelCode = Annotated[
    str, Field(title="Channel", min_length=1, max_length=32, json_schema_extra={"reference": "channel"})
]
Reason = Annotated[str, Field(title="Reason", min_length=1, max_length=60)]
Choice = Annotated[str, Field(title="Choice", min_length=1, max_length=60)]
Blocked = Literal["allocate", "ship", "edit", "capture"]
ChangeAction = Literal["add", "remove", "quantity", "address", "method", "discount", "attribute", "priority"]
Actions = Annotated[list[ChangeAction], AfterValidator(each_once)]
HoldCode = Annotated[str, Field(title="Hold rule", min_length=1, max_length=60)]
PaymentKind = Annotated[str, Field(title="Kind of payment", min_length=1, max_length=24)]
Hours = Annotated[int, Field(title="Hours", ge=1, le=720)]


class Limit(KindModel):
    """An amount in a currency."""

    currency: str = Field(title="Currency", description="Code of the currency, for example GBP.", pattern=r"^[A-Z]{3}$")
    amount: Money = Field(title="Amount", description="In this currency.")


def _one_for_each_currency(limits: list[Limit]) -> list[Limit]:
    each_once([limit.currency for limit in limits])
    return limits


Limits = Annotated[list[Limit], AfterValidator(_one_for_each_currency)]


class ReviewSettings(KindModel):
    """How the rules for holds work together."""

    matching: Literal["every", "first"] = Field(
        "every",
        title="Holds of an order",
        description="“every”: each rule that applies places its hold. “first”: only the first one that applies.",
    )
    clock_offset_minutes: int = Field(
        0,
        title="Your clock, minutes from UTC",
        description="Days, weekdays and times in conditions are read on this clock: 60 for an hour ahead of UTC, -300 "
        "for five hours behind it. It does not move with daylight saving.",
        ge=-720,
        le=840,
    )


class Group(KindModel):
    """Conditions that belong together."""

    match: Literal["all", "any"] = Field(
        "all", title="Met when", description="All conditions of the group are met, or any of them."
    )
    conditions: list[Condition] = Field(
        title="Conditions", description="A group without conditions is not looked at.", max_length=20
    )


class HoldRule(KindModel):
    """When a captured order is held, and what the hold blocks. Its key names the hold."""

    title: str = Field(title="Title", description="How staff call this rule.", min_length=1, max_length=100)
    blocks: Annotated[list[Blocked], AfterValidator(each_once)] = Field(
        title="Blocks", description="What cannot be done with the order while it is held.", min_length=1, max_length=4
    )
    match: Literal["all", "any"] = Field(
        "all", title="Applies when", description="All groups of conditions are met, or any of them."
    )
    groups: list[Group] = Field(
        title="Groups of conditions", description="A rule without conditions holds nothing.", max_length=10
    )
    place: int = Field(
        100,
        title="Place",
        description="Rules with a smaller number are looked at first; rules with the same one by their keys.",
        ge=0,
        le=1000,
    )
    instructions: str = Field(
        title="What to do", description="What staff look at before they release the hold.", min_length=1, max_length=500
    )
    after: Annotated[list[HoldCode], AfterValidator(each_once)] = Field(
        default_factory=list,
        title="Follows",
        description="Keys of other rules: this one is looked at when a hold of theirs is released, and not before. "
        "Empty: when the order is captured.",
        max_length=20,
    )
    expires_hours: int | None = Field(
        None,
        title="Ends after hours",
        description="So many hours after it was placed the hold ends by itself. Empty: it stays until somebody "
        "releases it.",
        ge=1,
        le=8760,
    )
    at_expiry: Literal["release", "cancel"] = Field(
        "release", title="At its end", description="The order goes on, or what is left of it is cancelled."
    )


class EditPolicy(KindModel):
    """What one of those who ask may change of an order that was taken, and until when. Its key says who asks."""

    actions: Actions = Field(
        title="May change", description="What they may do to the order. Nothing chosen: nothing.", max_length=8
    )
    until: Literal["allocated", "picking", "packed"] = Field(
        "picking", title="Until", description="Units can be changed until they have come so far."
    )
    window_minutes: int | None = Field(
        None,
        title="Minutes after placing",
        description="For so many minutes after the order was placed it can be changed. Empty: no limit of time.",
        ge=0,
        le=525_600,
    )
    pickup_exempt: bool = Field(
        True, title="Pickup is exempt", description="The minutes do not hold for orders that are picked up."
    )
    confirm_above: Limits = Field(
        title="Confirmation above",
        description="A change that moves the order's total by more than this, up or down, waits until somebody "
        "confirms it. A currency that is not listed needs no confirmation.",
        max_length=20,
    )


class CancellationPolicy(KindModel):
    """Until when one of those who ask may cancel, and at what price. What is packed is never cancelled."""

    free_until: Literal["allocated", "picked", "packed"] = Field(
        "picked",
        title="Free until",
        description="An order is cancelled at no charge until its first unit has come so far.",
    )
    free_minutes: int | None = Field(
        None,
        title="Free for minutes",
        description="For so many minutes after the order was placed it is cancelled at no charge, however far it has "
        "come. Empty: that does not count.",
        ge=0,
        le=525_600,
    )
    afterwards: Literal["free", "fee", "refused"] = Field(
        "free",
        title="After that",
        description="Until it is packed, an order is still cancelled at no charge, for a fee, or not at all.",
    )
    fees: Limits = Field(
        default_factory=list,
        title="Fees",
        description="What a cancellation costs then: at most the order's total. No fee in a currency that is not "
        "listed.",
        max_length=20,
    )
    reason_required: bool = Field(False, title="Reason required", description="A cancellation must give a reason.")
    reasons: Annotated[list[Reason], AfterValidator(each_once)] = Field(
        default_factory=list,
        title="Reasons",
        description="A reason that is given must be one of these. Empty: any.",
        max_length=50,
    )


class KindTerms(KindModel):
    """What is otherwise for one kind of payment."""

    payment: PaymentKind = Field(title="Kind of payment", description="For example card, gift_card, account.")
    capture: Literal["as_usual", "on_shipment", "on_order"] = Field(
        "as_usual", title="Taken", description="When the money is taken; as usual: as the policy says."
    )
    reauthorise_hours: int | None = Field(
        None,
        title="Ask anew, hours before the end",
        description="Of an authorisation. Empty: as the policy says.",
        ge=1,
        le=720,
    )
    void_on_cancel: Literal["as_usual", "yes", "no"] = Field(
        "as_usual", title="Given up when cancelled", description="Whether the authorisation is given up at once."
    )


def _one_for_each_payment(kinds: list[KindTerms]) -> list[KindTerms]:
    each_once([kind.payment for kind in kinds])
    return kinds


class PaymentPolicy(KindModel):
    """How money is taken for the orders of some channels."""

    title: str = Field(title="Title", description="How staff call this policy.", min_length=1, max_length=100)
    channels: Annotated[list[ChannelCode], AfterValidator(each_once)] = Field(
        default_factory=list,
        title="Channels",
        description="Whose orders it is for. Empty: those of every channel that no other policy names. Where several "
        "policies are for a channel, the first by its key counts.",
        max_length=50,
    )
    capture: Literal["on_shipment", "on_order"] = Field(
        "on_shipment",
        title="Taken",
        description="On shipment: for what leaves or is handed over. On order: as soon as the order is taken.",
    )
    tenders: Annotated[list[PaymentKind], AfterValidator(each_once)] = Field(
        title="Sequence of payments",
        description="Kinds of payment in the sequence in which money is taken from them; given back the other way "
        "round. Kinds that are not listed come last.",
        min_length=1,
        max_length=20,
    )
    reauthorise_hours: int = Field(
        24,
        title="Ask anew, hours before the end",
        description="An authorisation is asked for anew so many hours before it ends.",
        ge=1,
        le=720,
    )
    retry_hours: list[Hours] = Field(
        title="Try again after hours",
        description="When taking money is refused it is tried again so many hours later, each time; then the order is "
        "held.",
        max_length=10,
    )
    hold_code: HoldCode = Field(
        "payment", title="Hold", description="Name of the hold that an order gets when its money cannot be taken."
    )
    void_on_cancel: bool = Field(
        True, title="Given up when cancelled", description="An authorisation is given up when the order is cancelled."
    )
    ship_without_authorisation: bool = Field(
        True, title="Ships without authorisation", description="Goods leave although no money is secured for them."
    )
    kinds: Annotated[list[KindTerms], AfterValidator(_one_for_each_payment)] = Field(
        default_factory=list,
        title="Otherwise for",
        description="Kinds of payment for which something else holds.",
        max_length=20,
    )


class OrderAttribute(KindModel):
    """A field of your own on orders. Its key is the name under which channels send it."""

    title: str = Field(title="Title", description="How staff call it.", min_length=1, max_length=60)
    kind: Literal["text", "number", "date", "choice", "yes_no"] = Field(
        "text", title="Kind", description="What its values look like."
    )
    help: str = Field("", title="Help", description="What staff should know about it.", max_length=300)
    choices: Annotated[list[Choice], AfterValidator(each_once)] = Field(
        default_factory=list, title="Choices", description="Its values, where it is a choice.", max_length=100
    )
    required_on: Annotated[list[ChannelCode], AfterValidator(each_once)] = Field(
        default_factory=list,
        title="Required on",
        description="Channels whose orders must have it. Empty: none.",
        max_length=50,
    )
    filterable: bool = Field(False, title="Filter", description="Orders can be filtered by it.")
    in_list: bool = Field(False, title="In the list", description="It is a column of the list of orders.")
    in_api: bool = Field(True, title="In the API", description="Partners see it.")

    @model_validator(mode="after")
    def _has_its_choices(self) -> OrderAttribute:
        if (self.kind == "choice") != bool(self.choices):
            message = "choices are given for the kind “choice”, and only there"
            raise ValueError(message)
        return self


class ChannelSettings(KindModel):
    """What holds for the orders of one channel. Its key is the channel's code."""

    default_method: str = Field(
        "", title="Shipping method", description="Code of the method of orders that name none.", max_length=40
    )
    default_priority: int = Field(
        0, title="Priority", description="Of orders that name none; a higher one is routed first.", ge=0, le=1000
    )
    tell_status: bool = Field(True, title="Tell the status", description="The channel is told how orders get on.")
    tell_tracking: bool = Field(True, title="Tell the tracking", description="The channel is told tracking numbers.")
    tell_stock: bool = Field(False, title="Tell the stock", description="The channel is told what can be sold.")
    stock_buffer: int = Field(
        0, title="Units kept back", description="Of each product, this many units are not told.", ge=0, le=1_000_000
    )


_EVERY_ACTION = ["add", "remove", "quantity", "address", "method", "discount", "attribute", "priority"]
_FIRST_EDITS: Body = {
    "actions": [*_EVERY_ACTION],
    "until": "picking",
    "window_minutes": None,
    "pickup_exempt": True,
    "confirm_above": [],
}
_FIRST_CANCELLATIONS: Body = {
    "free_until": "picked",
    "free_minutes": None,
    "afterwards": "free",
    "fees": [],
    "reason_required": False,
    "reasons": [],
}
FIRST_PAYMENT_POLICY: Body = {
    "title": "Usual terms",
    "channels": [],
    "capture": "on_shipment",
    "tenders": ["gift_card", "store_credit", "card"],
    "reauthorise_hours": 24,
    "retry_hours": [1, 6, 24],
    "hold_code": "payment",
    "void_on_cancel": True,
    "ship_without_authorisation": True,
    "kinds": [],
}
#: Those who ask: the keys of edit and cancellation policies.
ASKERS = ("customer", "staff", "channel")

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "review_settings", "Review settings", "Review settings", ReviewSettings,
            defaults={"default": {"matching": "every", "clock_offset_minutes": 0}}, singleton="default",
        ),
        Kind("hold_rule", "Hold rule", "Hold rules", HoldRule),
        Kind(
            "edit_policy", "Edit policy", "Edit policies", EditPolicy,
            defaults=dict.fromkeys(ASKERS, _FIRST_EDITS), key_reference="asker",
        ),
        Kind(
            "cancellation_policy", "Cancellation policy", "Cancellation policies", CancellationPolicy,
            defaults=dict.fromkeys(ASKERS, _FIRST_CANCELLATIONS), key_reference="asker",
        ),
        Kind(
            "payment_policy", "Payment policy", "Payment policies", PaymentPolicy,
            defaults={"default": FIRST_PAYMENT_POLICY},
        ),
        Kind("order_attribute", "Order attribute", "Order attributes", OrderAttribute),
        Kind("channel_settings", "Channel settings", "Channel settings", ChannelSettings, key_reference="channel"),
    )
}  # fmt: skip
