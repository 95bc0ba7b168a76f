"""Screens of expected supply, transfers, counts, carts, feeds and confidence. Buttons call the services."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from fulfilment.inventory.admin_entry import CountEntry, SupplyEntry, TransferEntry
from fulfilment.inventory.backoffice import Table, Verb, VerbAdmin
from fulfilment.inventory.domain.transfers import TRANSFER_LIFE, TransferStatus
from fulfilment.inventory.models import (
    CountStatus,
    FeedStatus,
    IncomingSupply,
    SoftReservation,
    SoftState,
    StockConfidence,
    StockCount,
    StockFeed,
    StockFeedRow,
    Transfer,
)
from fulfilment.inventory.services import NotEnoughStock, cart_release
from fulfilment.inventory.services.counts import CountRefused, count_cancel, count_post
from fulfilment.inventory.services.supply import (
    SupplyRefused,
    may_accept,
    may_receive,
    supply_accept,
    supply_close,
    supply_receive,
)
from fulfilment.inventory.services.transfers import (
    TransferRefused,
    transfer_cancel,
    transfer_close,
    transfer_receive,
    transfer_send,
)
from oms.infra.backoffice.display import Tone, badge, in_words, moment
from oms.infra.backoffice.filters import Menu, chips
from oms.infra.backoffice.lists import ReadOnlyAdmin
from oms.infra.backoffice.site import retailer_site
from oms.kernel.verdict import Verdict
from orders.catalogue.selectors import products_with_code

_LINES = 200


@register(IncomingSupply, site=retailer_site)
class IncomingSupplyAdmin(SupplyEntry):
    """What locations expect, the newest announcement first."""

    list_display = ("reference", "sku", "location", "quantity", "received", "expected_on", "state")
    list_select_related = ("product", "location")
    list_filter = (("location", Menu),)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Reference, SKU or GTIN"
    page_related = ("product", "location")
    refusals = (SupplyRefused,)

    @display(description="SKU")
    def sku(self, supply: IncomingSupply) -> str:
        """Of the product."""
        return supply.product.sku

    @display(description="State")
    def state(self, supply: IncomingSupply) -> SafeString:
        """Whether it may be promised."""
        if supply.closed_at:
            return badge("Closed: nothing more of it is expected", Tone.DONE)
        if supply.accepted_at:
            return badge("Accepted: promised from its day on", Tone.WORKING)
        return badge("Announced: promised to nobody yet", Tone.WAITING)

    def find(self, rows: QuerySet[IncomingSupply], term: str) -> QuerySet[IncomingSupply]:
        """By reference, else by product."""
        named = rows.filter(reference=term)
        return named if named.exists() else rows.filter(product__in=products_with_code(term))

    def facts(self, row: IncomingSupply) -> Sequence[tuple[str, object]]:
        """What is expected, and how much of it came."""
        return (
            ("State", self.state(row)), ("Location", row.location), ("Product", row.product.sku),
            ("Expected", f"{row.quantity:,} on {row.expected_on:%-d %b %Y}"), ("Received", f"{row.received:,}"),
            ("Announced by", row.actor),
        )  # fmt: skip

    def verbs(self, row: IncomingSupply) -> Sequence[Verb]:
        """Accept, receive, close."""

        def accept(actor: str, number: int) -> str:
            supply_accept(supply_id=row.pk)
            return f"{row.reference} may be promised from its day on."

        def receive(actor: str, number: int) -> str:
            supply_receive(supply_id=row.pk, units=number, actor=actor)
            return f"{number:,} units received."

        def close(actor: str, number: int) -> str:
            supply_close(supply_id=row.pk)
            return "Nothing more of it is expected."

        is_open = Verdict.no("It is closed already.") if row.closed_at else Verdict.yes()
        return (
            Verb("accept", "Accept", may_accept(row), accept),
            Verb("receive", "Receive", may_receive(row), receive, "Units"),
            Verb("close", "Close", is_open, close),
        )


@register(Transfer, site=retailer_site)
class TransferAdmin(TransferEntry):
    """Goods between locations, the newest first."""

    list_display = ("number", "state", "source", "destination", "expected_on", "created")
    list_select_related = ("source", "destination")
    list_filter = (chips("status", [(status.value, status.sentence) for status in TransferStatus]),)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Number"
    page_related = ("source", "destination")
    refusals = (TransferRefused, NotEnoughStock)

    @display(description="Status")
    def state(self, transfer: Transfer) -> SafeString:
        """In words."""
        return badge(TransferStatus(transfer.status).sentence)

    @display(description="Written")
    def created(self, transfer: Transfer) -> str:
        """When, in the retailer's zone."""
        return moment(transfer.created_at)

    def find(self, rows: QuerySet[Transfer], term: str) -> QuerySet[Transfer]:
        """By number."""
        return rows.filter(number__in={term, term.upper()})

    def facts(self, row: Transfer) -> Sequence[tuple[str, object]]:
        """From where to where, and since when."""
        return (
            ("Status", self.state(row)), ("From", row.source), ("To", row.destination),
            ("Expected", f"{row.expected_on:%-d %b %Y}" if row.expected_on else "no day named"),
            ("Sent", moment(row.sent_at) or "not yet"), ("Closed", moment(row.closed_at) or "not yet"),
        )  # fmt: skip

    def tables(self, row: Transfer) -> Sequence[Table]:
        """Its lines."""
        lines = row.lines.select_related("product").order_by("id")[:_LINES]
        cells = [(line.product.sku, line.quantity, line.received, line.lost) for line in lines]
        return (Table("Lines", ("SKU", "Units", "Received", "Lost"), cells),)

    def verbs(self, row: Transfer) -> Sequence[Verb]:
        """The steps that its status allows."""
        status = TransferStatus(row.status)

        def send(actor: str, number: int) -> str:
            transfer_send(transfer_id=row.pk, actor=actor)
            return f"{row.number} has left {row.source}."

        def receive(actor: str, number: int) -> str:
            transfer_receive(transfer_id=row.pk, actor=actor)
            return f"All that was missing of {row.number} has arrived."

        def close(actor: str, number: int) -> str:
            transfer_close(transfer_id=row.pk, actor=actor)
            return f"{row.number} is closed; what never arrived is written off as lost in transfer."

        def cancel(actor: str, number: int) -> str:
            transfer_cancel(transfer_id=row.pk)
            return f"{row.number} is cancelled."

        return (
            Verb("send", "Send", TRANSFER_LIFE.may(status, TransferStatus.SENT), send),
            Verb("receive", "Receive the rest", TRANSFER_LIFE.may(status, TransferStatus.RECEIVED), receive),
            Verb("close", "Close", TRANSFER_LIFE.may(status, TransferStatus.CLOSED), close),
            Verb("cancel", "Cancel", TRANSFER_LIFE.may(status, TransferStatus.CANCELLED), cancel),
        )


