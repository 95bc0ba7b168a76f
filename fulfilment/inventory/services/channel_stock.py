"""Channels learn what they may sell: only what has changed since they were told."""

from __future__ import annotations

from datetime import datetime

from django.db import connection as database
from django.utils import timezone

from orders.models import ChannelConnection
from orders.services.channels import stock_tell, terms_of_channel

#: Movements that are looked at again: a transaction may commit after one that took its numbers later.
_AGAIN = 20_000


def channel_stock_tell(*, now: datetime | None = None) -> int:
    """Have every channel that wants it told of the stock that has changed for it; return how many products.

    A channel hears of the products that it has an alias for or that were ordered on it. It may sell what lies free
    at the locations that ship and are not paused, less the buffer of its settings.
    """
    told = 0
    for connection in ChannelConnection.objects.select_related("channel").exclude(base_url="").order_by("id"):
        terms = terms_of_channel(connection.channel.code)
        if terms.tell_stock and connection.channel.active:
            told += _tell(connection.pk, terms.stock_buffer, now or timezone.now())
    return told


def _tell(connection_id: int, buffer: int, now: datetime) -> int:
    connection = ChannelConnection.objects.select_for_update().get(pk=connection_id)
    with database.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM inventory_stockmovement")
        newest = int(cursor.fetchone()[0])
        since = max(0, connection.stock_told_up_to - _AGAIN)
        cursor.execute(_CHANGED, {"channel": connection.channel_id, "since": since, "buffer": buffer, "now": now})
        changed = {sku: int(quantity) for sku, quantity in cursor.fetchall()}
    ChannelConnection.objects.filter(pk=connection_id).update(stock_told_up_to=newest)
    if changed:
        stock_tell(channel_id=connection.channel_id, key=f"{now:%Y%m%dT%H%M%S%f}", quantities=changed, at=now)
    return len(changed)


_CHANGED = """
WITH moved AS (
    SELECT DISTINCT level.product_id FROM inventory_stockmovement movement
    JOIN inventory_stocklevel level ON level.id = movement.level_id WHERE movement.id > %(since)s
), wanted AS (
    SELECT moved.product_id, product.sku FROM moved JOIN catalogue_product product ON product.id = moved.product_id
    WHERE EXISTS (SELECT FROM orders_channelalias alias WHERE alias.channel_id = %(channel)s AND alias.kind = 'sku'
                  AND alias.ours = product.sku)
       OR EXISTS (SELECT FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
                  WHERE line.product_id = moved.product_id AND o.channel_id = %(channel)s)
), free AS (
    SELECT wanted.product_id, wanted.sku, greatest(0, - %(buffer)s + coalesce(
        sum(level.on_hand - level.reserved) FILTER (WHERE place.ships AND NOT place.paused), 0)) AS quantity
    FROM wanted JOIN inventory_stocklevel level ON level.product_id = wanted.product_id
    JOIN locations_location place ON place.id = level.location_id
    GROUP BY wanted.product_id, wanted.sku
), written AS (
    INSERT INTO orders_channelstock AS known (channel_id, product_id, quantity, told_at)
    SELECT %(channel)s, product_id, quantity, %(now)s FROM free ORDER BY product_id
    ON CONFLICT (channel_id, product_id) DO UPDATE SET quantity = excluded.quantity, told_at = excluded.told_at
    WHERE known.quantity <> excluded.quantity
    RETURNING product_id
)
SELECT free.sku, free.quantity FROM written JOIN free USING (product_id) ORDER BY free.sku
"""
