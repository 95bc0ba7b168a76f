"""What a draft means and what would happen to an order, without anything happening."""

from __future__ import annotations

import psycopg
import pytest

from fulfilment.routing.services import orders_route
from oms.infra.database.context import retailer_context
from orders.models import Order
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.fulfilment.routing.releases import Told, adopt
from tests.oms.web.back_office import manager, staff, words
from tests.tenants.cloning.schemas import contents

DRAFT = "/admin/routing/draft/routing_strategy/?key=default"


@pytest.fixture
def routed(fresh: None, monkeypatch: pytest.MonkeyPatch) -> Order:
    """One order of 20 pounds, given to Soho; York is 280 km away and has lamps too."""
    with retailer_context("acme"):
        adopt(monkeypatch, Told())
        product = ProductFactory.create(sku="LAMP")
        for code, latitude in (("SOHO", 51.5), ("YORK", 54.0)):
            stock_received(LocationFactory.create(code=code, latitude=latitude), product, 2)
        order = order_placed(("LAMP", 2), number="7")
        small = order_placed(("LAMP", 1), number="8")
        orders_route(order_ids=[order.pk, small.pk], actor="routing")
    return order


def form(**fields: str) -> dict[str, str]:
    return {"body.name": "Near", "body.split_limit": "3", "body.split_penalty": "0.00", **fields}


def test_the_impact_of_a_draft_is_told_by_rule(routed: Order) -> None:
    answer = words(manager().post(DRAFT, form(do="impact", **{"body.radius_km": "100"})))
    assert "Near enough Matches 1 of 2 locations and 1 of the last 2 orders. Dropped most often: too far (1)." in answer
    assert "0 of the last 2 orders would go another way than with what is saved." in answer
    assert "Nothing was saved, reserved or sent." in answer


def test_a_draft_with_faults_is_not_tried(routed: Order) -> None:
    answer = words(manager().post(DRAFT, form(do="impact", **{"body.split_limit": "99"})))
    assert "The draft cannot be tried as it is. split_limit: Input should be less than or equal to 10" in answer


def test_an_order_is_tried_and_nothing_changes(routed: Order, admin_url: str) -> None:
    # given
    client = manager()
    client.get("/admin/")
    before = contents(admin_url, "acme")
    # when
    now = words(client.get(f"/admin/routing/now/{routed.pk}/"))
    draft = words(client.post(DRAFT, form(do="try", **{"try-order": "WEB-7"}), headers={"X-Part": "yes"}))
    unknown = words(client.post(DRAFT, form(do="try", **{"try-order": "WEB-9"})))
    # then: it has nothing open, so all of it is tried, with the units that it has reserved itself
    for answer in (now, draft):
        assert "WEB-7 has nothing open: tried as if it came in now, whole. 2 × LAMP from Store" in answer
        assert "as told" in answer
    assert "There is no order WEB-9 with units that could be routed." in unknown
    after = contents(admin_url, "acme")
    assert {table for table in before if before[table] != after[table]} == set()


def test_the_database_refuses_a_release_that_would_write(routed: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def writes(self: Told, *given: object) -> object:
        Order.objects.update(priority=9)
        raise AssertionError

    monkeypatch.setattr(Told, "route", writes)
    client = manager()
    client.raise_request_exception = False
    assert client.get(f"/admin/routing/now/{routed.pk}/").status_code == 500
    with retailer_context("acme"):
        assert set(Order.objects.values_list("priority", flat=True)) == {0}


def test_the_form_offers_to_try_and_the_order_page_asks(routed: Order) -> None:
    client = manager()
    page = client.get("/admin/profile/edit/order_routing/routing_strategy/?key=default").content.decode()
    assert "What would it change?" in page
    assert 'formaction="/admin/routing/draft/routing_strategy/?key=default"' in page
    assert f"/admin/routing/now/{routed.pk}/" in client.get(f"/admin/orders/order/{routed.pk}/change/").content.decode()


def test_who_may_not_look_does_not(routed: Order) -> None:
    assert staff("orders.view_order").get(f"/admin/routing/now/{routed.pk}/").status_code == 200
    assert staff("requests.view_shipment").get(f"/admin/routing/now/{routed.pk}/").status_code == 403
    assert staff("orders.view_order").post(DRAFT, form(do="impact")).status_code == 403
    assert manager("globex").get(f"/admin/routing/now/{routed.pk}/").status_code == 404


def test_a_release_without_rules_still_tells_what_changes(fresh: None) -> None:
    with retailer_context("acme"):
        LocationFactory.create(code="SOHO")
        orders_route(order_ids=[order_placed().pk], actor="routing")
    answer = words(manager().post("/admin/routing/draft/routing_strategy/?key=default", {"do": "impact"}))
    assert "The rules of this release apply to every order." in answer or "cannot be tried" in answer


def test_nothing_of_a_draft_is_kept(routed: Order, admin_url: str) -> None:
    manager().post(DRAFT, form(do="impact", **{"body.radius_km": "1"}))
    with psycopg.connect(admin_url) as connection:
        rows = connection.execute("SELECT count(*) FROM acme.modules_profilerevision").fetchone()
    assert rows == (3,)
