"""Requests and shipments travel into a staging clone with their orders.

Units reserved for an order that stays behind are as good as gone: they are taken off its level, on hand and
reserved, so that what is free in the clone is what is free in production.
"""

from collections.abc import Mapping

from oms.kernel.travel import Rule, UsedBy, With

TRAVEL: Mapping[str, Rule] = {
    "requests_fulfilmentrequest": With("order_id", "orders_order"),
    "requests_fulfilmentrequestline": With("request_id", "requests_fulfilmentrequest"),
    "requests_exclusion": With("line_id", "orders_orderline"),
    "requests_parcelgroup": UsedBy("requests_fulfilmentrequest", "parcel_id"),
    "requests_shipment": With("request_id", "requests_fulfilmentrequest"),
    "requests_shipmentline": With("shipment_id", "requests_shipment"),
}

SETTLE = (
    """
    UPDATE inventory_stocklevel s SET reserved = w.units, on_hand = s.on_hand - (s.reserved - w.units)
    FROM (
        SELECT l.id, coalesce(sum(q.quantity - q.released - q.shipped), 0) AS units
        FROM inventory_stocklevel l LEFT JOIN requests_fulfilmentrequestline q ON q.level_id = l.id
        WHERE l.reserved > 0 GROUP BY l.id
    ) w
    WHERE w.id = s.id AND s.reserved <> w.units
    """,
)
