"""``/api/v1/products``, ``/api/v1/locations`` and ``/api/v1/channels``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from django.db.models import QuerySet
from pydantic import BeforeValidator, Field, WithJsonSchema
from rest_framework.request import Request
from rest_framework.response import Response

from fulfilment.locations.models import Location
from oms.web.api.authentication import caller_of
from oms.web.api.catalogue.document import (
    ChannelPage,
    LocationPage,
    ProductDocument,
    ProductPage,
    channel_document,
    location_document,
    product_document,
)
from oms.web.api.conditional import tagged
from oms.web.api.cursor import Place, read_cursor
from oms.web.api.describing import describes
from oms.web.api.fields import Parameters, text
from oms.web.api.problems import Kind, Problem
from oms.web.api.views import ApiView
from oms.web.rights import Role, Scope
from orders.catalogue.models import Product
from orders.models import Channel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CatalogueParameters(Parameters):
    """How many at once, and from where on."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[Place, BeforeValidator(read_cursor), WithJsonSchema({"type": "string"})] | None = None


class ProductParameters(CatalogueParameters):
    """Which products."""

    gtin: Annotated[str, Field(pattern=r"^([0-9]{8}|[0-9]{12,14})$")] | None = None
    category: Annotated[str, text(120, shortest=1)] | None = None


class CatalogueView(ApiView):
    """What the lists share: they go by primary key, the oldest first."""

    read_scope = Scope.PRODUCTS_READ

    def after(self, rows: QuerySet, asked: CatalogueParameters) -> list:  # type: ignore[type-arg]
        """A page of rows, and one more where another page follows."""
        if asked.cursor:
            rows = rows.filter(id__gt=asked.cursor.id)
        return list(rows.order_by("id")[: asked.limit + 1])


class ProductsView(CatalogueView):
    """What is sold."""

    @describes("List products", parameters=ProductParameters, answers={200: ProductPage})
    def get(self, request: Request) -> Response:
        """All products of the retailer, the first registered first."""
        asked = self.parameters(request, ProductParameters)
        rows = Product.objects.all()
        if asked.gtin is not None:
            rows = rows.filter(gtin=asked.gtin).exclude(gtin="")
        if asked.category is not None:
            rows = rows.filter(category=asked.category)
        return self.page(
            request, "/api/v1/products", "products", self.after(rows, asked), asked.limit, product_document,
            lambda last: Place(last.created_at, last.id),
        )  # fmt: skip


class ProductView(CatalogueView):
    """One product."""

    @describes("Get a product", answers={200: ProductDocument}, conditional=True, problems=[Kind.NOT_FOUND])
    def get(self, request: Request, sku: str) -> Response:
        """The product as it is now."""
        product = None if "\x00" in sku else Product.objects.filter(sku=sku).order_by().first()
        if product is None:
            raise Problem(Kind.NOT_FOUND, f"There is no product {sku}.")
        return tagged(request, product_document(product))


class LocationsView(CatalogueView):
    """Where stock is."""

    @describes("List locations", parameters=CatalogueParameters, answers={200: LocationPage})
    def get(self, request: Request) -> Response:
        """The locations that the key may see: a vendor's or warehouse's key its own."""
        asked = self.parameters(request, CatalogueParameters)
        caller = caller_of(request)
        rows = Location.objects.all()
        if Role(caller.key.role).bound_to_locations:
            rows = rows.filter(id__in=caller.location_ids)
        return self.page(
            request, "/api/v1/locations", "locations", self.after(rows, asked), asked.limit, location_document,
            lambda last: Place(_EPOCH, last.id),
        )  # fmt: skip


class ChannelsView(CatalogueView):
    """Where orders are placed."""

    @describes("List channels", parameters=CatalogueParameters, answers={200: ChannelPage})
    def get(self, request: Request) -> Response:
        """The channels that the key may use."""
        asked = self.parameters(request, CatalogueParameters)
        channels = caller_of(request).channel_ids
        rows = Channel.objects.filter(id__in=channels) if channels else Channel.objects.all()
        return self.page(
            request, "/api/v1/channels", "channels", self.after(rows, asked), asked.limit, channel_document,
            lambda last: Place(_EPOCH, last.id),
        )  # fmt: skip
