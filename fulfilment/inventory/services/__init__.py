from fulfilment.inventory.services.adjustments import NewAdjustment, adjustments_post, adjustments_report
from fulfilment.inventory.services.ledger import NotEnoughStock, StockChange, levels_open, stock_move
from fulfilment.inventory.services.opening_stock import opening_stock_receive

__all__ = [
    "NewAdjustment",
    "NotEnoughStock",
    "StockChange",
    "adjustments_post",
    "adjustments_report",
    "levels_open",
    "opening_stock_receive",
    "stock_move",
]
