"""Who gets into which back office."""

from __future__ import annotations

import pytest
from django.test import Client

from oms.infra.database.context import platform_context, retailer_context
from oms.web.admin_sites.platform import platform_site
from oms.web.admin_sites.retailer import retailer_site
from tests.factories.accounts import PASSWORD, ManagerFactory
from tests.oms.web.back_office import manager, platform_manager, visitor

LOGIN = "/admin/login/"


def sign_in(client: Client, username: str, next_page: str = "") -> int:
    query = f"?next={next_page}" if next_page else ""
    return client.post(f"{LOGIN}{query}", {"username": username, "password": PASSWORD}).status_code


@pytest.fixture
def people(fresh: None) -> None:
    """``anna`` at acme, ``boss`` on the platform."""
    with retailer_context("acme"):
        ManagerFactory.create(username="anna")
    with platform_context():
        ManagerFactory.create(username="boss")


@pytest.mark.parametrize(
    ("username", "host", "let_in"),
    [
        ("anna", "acme", True),
        ("anna", "globex", False),
        ("anna", "platform", False),
        ("boss", "platform", True),
        ("boss", "acme", False),
        ("boss", "globex", False),
    ],
)
def test_an_account_opens_its_own_back_office_alone(people: None, username: str, host: str, let_in: bool) -> None:
    # given
    client = visitor(host)
    # when
    status = sign_in(client, username)
    # then
    assert status == (302 if let_in else 200)
    assert client.get("/admin/password_change/").status_code == (200 if let_in else 302)


def test_the_page_that_was_asked_for_opens_after_signing_in(people: None) -> None:
    # given
    client = visitor()
    asked = client.get("/admin/orders/order/?status=open")
    # when
    response = client.post(asked["Location"], {"username": "anna", "password": PASSWORD})
    # then
    assert response["Location"] == "/admin/orders/order/?status=open"


@pytest.mark.parametrize("elsewhere", ["globex", "platform"])
def test_a_session_is_worth_nothing_elsewhere(fresh: None, elsewhere: str) -> None:
    # given
    cookie = manager("acme").cookies["sessionid"].value
    stranger = visitor(elsewhere)
    stranger.cookies["sessionid"] = cookie
    # when
    response = stranger.get("/admin/")
    # then
    assert (response.status_code, response["Location"]) == (302, f"{LOGIN}?next=/admin/")


def test_without_signing_in_nothing_is_shown(fresh: None) -> None:
    client = visitor()
    for model in retailer_site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for page in (address, f"{address}add/", f"{address}1/change/"):
            response = client.get(page)
            assert response.status_code == 302, page
            assert response["Location"].startswith(LOGIN), page


def test_the_sites_share_no_model_but_staff() -> None:
    retailers = {model._meta.label for model in retailer_site._registry}
    platforms = {model._meta.label for model in platform_site._registry}

    assert platforms == {"tenants.Retailer", "tenants.Domain", "accounts.User", "auth.Group"}
    assert retailers & platforms == {"accounts.User", "auth.Group"}
    assert not any(label.startswith(("tenants.", "procrastinate.", "django_tenants.")) for label in retailers)


@pytest.mark.parametrize("page", ["tenants/retailer/", "tenants/domain/", "procrastinate/procrastinatejob/"])
def test_a_retailer_has_no_page_of_the_platform(fresh: None, page: str) -> None:
    assert manager().get(f"/admin/{page}").status_code == 404


def test_the_platform_has_no_page_of_a_retailer(fresh: None) -> None:
    client = platform_manager()

    for model in retailer_site._registry:
        if model._meta.app_label not in ("accounts", "auth"):
            assert client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 404
