"""What the demonstration retailers are made of. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town with the coordinates of its centre in degrees."""

    name: str
    code: str
    postal_code: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class DemoRetailer:
    """A demonstration retailer."""

    schema: str
    name: str
    domain: str
    time_zone: str
    currency: str
    country: str
    centres: tuple[Town, ...]
    stores: tuple[Town, ...]
    things: tuple[str, ...]
    #: The release of each module that it begins with. None is the newest: there are upgrades to try.
    adopt: tuple[tuple[str, str], ...]


_UK = (
    Town("London", "LON", "EC1A 1BB", 51.5155, -0.1003),
    Town("Manchester", "MAN", "M1 1AE", 53.4794, -2.2453),
    Town("Birmingham", "BHM", "B1 1BB", 52.4797, -1.9026),
    Town("Glasgow", "GLA", "G1 1XQ", 55.8617, -4.2583),
    Town("Bristol", "BRS", "BS1 4DJ", 51.4510, -2.5946),
    Town("Leeds", "LDS", "LS1 1UR", 53.7967, -1.5478),
    Town("Cardiff", "CDF", "CF10 1EP", 51.4816, -3.1791),
    Town("Edinburgh", "EDI", "EH1 1YZ", 55.9500, -3.1875),
)
_US = (
    Town("New York", "NYC", "10001", 40.7506, -73.9972),
    Town("Chicago", "CHI", "60601", 41.8858, -87.6229),
    Town("Dallas", "DAL", "75201", 32.7876, -96.7994),
    Town("Atlanta", "ATL", "30303", 33.7525, -84.3888),
    Town("Seattle", "SEA", "98101", 47.6113, -122.3305),
    Town("Denver", "DEN", "80202", 39.7525, -104.9995),
    Town("Boston", "BOS", "02108", 42.3576, -71.0684),
)

DEMO_RETAILERS = (
    DemoRetailer(
        schema="acme", name="Acme Home", domain="acme.localhost", time_zone="Europe/London", currency="GBP",
        country="GB",
        centres=(
            Town("Daventry", "DC1", "NN11 8NP", 52.2573, -1.1656),
            Town("Warrington", "DC2", "WA5 3UZ", 53.4099, -2.6402),
        ),
        stores=_UK,
        things=("Lamp", "Vase", "Cushion", "Blanket", "Mug", "Clock", "Basket", "Candle", "Mirror", "Tray"),
        adopt=(("order_routing", "1.0.0"), ("order_management", "1.0.0")),
    ),
    DemoRetailer(
        schema="globex", name="Globex Sports", domain="globex.localhost", time_zone="America/New_York",
        currency="USD", country="US",
        centres=(
            Town("Columbus", "DC1", "43215", 39.9671, -83.0044),
            Town("Reno", "DC2", "89501", 39.5262, -119.8126),
        ),
        stores=_US,
        things=("Racket", "Tent", "Kettlebell", "Jersey", "Helmet", "Bottle", "Mat", "Glove", "Paddle", "Pack"),
        adopt=(("order_routing", "2.0.0"), ("order_management", "2.0.0")),
    ),
)  # fmt: skip

COLOURS = (
    "Amber", "Birch", "Charcoal", "Clay", "Cobalt", "Coral", "Fern", "Ivory", "Moss", "Ochre", "Plum", "Sand",
)  # fmt: skip
GIVEN_NAMES = (
    "Ada", "Ben", "Chidi", "Dana", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mina",
    "Noor", "Omar", "Petra", "Quinn", "Rosa", "Sami", "Tess",
)  # fmt: skip
FAMILY_NAMES = (
    "Abbott", "Bianchi", "Clarke", "Duarte", "Evans", "Fischer", "Grant", "Hassan", "Ito", "Jensen", "Khan",
    "Lopez", "Moreau", "Novak", "Okafor", "Price", "Reyes", "Silva", "Turner", "Walsh",
)  # fmt: skip
