"""Reads of stock."""

from fulfilment.inventory.selectors.availability import (
    Arrival,
    Availability,
    UnknownChannel,
    availability,
    availability_json,
)
from fulfilment.inventory.selectors.facts import confidence_of, incoming_of, sold_last_28_days
from fulfilment.inventory.selectors.places import day_load_is
from fulfilment.locations.selectors import groups_of_locations

__all__ = [
    "Arrival",
    "Availability",
    "UnknownChannel",
    "availability",
    "availability_json",
    "confidence_of",
    "day_load_is",
    "groups_of_locations",
    "incoming_of",
    "sold_last_28_days",
]
