"""Locations, their hours and their groups travel into every staging clone."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, Rule

TRAVEL: Mapping[str, Rule] = {
    "locations_location": ALL,
    "locations_openinghours": ALL,
    "locations_openingexception": ALL,
    "locations_locationgroup": ALL,
    "locations_locationgroup_locations": ALL,
    "locations_locationgroup_channels": ALL,
}
