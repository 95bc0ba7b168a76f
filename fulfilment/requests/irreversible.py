"""Goods that have left a location cannot be called back by going back to another release."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from modules.contracts.irreversible import Irreversible, Since
from modules.irreversible import irreversible_effects
from orders.inflight import PINNED


def _shipments(since: Since) -> Sequence[Irreversible]:
    """Shipments since then of orders that are the release's own, or were when the goods left.

    Where orders do not carry the module's release, all shipments count.
    """
    column = PINNED.get(since.module)
    statement = "SELECT count(*) FROM requests_shipment s WHERE s.shipped_at >= %(moment)s"
    if column:
        statement = (
            "SELECT count(*) FROM requests_shipment s JOIN requests_fulfilmentrequest r ON r.id = s.request_id"
            " JOIN orders_order o ON o.id = r.order_id WHERE s.shipped_at >= %(moment)s"
            f" AND (o.{column} = %(release)s OR EXISTS (SELECT FROM modules_movedwork w"
            " JOIN modules_releasemove m ON m.id = w.move_id"
            " WHERE w.work_id = o.id AND w.moved AND w.at >= s.shipped_at"
            " AND m.module = %(module)s AND m.from_release = %(release)s))"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"moment": since.moment, "release": since.release, "module": since.module})
        [count] = cursor.fetchone()
    return [
        Irreversible(
            "shipments", int(count), "shipment has left", "shipments have left",
            before="Stop picking where goods should not leave any more: take the allocation back on the order's page.",
            after="Goods on their way arrive; take them back as returns where they should not have left.",
            model="requests.Shipment", filters={"shipped_at_from": timezone.localtime(since.moment).date().isoformat()},
        )
    ]  # fmt: skip


irreversible_effects("shipments", _shipments)
