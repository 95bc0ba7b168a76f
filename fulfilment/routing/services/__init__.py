from fulfilment.routing.services.orders_route import Routed, StockContention, orders_begin, orders_route
from fulfilment.routing.services.queue_actions import (
    queue_cancel,
    queue_expire,
    queue_move_unfillable,
    queue_try_now,
)
from fulfilment.routing.services.queue_retry import Retried, queue_due, queue_retry, runs_given_up

__all__ = [
    "Retried",
    "Routed",
    "StockContention",
    "orders_begin",
    "orders_route",
    "queue_cancel",
    "queue_due",
    "queue_expire",
    "queue_move_unfillable",
    "queue_retry",
    "queue_try_now",
    "runs_given_up",
]
