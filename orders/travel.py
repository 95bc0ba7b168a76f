"""Orders travel into a staging clone with all that hangs on them."""

from collections.abc import Mapping

from oms.kernel.travel import ALL, NONE, Newest, Rule, UsedBy, With

TRAVEL: Mapping[str, Rule] = {
    "orders_channel": ALL,
    "orders_customer": UsedBy("orders_order", "customer_id"),
    "orders_order": Newest(subject="order", name="number"),
    "orders_orderline": With("order_id", "orders_order"),
    "orders_orderhold": With("order_id", "orders_order"),
    "orders_orderchange": With("order_id", "orders_order"),
    "orders_ordernote": With("order_id", "orders_order"),
    "orders_orderattachment": With("order_id", "orders_order"),
    "orders_linepromise": With("line_id", "orders_orderline"),
    "orders_linecancellation": With("line_id", "orders_orderline"),
    "orders_payment": With("order_id", "orders_order"),
    "orders_paymenttransaction": With("payment_id", "orders_payment"),
    "orders_sandboxentry": NONE,
    # A charge without an order (a bank's fee) stays behind.
    "orders_ordercharge": With("order_id", "orders_order"),
    # What channels sent stays behind with its customers' data. A clone cannot open the secrets of connections.
    "orders_channelconnection": ALL,
    "orders_channelalias": ALL,
    "orders_channelmessage": NONE,
    "orders_channelorder": With("order_id", "orders_order"),
    "orders_channeldelivery": NONE,
    "orders_channelstock": NONE,
    # Nothing leaves a clone, so it needs no numbers.
    "orders_controlnumber": NONE,
}