@register(StockCount, site=retailer_site)
class StockCountAdmin(CountEntry):
    """Counts, the newest first."""

    list_display = ("name", "state", "location", "opened", "actor")
    list_select_related = ("location",)
    list_filter = (chips("status", CountStatus.choices),)
    ordering = ("-id",)
    sortable_by = ()
    page_related = ("location",)
    refusals = (CountRefused, NotEnoughStock)

    @display(description="Count")
    def name(self, count: StockCount) -> str:
        """Its number."""
        return str(count)

    @display(description="Status")
    def state(self, count: StockCount) -> SafeString:
        """In words."""
        return badge(count.get_status_display())

    @display(description="Begun")
    def opened(self, count: StockCount) -> str:
        """When, in the retailer's zone."""
        return moment(count.opened_at)

    def facts(self, row: StockCount) -> Sequence[tuple[str, object]]:
        """Where, by whom, how exactly."""
        twice = "never" if row.tolerance is None else f"above a difference of {row.tolerance}"
        return (
            ("Status", self.state(row)), ("Location", row.location), ("By", row.actor), ("Counted twice", twice),
            ("Posted", moment(row.posted_at) or "not yet"),
        )  # fmt: skip

    def tables(self, row: StockCount) -> Sequence[Table]:
        """What was counted, and what came of it."""
        lines = row.lines.select_related("level__product").order_by("id")[:_LINES]
        cells = [(line.level.product.sku, line.expected, line.counted, line.rounds, line.posted) for line in lines]
        return (Table("Lines", ("SKU", "Ledger", "Counted", "Times counted", "Posted"), cells),)

    def verbs(self, row: StockCount) -> Sequence[Verb]:
        """Post or cancel."""

        def post(actor: str, number: int) -> str:
            count_post(count_id=row.pk, actor=actor)
            return f"The differences of {row} are in the ledger."

        def cancel(actor: str, number: int) -> str:
            count_cancel(count_id=row.pk)
            return f"{row} is cancelled."

        still = Verdict.yes() if row.status == CountStatus.OPEN else Verdict.no("It is over.")
        return (Verb("post", "Post the differences", still, post), Verb("cancel", "Cancel", still, cancel))


