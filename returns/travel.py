"""Returns without an order travel into a staging clone with the customer, where one is known."""

from collections.abc import Mapping

from oms.kernel.travel import Rule, With

TRAVEL: Mapping[str, Rule] = {"returns_blindreturn": With("customer_id", "orders_customer")}
