"""Fulfilment reacts to its own shipments."""

from __future__ import annotations

from fulfilment.requests.events import RequestShipped
from fulfilment.requests.models import Shipment, ShipmentLine
from oms.infra.events import handles
from orders.services.channels import ShipmentFacts, bill_tell, shipment_tell


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
