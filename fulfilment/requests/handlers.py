"""Requests tell orders how far their units have come, take units back from locations, and tell channels what left."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import connection

from fulfilment.requests.events import RequestShipped
from fulfilment.requests.models import Shipment, ShipmentLine
from fulfilment.requests.services import allocations_release
from oms.infra.events import handles
from orders.progress import works_on_units
from orders.services.channels import ShipmentFacts, bill_tell, shipment_tell

#: A request's status -> how far its units are for their order.
_STAGE = {"offered": "allocated", "picking": "picking", "packed": "packed"}


def units_by_stage(line_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Units in the hands of locations, by order line and stage."""
    found: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.order_line_id, r.status, sum(q.quantity - q.released - q.shipped)"
            " FROM requests_fulfilmentrequestline q JOIN requests_fulfilmentrequest r ON r.id = q.request_id"
            " WHERE q.order_line_id = ANY(%s) AND q.quantity > q.released + q.shipped GROUP BY 1, 2",
            [list(line_ids)],
        )
        for line_id, status, units in cursor.fetchall():
            at = found.setdefault(line_id, {})
            stage = _STAGE.get(status, "allocated")
            at[stage] = at.get(stage, 0) + int(units)
    return found


def _take_back(units_of_line: Mapping[int, int], reason: str, actor: str) -> None:
    allocations_release(units_of_line=units_of_line, reason=reason, actor=actor)


works_on_units(tell=units_by_stage, take_back=_take_back)


@handles(RequestShipped)
def tell_the_channel_of_a_shipment(event: RequestShipped) -> None:
    """The channel learns what left, with its tracking number. A shipment is told once, so again is harmless."""
    shipment = Shipment.objects.get(number=event.shipment)
    units: dict[int, int] = {}
    for line, quantity in ShipmentLine.objects.filter(shipment=shipment).values_list(
        "request_line__order_line", "quantity"
    ):
        units[line] = units.get(line, 0) + quantity
    shipment_tell(
        facts=ShipmentFacts(
            order_number=event.subject, shipment=shipment.number, location=event.location, carrier=shipment.carrier,
            tracking_number=shipment.tracking_number, shipped_at=shipment.shipped_at, units=units,
        )
    )  # fmt: skip
    bill_tell(order_number=event.subject, at=shipment.shipped_at)
