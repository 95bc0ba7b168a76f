from fulfilment.routing.services.orders_route import Routed, orders_route

__all__ = ["Routed", "orders_route"]
