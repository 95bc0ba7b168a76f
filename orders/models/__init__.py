from orders.models.channel import Channel
from orders.models.control_number import ControlNumber
from orders.models.customer import Customer
from orders.models.hold import HoldStatus, OrderHold
from orders.models.intake import (
    AliasKind,
    ChannelAlias,
    ChannelConnection,
    ChannelDelivery,
    ChannelMessage,
    ChannelOrder,
    ChannelStock,
    DeliveryState,
    MessageState,
)
from orders.models.order import Order, OrderStatus
from orders.models.order_line import LineCancellation, OrderCharge, OrderLine
from orders.models.payment import Payment, PaymentTransaction, SandboxEntry, TransactionStatus

__all__ = [
    "AliasKind",
    "Channel",
    "ChannelAlias",
    "ChannelConnection",
    "ChannelDelivery",
    "ChannelMessage",
    "ChannelOrder",
    "ChannelStock",
    "ControlNumber",
    "Customer",
    "DeliveryState",
    "HoldStatus",
    "LineCancellation",
    "MessageState",
    "Order",
    "OrderCharge",
    "OrderHold",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentTransaction",
    "SandboxEntry",
    "TransactionStatus",
]
