"""Stock: levels and their ledger, what is promised, what is expected, and how far it is to be trusted."""

from fulfilment.inventory.models.adjustments import CountStatus, StockAdjustment, StockCount, StockCountLine
from fulfilment.inventory.models.feeds import FeedKind, FeedMark, FeedStatus, RowOutcome, StockFeed, StockFeedRow
from fulfilment.inventory.models.learning import DailySales, StockConfidence
from fulfilment.inventory.models.levels import MovementKind, StockLevel, StockMovement
from fulfilment.inventory.models.reservations import SoftPart, SoftReservation, SoftState
from fulfilment.inventory.models.supply import IncomingSupply, Transfer, TransferLine

__all__ = [
    "CountStatus",
    "DailySales",
    "FeedKind",
    "FeedMark",
    "FeedStatus",
    "IncomingSupply",
    "MovementKind",
    "RowOutcome",
    "SoftPart",
    "SoftReservation",
    "SoftState",
    "StockAdjustment",
    "StockConfidence",
    "StockCount",
    "StockCountLine",
    "StockFeed",
    "StockFeedRow",
    "StockLevel",
    "StockMovement",
    "Transfer",
    "TransferLine",
]
