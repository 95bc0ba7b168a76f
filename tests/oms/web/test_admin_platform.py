"""The platform's back office: the registry, read on the platform's own role."""

from __future__ import annotations

from django.db import connection

from oms.infra.accounts.models import User
from oms.infra.database.context import platform_context, retailer_context
from tenants.models import Retailer
from tests.oms.web.back_office import listed, manager, platform_manager, statements, visitor, words

RETAILERS = "/admin/tenants/retailer/"


def test_it_lists_every_retailer_with_its_addresses(fresh: None) -> None:
    client = platform_manager()

    page = client.get(RETAILERS)

    assert listed(page) == ["Acme", "Globex"]
    assert "Acme acme Production acme.localhost Europe/London" in words(page)
    assert listed(client.get(RETAILERS, {"q": "glob"})) == ["Globex"]
    assert listed(client.get("/admin/tenants/domain/")) == ["acme.localhost", "globex.localhost"]


def test_its_home_is_the_list_of_retailers(fresh: None) -> None:
    response = platform_manager().get("/admin/")

    assert (response.status_code, response["Location"]) == (302, RETAILERS)


def test_the_registry_is_only_read_here(fresh: None) -> None:
    # given
    client = platform_manager()
    with platform_context():
        key = Retailer.objects.get(schema_name="acme").pk
    # then
    assert client.get(f"{RETAILERS}add/").status_code == 403
    assert client.post(f"{RETAILERS}{key}/change/", {"name": "Evil"}).status_code == 403
    assert client.post(f"{RETAILERS}{key}/delete/", {"post": "yes"}).status_code == 403
    assert "Acme" in words(client.get(f"{RETAILERS}{key}/change/"))
    with platform_context():
        assert Retailer.objects.get(pk=key).name == "Acme"


def test_its_requests_run_as_the_platform(fresh: None) -> None:
    with platform_context(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        assert cursor.fetchone() == ("oms_platform", "public")


def test_the_list_asks_a_fixed_number_of_questions(fresh: None) -> None:
    client = platform_manager()
    client.get(RETAILERS)
    with statements() as asked:
        client.get(RETAILERS)
    # session, user, count, retailers, their host names
    assert len(asked) == 5, asked


def test_platform_staff_are_its_own(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        User.objects.create_user("anna")
    client = platform_manager()
    # then
    assert "anna" not in words(client.get("/admin/accounts/user/"))
    assert len(listed(client.get("/admin/accounts/user/"))) == 1
    assert client.get("/admin/auth/group/").status_code == 200


def test_a_retailers_manager_is_a_stranger_here(fresh: None) -> None:
    stranger = visitor("platform")
    stranger.cookies["sessionid"] = manager("acme").cookies["sessionid"].value

    assert stranger.get(RETAILERS)["Location"] == f"/admin/login/?next={RETAILERS}"
