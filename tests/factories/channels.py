"""Connected channels, and what platforms send to them. All documents are invented, in the platforms' shapes."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from orders.channels import adapter_named
from orders.domain.channel import Message
from orders.models import ChannelConnection, ChannelMessage
from orders.services.channels import Received, message_receive, secret_set
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import ChannelFactory

SECRET = "shpss_7f3c"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def connection_made(
    adapter: str = "shopify", *, code: str = "shop", base_url: str = "", secret: str = SECRET, skus: str = "RED BLUE",
    **options: Any,
) -> ChannelConnection:  # fmt: skip
    """A channel with a connection, and products with these SKUs."""
    for sku in skus.split():
        ProductFactory.create(sku=sku)
    channel = ChannelFactory.create(code=code, currency="EUR")
    connection = ChannelConnection.objects.create(channel=channel, adapter=adapter, base_url=base_url, options=options)
    secret_set(connection_id=connection.pk, secret=secret)
    connection.refresh_from_db()
    return connection


def arrived(connection: ChannelConnection, document: object, **headers: str) -> ChannelMessage:
    """A message as the endpoint stores it."""
    received = arrived_as(connection, document, **headers)
    return ChannelMessage.objects.get(pk=received.message_id)


def arrived_as(connection: ChannelConnection, document: object, **headers: str) -> Received:
    message = message_of(document, **headers)
    envelope = adapter_named(connection.adapter).envelope(message)
    return message_receive(channel_id=connection.channel_id, message=message, envelope=envelope)


def message_of(document: object, **headers: str) -> Message:
    """Headers by their names with underscores."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Message(body, "application/json", {name.replace("_", "-"): value for name, value in headers.items()})


def signed(body: bytes, secret: str = SECRET) -> str:
    """As Shopify and WooCommerce sign."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def set_of(amount: str, currency: str = "EUR", presentment: tuple[str, str] | None = None) -> dict[str, Any]:
    """Shopify's pair of amounts."""
    customer = presentment or (amount, currency)
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": customer[0], "currency_code": customer[1]},
    }


def shopify_line(number: int, sku: str | None, quantity: int = 1, price: str = "10.00", **more: Any) -> dict[str, Any]:
    return {
        "id": number, "sku": sku, "quantity": quantity, "price": price, "title": f"Product {sku}", "variant_id": 7,
        "discount_allocations": [], "tax_lines": [], **more,
    }  # fmt: skip


def shopify_order(number: int = 5001, total: str = "20.00", **more: Any) -> dict[str, Any]:
    """Two red ones for ten euros each, paid; ``more`` replaces fields."""
    return {
        "id": number, "name": f"#{number - 4000}", "currency": "EUR", "total_price": total, "taxes_included": False,
        "created_at": "2026-05-04T10:00:00+02:00", "financial_status": "paid", "fulfillment_status": None,
        "cancelled_at": None, "test": False, "payment_gateway_names": ["shopify_payments"],
        "line_items": [shopify_line(91, "RED", 2)], "shipping_lines": [], "refunds": [],
        "shipping_address": {
            "name": "Ida Berg", "address1": "Lange Straße 1", "city": "Kassel", "zip": "34117", "country_code": "DE",
        },
        "customer": {"id": 44, "first_name": "Ida", "last_name": "Berg", "email": "ida@example.com"},
        **more,
    }  # fmt: skip


def woo_order(number: int = 801, **more: Any) -> dict[str, Any]:
    """Two red ones and carriage, with tax, paid."""
    return {
        "id": number, "number": str(number), "order_key": "wc_order_x", "status": "processing", "currency": "EUR",
        "date_created_gmt": "2026-05-04T08:00:00", "date_modified_gmt": "2026-05-04T08:05:00",
        "date_paid_gmt": "2026-05-04T08:01:00", "total": "29.75", "total_tax": "4.75", "prices_include_tax": True,
        "customer_id": 12, "payment_method": "stripe", "payment_method_title": "Card", "transaction_id": "ch_1",
        "billing": {"first_name": "Ida", "last_name": "Berg", "email": "ida@example.com"},
        "shipping": {"first_name": "Ida", "last_name": "Berg", "address_1": "Lange Straße 1", "city": "Kassel",
                     "postcode": "34117", "country": "DE"},
        "line_items": [{"id": 31, "name": "Red", "sku": "RED", "quantity": 2, "subtotal": "20.00", "total": "20.00",
                        "total_tax": "3.80"}],
        "shipping_lines": [{"method_id": "flat_rate", "method_title": "Flat", "total": "5.00", "total_tax": "0.95"}],
        "fee_lines": [], "coupon_lines": [], "refunds": [], **more,
    }  # fmt: skip


def total_of(order: Any) -> Decimal:
    """Lines and charges of a :class:`~orders.domain.capture.NewOrder`."""
    lines = sum((line.quantity * line.unit_price for line in order.lines), Decimal(0))
    return lines + sum((charge.quantity * charge.unit_price for charge in order.charges), Decimal(0))


@dataclass
class Platform:
    """A platform on this machine: it keeps what it is sent, and answers what it is told to."""

    url: str = ""
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)

    def asked(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _, _ in self.requests]


@contextmanager
def platform_running() -> Iterator[Platform]:
    """Serve until the block ends. Without an answer left it says 200 and an empty object."""
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            platform.requests.append((self.command, self.path, headers, json.loads(body) if body else None))
            status, answer = platform.answers.pop(0) if platform.answers else (200, {})
            raw = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - named by the standard library

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
