"""Keys of partners, issued and revoked in the back office."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from oms.infra.database.context import retailer_context
from oms.web.models import ApiKey
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
