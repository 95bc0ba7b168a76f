"""What a level can promise, step by step, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from fulfilment.inventory.models import StockLevel
from fulfilment.inventory.selectors.carts import LIVE_CARTS
from fulfilment.inventory.selectors.places import places, stock_limits
from modules.profile import current_profile

_WHY_NOT = {
    "": "the location takes work today",
    "paused": "the location is paused, so it promises nothing",
    "off": "the location policy has switched it off, so it promises nothing",
    "serves_nobody": "the location neither ships nor offers pickup, so it promises nothing",
    "closed": "the location is closed today, so it promises nothing",
    "full": "the location has taken as many units today as its capacity allows, so it promises nothing more",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """ATP of a level and the steps that lead to it: words and units."""

    atp: int
    steps: tuple[tuple[str, int], ...]
    state: str


def explained(level: StockLevel) -> Explained:
    """How much of a level may be promised to the network, and why."""
    here, parameters = places(locations=[level.location.code])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {here} SELECT l.on_hand, l.reserved, {LIVE_CARTS}, place.floor, place.why_not"
            " FROM inventory_stocklevel l JOIN place ON place.id = l.location_id WHERE l.id = %(level)s",
            {**parameters, "level": level.pk},
        )
        on_hand, reserved, carts, floor, why_not = cursor.fetchone()
    safety = stock_limits(current_profile()).of(level.location.code).safety_stock
    atp = 0 if why_not else max(0, on_hand - reserved - carts - floor)
    return Explained(
        atp=atp,
        steps=(
            ("On hand", on_hand),
            ("Reserved for requests that locations work on", -reserved),
            ("Held by carts whose time has not run out", -carts),
            ("Safety stock, promised to nobody", -safety),
            ("Threshold, kept from orders of the network", safety - floor),
            ("Can be promised now", atp),
        ),
        state=_WHY_NOT[why_not],
    )
