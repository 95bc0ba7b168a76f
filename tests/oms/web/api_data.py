"""What the tests of the API share: a retailer with a shop, a partner who calls, an order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from oms.web.services.api_keys import api_key_issue
from orders.catalogue.models import Product
from orders.models import Channel

ORDERS = "/api/v1/orders"

#: How each document of a problem begins.
PROBLEM = {"type", "title", "status", "detail", "code", "instance", "request_id"}


@dataclass(frozen=True, slots=True)
class Partner:
    """Calls the API of one retailer with one key, as a web shop does."""

    retailer: str
    token: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self._send("GET", path, b"", headers)

    def post(self, path: str, body: object, **headers: str) -> HttpResponse:
        """``body`` as JSON; bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._send("POST", path, raw, {"Content-Type": "application/json", **headers})

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> HttpResponse:
        return self._send(method, path, body, headers)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> HttpResponse:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = headers.pop("Content-Type", "")
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {"Host": f"{self.retailer}.localhost", **authorization, **headers}
        response = self.client.generic(method, path, body, content_type=content_type, headers=headers)
        return cast("HttpResponse", response)


def open_shop(retailer: str = "acme", *, may_write: bool = True) -> Partner:
    """Give a retailer the channel ``shop`` (in GBP), the products A and B, and a partner with a key."""
    with retailer_context(retailer):
        profile_begin(author="test")
        Channel.objects.create(code="shop", name="Shop", currency="GBP")
        Product.objects.bulk_create([Product(sku="A", name="Apron"), Product(sku="B", name="Bowl")])
    return partner(retailer, may_write=may_write)


def partner(retailer: str = "acme", *, may_write: bool = True, name: str = "Web shop", **said: Any) -> Partner:
    """A partner with a key of its own; ``said`` as to :func:`api_key_issue`."""
    with retailer_context(retailer):
        _, token = api_key_issue(name=name, may_write=may_write, **said)
    return Partner(retailer, token)


def small_order(number: str = "1", **changes: object) -> dict[str, object]:
    """The body of an order of two lines; a change to None leaves a member out."""
    order: dict[str, object] = {
        "channel": "shop",
        "external_number": number,
        "placed_at": "2026-01-31T12:00:00+01:00",
        "lines": [
            {"sku": "A", "quantity": 2, "unit_price": "10.00"},
            {"sku": "B", "quantity": 1, "unit_price": "5.4321", "description": "A bowl"},
        ],
    }
    return {name: value for name, value in {**order, **changes}.items() if value is not None}


def read(response: HttpResponse) -> dict[str, Any]:
    """The JSON object in an answer."""
    document: dict[str, Any] = json.loads(response.content)
    return document


def problem(response: HttpResponse) -> dict[str, Any]:
    """The problem document in an answer."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    document = read(response)
    assert set(document) >= PROBLEM
    assert document["status"] == response.status_code
    assert document["type"] == f"/problems/{document['code'].replace('_', '-')}"
    assert document["request_id"] == response.headers["X-Request-Id"]
    return document
