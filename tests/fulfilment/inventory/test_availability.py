"""What can be promised: every reason for which a unit is kept back, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.inventory.selectors import UnknownChannel, availability, availability_json, groups_of_locations, places
from fulfilment.locations.models import Location, OpeningException, OpeningHours
from modules.contracts.availability import LocationLimits, StockLimits
from orders.catalogue.models import Product
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory, LocationGroupFactory
from tests.factories.orders import ChannelFactory

pytestmark = pytest.mark.usefixtures("acme")


@pytest.fixture
def shops(acme: None) -> Product:
    product = ProductFactory.create(sku="A")
    for code, units in (("S1", 10), ("S2", 4), ("S3", 1)):
        stock_received(LocationFactory.create(code=code, time_zone="UTC"), product, units)
    return product


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def set_limits(**given: Any) -> None:
        places._by_profile.clear()
        monkeypatch.setattr(places, "stock_limits", lambda profile: StockLimits(**given))

    yield set_limits
    places._by_profile.clear()


def promised(**question: Any) -> dict[str, int]:
    [found] = availability(["A"], **question)
    assert found.total == sum(found.by_location.values())
    told = json.loads(f"{{{availability_json(['A'], **question)}}}")
    [written] = told["skus"]
    atp = dict(zip(told["locations"], written.pop("atp"), strict=True))
    assert {code: units for code, units in atp.items() if units} == found.by_location
    assert written == {"sku": "A", "total": found.total, "incoming": []}
    assert json.loads(f"{{{availability_json(['A'], totals=True, **question)}}}") == {"skus": [written]}
    return dict(found.by_location)


@pytest.mark.usefixtures("shops")
def test_everything_free_where_nothing_is_kept_back() -> None:
    assert promised() == {"S1": 10, "S2": 4, "S3": 1}
    assert availability(["Z"]) == []


@pytest.mark.usefixtures("shops")
def test_safety_stock_and_the_greater_threshold_are_kept_back(limits: Callable[..., None]) -> None:
    ChannelFactory.create(code="web")
    ChannelFactory.create(code="store")
    limits(
        others=LocationLimits(safety_stock=1, threshold=2),
        by_location={"S1": LocationLimits(safety_stock=3)},
        channel_thresholds={"web": 1},
    )  # fmt: skip

    assert promised() == {"S1": 7, "S2": 1}
    assert promised(channel="web") == {"S1": 6, "S2": 1}
    assert promised(channel="store") == {"S1": 7, "S2": 1}


@pytest.mark.usefixtures("shops")
def test_a_location_that_is_paused_off_or_serves_nobody_promises_nothing(limits: Callable[..., None]) -> None:
    limits(by_location={"S1": LocationLimits(enabled=False)})
    Location.objects.filter(code="S2").update(paused=True)
    Location.objects.filter(code="S3").update(ships=False)
    assert promised() == {}

    Location.objects.filter(code="S3").update(offers_pickup=True)
    assert promised() == {"S3": 1}


@pytest.mark.usefixtures("shops")
def test_a_location_whose_day_is_full_promises_nothing_today(
    limits: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(others=LocationLimits(capacity_per_day=5))
    monkeypatch.setattr(
        places, "_day_load",
        "SELECT id AS location_id, CASE code WHEN 'S1' THEN 5 ELSE 4 END AS units FROM locations_location",
    )  # fmt: skip

    assert promised() == {"S2": 4, "S3": 1}
    assert promised(on=timezone.localdate() + timedelta(days=3)) == {"S1": 10, "S2": 4, "S3": 1}


@pytest.mark.usefixtures("shops")
def test_a_closed_day_promises_nothing() -> None:
    monday, christmas = date(2099, 12, 21), date(2099, 12, 25)
    for code in ("S1", "S2"):
        for weekday in range(5):
            OpeningHours.objects.create(
                location=Location.objects.get(code=code), weekday=weekday, opens="09:00", closes="18:00"
            )  # fmt: skip
    OpeningException.objects.create(location=Location.objects.get(code="S1"), day=christmas)

    assert promised(on=monday) == {"S1": 10, "S2": 4, "S3": 1}
    assert promised(on=monday + timedelta(days=5)) == {"S3": 1}
    assert promised(on=christmas) == {"S2": 4, "S3": 1}


@pytest.mark.usefixtures("shops")
def test_a_channel_sells_from_its_groups_and_others_from_everywhere() -> None:
    group = LocationGroupFactory.create(code="city")
    group.locations.set(Location.objects.filter(code__in=["S1", "S3"]))
    ChannelFactory.create(code="store")
    group.channels.add(ChannelFactory.create(code="web"))

    assert promised(channel="web") == {"S1": 10, "S3": 1}
    assert promised(channel="store") == {"S1": 10, "S2": 4, "S3": 1}
    assert promised(channel="web", locations=["S2", "S3"]) == {"S3": 1}
    assert promised(groups=["city"]) == {"S1": 10, "S3": 1}
    assert groups_of_locations() == dict.fromkeys(
        Location.objects.filter(code__in=["S1", "S3"]).values_list("pk", flat=True), ("city",)
    )
    with pytest.raises(UnknownChannel):
        availability(["A"], channel="nowhere")


def test_a_channel_its_places_and_their_stock_are_asked_in_three_statements(shops: Product) -> None:
    ChannelFactory.create(code="web")

    with CaptureQueriesContext(connection) as asked:
        availability(["A"], channel="web")

    # the third, which asks for the stock, goes past Django: it is answered in bytes
    assert len([query for query in asked.captured_queries if "locations_" in query["sql"]]) == 1
