"""Vendors and warehouses over the API: they see their own work alone, and work it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from fulfilment.locations.models import Location
from fulfilment.requests.models import FulfilmentRequest, Shipment
from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.web.models import RequestAcknowledgement
from oms.web.rights import Role
from orders.catalogue.models import Product
from orders.models import Order
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.oms.web.api_data import ORDERS, Partner, open_shop, partner, problem, read, small_order

REQUESTS = "/api/v1/requests"


@pytest.fixture
def shop(fresh: None) -> Partner:
    """A shop with one order, A from the vendor and B from the warehouse."""
    shop = open_shop()
    with retailer_context("acme"):
        for code, sku, units in (("VENDOR", "A", 5), ("WAREHOUSE", "B", 5)):
            location = LocationFactory.create(code=code)
            stock_received(location, Product.objects.get(sku=sku), units)
    shop.post(ORDERS, small_order())
    with retailer_context("acme"):
        orders_route(order_ids=list(Order.objects.values_list("id", flat=True)), actor="routing")
    return shop


def at(location: str, role: Role = Role.VENDOR) -> Partner:
    return partner(name=location.title(), role=role, locations=[location])


def number_at(location: str) -> str:
    with retailer_context("acme"):
        return FulfilmentRequest.objects.get(location__code=location).number


def step(caller: Partner, number: str, name: str, body: object = b"", **headers: str) -> Any:
    return caller.post(f"{REQUESTS}/{number}/{name}", body, **headers)


def test_each_sees_its_own_requests_and_not_that_there_are_others(shop: Partner) -> None:
    # given
    vendor, warehouse = at("VENDOR"), at("WAREHOUSE", Role.WAREHOUSE)
    ours, theirs = number_at("VENDOR"), number_at("WAREHOUSE")
    # when, then
    assert [item["number"] for item in read(vendor.get(REQUESTS))["requests"]] == [ours]
    assert [item["number"] for item in read(warehouse.get(REQUESTS))["requests"]] == [theirs]
    assert {item["number"] for item in read(shop.get(REQUESTS))["requests"]} == {ours, theirs}
    assert vendor.get(f"{REQUESTS}/{ours}").status_code == 200
    foreign, missing = vendor.get(f"{REQUESTS}/{theirs}"), vendor.get(f"{REQUESTS}/NOBODY/1")
    assert (foreign.status_code, problem(foreign)["code"]) == (404, "not_found")
    assert problem(foreign)["detail"].replace(theirs, "") == problem(missing)["detail"].replace("NOBODY/1", "")
    for name, body in (("acknowledge", {}), ("pick", {}), ("pack", {}), ("ship", {}), ("reject", REJECTION)):
        assert step(vendor, theirs, name, body).status_code == 404
    assert problem(vendor.get(ORDERS))["code"] == "scope_missing"
    assert [place["code"] for place in read(vendor.get("/api/v1/locations"))["locations"]] == ["VENDOR"]
    with retailer_context("acme"):
        assert FulfilmentRequest.objects.get(number=theirs).status == "offered"
        assert not RequestAcknowledgement.objects.exists()


REJECTION = {"items": [{"position": 1, "quantity": 1, "reason": "not_found"}]}


def test_a_key_without_locations_sees_nothing(shop: Partner) -> None:
    # given
    vendor = at("VENDOR")
    with retailer_context("acme"):
        from oms.web.models import ApiKeyLocation

        ApiKeyLocation.objects.all().delete()
    # then
    assert read(vendor.get(REQUESTS))["requests"] == []
    assert vendor.get(f"{REQUESTS}/{number_at('VENDOR')}").status_code == 404


def test_a_vendor_works_a_request_to_its_end(shop: Partner) -> None:
    # given
    vendor, number = at("VENDOR"), number_at("VENDOR")
    # when
    seen = step(vendor, number, "acknowledge", {"reference": "PO-1"})
    picking, packed = step(vendor, number, "pick"), step(vendor, number, "pack", {})
    shipped = step(vendor, number, "ship", {"carrier": "Post", "tracking_number": "RR1"})
    # then
    assert [r.status_code for r in (seen, picking, packed, shipped)] == [200] * 4
    assert [read(r)["status"] for r in (seen, picking, packed, shipped)] == ["offered", "picking", "packed", "shipped"]
    document = read(vendor.get(f"{REQUESTS}/{number}"))
    assert document["reference"] == "PO-1"
    assert document["acknowledged_at"] is not None
    assert document["lines"] == [{
        "position": 1, "sku": "A", "description": "Apron", "quantity": 2, "released": 0, "shipped": 2, "waiting": 0,
    }]  # fmt: skip
    [shipment] = document["shipments"]
    assert (shipment["carrier"], shipment["tracking_number"]) == ("Post", "RR1")
    assert shipment["lines"] == [{"position": 1, "sku": "A", "quantity": 2}]
    assert read(vendor.get("/api/v1/shipments"))["shipments"] == [shipment]
    assert read(at("WAREHOUSE").get("/api/v1/shipments"))["shipments"] == []
    with retailer_context("acme"):
        names = list(Event.objects.filter(actor__startswith="Vendor").order_by("id").values_list("name", flat=True))
    assert names[0] == "fulfilment.acknowledged.v1"
    assert names[1:3] == ["fulfilment.advanced.v1", "fulfilment.advanced.v1"]
    call_command("verify", retailer="acme")


def test_a_step_that_was_taken_is_taken(shop: Partner) -> None:
    # given
    vendor, number = at("VENDOR"), number_at("VENDOR")
    goods = {"carrier": "Post", "tracking_number": "RR1"}
    for name, body in (("acknowledge", {}), ("pick", {}), ("pack", {}), ("ship", goods)):
        first = step(vendor, number, name, body)
        # when
        second = step(vendor, number, name, body)
        # then
        assert (second.status_code, second.content) == (200, first.content), name
    otherwise = step(vendor, number, "ship", {"tracking_number": "RR2"})
    assert (otherwise.status_code, problem(otherwise)["code"]) == (409, "request_state")
    assert problem(step(vendor, number, "acknowledge", {"reference": "X"}))["code"] == "request_state"
    with retailer_context("acme"):
        assert Shipment.objects.count() == 1
        assert Event.objects.filter(name="fulfilment.acknowledged.v1").count() == 1


def test_a_step_out_of_turn_says_what_would_be_allowed(shop: Partner) -> None:
    vendor, number = at("VENDOR"), number_at("VENDOR")

    response = step(vendor, number, "pack")

    assert problem(response)["code"] == "request_state"
    assert "cannot become packed; allowed: cancelled, picking" in problem(response)["detail"]


def test_items_are_rejected_with_a_reason_each(shop: Partner) -> None:
    # given
    vendor, number = at("VENDOR"), number_at("VENDOR")
    # when
    partly = step(vendor, number, "reject", REJECTION)
    # then
    assert read(partly)["status"] == "offered"
    assert (read(partly)["lines"][0]["released"], read(partly)["lines"][0]["waiting"]) == (1, 1)
    # when the rest goes too
    wholly = step(vendor, number, "reject", REJECTION)
    # then
    assert read(wholly)["status"] == "cancelled"
    with retailer_context("acme"):
        order = Order.objects.get()
        assert order.open_quantity == 2
    call_command("verify", retailer="acme")


@pytest.mark.parametrize(
    ("items", "status", "code"),
    [
        ([], 422, "validation"),
        ([{"position": 9, "quantity": 1, "reason": "damaged"}], 422, "validation"),
        ([{"position": 1, "quantity": 1, "reason": "no idea"}], 422, "validation"),
        ([{"position": 1, "quantity": 1, "reason": "damaged"}] * 2, 422, "validation"),
        ([{"position": 1, "quantity": 3, "reason": "damaged"}], 409, "request_state"),
        ([{"position": 1, "quantity": 1, "reason": "mismatch"}], 409, "request_state"),
    ],
)
def test_a_rejection_that_does_not_fit_changes_nothing(shop: Partner, items: object, status: int, code: str) -> None:
    vendor, number = at("VENDOR"), number_at("VENDOR")

    response = step(vendor, number, "reject", {"items": items})

    assert (response.status_code, problem(response)["code"]) == (status, code)
    assert read(vendor.get(f"{REQUESTS}/{number}"))["lines"][0]["waiting"] == 2


def test_a_named_write_is_done_once(shop: Partner) -> None:
    # given
    vendor, number = at("VENDOR"), number_at("VENDOR")
    # when
    first = step(vendor, number, "reject", REJECTION, Idempotency_Key="k")
    again = step(vendor, number, "reject", REJECTION, Idempotency_Key="k")
    # then
    assert read(again) == read(first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert read(vendor.get(f"{REQUESTS}/{number}"))["lines"][0]["waiting"] == 1


def test_a_step_may_name_the_version_that_it_is_for(shop: Partner) -> None:
    # given
    vendor, number = at("VENDOR"), number_at("VENDOR")
    tag = vendor.get(f"{REQUESTS}/{number}").headers["ETag"]
    # when it has changed meanwhile
    step(vendor, number, "acknowledge")
    late = step(vendor, number, "pick", {}, If_Match=tag)
    # then
    assert (late.status_code, problem(late)["code"]) == (412, "precondition_failed")
    newest = vendor.get(f"{REQUESTS}/{number}")
    assert step(vendor, number, "pick", {}, If_Match=newest.headers["ETag"]).status_code == 200
    assert vendor.get(f"{REQUESTS}/{number}", If_None_Match=newest.headers["ETag"]).status_code == 200


def test_an_unchanged_document_is_not_sent_again(shop: Partner) -> None:
    for address in (f"{ORDERS}/SHOP-1", "/api/v1/products/A"):
        tag = shop.get(address).headers["ETag"]

        response = shop.get(address, If_None_Match=f'"other", W/{tag}')

        assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", tag)


def test_requests_come_in_pages_the_oldest_first(shop: Partner) -> None:
    # given
    numbers = sorted([number_at("VENDOR"), number_at("WAREHOUSE")])
    # when
    first = read(shop.get(f"{REQUESTS}?limit=1"))
    second = read(shop.get(first["links"]["next"]))
    # then
    assert [item["number"] for item in (*first["requests"], *second["requests"])] == numbers
    assert second["next_cursor"] is None
    assert read(shop.get(f"{REQUESTS}?status=picking"))["requests"] == []
    assert len(read(shop.get(f"{REQUESTS}?order=SHOP-1&location=VENDOR"))["requests"]) == 1
    assert read(shop.get(f"{REQUESTS}?created_since=2026-01-01T00:00:00Z&order=SHOP-2"))["requests"] == []


def test_products_locations_and_channels_are_read(shop: Partner) -> None:
    assert [item["sku"] for item in read(shop.get("/api/v1/products"))["products"]] == ["A", "B"]
    assert read(shop.get("/api/v1/products?limit=1"))["links"]["next"].startswith("/api/v1/products?limit=1&cursor=")
    assert read(shop.get("/api/v1/products/A"))["name"] == "Apron"
    assert shop.get("/api/v1/products/C").status_code == 404
    assert [item["code"] for item in read(shop.get("/api/v1/channels"))["channels"]] == ["shop"]
    with retailer_context("acme"):
        assert Location.objects.count() == len(read(shop.get("/api/v1/locations"))["locations"])
