"""Doing what a channel says: capture, cancel, write refunds down. Saying it again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orders.channels.draft import said
from orders.domain.capture import NewOrder
from orders.domain.channel import Intake, NotWanted, OrderCancelled, OrderPlaced, Outcome, RefundTold, Setup, Unclear
from orders.models import AliasKind, ChannelAlias, ChannelOrder, Order
from orders.services.channels.connections import terms_of_channel
from orders.services.channels.methods import method_of
from orders.services.channels.take_back import Wait, cancellation_take, refund_take
from orders.services.order_capture import CaptureRefused, UnknownProducts, orders_capture

TAKEN, WAITING, IGNORED = "taken", "waiting", "ignored"


@dataclass(slots=True)
class ChannelDesk:
    """Takes what one message says, in its order; what hangs on an order that was not taken shares its fate."""

    setup: Setup
    channel_id: int
    #: Orders of which something is known only now: what waits for that is tried again.
    stirred: set[str] = field(default_factory=set)
    _fates: dict[str, Outcome] = field(default_factory=dict)

    def take(self, intake: Intake) -> Outcome:
        """Do it, or say why not."""
        if isinstance(intake, NotWanted):
            return Outcome("", IGNORED, intake.reason)
        if isinstance(intake, Unclear):
            return self._unclear(intake)
        try:
            if isinstance(intake, OrderPlaced):
                outcome = self._fates[intake.order.external_number] = self._placed(intake)
                return outcome
            order = Order.objects.filter(channel=self.channel_id, external_number=intake.external_number).first()
            if order is None:
                fate = self._fates.get(intake.external_number)
                if fate:
                    return fate
                return Outcome(intake.external_number, WAITING, "it waits for its order, which has not come yet")
            return Outcome(intake.external_number, TAKEN, self._taken_back(intake, order))
        except Wait as fault:
            number = intake.order.external_number if isinstance(intake, OrderPlaced) else intake.external_number
            return Outcome(number, WAITING, str(fault))

    def _taken_back(self, told: OrderCancelled | RefundTold, order: Order) -> str:
        if isinstance(told, OrderCancelled):
            words, news = cancellation_take(told, order, actor=self._actor)
        else:
            words, news = refund_take(told, order, actor=self._actor)
        if news:
            self.stirred.add(told.external_number)
        return words

    def _unclear(self, intake: Unclear) -> Outcome:
        number = intake.external_number[:64]
        known = Order.objects.filter(channel=self.channel_id, external_number=number).first() if number else None
        if known and "has not come yet" in intake.reason:
            return Outcome(number, TAKEN, f"a part of {known.number}")
        return Outcome(number, WAITING, intake.reason)

    # -- orders ------------------------------------------------------------------------------------

    def _placed(self, placed: OrderPlaced) -> Outcome:
        number = placed.order.external_number
        known = Order.objects.filter(channel=self.channel_id, external_number=number).first()
        if known:
            return self._known(placed, known)
        if placed.settled:
            return Outcome(number, IGNORED, placed.settled)
        if placed.doubt:
            return Outcome(number, WAITING, placed.doubt)
        order = self._in_our_words(placed)
        try:
            [captured] = orders_capture(channel=self.setup.code, orders=[order], actor=self._actor)
        except UnknownProducts as fault:
            message = f"{fault}; add the product, or an alias of it for this channel, and try again"
            raise Wait(message) from fault
        except CaptureRefused as fault:
            raise Wait(str(fault)) from fault
        if captured.created:
            ChannelOrder.objects.create(
                order_id=captured.order_id, label=placed.label, references=dict(placed.references),
                method=order.method or placed.method,
            )  # fmt: skip
        self.stirred.add(number)
        return Outcome(number, TAKEN, f"captured as {captured.number}")

    def _known(self, placed: OrderPlaced, known: Order) -> Outcome:
        """An order that is told again is not changed by it; a different sum is a matter for people."""
        number = placed.order.external_number
        if placed.order.currency != known.currency or placed.stated_total != known.total:
            was, now = said(known.total, known.currency), said(placed.stated_total, placed.order.currency)
            return Outcome(number, WAITING, f"{known.number} was captured with {was} and is now told with {now}")
        return Outcome(number, TAKEN, f"{known.number} is known already")

    def _in_our_words(self, placed: OrderPlaced) -> NewOrder:
        """With the retailer's own SKUs and way of shipping, and its priority for orders that name none."""
        order = placed.order
        terms = terms_of_channel(self.setup.code)
        skus = {line.sku for line in order.lines}
        rows = ChannelAlias.objects.filter(channel=self.channel_id, kind=AliasKind.SKU, theirs__in=skus)
        ours = dict(rows.values_list("theirs", "ours"))
        return replace(
            order, method=method_of(placed, self.channel_id, terms.default_method),
            priority=order.priority or terms.default_priority,
            lines=tuple(replace(line, sku=ours.get(line.sku, line.sku)) for line in order.lines),
        )  # fmt: skip

    @property
    def _actor(self) -> str:
        return f"channel {self.setup.code}"
