"""Staff: nobody makes themselves mightier, nobody is deleted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from oms.infra.accounts.models import User
from oms.infra.database.context import retailer_context
from tests.factories.accounts import PASSWORD, ManagerFactory, StaffFactory
from tests.oms.web.back_office import manager, staff, visitor, words

STAFF = "/admin/accounts/user/"
NEW_PASSWORD = "another-long-password-1"
KEEPER = ("accounts.view_user", "accounts.change_user", "accounts.add_user", "auth.view_group", "auth.change_group")


@pytest.fixture
def ada(fresh: None) -> User:
    with retailer_context("acme"):
        user: User = StaffFactory.create(username="ada")
        return user


def form(username: str, **changes: object) -> dict[str, object]:
    return {"username": username, "first_name": "", "last_name": "", "email": "", "is_active": "on", **changes}


def test_a_manager_makes_an_account_that_can_sign_in(fresh: None) -> None:
    # given
    client = manager()
    with retailer_context("acme"):
        group = Group.objects.create(name="Customer service")
        group.permissions.add(Permission.objects.get(codename="view_order"))
    # when
    passwords = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    created = client.post(f"{STAFF}add/", {"username": "ben", **passwords})
    given = form("ben", first_name="Ben", is_staff="on", groups=[group.pk])
    changed = client.post(created["Location"], given)
    # then
    assert (created.status_code, changed.status_code) == (302, 302)
    ben = visitor()
    assert ben.post("/admin/login/", {"username": "ben", "password": NEW_PASSWORD}).status_code == 302
    assert ben.get("/admin/orders/order/").status_code == 200
    assert ben.get("/admin/requests/shipment/").status_code == 403
    assert "ben Ben – Customer service Active" in words(client.get(STAFF))


@pytest.mark.parametrize("right", ["is_superuser", "is_staff", "groups"])
def test_rights_are_handed_out_by_those_who_have_them_all(ada: User, right: str) -> None:
    # given
    keeper = staff(*KEEPER)
    with retailer_context("acme"):
        group = Group.objects.create(name="Everything")
        User.objects.filter(pk=ada.pk).update(is_staff=False)
    # when
    wanted = [group.pk] if right == "groups" else "on"
    response = keeper.post(f"{STAFF}{ada.pk}/change/", form("ada", first_name="Ada", **{right: wanted}))
    # then: the name is changed, the right is not
    assert response.status_code == 302
    with retailer_context("acme"):
        now = User.objects.get(pk=ada.pk)
        assert (now.first_name, now.is_superuser, now.is_staff, now.groups.count()) == ("Ada", False, False, 0)


def test_an_account_that_may_do_everything_is_out_of_reach_of_others(fresh: None) -> None:
    # given
    with retailer_context("acme"):
        boss = ManagerFactory.create(username="boss")
    keeper = staff(*KEEPER)
    passwords = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    # when
    renamed = keeper.post(f"{STAFF}{boss.pk}/change/", form("nobody"))
    taken_over = keeper.post(f"{STAFF}{boss.pk}/password/", passwords)
    # then
    assert (renamed.status_code, taken_over.status_code) == (403, 403)
    assert visitor().post("/admin/login/", {"username": "boss", "password": PASSWORD}).status_code == 302


def test_groups_are_changed_by_those_who_may_do_everything(fresh: None) -> None:
    with retailer_context("acme"):
        group = Group.objects.create(name="Store staff")
    keeper = staff(*KEEPER)
    page = f"/admin/auth/group/{group.pk}/change/"

    assert keeper.get(page).status_code == 200
    assert keeper.post(page, {"name": "Bosses"}).status_code == 403
    assert keeper.post("/admin/auth/group/add/", {"name": "Bosses"}).status_code == 403
    assert manager().post(page, {"name": "Shop staff"}).status_code == 302
    with retailer_context("acme"):
        assert Group.objects.get().name == "Shop staff"


def test_rights_that_are_offered_are_those_of_this_site(fresh: None) -> None:
    page = manager().get("/admin/auth/group/add/").content.decode()

    assert "Can change fulfilment request" in page
    for foreign in ("Can add retailer", "Can add domain", "procrastinate", "Can add session", "Can add content type"):
        assert foreign not in page


def test_nobody_is_deleted(ada: User) -> None:
    client = manager()

    assert client.post(f"{STAFF}{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    with retailer_context("acme"):
        assert User.objects.filter(username="ada").exists()


def test_two_names_that_differ_in_case_alone_are_refused(ada: User) -> None:
    passwords = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    response = manager().post(f"{STAFF}add/", {"username": "ADA", **passwords})

    assert response.status_code == 200
    with retailer_context("acme"):
        assert User.objects.filter(username__iexact="ada").count() == 1


def test_people_change_their_own_password(ada: User) -> None:
    client = visitor()
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    given = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}

    assert client.post("/admin/password_change/", given).status_code == 302
    assert visitor().post("/admin/login/", {"username": "ada", "password": NEW_PASSWORD}).status_code == 302
    assert visitor().post("/admin/login/", {"username": "ada", "password": PASSWORD}).status_code == 200
