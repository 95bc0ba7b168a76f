"""Products, locations and channels as partners get them."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from fulfilment.locations.models import Location
from oms.web.api.documents import Document, Money, Page, amount_text, instant_text
from orders.catalogue.models import Product
from orders.models import Channel


class ProductDocument(Document):
    """Something that is sold. Weight in grams, lengths in millimetres."""

    sku: str
    name: str
    gtin: str
    category: str
    weight_grams: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    price: Money | None = Field(description="List price, in ``currency``.")
    currency: str
    returnable: bool
    created_at: AwareDatetime


class LocationDocument(Document):
    """A place that holds stock or fulfils."""

    code: str
    name: str
    kind: str = Field(description="store, distribution_centre or vendor; more may come.")
    city: str
    postal_code: str
    country: str
    latitude: float | None
    longitude: float | None
    time_zone: str
    ships: bool
    offers_pickup: bool
    paused: bool


class ChannelDocument(Document):
    """Where orders are placed."""

    code: str
    name: str
    kind: str
    currency: str
    active: bool


class ProductPage(Page):
    """Products, the first registered first."""

    products: list[ProductDocument]


class LocationPage(Page):
    """Locations."""

    locations: list[LocationDocument]


class ChannelPage(Page):
    """Channels."""

    channels: list[ChannelDocument]


def product_document(product: Product) -> dict[str, object]:
    """A product."""
    return {
        "sku": product.sku,
        "name": product.name,
        "gtin": product.gtin,
        "category": product.category,
        "weight_grams": product.weight_grams,
        "length_mm": product.length_mm,
        "width_mm": product.width_mm,
        "height_mm": product.height_mm,
        "price": None if product.price is None else amount_text(product.price, product.currency),
        "currency": product.currency,
        "returnable": product.returnable,
        "created_at": instant_text(product.created_at),
    }


def location_document(location: Location) -> dict[str, object]:
    """A location."""
    names = (
        "code", "name", "kind", "city", "postal_code", "country", "latitude", "longitude", "time_zone", "ships",
        "offers_pickup", "paused",
    )  # fmt: skip
    return {name: getattr(location, name) for name in names}


def channel_document(channel: Channel) -> dict[str, object]:
    """A channel."""
    return {name: getattr(channel, name) for name in ("code", "name", "kind", "currency", "active")}
