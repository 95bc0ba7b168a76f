"""What a retailer keeps up by hand: locations, products, channels, customers."""

from __future__ import annotations

import pytest

from fulfilment.locations.models import Location
from oms.infra.database.context import retailer_context
from orders.catalogue.models import Product
from orders.models import Channel, Customer
from tests.factories.catalogue import ProductFactory
from tests.factories.locations import LocationFactory
from tests.factories.orders import ChannelFactory, CustomerFactory
from tests.oms.web.back_office import listed, manager, words

LOCATIONS = "/admin/locations/location/"
PRODUCTS = "/admin/catalogue/product/"

NO_ROWS = {
    f"{rows}-{number}_FORMS": "0" for rows in ("opening_hours", "exceptions") for number in ("TOTAL", "INITIAL")
}  # fmt: skip
PLACE = {
    "code": "S1", "name": "Soho", "kind": "store", "ships": "on", "country": "gb", "time_zone": "Europe/London",
    **NO_ROWS,
}  # fmt: skip
THING = {"sku": "LAMP", "name": "Lamp", "price": "19.90", "currency": "gbp", "gtin": "4006381333931"}


def test_a_location_is_added_with_its_country_in_capitals(fresh: None) -> None:
    response = manager().post(f"{LOCATIONS}add/", {**PLACE, "latitude": "51.5", "longitude": "-0.1"})

    assert response.status_code == 302
    with retailer_context("acme"):
        place = Location.objects.get()
        assert (place.code, place.country, place.latitude, place.ships, place.paused) == (
            "S1",
            "GB",
            51.5,
            True,
            False,
        )


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"country": "GBR"}, "Ensure this value has at most 2 characters"),
        ({"country": "1É"}, "Name the country by its two letters, such as GB."),
        ({"time_zone": "London"}, "Name a time zone as Europe/London does; this one is not known."),
        ({"latitude": "51.5"}, "Give both coordinates, or neither."),
        ({"latitude": "91", "longitude": "0"}, "Give degrees from -90 to 90."),
        ({"latitude": "0", "longitude": "-181"}, "Give degrees from -180 to 180."),
        ({"latitude": "nan", "longitude": "0"}, "Enter a number."),
        ({"kind": "shed"}, "Select a valid choice."),
        ({"code": ""}, "This field is required."),
    ],
)
def test_a_location_that_cannot_be_is_refused_in_words(fresh: None, wrong: dict[str, str], advice: str) -> None:
    response = manager().post(f"{LOCATIONS}add/", {**PLACE, **wrong})

    assert response.status_code == 200
    assert advice in words(response)
    with retailer_context("acme"):
        assert not Location.objects.exists()


def test_a_product_is_added_with_its_currency_in_capitals(fresh: None) -> None:
    response = manager().post(f"{PRODUCTS}add/", {**THING, "returnable": "on"})

    assert response.status_code == 302
    with retailer_context("acme"):
        product = Product.objects.get()
        assert (product.sku, str(product.price), product.currency) == ("LAMP", "19.9000", "GBP")


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"gtin": "123"}, "A GTIN has 8, 12, 13 or 14 digits and nothing else."),
        ({"gtin": "٤٠٠٦٣٨١٣"}, "A GTIN has 8, 12, 13 or 14 digits and nothing else."),
        ({"price": "-1"}, "A price is not negative."),
        ({"currency": ""}, "Name the currency of the price by its three letters, such as GBP."),
        ({"currency": "£"}, "Name the currency of the price by its three letters, such as GBP."),
        ({"price": "1.23456"}, "no more than 4 decimal places"),
        ({"sku": ""}, "This field is required."),
    ],
)
def test_a_product_that_cannot_be_is_refused_in_words(fresh: None, wrong: dict[str, str], advice: str) -> None:
    response = manager().post(f"{PRODUCTS}add/", {**THING, **wrong})

    assert response.status_code == 200
    assert advice in words(response)
    with retailer_context("acme"):
        assert not Product.objects.exists()


def test_what_others_refer_to_by_name_keeps_its_name(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        keys = {
            "locations/location": LocationFactory.create(code="KEEP").pk,
            "catalogue/product": ProductFactory.create(sku="KEEP").pk,
            "orders/channel": ChannelFactory.create(code="keep").pk,
            "orders/customer": CustomerFactory.create(reference="KEEP").pk,
        }
    client = manager()
    given = {**PLACE, "code": "new", "sku": "NEW", "reference": "NEW", "name": "Renamed", "kind": "store",
             "currency": "GBP", "email": "", "phone": ""}  # fmt: skip
    # when
    statuses = [client.post(f"/admin/{page}/{key}/change/", given).status_code for page, key in keys.items()]
    # then
    assert statuses == [302] * 4
    with retailer_context("acme"):
        assert Location.objects.values_list("code", "name").get() == ("KEEP", "Renamed")
        assert Product.objects.values_list("sku", "name").get() == ("KEEP", "Renamed")
        assert Channel.objects.values_list("code", "name").get() == ("keep", "Renamed")
        assert Customer.objects.values_list("reference", "name").get() == ("KEEP", "Renamed")


@pytest.mark.parametrize(("code", "taken"), [("web_2", True), ("Web", False), ("web-2", False), ("2web", False)])
def test_a_channels_code_can_begin_an_order_number(fresh: None, code: str, taken: bool) -> None:
    given = {"code": code, "name": "Shop", "kind": "shop", "currency": "GBP", "active": "on"}

    response = manager().post("/admin/orders/channel/add/", given)

    assert response.status_code == (302 if taken else 200)
    with retailer_context("acme"):
        assert Channel.objects.count() == int(taken)


def test_each_is_found_by_what_people_have_in_hand(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        LocationFactory.create(code="SOHO", name="Soho Square")
        LocationFactory.create(code="YORK", name="York")
        ProductFactory.create(sku="LAMP", gtin="4006381333931")
        ProductFactory.create(sku="VASE")
        CustomerFactory.create(reference="C-X", name="Ada", email="Ada@Example.com")
        CustomerFactory.create(reference="C-Y")
    client = manager()
    expected = {
        f"{LOCATIONS}?q=soho": ["Soho Square"],
        f"{LOCATIONS}?q=square": ["Soho Square"],
        f"{LOCATIONS}?kind=vendor": [],
        f"{PRODUCTS}?q=lamp": ["LAMP"],
        f"{PRODUCTS}?q=4006381333931": ["LAMP"],
        f"{PRODUCTS}?q=LAM": [],
        "/admin/orders/customer/?q=c-x": ["C-X"],
        "/admin/orders/customer/?q=ada@example.com": ["C-X"],
        "/admin/orders/customer/?q=Ada": [],
    }
    # then
    assert {address: listed(client.get(address)) for address in expected} == expected