@register(SoftReservation, site=retailer_site)
class SoftReservationAdmin(VerbAdmin[SoftReservation]):
    """What carts hold, the newest first."""

    list_display = ("key", "state_word", "sku", "quantity", "where", "until")
    list_select_related = ("product", "location", "channel")
    list_filter = (chips("state", SoftState.choices, "state"),)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "Key"
    page_related = ("product", "location", "channel")

    @display(description="State")
    def state_word(self, cart: SoftReservation) -> SafeString:
        """In words."""
        return badge(cart.get_state_display())

    @display(description="SKU")
    def sku(self, cart: SoftReservation) -> str:
        """Of the product."""
        return cart.product.sku

    @display(description="Where")
    def where(self, cart: SoftReservation) -> str:
        """At a location, or wherever the channel sells."""
        return str(cart.location or f"wherever {cart.channel or 'anybody'} sells")

    @display(description="Until")
    def until(self, cart: SoftReservation) -> str:
        """When, in the retailer's zone."""
        return moment(cart.expires_at)

    def find(self, rows: QuerySet[SoftReservation], term: str) -> QuerySet[SoftReservation]:
        """By key."""
        return rows.filter(key=term)

    def facts(self, row: SoftReservation) -> Sequence[tuple[str, object]]:
        """What it holds, and until when."""
        return (
            ("State", self.state_word(row)), ("Product", row.product.sku), ("Units", row.quantity),
            ("Where", self.where(row)), ("Until", self.until(row)), ("By", row.actor),
        )  # fmt: skip

    def tables(self, row: SoftReservation) -> Sequence[Table]:
        """The levels at which it holds them."""
        parts = row.parts.select_related("level__location").order_by("id")
        return (Table("Held at", ("Location", "Units"), [(part.level.location, part.quantity) for part in parts]),)

    def verbs(self, row: SoftReservation) -> Sequence[Verb]:
        """Give it back."""

        def release(actor: str, number: int) -> str:
            cart_release(key=row.key)
            return f"{row.key} holds nothing any more."

        live = Verdict.yes() if row.state == SoftState.LIVE else Verdict.no("It holds nothing.")
        return (Verb("release", "Give back", live, release),)


@register(StockFeed, site=retailer_site)
class StockFeedAdmin(VerbAdmin[StockFeed]):
    """Stock feeds, the newest first."""

    list_display = ("name", "state", "kind_word", "source", "rows", "merged", "refused", "short", "received")
    list_filter = (chips("status", FeedStatus.choices),)
    ordering = ("-id",)
    sortable_by = ()

    @display(description="Feed")
    def name(self, feed: StockFeed) -> str:
        """Its number."""
        return str(feed)

    @display(description="Status")
    def state(self, feed: StockFeed) -> SafeString:
        """In words."""
        return badge(feed.get_status_display(), Tone.DONE if feed.status == FeedStatus.DONE else Tone.WORKING)

    @display(description="Kind")
    def kind_word(self, feed: StockFeed) -> SafeString:
        """What its quantities mean."""
        return badge(feed.get_kind_display())

    @display(description="Received")
    def received(self, feed: StockFeed) -> str:
        """When, in the retailer's zone."""
        return moment(feed.received_at)

    def facts(self, row: StockFeed) -> Sequence[tuple[str, object]]:
        """How far it is, and what came of it."""
        return (
            ("Status", self.state(row)), ("From", row.source), ("Rows", f"{row.rows:,}"),
            ("Merged", f"{row.merged:,}"), ("Moved stock", f"{row.changed:,}"), ("Refused", f"{row.refused:,}"),
            ("Short", f"{row.short:,}"), ("Finished", moment(row.finished_at) or "not yet"),
        )  # fmt: skip

    def tables(self, row: StockFeed) -> Sequence[Table]:
        """The first rows that were not taken as they came."""
        told = StockFeedRow.objects.filter(feed=row, outcome__in=["refused", "short"]).order_by("outcome", "number")
        cells = [
            (f"{item.location} {item.sku}", item.number, item.quantity, in_words(item.outcome), item.reason)
            for item in told[:_LINES]
        ]
        return (Table("Not taken as they came", ("Location and SKU", "Row", "Quantity", "Result", "Why"), cells),)


@register(StockConfidence, site=retailer_site)
class StockConfidenceAdmin(ReadOnlyAdmin[StockConfidence]):
    """What is not wholly trusted, the newest doubt first."""

    list_display = ("sku", "location", "trust", "why", "learned")
    list_display_links = None
    list_select_related = ("product", "location")
    list_filter = (("location", Menu),)
    ordering = ("-id",)
    sortable_by = ()
    search_help_text = "SKU or GTIN"

    @display(description="SKU")
    def sku(self, row: StockConfidence) -> str:
        """Of the product."""
        return row.product.sku

    @display(description="Trusted")
    def trust(self, row: StockConfidence) -> str:
        """In percent."""
        return f"{row.value / 10:.1f} %"

    @display(description="Learned from")
    def why(self, row: StockConfidence) -> str:
        """In words."""
        return in_words(row.outcome)

    @display(description="Learned")
    def learned(self, row: StockConfidence) -> str:
        """When, in the retailer's zone."""
        return moment(row.learned_at)

    def find(self, rows: QuerySet[StockConfidence], term: str) -> QuerySet[StockConfidence]:
        """By product."""
        return rows.filter(product__in=products_with_code(term))
