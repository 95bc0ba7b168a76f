"""What may be done to stock: one verb a function, each in the caller's transaction."""

from fulfilment.inventory.services.adjustments import (
    NewAdjustment,
    adjustments_post,
    adjustments_report,
    stock_adjust,
)
from fulfilment.inventory.services.board import boards_write
from fulfilment.inventory.services.carts import (
    CannotPromise,
    CartContention,
    CartEnded,
    CartKeyReused,
    CartRefused,
    UnknownName,
    cart_extend,
    cart_release,
    cart_reserve,
    carts_convert,
    carts_expire,
)
from fulfilment.inventory.services.confidence import (
    Doubt,
    UnknownLevel,
    confidence_learn,
    picks_succeeded,
    sales_forget,
    stock_doubt,
)
from fulfilment.inventory.services.ledger import NotEnoughStock, StockChange, levels_lock, levels_open, stock_move
from fulfilment.inventory.services.opening_stock import opening_stock_receive

__all__ = [
    "CannotPromise",
    "CartContention",
    "CartEnded",
    "CartKeyReused",
    "CartRefused",
    "Doubt",
    "NewAdjustment",
    "NotEnoughStock",
    "StockChange",
    "UnknownLevel",
    "UnknownName",
    "adjustments_post",
    "adjustments_report",
    "boards_write",
    "cart_extend",
    "cart_release",
    "cart_reserve",
    "carts_convert",
    "carts_expire",
    "confidence_learn",
    "levels_lock",
    "levels_open",
    "opening_stock_receive",
    "picks_succeeded",
    "sales_forget",
    "stock_adjust",
    "stock_doubt",
    "stock_move",
]
