"""Templates and notices in the back office."""

from __future__ import annotations

import pytest
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.web.notices.kinds import NoticeKind
from oms.web.notices.models import Notice, NoticeTemplate
from oms.web.notices.services.deliver import notices_send
from oms.web.notices.services.write import notices_write
from orders.events import OrderCaptured
from orders.models import Channel
from tests.factories.catalogue import ProductFactory
from tests.factories.notices import template_made
from tests.factories.orders import CustomerFactory, order_placed
from tests.oms.web.back_office import listed, manager, staff, told, visitor, words

TEMPLATES, NOTICES = "/admin/notices/noticetemplate/", "/admin/notices/notice/"
pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def written(fresh: None) -> int:
    """The number of a notice that waits, of order WEB-7."""
    with retailer_context("acme"):
        ProductFactory.create(sku="LAMP", name="Desk <lamp>")
        CustomerFactory.create(reference="ada", name="Ada Clarke", email="ada@example.com")
        template_made(NoticeKind.CONFIRMED)
        order_placed(("LAMP", 2), number="7", customer="ada", placed_at=timezone.now())
        notices_write(events=[Event.objects.get(name=OrderCaptured.NAME)])
        return Notice.objects.get().pk


def test_a_template_is_made_previewed_and_kept(written: int) -> None:
    # given
    client = manager()
    assert "Order confirmed" in words(client.get(f"{TEMPLATES}add/"))
    with retailer_context("acme"):
        channel = Channel.objects.get(code="web")
    address = f"{TEMPLATES}add/?kind=confirmed"
    form = {"channel": str(channel.pk), "active": "on", "subject": "Thanks, {customer}", "body": "{items}\n"}
    assert "We have your order {order}" in client.get(address).content.decode()
    # when
    shown = client.post(address, {**form, "preview": "1"})
    # then: filled in from the newest order, and not kept
    assert "What a customer would read not kept yet From order WEB-7 Subject Thanks, Ada Clarke" in words(shown)
    assert "2 × Desk &lt;lamp&gt;" in shown.content.decode()
    with retailer_context("acme"):
        assert NoticeTemplate.objects.count() == 1
    # when it is kept, and then changed
    kept = client.post(address, form)
    assert told(kept) == ["The template is kept. Customers are told in these words."]
    page = client.get(kept["Location"])
    assert "Order confirmed On" in words(page)
    changed = client.post(f"{kept['Location'].removesuffix('change/')}edit/", {**form, "active": "", "body": "Later"})
    # then
    assert told(changed) == ["The template is kept. Customers are not told."]
    with retailer_context("acme"):
        row = NoticeTemplate.objects.get(channel=channel)
        assert (row.active, row.subject, row.body) == (False, "Thanks, {customer}", "Later")
        assert row.history.count() == 2


def test_an_unknown_field_is_named_beside_its_text(written: int) -> None:
    form = {"subject": "Hello", "body": "Dear {name}"}
    answer = manager().post(f"{TEMPLATES}add/?kind=shipped", form)
    assert "There is no field {name} here. There are: {order}, {customer}," in words(answer)
    with retailer_context("acme"):
        assert not NoticeTemplate.objects.filter(kind="shipped").exists()


def test_there_is_no_other_kind(written: int) -> None:
    assert manager().get(f"{TEMPLATES}add/?kind=sold").status_code == 404


def test_notices_are_listed_and_sent_again(written: int) -> None:
    # given
    client = manager()
    with retailer_context("acme"):
        Notice.objects.update(status="failed", reason="550 no such mailbox")
    assert listed(client.get(f"{NOTICES}?q=web-7")) == ["Order confirmed"]
    assert listed(client.get(f"{NOTICES}?status=failed")) == ["Order confirmed"]
    assert listed(client.get(f"{NOTICES}?status=sent")) == []
    assert "550 no such mailbox" in words(client.get(f"{NOTICES}{written}/change/"))
    # when
    answer = client.post(f"{NOTICES}{written}/again/")
    # then
    assert told(answer) == ["It is being sent to ada@example.com."]
    with retailer_context("acme"):
        assert Notice.objects.get().status == "waiting"
    assert told(client.post(f"{NOTICES}{written}/again/"))[-1] == "It is not sent again: It is waiting to be sent."


def test_who_may_look_may_not_act(written: int) -> None:
    client = staff("notices.view_notice", "notices.view_noticetemplate")
    with retailer_context("acme"):
        template = NoticeTemplate.objects.get().pk
    assert client.get(f"{NOTICES}{written}/change/").status_code == 200
    assert client.get(f"{TEMPLATES}{template}/change/").status_code == 200
    assert client.post(f"{NOTICES}{written}/again/").status_code == 403
    assert client.post(f"{TEMPLATES}{template}/edit/", {"subject": "x", "body": "x"}).status_code == 403
    assert client.get(f"{TEMPLATES}add/").status_code == 403
    for outsider in (staff("orders.view_order"), visitor("globex")):
        assert outsider.get(f"{NOTICES}{written}/change/").status_code in (302, 403)
    assert manager("globex").get(f"{NOTICES}{written}/change/").status_code == 404


def test_the_timeline_of_the_order_tells_of_it(written: int) -> None:
    notices_send(schema="acme")
    with retailer_context("acme"):
        order = Notice.objects.get().order_id
    page = words(manager().get(f"/admin/orders/order/{order}/change/"))
    assert f"Customer told: Order confirmed Notice {written}, by e-mail" in page
