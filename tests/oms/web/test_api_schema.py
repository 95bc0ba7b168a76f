"""The API does what its document says: whatever fits is taken, whatever does not is refused as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.urls import URLResolver
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from fulfilment.routing.services import orders_route
from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from oms.web.api.openapi.generator import openapi_document
from oms.web.api.problems import Kind
from oms.web.rights import Scope
from oms.web.urls.api import urlpatterns
from oms.web.webhooks.catalogue import CATALOGUE
from orders.catalogue.models import Product
from orders.domain.attachments import TYPES
from orders.models import Order
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.oms.web.api_data import ORDERS, Partner, open_shop, partner, read, small_order

DOCUMENT = "/api/v1/openapi.json"
#: What no schema can say is refused as 422: a channel that is not there.
_TAKEN = ["2xx", "401", "403", "404", "409", "412", "422"]


@pytest.fixture(scope="module")
def caller(fresh_module: None) -> Partner:
    """A partner who may do everything, at a retailer with an order that a location works."""
    with retailer_context("acme"):
        profile_begin(author="suite", adopt={"order_routing": "1.0.0"})
    open_shop()
    caller = partner(scopes=list(Scope), burst=100_000, rate_per_minute=1_000_000)
    with retailer_context("acme"):
        stock_received(LocationFactory.create(code="LONDON"), Product.objects.get(sku="A"), 9)
    payments = [{"kind": "card", "amount": "25.00"}]
    caller.post(ORDERS, small_order(payments=payments, charges=[{"kind": "carriage", "amount": "5"}]))
    with retailer_context("acme"):
        orders_route(order_ids=list(Order.objects.values_list("id", flat=True)), actor="routing")
    return caller


@schemathesis.serializer("application/x-ndjson", "text/csv", *TYPES)
def as_it_is(context: Any, value: Any) -> Any:
    """Rows and files go as the text that was drawn; what is not text, as bytes that are none."""
    return value.encode() if isinstance(value, str) else b"\xff"


_CONFIG = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(
    base_url="http://acme.localhost",
    generation=GenerationConfig(max_examples=20, deterministic=True),
    checks=ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=_TAKEN)),
)))  # fmt: skip
schema: Any = schemathesis.openapi.from_dict(openapi_document(), config=_CONFIG)
schema.app = WSGIHandler()


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_the_answer_is_as_described(case: Any, caller: Partner) -> None:
    case.call_and_validate(headers={"Host": "acme.localhost", "Authorization": f"Bearer {caller.token}"})


def test_the_document_is_openapi_and_names_every_problem() -> None:
    document = openapi_document()
    assert document["openapi"] == "3.1.0"
    assert set(document["components"]["responses"]) == {kind.code for kind in Kind}
    identifiers = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(identifiers)) == len(identifiers)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"], operation
            assert {"500", "503"} <= set(operation["responses"])
            if operation.get("security") != []:
                assert {"401", "403", "429"} <= set(operation["responses"])


def test_everything_is_described_but_what_platforms_call_in_forms_of_their_own() -> None:
    described = openapi_document()["paths"]
    missing = {
        (method, path)
        for path, view in _addresses(urlpatterns, "/api/v1/")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view, method) and method not in described.get(path, {})
    }
    assert missing == {
        ("post", "/api/v1/channels/{channel}/webhooks"),
        ("post", "/api/v1/payment-callbacks/{gateway}"),
    }
    assert set(openapi_document()["webhooks"]) == set(CATALOGUE)


def _addresses(patterns: Sequence[Any], before: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, before + str(pattern.pattern))
        elif str(pattern.pattern):
            yield before + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)), pattern.callback.view_class


def test_every_example_fits_its_schema() -> None:
    document = openapi_document()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    fits(content["schema"], example["value"], path)


_FEED = b"location,sku,quantity\nLONDON,A,9\n"
_ENDPOINT = {"name": "Shop", "url": "https://shop.example/", "events": ["order.captured"]}


def test_answers_are_as_described(caller: Partner) -> None:
    answers = {
        "OrderPage": caller.get(ORDERS),
        "OrderDocument": caller.get(f"{ORDERS}/SHOP-1"),
        "RequestPage": caller.get("/api/v1/requests"),
        "RequestDocument": caller.get("/api/v1/requests/SHOP-1/1"),
        "ShipmentPage": caller.get("/api/v1/shipments"),
        "ProductPage": caller.get("/api/v1/products"),
        "LocationPage": caller.get("/api/v1/locations"),
        "ChannelPage": caller.get("/api/v1/channels"),
        "ProblemDocument": caller.get(f"{ORDERS}/SHOP-2"),
        "AvailabilityDocument": caller.get("/api/v1/availability?sku=A&location=LONDON"),
        "ReservationDocument": caller.post("/api/v1/reservations", {"key": "7", "sku": "A", "quantity": 1}),
        "FeedDocument": caller.post("/api/v1/stock-feeds", _FEED, Content_Type="text/csv"),
        "NoteDocument": caller.post(f"{ORDERS}/SHOP-1/notes", {"text": "Ring twice."}),
        "FileDocument": caller.post(f"{ORDERS}/SHOP-1/files?name=a.txt", b"Ring.", Content_Type="text/plain"),
        "FileList": caller.get(f"{ORDERS}/SHOP-1/files"),
        "NoteList": caller.get(f"{ORDERS}/SHOP-1/notes"),
        "PreviewDocument": caller.post(f"{ORDERS}/SHOP-1/cancellations", {"reason": "none", "preview": True}),
        "ChangeDocument": caller.post(f"{ORDERS}/SHOP-1/changes", {"actions": [{"action": "priority", "priority": 3}]}),
        "ChangeList": caller.get(f"{ORDERS}/SHOP-1/changes"),
        "WebhookEvents": caller.get("/api/v1/webhook-events"),
        "SecretDocument": caller.post("/api/v1/webhook-endpoints", _ENDPOINT),
        "EndpointList": caller.get("/api/v1/webhook-endpoints"),
    }
    for name, answer in answers.items():
        document = json.loads(answer.content)
        fits({"$ref": f"#/components/schemas/{name}"}, document, name)
        known = set(openapi_document()["components"]["schemas"][name]["properties"])
        assert set(document) <= known, name  # nothing is said that is not described
    assert read(answers["OrderDocument"])["payments"]
    assert read(answers["RequestDocument"])["lines"]


def test_the_document_needs_no_key_and_is_not_sent_twice(caller: Partner) -> None:
    anybody = Partner("acme", "")
    response = anybody.get(DOCUMENT)
    assert json.loads(response.content) == json.loads(json.dumps(openapi_document()))
    assert anybody.get(DOCUMENT, If_None_Match=response.headers["ETag"]).status_code == 304


def test_the_pages_load_nothing_from_elsewhere(caller: Partner) -> None:
    response = Partner("acme", "").get("/api/docs")
    assert response.status_code == 200
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert b"://" not in response.content


def fits(part: object, value: object, what: str) -> None:
    """``value`` is as a part of the document says."""
    whole = {"components": openapi_document()["components"], **part} if isinstance(part, dict) else part
    faults = [fault.message for fault in jsonschema.Draft202012Validator(whole).iter_errors(value)]
    assert faults == [], what
