"""Channels: what they send is stored, worked through and kept; what they are told is delivered."""

from orders.services.channels.bill import bill_of, bill_tell
from orders.services.channels.connections import (
    connection_setup,
    earlier_secret_drop,
    secret_set,
    secrets_of,
    terms_of_channel,
    token_of,
    token_set,
)
from orders.services.channels.deliver import deliveries_perform, deliveries_retry
from orders.services.channels.receive import Received, message_receive
from orders.services.channels.tell import ShipmentFacts, shipment_tell, shipment_told, status_tell, stock_tell
from orders.services.channels.work import MessagesFailed, messages_retry, messages_work

__all__ = [
    "MessagesFailed",
    "Received",
    "ShipmentFacts",
    "bill_of",
    "bill_tell",
    "connection_setup",
    "deliveries_perform",
    "deliveries_retry",
    "earlier_secret_drop",
    "message_receive",
    "messages_retry",
    "messages_work",
    "secret_set",
    "secrets_of",
    "shipment_tell",
    "shipment_told",
    "status_tell",
    "stock_tell",
    "terms_of_channel",
    "token_of",
    "token_set",
]
