"""Two demonstration retailers with generated locations, products, stock, staff and orders."""

from oms.web.demo.content import DEMO_RETAILERS
from oms.web.demo.provision import demo_provision

__all__ = ["DEMO_RETAILERS", "demo_provision"]
