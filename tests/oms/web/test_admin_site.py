"""The frame around every page: whose it is, and that it is not the real thing where it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.staticfiles import finders

from oms.infra.database.context import retailer_context
from tenants import middleware
from tenants.models import Environment
from tenants.registry import retailer_for_host
from tests.oms.web.back_office import manager, visitor, words


def test_every_page_names_the_retailer(fresh: None) -> None:
    assert "Welcome back to Acme" in words(visitor().get("/admin/login/"))
    assert "Globex Orders and fulfilment" in words(manager("globex").get("/admin/"))
    assert b"<title> Today | Acme</title>" in manager().get("/admin/").content.replace(b"\n", b"")


def test_a_staging_environment_says_so_on_every_page(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    client = manager()
    assert "Staging: nothing leaves the house" not in words(client.get("/admin/"))
    # when: the registry says that this address is a staging environment
    acme = retailer_for_host("acme.localhost")
    assert acme is not None
    staging = replace(acme, environment=Environment.STAGING)
    monkeypatch.setattr(middleware, "retailer_for_host", lambda host: staging)
    # then
    for page in ("/admin/", "/admin/orders/order/", "/admin/catalogue/product/add/"):
        assert "Staging: nothing leaves the house" in words(client.get(page)), page


def test_no_address_looks_into_any_table_by_its_number(fresh: None) -> None:
    # given: a content type of a table that belongs to the platform
    with retailer_context("acme"):
        number = ContentType.objects.get(app_label="tenants", model="retailer").pk

    assert manager().get(f"/admin/r/{number}/1/").status_code == 404


def test_its_styles_and_scripts_are_on_this_machine() -> None:
    for file in ("web/backoffice.css", "web/backoffice.js", "web/icon.svg"):
        assert finders.find(file), file


def test_odd_addresses_are_answered_without_failing(fresh: None) -> None:
    client = manager()
    expected = {
        "orders/order/?p=999": 200,
        "orders/order/?p=x": 200,
        "orders/order/?all=1": 200,
        "orders/order/?_popup=1": 200,
        "orders/order/?_facets=True": 200,
        "orders/order/?q=" + "9" * 4000: 200,
        "orders/order/?placed_at_from=%00": 200,
        "inventory/stocklevel/?location__id__exact=x": 302,
        "inventory/stockmovement/?level=x": 302,
        "search/": 200,
        "search/?s=%00": 200,
        "catalogue/product/x/change/": 404,
    }

    assert {page: client.get(f"/admin/{page}").status_code for page in expected} == expected
