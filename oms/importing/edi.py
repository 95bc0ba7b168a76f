"""EDI by hand: files of partners that are taken from a folder, and documents that are made for them.

What a partner with an address of its own is sent goes out by itself; see docs/edi.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F, Sum

from fulfilment.inventory.models import FeedKind, StockFeed, StockLevel
from fulfilment.inventory.services.feed_rows import Given
from fulfilment.inventory.services.feeds import feed_merge_later, feed_receive
from fulfilment.requests.models import Shipment, ShipmentLine
from orders.channels.x12 import answers, invoice, order_acknowledgement, ship_notice, stock
from orders.channels.x12.adapter import ADAPTER
from orders.channels.x12.checking import read
from orders.channels.x12.options import Partner, partner_of
from orders.channels.x12.parts import Item
from orders.channels.x12.writing import Draft, interchange, stamp
from orders.domain.channel import Message
from orders.domain.told import outbound_from
from orders.models import ChannelAlias, ChannelConnection, ChannelDelivery, ChannelOrder, Order, OrderLine
from orders.services.channels import ShipmentFacts, bill_of, connection_setup, message_receive, shipment_told
from orders.services.channels.numbers import control_number_draw


class EdiFault(ValueError):
    """It cannot be done; the message says what to mend."""


def connection_named(channel: str) -> ChannelConnection:
    """The connection of an EDI channel. Raises :class:`EdiFault`."""
    found = ChannelConnection.objects.select_related("channel").filter(channel__code=channel, adapter="x12").first()
    if found is None:
        message = f"there is no channel {channel!r} that is connected with the adapter x12"
        raise EdiFault(message)
    return found


def file_receive(*, connection: ChannelConnection, body: bytes) -> int:
    """Store a partner's file as a message of its channel, once; return its primary key."""
    message = Message(body, "application/edi-x12")
    received = message_receive(
        channel_id=connection.channel_id, message=message, envelope=ADAPTER.envelope(message)
    )  # fmt: skip
    return received.message_id


def stock_receive(*, connection: ChannelConnection, body: bytes, location: str, message_id: int) -> StockFeed | None:
    """Keep the stock of every 846 in a message as a feed, once, which a job merges; None where there is none."""
    source = f"{connection.channel.code}, message {message_id}"
    kept = StockFeed.objects.filter(source=source).first()
    if kept is not None:
        return kept
    partner = partner_of(connection_setup(connection))
    rows = list(_stock_rows(body, partner, connection, location))
    if not rows:
        return None
    feed = feed_receive(kind=FeedKind.SNAPSHOT, rows=rows, source=source, actor=f"channel {connection.channel.code}")
    feed_merge_later(feed_id=feed.pk)
    return feed


def _stock_rows(body: bytes, partner: Partner, connection: ChannelConnection, location: str) -> Iterator[Given]:
    aliases = dict(ChannelAlias.objects.filter(channel=connection.channel_id, kind="sku").values_list("theirs", "ours"))
    for each in read(body).interchanges:
        for group, document in each.sets:
            if document.code != "846" or each.errors or group.errors or document.errors:
                continue
            found, _ = stock.rows(document, partner.time_zone)
            for row in found:
                sku = Item(number="", quantity=None, products=row.products).sku(partner.sku_qualifiers)
                yield Given(
                    location or row.location, aliases.get(sku, sku), str(row.quantity), row.as_of.isoformat()
                )  # fmt: skip


def answers_of(*, message_id: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of what a message is answered with, each under its control number."""
    rows = ChannelDelivery.objects.filter(kind="answer", key__startswith=f"answer/{message_id}/").order_by("id")
    for row in rows:
        drawn = control_number_draw(channel_id=row.channel_id, purpose=f"{row.key}/0")
        yield f"{drawn.number:09d}.edi", stamp(outbound_from(row.content).payload, drawn.number, drawn.at)


def order_document(*, kind: str, order: Order, at: datetime) -> bytes:
    """The 855 or 810 of an order as it stands. Raises :class:`EdiFault` and the faults of writing."""
    connection = connection_named(order.channel.code)
    if kind == "810":
        draft = invoice.write(answers.invoice_of(bill_of(order=order, at=at)))
        return _numbered(draft, connection, f"bill/{order.number}/1/0")
    at_channel = ChannelOrder.objects.filter(order=order).first()
    lines = OrderLine.objects.filter(order=order).order_by("position")
    standing = answers.standing_of(
        order.external_number, at_channel.references if at_channel else {},
        list(lines.values_list("position", "product__sku", "ordered", "cancelled")), at.date(),
    )  # fmt: skip
    return _numbered(order_acknowledgement.write(standing), connection, f"855/{order.number}/{at.isoformat()}")


def shipment_document(*, shipment: Shipment) -> bytes:
    """The 856 of a shipment, with the number of its carton where the partner's channel has a company prefix."""
    order = shipment.request.order
    connection = connection_named(order.channel.code)
    units = (
        ShipmentLine.objects.filter(shipment=shipment).values("request_line__order_line").annotate(n=Sum("quantity"))
    )
    facts = ShipmentFacts(
        order_number=order.number, shipment=shipment.number, location=shipment.request.location.code,
        carrier=shipment.carrier, tracking_number=shipment.tracking_number, shipped_at=shipment.shipped_at,
        units={row["request_line__order_line"]: row["n"] for row in units},
    )  # fmt: skip
    notice = answers.notice_of(shipment_told(order, facts))
    prefix = partner_of(connection_setup(connection)).sscc_prefix
    if prefix:
        notice = answers.in_carton(notice, ship_notice.sscc_18(prefix, shipment.pk))
    draft = ship_notice.write(notice, shipment.shipped_at)
    return _numbered(draft, connection, f"shipment/{shipment.number}/0")


def stock_document(*, connection: ChannelConnection, location: str, at: datetime) -> bytes:
    """An 846 of what a location can sell now: on hand less what is reserved, in the partner's product numbers."""
    levels = StockLevel.objects.filter(location__code=location).order_by("product__sku")
    aliases = ChannelAlias.objects.filter(channel=connection.channel_id, kind="sku").order_by("-theirs")
    theirs = dict(aliases.values_list("ours", "theirs"))
    free = [
        (theirs.get(sku, sku), max(0, units))
        for sku, units in levels.values_list("product__sku", F("on_hand") - F("reserved"))
    ]
    reference = at.strftime("%Y%m%d%H%M%S")
    draft = stock.write(reference=reference, at=at, levels=free, location=location)
    return _numbered(draft, connection, f"846/{location}/{at.isoformat()}")


def _numbered(draft: Draft, connection: ChannelConnection, purpose: str) -> bytes:
    payload = interchange([draft], partner_of(connection_setup(connection)).envelope())
    drawn = control_number_draw(channel_id=connection.channel_id, purpose=purpose)
    return stamp(payload, drawn.number, drawn.at)
