"""Saved views: kept as an address, private or shared, one of them opening the list."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from oms.infra.accounts.models import User
from oms.infra.database.context import retailer_context
from oms.web.workspace.models import DefaultView, SavedView
from oms.web.workspace.services import view_save
from tests.factories.accounts import StaffFactory, grant
from tests.factories.catalogue import ProductFactory
from tests.factories.orders import order_placed
from tests.oms.web.back_office import listed, statements, told, visitor, words

ORDERS = "/admin/orders/order/"


def somebody(username: str, *rights: str) -> Client:
    with retailer_context("acme"):
        user = grant(StaffFactory.create(username=username), "orders.view_order", *rights)
    client = visitor()
    with retailer_context("acme"):
        client.force_login(user)
    return client


def keep(client: Client, name: str, query: str, **more: str) -> str:
    answer = client.post("/admin/workspace/views/save/", {"list": "orders.order", "name": name, "query": query, **more})
    assert answer.status_code == 302, name
    return str(answer["Location"])


@pytest.fixture
def shop(fresh: None) -> None:
    with retailer_context("acme"):
        ProductFactory.create(sku="LAMP")
        order_placed(("LAMP", 1), number="1")


def test_a_view_brings_back_filters_sorting_and_columns(shop: None) -> None:
    anna = somebody("anna")
    # when
    address = keep(anna, " Open  orders ", "status=open&col=number&col=owed&o=1&p=3&view=9")
    page = anna.get(address)
    # then
    with retailer_context("acme"):
        view = SavedView.objects.get()
    assert (view.name, view.query) == ("Open orders", "col=number&col=owed&o=1&status=open")
    assert address == f"{ORDERS}?{view.query}&view={view.pk}"
    assert listed(page) == ["WEB-1"]
    assert "column-owed" in page.content.decode()
    assert "column-placed" not in page.content.decode()
    assert f'oms-tab--chosen" href="?{view.query.replace("&", "&amp;")}&amp;view={view.pk}"' in page.content.decode()


def test_a_private_view_is_nobody_elses(shop: None) -> None:
    anna, ben = somebody("anna"), somebody("ben", "workspace.share_savedview")
    keep(anna, "Mine", "status=open")
    with retailer_context("acme"):
        key = SavedView.objects.get().pk
    # then
    assert "Mine" in words(anna.get(ORDERS))
    assert "Mine" not in words(ben.get(ORDERS))
    for verb in ("update", "delete", "opens"):
        assert ben.post(f"/admin/workspace/views/{key}/{verb}/", {"query": ""}).status_code == 404, verb
    keep(ben, "mine", "")  # the name is free for others


def test_sharing_takes_a_right_and_so_does_changing_what_is_shared(shop: None) -> None:
    anna, ben = somebody("anna"), somebody("ben", "workspace.share_savedview")
    refused = anna.post(
        "/admin/workspace/views/save/", {"list": "orders.order", "name": "All", "query": "", "shared": "on"}
    )
    assert refused.status_code == 403
    keep(ben, "Open", "status=open", shared="on")
    with retailer_context("acme"):
        key = SavedView.objects.get().pk
    # when
    page = anna.get(f"{ORDERS}?status=held&view={key}")
    changed = anna.post(f"/admin/workspace/views/{key}/update/", {"query": "status=held"})
    # then
    assert "Open" in words(page)
    assert "Save changes to Open" not in words(page)
    assert "only those who may share views can change it" in told(changed)[0]
    # when
    assert "Save changes to Open" in words(ben.get(f"{ORDERS}?status=held&view={key}"))
    ben.post(f"/admin/workspace/views/{key}/update/", {"query": "status=held"})
    # then: its history tells what it was, and who changed it
    with retailer_context("acme"):
        rows = SavedView.history.order_by("history_id").values_list("query", "history_user__username")
        assert list(rows) == [("status=open", "ben"), ("status=held", "ben")]


def test_a_list_opens_with_the_view_that_somebody_chose(shop: None) -> None:
    anna, ben = somebody("anna"), somebody("ben")
    address = keep(anna, "Held", "status=held", opens="on")
    # then
    answer = anna.get(ORDERS)
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert listed(anna.get(f"{ORDERS}?view=all")) == ["WEB-1"]
    assert ben.get(ORDERS).status_code == 200
    # when
    with retailer_context("acme"):
        key = SavedView.objects.get().pk
    anna.post(f"/admin/workspace/views/{key}/opens/", {})
    # then
    assert anna.get(ORDERS).status_code == 200
    with retailer_context("acme"):
        assert not DefaultView.objects.exists()


def test_views_are_asked_for_once_for_a_page(shop: None) -> None:
    anna = somebody("anna")
    keep(anna, "Held", "status=held")
    with statements() as asked:
        anna.get(ORDERS)
    assert len([statement for statement in asked if "workspace_" in statement]) == 1


def test_a_name_is_used_once_and_a_deleted_view_gives_it_free(shop: None) -> None:
    anna = somebody("anna")
    keep(anna, "Held", "status=held")
    again = anna.post("/admin/workspace/views/save/", {"list": "orders.order", "name": "held", "query": ""})
    assert told(again)[-1] == "There is a view called held already; give this one another name."
    with retailer_context("acme"):
        key = SavedView.objects.get().pk
    anna.post(f"/admin/workspace/views/{key}/delete/")
    keep(anna, "held", "")
    with retailer_context("acme"):
        assert [view.name for view in SavedView.objects.all()] == ["held"]


def test_views_of_lists_that_somebody_may_not_see_are_not_kept(shop: None) -> None:
    anna = somebody("anna")
    for label, status in (("web.apikey", 403), ("nothing.here", 404), ("x", 404)):
        answer = anna.post("/admin/workspace/views/save/", {"list": label, "name": "x", "query": ""})
        assert answer.status_code == status, label


def test_unknown_columns_and_filters_of_an_old_view_are_passed_over(shop: None) -> None:
    anna = somebody("anna")
    page = anna.get(f"{ORDERS}?col=gone&view=77")
    assert (page.status_code, listed(page)) == (200, ["WEB-1"])


def test_two_shared_views_of_one_name_cannot_be(acme: None) -> None:
    anna: User = StaffFactory.create()
    ben: User = StaffFactory.create()
    view_save(label="orders.order", name="Open", query="", user=anna, shared=True)
    with pytest.raises(IntegrityError, match="saved_view_shared_once"), transaction.atomic():
        SavedView.objects.create(list="orders.order", name="OPEN", owner=ben, shared=True)
