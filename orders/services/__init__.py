from orders.services.headers import headers_refresh
from orders.services.holds import NoSuchHold, hold_release, holds_place
from orders.services.lines_cancel import CannotCancel, LineToCancel, lines_cancel
from orders.services.lines_progress import Progress, lines_progress
from orders.services.order_capture import (
    CaptureRefused,
    InactiveChannel,
    UnknownChannel,
    UnknownProducts,
    orders_capture,
)
from orders.services.order_extend import charges_add, order_extend
from orders.services.orders_cancel_open import orders_cancel_open
from orders.services.orders_hold import orders_hold

__all__ = [
    "CannotCancel",
    "CaptureRefused",
    "InactiveChannel",
    "LineToCancel",
    "NoSuchHold",
    "Progress",
    "UnknownChannel",
    "UnknownProducts",
    "charges_add",
    "headers_refresh",
    "hold_release",
    "holds_place",
    "lines_cancel",
    "lines_progress",
    "order_extend",
    "orders_cancel_open",
    "orders_capture",
    "orders_hold",
]
