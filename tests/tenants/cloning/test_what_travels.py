"""A clone is whole or partial, and sound in either case."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.apps import apps
from django.utils import timezone

from fulfilment.inventory.models import StockLevel, StockMovement
from fulfilment.requests.models import FulfilmentRequest
from modules.models import Decision
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from orders.domain.capture import NewLine, NewOrder
from orders.models import Customer, Order, OrderLine
from orders.services import orders_capture
from tenants.cloning import (
    staging_clone,
)
from tenants.cloning.itinerary import declared_rules
from tests.tenants.cloning.schemas import (
    CLONE,
    contents,
    positions,
    violations,
)
from tests.tenants.schema_copy.schemas import dumped


def test_every_table_of_a_retailer_says_how_it_travels() -> None:
    from django.conf import settings

    tenant_apps = {apps.get_app_config(name.rpartition(".")[2]).label for name in settings.TENANT_APPS}
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in tenant_apps and model._meta.managed and not model._meta.proxy
    }
    assert set(declared_rules()) == tables | {"django_migrations"}


@pytest.mark.parametrize("full", [False, True])
def test_the_dump_of_a_clone_is_that_of_its_source(acme_with_orders: None, admin_url: str, full: bool) -> None:
    staging_clone(source="acme", full=full)
    clone = dumped(admin_url, CLONE, f"retailer_{CLONE}")
    assert clone.splitlines() == dumped(admin_url, "acme", "retailer_acme").splitlines()
    assert "retailer_acme" not in clone
    assert clone.count("CREATE TRIGGER profile_stamp") == 1


def test_a_full_clone_has_every_row_but_those_that_never_travel(acme_with_orders: None, admin_url: str) -> None:
    report = staging_clone(source="acme", full=True)
    production, clone = contents(admin_url, "acme"), contents(admin_url, CLONE)
    emptied = {"django_session", "infra_pendingreaction", "inventory_levelnote", "routing_freedstock", "web_apikey"}
    assert {table for table, rows in production.items() if rows != clone[table]} == emptied
    assert {table: len(clone[table]) for table in emptied} == dict.fromkeys(emptied, 0)
    assert report.rows == {table: len(clone[table]) for table in declared_rules()}
    # … each decision in the partition of its month
    months = {table for table in clone if table.startswith("modules_decision_") and clone[table]}
    assert months
    assert sum(len(clone[table]) for table in months) == len(clone["modules_decision"])
    assert violations(CLONE) == []


def test_a_partial_clone_has_the_newest_orders_with_all_that_hangs_on_them(
    acme_with_orders: None, admin_url: str
) -> None:
    # Given units reserved for orders that travel and for others that do not
    with retailer_context("acme"):
        free = dict(StockLevel.objects.values_list("id", "on_hand"))
        reserved = dict(StockLevel.objects.values_list("id", "reserved"))
        numbers = list(Order.objects.order_by("id").values_list("number", flat=True))
        waiting_of_others = FulfilmentRequest.objects.filter(order__number__in=numbers[:-10], status="offered").count()
    assert sum(reserved.values()) > 0
    assert waiting_of_others > 0
    # When the ten newest orders are cloned
    report = staging_clone(source="acme", orders=10)
    # Then they are there, whole, and nothing of the others
    production, clone = contents(admin_url, "acme"), contents(admin_url, CLONE)
    assert violations(CLONE) == []
    with retailer_context(CLONE):
        assert list(Order.objects.order_by("id").values_list("number", flat=True)) == numbers[-10:]
        lines = OrderLine.objects.count()
        requests = FulfilmentRequest.objects.count()
        assert set(Event.objects.values_list("subject", flat=True)) == set(numbers[-10:])
        assert set(Decision.objects.values_list("subject", flat=True)) <= set(numbers[-10:])
        assert Decision.objects.count() > 0
        assert set(Customer.objects.values_list("id")) == set(Order.objects.values_list("customer"))
        # … and each level has as much to sell as in production, in one movement
        levels = {level.id: level for level in StockLevel.objects.all()}
        assert {key: level.on_hand - level.reserved for key, level in levels.items()} == {
            key: free[key] - reserved[key] for key in free
        }
        assert 0 < sum(level.reserved for level in levels.values()) < sum(reserved.values())
        assert list(StockMovement.objects.order_by("level").values_list("level", "on_hand_change")) == [
            (key, level.on_hand) for key, level in sorted(levels.items()) if level.on_hand
        ]
    assert report.rows["orders_orderline"] == lines
    assert report.rows["requests_fulfilmentrequest"] == requests
    whole = ["accounts_user", "catalogue_product", "locations_location", "modules_profilerevision"]
    whole += ["modules_profiledocument", "modules_historicalprofiledocument", "django_migrations"]
    assert {table: clone[table] for table in whole} == {table: production[table] for table in whole}
    assert len(clone["returns_blindreturn"]) == len(clone["inventory_stockadjustment"]) == 1


@pytest.mark.parametrize("orders", [0, 1, 17, 10_000])
def test_whatever_number_of_orders_is_asked_for_the_sums_hold(acme_with_orders: None, orders: int) -> None:
    staging_clone(source="acme", orders=orders)
    assert violations(CLONE) == []
    with retailer_context("acme"):
        everything = Order.objects.count()
    with retailer_context(CLONE):
        assert Order.objects.count() == min(orders, everything)


@pytest.mark.parametrize("full", [False, True])
def test_numbers_go_on_where_production_is(acme_with_orders: None, admin_url: str, full: bool) -> None:
    before = positions(admin_url, "acme")
    staging_clone(source="acme", orders=5, full=full)
    after = positions(admin_url, CLONE)
    moved = set() if full else {"inventory_levelnote_id_seq", "inventory_stockmovement_id_seq"}
    assert {name for name in before if before[name] != after[name]} == moved
    with retailer_context(CLONE):
        line = NewLine(sku="AC-10000", quantity=1, unit_price=Decimal(5))
        order = NewOrder(external_number="N1", placed_at=timezone.now(), currency="GBP", lines=(line,))
        [captured] = orders_capture(channel="web", orders=[order], actor="tester")
        assert captured.created
    assert violations(CLONE) == []
