"""A fulfilment request and a shipment as partners get them."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import quote

from pydantic import AwareDatetime, Field

from oms.web.api.documents import Document, Links, Page, instant_text
from oms.web.api.requests.selectors import RequestDetail, RequestSummary, ShipmentDetail

COLLECTION = "/api/v1/requests"


class RequestSummaryDocument(Document):
    """A fulfilment request in a list."""

    number: str = Field(examples=["SHOP-1001/1"])
    order: str = Field(examples=["SHOP-1001"])
    location: str = Field(examples=["LONDON"])
    status: str = Field(description="offered, picking, packed, shipped or cancelled; more may come.")
    units: int
    created_at: AwareDatetime
    shipped_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    reference: str | None = Field(description="The partner's own number, from its acknowledgement.")
    links: Links


class AddressDocument(Document):
    """Where the goods go."""

    recipient: str
    address: str
    city: str
    postal_code: str
    country: str


class RequestLineDocument(Document):
    """Units of one order line. ``waiting`` are still to be sent."""

    position: int
    sku: str
    description: str
    quantity: int
    released: int
    shipped: int
    waiting: int


class ShipmentLineDocument(Document):
    """Units of one order line that left."""

    position: int
    sku: str
    quantity: int


class ShipmentDocument(Document):
    """What left a location."""

    number: str = Field(examples=["SHOP-1001/1-S1"])
    request: str
    order: str
    location: str
    carrier: str
    tracking_number: str
    shipped_at: AwareDatetime
    lines: list[ShipmentLineDocument]


class RequestDocument(RequestSummaryDocument):
    """A fulfilment request with all that a location needs to work it."""

    destination: AddressDocument
    lines: list[RequestLineDocument]
    shipments: list[ShipmentDocument]


class RequestPage(Page):
    """Requests, the oldest first."""

    requests: list[RequestSummaryDocument]


class ShipmentPage(Page):
    """Shipments, the newest first."""

    shipments: list[ShipmentDocument]


def summary_document(request: RequestSummary) -> dict[str, object]:
    """A request in a list."""
    return {
        "number": request.number,
        "order": request.order,
        "location": request.location,
        "status": request.status,
        "units": request.units,
        "created_at": instant_text(request.created_at),
        "shipped_at": instant_text(request.shipped_at),
        "acknowledged_at": instant_text(request.acknowledged_at),
        "reference": request.reference,
        "links": {"self": f"{COLLECTION}/{quote(request.number, safe='')}"},
    }


def request_document(request: RequestDetail) -> dict[str, object]:
    """A request with everything in it."""
    return {
        **summary_document(request.summary),
        "destination": asdict(request.destination),
        "lines": [
            {
                "position": line.position,
                "sku": line.sku,
                "description": line.description,
                "quantity": line.quantity,
                "released": line.released,
                "shipped": line.shipped,
                "waiting": line.quantity - line.released - line.shipped,
            }
            for line in request.lines
        ],
        "shipments": [shipment_document(shipment) for shipment in request.shipments],
    }


def shipment_document(shipment: ShipmentDetail) -> dict[str, object]:
    """What left."""
    return {
        "number": shipment.number,
        "request": shipment.request,
        "order": shipment.order,
        "location": shipment.location,
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "shipped_at": instant_text(shipment.shipped_at),
        "lines": [{"position": position, "sku": sku, "quantity": units} for position, sku, units in shipment.lines],
    }
