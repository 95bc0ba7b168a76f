"""Commands, jobs and pages."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from oms.infra.database.context import retailer_context
from orders.models import Order
from tenants.cloning import (
    staging_clone,
    staging_request,
)
from tests.tenants.cloning.schemas import (
    CLONE,
)


def told(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("staging", *arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return result


def test_the_command_clones_tells_drops_and_expires(acme_with_orders: None) -> None:
    made = told("clone", "--retailer", "acme", "--orders", "3", "--days", "5")
    assert (made["schema"], made["domain"], made["full"]) == (CLONE, "staging.acme.localhost", False)
    assert made["tables"]["orders_order"] == 3
    [clone] = told("status", "--retailer", "acme")["clones"]
    assert clone["expires_at"] == made["expires_at"]
    assert told("expire") == {"dropped": []}
    assert told("drop", "--retailer", "acme") == {"dropped": "acme"}
    assert told("status", "--retailer", "acme") == {"clones": []}
    with pytest.raises(CommandError, match="acme has no staging clone"):
        told("drop", "--retailer", "acme")
    with pytest.raises(CommandError, match="there is no production retailer"):
        told("clone", "--retailer", "nobody")


def test_a_retailers_own_staff_ask_for_a_clone_and_a_worker_makes_it(acme_with_orders: None) -> None:
    with retailer_context("acme"):
        assert staging_request(orders=4) is not None
        assert staging_request(orders=4) is None
    connections["deploy"].close()
    call_command("work", "--until-empty")
    with retailer_context(CLONE):
        assert Order.objects.count() == 4


def test_every_page_of_a_clone_says_what_it_is(acme_with_orders: None) -> None:
    staging_clone(source="acme", orders=1)
    client = Client()
    signing_in = client.get("/admin/login/", headers={"host": "staging.acme.localhost"})
    assert b'id="staging-banner"' in signing_in.content
    client.post(
        "/admin/login/", {"username": "maria", "password": "her own words"}, headers={"host": "staging.acme.localhost"}
    )
    for path in ("/admin/", "/admin/password_change/"):
        page = client.get(path, headers={"host": "staging.acme.localhost"})
        assert page.status_code == 200
        assert b"Acme (staging): a clone made" in page.content
        assert b"Nothing leaves it" in page.content
    in_production = Client().get("/admin/login/", headers={"host": "acme.localhost"})
    assert in_production.status_code == 200
    assert b"staging-banner" not in in_production.content
