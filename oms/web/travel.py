"""Partners' keys open production's door, not a staging clone's."""

from collections.abc import Mapping

from oms.kernel.travel import NONE, Rule

TRAVEL: Mapping[str, Rule] = {"web_apikey": NONE}
