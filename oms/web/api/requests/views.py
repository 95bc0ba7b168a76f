"""``/api/v1/requests`` and ``/api/v1/shipments``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema
from rest_framework.request import Request
from rest_framework.response import Response

from fulfilment.requests.domain import RequestStatus
from oms.web.api.authentication import caller_of
from oms.web.api.conditional import tagged
from oms.web.api.cursor import Place, read_cursor
from oms.web.api.describing import describes
from oms.web.api.fields import Instant, Parameters, text
from oms.web.api.problems import Kind, Problem
from oms.web.api.requests.document import (
    COLLECTION,
    RequestDocument,
    RequestPage,
    ShipmentPage,
    request_document,
    shipment_document,
    summary_document,
)
from oms.web.api.requests.selectors import RequestDetail, Sight, request_detail, requests_oldest, shipments_newest
from oms.web.api.views import ApiView
from oms.web.rights import Role, Scope

Cursor = Annotated[Place, BeforeValidator(read_cursor), WithJsonSchema({"type": "string"})]
Number = Annotated[str, text(120, shortest=1)]
Limit = Annotated[int, Field(ge=1, le=200)]


class RequestPageParameters(Parameters):
    """Which requests, and how many at once."""

    status: RequestStatus | None = None
    location: Annotated[str, text(32, shortest=1)] | None = None
    order: Number | None = None
    created_since: Instant | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class ShipmentPageParameters(Parameters):
    """Which shipments, and how many at once."""

    request: Number | None = None
    order: Number | None = None
    shipped_since: Instant | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class RequestsView(ApiView):
    """Fulfilment requests that the key may see."""

    read_scope = Scope.REQUESTS_READ

    @describes("List fulfilment requests, the oldest first", parameters=RequestPageParameters,
               answers={200: RequestPage})  # fmt: skip
    def get(self, request: Request) -> Response:
        """A vendor's or warehouse's key sees the requests of its locations alone, a channel's those of its orders."""
        asked = self.parameters(request, RequestPageParameters)
        found = requests_oldest(
            sight=sight_of(request), statuses=[asked.status.value] if asked.status else [], location=asked.location,
            order=asked.order, created_since=asked.created_since, after=asked.cursor.id if asked.cursor else None,
            limit=asked.limit + 1,
        )  # fmt: skip
        return self.page(
            request, COLLECTION, "requests", found, asked.limit, summary_document,
            lambda last: Place(last.created_at, last.id),
        )  # fmt: skip


class RequestView(ApiView):
    """One fulfilment request."""

    read_scope = Scope.REQUESTS_READ

    @describes("Get a fulfilment request", answers={200: RequestDocument}, conditional=True, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, number: str) -> Response:
        """The request as it stands now."""
        return tagged(request, request_document(request_seen(request, number)))


class ShipmentsView(ApiView):
    """What has left."""

    read_scope = Scope.REQUESTS_READ

    @describes("List shipments, the newest first", parameters=ShipmentPageParameters, answers={200: ShipmentPage})
    def get(self, request: Request) -> Response:
        """Shipments of the requests that the key may see."""
        asked = self.parameters(request, ShipmentPageParameters)
        after: tuple[datetime, int] | None = (asked.cursor.placed_at, asked.cursor.id) if asked.cursor else None
        found = shipments_newest(
            sight=sight_of(request), request=asked.request, order=asked.order, shipped_since=asked.shipped_since,
            after=after, limit=asked.limit + 1,
        )  # fmt: skip
        return self.page(
            request, "/api/v1/shipments", "shipments", found, asked.limit, shipment_document,
            lambda last: Place(last.shipped_at, last.id),
        )  # fmt: skip


def sight_of(request: Request) -> Sight:
    """What the key may see."""
    caller = caller_of(request)
    return Sight(
        location_ids=caller.location_ids if Role(caller.key.role).bound_to_locations else None,
        channel_ids=caller.channel_ids or None,
    )


def request_seen(request: Request, number: str) -> RequestDetail:
    """The request with this number; what others work is as if it were not there."""
    found = request_detail(number, sight=sight_of(request))
    if found is None:
        raise Problem(Kind.NOT_FOUND, f"There is no fulfilment request {number}.")
    return found
