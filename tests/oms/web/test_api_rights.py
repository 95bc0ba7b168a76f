"""What a key may do: scopes, bindings, networks, and a secret that changes while it is used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.web.models import ApiKey
from oms.web.rights import READING, Role, Scope, scopes_of
from oms.web.services import BadKey, UnknownApiKey, api_key_issue, api_key_revoke, api_key_rotate
from orders.models import Channel, Order
from tests.factories.locations import LocationFactory
from tests.oms.web.api_data import ORDERS, Partner, open_shop, partner, problem, read, small_order


def test_rights_follow_from_role_choice_and_writing() -> None:
    usual = frozenset(Scope) - {Scope.REQUESTS_WORK}
    assert scopes_of(Role.CHANNEL, None, may_write=True) == usual
    assert scopes_of(Role.CHANNEL, None, may_write=False) == READING
    assert scopes_of(Role.CHANNEL, ["orders:read"], may_write=True) == {Scope.ORDERS_READ}
    assert scopes_of(Role.READ_ONLY, None, may_write=True) == READING
    assert scopes_of(Role.VENDOR, ["orders:read", "requests:work"], may_write=True) == {Scope.REQUESTS_WORK}
    for role in Role:
        assert role.usual <= role.allows


def test_a_scope_is_needed_for_each_address(fresh: None) -> None:
    # given
    open_shop()
    reader = partner(scopes=[Scope.ORDERS_READ])
    writer = partner(scopes=[Scope.ORDERS_WRITE])
    # when, then
    assert reader.get(ORDERS).status_code == 200
    refused = reader.post(ORDERS, small_order())
    assert (refused.status_code, problem(refused)["code"]) == (403, "scope_missing")
    assert "orders:write" in problem(refused)["detail"]
    assert writer.post(ORDERS, small_order()).status_code == 201
    assert problem(writer.get(ORDERS))["code"] == "scope_missing"
    assert problem(writer.get("/api/v1/products"))["code"] == "scope_missing"
    assert problem(reader.get("/api/v1/requests"))["code"] == "scope_missing"


def test_a_bound_key_places_and_sees_orders_of_its_channels_alone(fresh: None) -> None:
    # given
    shop = open_shop()
    with retailer_context("acme"):
        Channel.objects.create(code="market", name="Market", currency="GBP")
    bound = partner(channels=["market"])
    shop.post(ORDERS, small_order("1"))
    # when
    own = bound.post(ORDERS, small_order("2", channel="market"))
    foreign = bound.post(ORDERS, small_order("3"))
    unknown = bound.post(ORDERS, small_order("3", channel="nobody"))
    # then
    assert own.status_code == 201
    for refused in (foreign, unknown):  # and nobody learns which channels there are
        assert problem(refused)["errors"] == [{
            "pointer": "/channel", "code": "channel_not_allowed",
            "detail": "With this key orders are placed on market.",
        }]  # fmt: skip
    assert [order["number"] for order in read(bound.get(ORDERS))["orders"]] == ["MARKET-2"]
    assert bound.get(f"{ORDERS}/SHOP-1").status_code == 404
    assert bound.get(f"{ORDERS}/MARKET-2").status_code == 200
    assert [channel["code"] for channel in read(bound.get("/api/v1/channels"))["channels"]] == ["market"]
    with retailer_context("acme"):
        assert set(Order.objects.values_list("number", flat=True)) == {"SHOP-1", "MARKET-2"}


def test_two_secrets_of_one_key_live_during_a_rotation(fresh: None) -> None:
    # given
    shop = open_shop()
    first = shop.post(ORDERS, small_order("1"), Idempotency_Key="k")
    # when
    with retailer_context("acme"):
        _, token = api_key_rotate(prefix=shop.token[:12], overlap=timedelta(hours=24))
    renewed = Partner("acme", token)
    # then both are taken, and it is the same caller
    assert token[:12] == shop.token[:12]
    assert token != shop.token
    assert shop.get(ORDERS).status_code == 200
    again = renewed.post(ORDERS, small_order("1"), Idempotency_Key="k")
    assert (read(again), again.headers["Idempotency-Replayed"]) == (read(first), "true")
    # when the time is over
    with retailer_context("acme"):
        ApiKey.objects.update(previous_until=timezone.now())
    # then
    assert problem(shop.get(ORDERS))["code"] == "key_unknown"
    assert renewed.get(ORDERS).status_code == 200


def test_a_second_rotation_ends_the_oldest_secret(fresh: None) -> None:
    # given
    oldest = open_shop()
    with retailer_context("acme"):
        _, older = api_key_rotate(prefix=oldest.token[:12], overlap=timedelta(hours=1))
        _, newest = api_key_rotate(prefix=oldest.token[:12], overlap=timedelta(hours=1))
    # then
    assert [Partner("acme", token).get(ORDERS).status_code for token in (oldest.token, older, newest)] == [
        401, 200, 200,
    ]  # fmt: skip


def test_only_a_live_key_is_rotated(acme: None) -> None:
    key, _ = api_key_issue(name="Shop")
    with pytest.raises(BadKey, match="0 to 720 hours"):
        api_key_rotate(prefix=key.prefix, overlap=timedelta(hours=721))
    api_key_revoke(prefix=key.prefix)
    with pytest.raises(UnknownApiKey, match="no live key"):
        api_key_rotate(prefix=key.prefix, overlap=timedelta(0))


def test_a_key_is_used_from_its_networks_alone(fresh: None) -> None:
    # given
    near, far = partner(networks=["127.0.0.0/8", "2001:db8::/32"]), partner(networks=["203.0.113.0/24"])
    # when, then
    assert near.get(ORDERS).status_code == 200
    refused = far.get(ORDERS)
    assert (refused.status_code, problem(refused)["code"]) == (403, "address_not_allowed")
    assert far.get(ORDERS, X_Forwarded_For="203.0.113.7").status_code == 403  # anybody can say so
    with override_settings(TRUSTED_PROXIES=["127.0.0.1/32", "10.0.0.0/8"]):
        assert far.get(ORDERS, X_Forwarded_For="203.0.113.7, 10.1.1.1").status_code == 200
        assert far.get(ORDERS, X_Forwarded_For="203.0.113.7, 198.51.100.1").status_code == 403
        assert near.get(ORDERS, X_Forwarded_For="::ffff:127.0.0.1").status_code == 200


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"role": Role.VENDOR}, "locations", "names the locations"),
        ({"role": Role.VENDOR, "locations": ["NOWHERE"]}, "locations", "there is no location NOWHERE"),
        ({"role": Role.VENDOR, "locations": ["HERE"], "scopes": [Scope.ORDERS_READ]}, "scopes", "orders:read"),
        ({"role": Role.VENDOR, "locations": ["HERE"], "channels": ["web"]}, "channels", "bound to no channels"),
        ({"role": Role.READ_ONLY, "scopes": [Scope.STOCK_WRITE]}, "scopes", "stock:write"),
        ({"locations": ["HERE"]}, "locations", "bound to no locations"),
        ({"channels": ["nobody"]}, "channels", "there is no channel nobody"),
        ({"networks": ["10.0.0.1/8"]}, "networks", "is not a network such as"),
    ],
)  # fmt: skip
def test_a_key_that_does_not_fit_is_not_issued(acme: None, said: dict[str, Any], field: str, message: str) -> None:
    LocationFactory.create(code="HERE")
    with pytest.raises(BadKey, match=message) as refusal:
        api_key_issue(name="Somebody", **said)
    assert refusal.value.field == field
    assert not ApiKey.objects.exists()


def test_the_database_refuses_rights_that_nobody_knows(acme: None) -> None:
    key, _ = api_key_issue(name="Shop")
    for changes in ({"scopes": ["all"]}, {"role": "king"}, {"role": "read_only", "scopes": ["orders:write"]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(**changes)
