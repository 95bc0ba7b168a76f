"""Keys of partners, issued and revoked in the back office."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from oms.infra.database.context import retailer_context
from oms.web.models import ApiKey
from tests.factories.locations import LocationFactory
from tests.oms.web.back_office import Page, manager, staff, told, visitor, words

KEYS = "/admin/web/apikey/"


def issue(client: Client, **given: str) -> Page:
    return client.post(f"{KEYS}add/", given)


def token_of(response: Page) -> str:
    found = re.search(r'id="token">([^<]+)<', response.content.decode())
    assert found, "the page shows no token"
    return found.group(1)


def calls(token: str) -> int:
    return visitor().get("/api/v1/orders", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_and_works(fresh: None) -> None:
    # given
    client = manager()
    # when
    response = issue(client, name="Web shop", may_write="on")
    token = token_of(response)
    # then
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert calls(token) == 200
    secret = token.partition(".")[2]
    assert secret not in client.get(KEYS).content.decode()
    with retailer_context("acme"):
        key = ApiKey.objects.get()
        assert (key.name, key.may_write) == ("Web shop", True)
        assert secret not in f"{key.__dict__}"
    assert secret not in client.get(f"{KEYS}{key.pk}/change/").content.decode()


def test_a_key_can_be_made_to_read_only(fresh: None) -> None:
    issue(manager(), name="Reports")

    with retailer_context("acme"):
        assert ApiKey.objects.get().may_write is False


@pytest.mark.parametrize("name", ["", "   ", "a" * 121])
def test_a_key_says_who_uses_it(fresh: None, name: str) -> None:
    response = issue(manager(), name=name)

    assert response.status_code == 200
    assert 'class="oms-error"' in response.content.decode()
    with retailer_context("acme"):
        assert not ApiKey.objects.exists()


def test_a_revoked_key_is_refused(fresh: None) -> None:
    # given
    client = manager()
    token = token_of(issue(client, name="Old shop"))
    with retailer_context("acme"):
        key = ApiKey.objects.get()
    assert "Revoke this key" in words(client.get(f"{KEYS}{key.pk}/change/"))
    # when
    response = client.post(f"{KEYS}{key.pk}/revoke/")
    # then
    assert told(response) == [f"Old shop: the key {key.prefix} is refused from now on."]
    assert calls(token) == 401
    page = words(client.get(f"{KEYS}{key.pk}/change/"))
    assert "Revoked" in page
    assert "Revoke this key" not in page


def test_only_those_with_the_right_issue_and_revoke(fresh: None) -> None:
    # given
    issue(manager(), name="Shop")
    with retailer_context("acme"):
        key = ApiKey.objects.get().pk
    viewer = staff("web.view_apikey")
    # then
    assert viewer.get(KEYS).status_code == 200
    assert "Revoke this key" not in words(viewer.get(f"{KEYS}{key}/change/"))
    assert viewer.get(f"{KEYS}add/").status_code == 403
    assert issue(viewer, name="Mine").status_code == 403
    assert viewer.post(f"{KEYS}{key}/revoke/").status_code == 403
    assert manager().get(f"{KEYS}{key}/revoke/").status_code == 405
    assert manager("globex").post(f"{KEYS}{key}/revoke/").status_code == 404
    with retailer_context("acme"):
        assert ApiKey.objects.get().revoked_at is None


def test_a_vendor_gets_a_key_bound_to_its_location(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        LocationFactory.create(code="VENDOR")
    client = manager()
    # when
    response = issue(
        client, name="Vendor", role="vendor", may_write="on", locations="VENDOR", networks="127.0.0.0/8",
        rate_per_minute="60", burst="5", days="30",
    )  # fmt: skip
    # then
    token = token_of(response)
    assert visitor().get("/api/v1/requests", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert calls(token) == 403
    with retailer_context("acme"):
        key = ApiKey.objects.get()
        assert (key.role, key.rate_per_minute, key.burst, key.networks) == ("vendor", 60, 5, ["127.0.0.0/8"])
        assert [place.code for place in key.locations.all()] == ["VENDOR"]
        assert key.expires_at is not None
    page = words(client.get(f"{KEYS}{key.pk}/change/"))
    assert "60 calls a minute, 5 at once" in page
    assert "requests:work" in page


def test_what_does_not_fit_is_said_at_its_field(fresh: None) -> None:
    page = words(issue(manager(), name="Vendor", role="vendor", may_write="on"))

    assert "A key of the role vendor names the locations whose requests it sees." in page
    with retailer_context("acme"):
        assert not ApiKey.objects.exists()


def test_a_rotated_key_has_two_secrets_for_a_while(fresh: None) -> None:
    # given
    client = manager()
    old = token_of(issue(client, name="Shop", may_write="on"))
    with retailer_context("acme"):
        key = ApiKey.objects.get().pk
    # when
    response = client.post(f"{KEYS}{key}/rotate/", {"hours": "24"})
    # then
    new = token_of(response)
    assert "no-store" in response["Cache-Control"]
    assert (new != old, calls(old), calls(new)) == (True, 200, 200)
    assert "is taken until" in words(client.get(f"{KEYS}{key}/change/"))
    # and nobody else, and not for a thousand hours
    assert staff("web.view_apikey").post(f"{KEYS}{key}/rotate/", {"hours": "1"}).status_code == 403
    assert told(client.post(f"{KEYS}{key}/rotate/", {"hours": "1000"})) == [
        "Shop keeps its secret. Give 0 to 720 hours."
    ]
    client.post(f"{KEYS}{key}/revoke/")
    assert told(client.post(f"{KEYS}{key}/rotate/", {"hours": "1"}))[-1:] == ["Shop is revoked and gets no new secret."]
