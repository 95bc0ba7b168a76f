from orders.models.attachment import OrderAttachment
from orders.models.change import Asker, ChangeKind, ChangeStatus, OrderChange
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
from orders.models.note import OrderNote
from orders.models.order import Order, OrderStatus
from orders.models.order_line import LineCancellation, OrderCharge, OrderLine
from orders.models.payment import Payment, PaymentTransaction, SandboxEntry, TransactionStatus
from orders.models.promise import LinePromise, PromiseOutcome

__all__ = [
    "AliasKind",
    "Asker",
    "ChangeKind",
    "ChangeStatus",
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
    "LinePromise",
    "MessageState",
    "Order",
    "OrderAttachment",
    "OrderChange",
    "OrderCharge",
    "OrderHold",
    "OrderLine",
    "OrderNote",
    "OrderStatus",
    "Payment",
    "PaymentTransaction",
    "PromiseOutcome",
    "SandboxEntry",
    "TransactionStatus",
]
