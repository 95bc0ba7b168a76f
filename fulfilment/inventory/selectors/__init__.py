"""Reads of stock."""

from fulfilment.inventory.selectors.facts import confidence_of, incoming_of, sold_last_28_days
from fulfilment.locations.selectors import groups_of_locations

__all__ = ["confidence_of", "groups_of_locations", "incoming_of", "sold_last_28_days"]
