"""Locations travel into every staging clone."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, Rule

TRAVEL: Mapping[str, Rule] = {"locations_location": ALL}
