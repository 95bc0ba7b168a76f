"""What must exist before orders of a file can be stored: its channel, locations and products."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from fulfilment.locations.models import Location, LocationKind
from oms.importing.lines import SourceLocation, SourceProduct
from oms.importing.mapping import Mapping
from oms.infra.database.bulk import insert_rows
from orders.catalogue.services import NewProduct, products_register
from orders.models import Channel
from orders.models.channel import ChannelKind


def channel_register(mapping: Mapping) -> None:
    """Add the file's channel if the retailer has none of that code."""
    insert_rows(
        Channel,
        ["code", "name", "kind", "currency", "active"],
        [(mapping.channel, mapping.name, ChannelKind.FILE.value, mapping.currency, True)],
        skip_existing=True,
    )


def locations_register(locations: Iterable[SourceLocation]) -> None:
    """Add the locations that a source names and the retailer does not have; known ones stay as they are."""
    fields = [
        "code", "name", "kind", "address", "city", "postal_code", "country", "latitude", "longitude",
        "time_zone", "ships", "offers_pickup", "paused",
    ]  # fmt: skip
    rows = [
        (
            item.code, item.name, LocationKind.VENDOR.value, "", item.city, item.postal_code, item.country,
            item.latitude, item.longitude, "UTC", True, False, False,
        )
        for item in locations
    ]  # fmt: skip
    insert_rows(Location, fields, rows, skip_existing=True)


def products_describe(products: Iterable[SourceProduct]) -> None:
    """Add the products that a source describes and the retailer does not have."""
    described = (
        NewProduct(
            sku=item.sku, name=item.description, category=item.category, weight_grams=item.weight_g,
            length_mm=_millimetres(item.length_cm), width_mm=_millimetres(item.width_cm),
            height_mm=_millimetres(item.height_cm),
        )
        for item in products
    )  # fmt: skip
    while some := list(islice(described, 5_000)):
        products_register(some)


def _millimetres(centimetres: int | None) -> int | None:
    return None if centimetres is None else centimetres * 10
