from orders.services.headers import headers_refresh
from orders.services.hold_reject import hold_reject
from orders.services.holds import BadHold, NoSuchHold, hold_place, hold_release, holds_place
from orders.services.lines_cancel import CannotCancel, LineToCancel, lines_cancel
from orders.services.lines_progress import Progress, lines_progress
from orders.services.notes import FileRefused, NoteRefused, file_attach, file_remove, note_write
from orders.services.order_cancel import may_cancel, order_cancel, order_cancel_preview, orders_cancel
from orders.services.order_capture import (
    CaptureRefused,
    InactiveChannel,
    UnknownChannel,
    UnknownProducts,
    orders_capture,
)
from orders.services.order_change import (
    KeyOfAnother,
    NotWaiting,
    may_change,
    order_change_cancel,
    order_change_confirm,
    order_change_decline,
    order_change_preview,
    order_change_request,
)
from orders.services.order_change_money import MoneyMoving
from orders.services.order_extend import charges_add, order_extend
from orders.services.orders_hold import orders_hold

__all__ = [
    "BadHold",
    "CannotCancel",
    "CaptureRefused",
    "FileRefused",
    "InactiveChannel",
    "KeyOfAnother",
    "LineToCancel",
    "MoneyMoving",
    "NoSuchHold",
    "NotWaiting",
    "NoteRefused",
    "Progress",
    "UnknownChannel",
    "UnknownProducts",
    "charges_add",
    "file_attach",
    "file_remove",
    "headers_refresh",
    "hold_place",
    "hold_reject",
    "hold_release",
    "holds_place",
    "lines_cancel",
    "lines_progress",
    "may_cancel",
    "may_change",
    "note_write",
    "order_cancel",
    "order_cancel_preview",
    "order_change_cancel",
    "order_change_confirm",
    "order_change_decline",
    "order_change_preview",
    "order_change_request",
    "order_extend",
    "orders_cancel",
    "orders_capture",
    "orders_hold",
]
