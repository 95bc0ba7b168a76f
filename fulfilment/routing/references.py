"""Kinds of document of Order Routing whose keys are codes: its sealed releases say so in words only."""

from modules.references import keyed_by

keyed_by("order_routing", "location_policy", "location")
# Checked from the day on which carriers are master data; until then nobody answers for their codes.
keyed_by("order_routing", "carrier_contract", "carrier")
