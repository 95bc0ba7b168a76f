"""Changing and cancelling an order, notes and files, in the back office."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from oms.infra.database.context import retailer_context
from orders.models import Order, OrderAttachment, OrderChange, OrderHold, OrderNote
from tests.factories.catalogue import ProductFactory
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.oms.web.back_office import manager, staff, told, words

PDF = b"%PDF-1.7 hello"


@pytest.fixture
def order(fresh: None) -> Order:
    """Two of A at 10.00."""
    with retailer_context("acme"):
        return order_placed((ProductFactory.create(sku="A").sku, 2), number="1")


def at(order: Order, what: str) -> str:
    return f"/admin/orders/order/{order.pk}/{what}/"


def form_of(order: Order, **typed: str) -> dict[str, str]:
    return {
        "step": "preview", "units-1": "2", "recipient": "Ada Clarke", "address": "1 High Street", "city": "London",
        "postal_code": "E1 6AN", "country": "GB", "method": "", "priority": "0", **typed,
    }  # fmt: skip


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found.group(1).replace("&quot;", '"')


def test_a_change_is_shown_first_and_a_double_click_does_it_once(order: Order) -> None:
    client = manager()
    page = client.post(at(order, "alter"), form_of(order, **{"units-1": "1"})).content.decode()
    assert "The customer pays then" in page
    confirm = {name: hidden(page, name) for name in ("key", "version", "actions")} | {"step": "confirm"}
    confirm["key"] = re.findall(r'name="key" value="([^"]+)"', page)[0]
    for _ in range(2):
        assert told(client.post(at(order, "alter"), confirm))[-1] == "WEB-1 is changed."
    with retailer_context("acme"):
        assert OrderChange.objects.count() == 1
        assert order.lines.get().cancelled == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Say what is to be changed."),
        ({"units-1": "many"}, "Units of line 1: give a whole number, not “many”."),
        ({"sku-new-1": "NONE"}, "There is no product NONE."),
        ({"country": "England"}, "A country is two letters of ISO 3166-1, such as GB."),
        ({"discount": "99"}, "At most 20.00 can be taken off."),
        ({"split-1": "2"}, "Of line 1, between 1 and 1 units can be put apart."),
        ({"split-1": "1", "split-from-1": "MOON"}, "There is no location MOON."),
        ({"split-1": "1", "units-1": "1"}, "Line 1: 1 unit apart: this is changed twice."),
        ({"off-1": "20.01"}, "At most 20.00 can be taken off."),
        ({"off-1": "1.001"}, "A discount is more than nothing, in whole steps of 0.01 GBP."),
        ({"field-new-1": "red"}, "Say which field is “red”."),
        ({"field-name-new-1": "a\nb", "field-new-1": "x"}, "A field's name and value are plain text on one line."),
        ({"discount": "NaN"}, "Discount: give an amount such as 12.50, not “NaN”."),
        ({"step": "confirm"}, "Load the page again: this form is not whole."),
    ],
)
def test_what_cannot_be_done_is_said_and_what_was_typed_stays(order: Order, typed: dict[str, str], said: str) -> None:
    answer = manager().post(at(order, "alter"), form_of(order, **typed))
    assert said in words(answer)
    with retailer_context("acme"):
        assert OrderChange.objects.count() == 0


def test_units_apart_a_line_discount_and_own_fields_are_priced_first_and_done_together(order: Order) -> None:
    with retailer_context("acme"):
        Order.objects.filter(pk=order.pk).update(attributes={"gift": "yes", "till": "4"})
        LocationFactory.create(code="NORTH")
    client = manager()
    quiet = client.get(at(order, "alter")).content.decode()
    for part in ("split", "line-discounts", "own-fields"):  # closed until it is used
        assert f'<details class="oms-fold" id="{part}">' in quiet
    typed = {
        "split-1": "1", "split-from-1": "NORTH", "off-1": "2.50", "off-words-1": "scratched", "field-1": "",
        "field-2": "5", "field-name-new-1": "wrap", "field-new-1": "red",
    }  # fmt: skip
    page = client.post(at(order, "alter"), form_of(order, **typed)).content.decode()
    for part in ("split", "line-discounts", "own-fields"):
        assert f'<details class="oms-fold" id="{part}" open>' in page
    for said in ("Line 1: 1 unit apart, from NORTH", "2.50 off line 1", "Gift: none", "Till: 5", "Wrap: red", "17.50"):
        assert said in page, said
    confirm = {name: hidden(page, name) for name in ("key", "version", "actions")} | {"step": "confirm"}
    confirm["key"] = re.findall(r'name="key" value="([^"]+)"', page)[0]
    assert told(client.post(at(order, "alter"), confirm))[-1] == "WEB-1 is changed."
    with retailer_context("acme"):
        order.refresh_from_db()
        assert (order.attributes, order.total) == ({"till": "5", "wrap": "red"}, Decimal("17.50"))
        assert list(order.lines.order_by("position").values_list("ordered", "ship_from")) == [(1, ""), (1, "NORTH")]
    timeline = words(client.get(at(order, "change")))
    assert "2.50 off line 1; gift: none; till: 5; wrap: red" in timeline


def test_a_cancellation_states_its_consequence_and_wants_a_reason(order: Order) -> None:
    client = manager()
    page = client.get(at(order, "cancel")).content.decode()
    assert "<strong>2 units</strong> will be cancelled" in page
    form = {"step": "confirm", "key": hidden(page, "key"), "cancel-1": "2", "reason": ""}
    assert "Say why it is cancelled." in words(client.post(at(order, "cancel"), form))
    for _ in range(2):
        assert told(client.post(at(order, "cancel"), form | {"reason": "wish"}))[-1] == "WEB-1: cancelled as asked."
    with retailer_context("acme"):
        order.refresh_from_db()
        assert (order.status, OrderChange.objects.count()) == ("cancelled", 1)


def test_a_hold_note_and_file_are_kept_once(order: Order) -> None:
    client = manager()
    hold = {"name": "Fraud", "why": "odd", "blocks": ["ship", "edit"], "key": "abcdefgh12"}
    for _ in range(2):
        client.post(at(order, "hold"), hold)
        client.post(at(order, "files"), {"file": SimpleUploadedFile("slip.pdf", PDF)})
    client.post(at(order, "notes"), {"text": "Ring <b>twice</b>"})
    client.post(at(order, "files"), {"file": SimpleUploadedFile("x.html", b"<script>")})
    with retailer_context("acme"):
        assert (OrderHold.objects.count(), OrderNote.objects.count()) == (1, 1)
        file = OrderAttachment.objects.get()
    page = client.get(at(order, "change")).content.decode()
    assert "Ring &lt;b&gt;twice&lt;/b&gt;" in page
    answer = client.get(at(order, f"files/{file.pk}"))
    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="slip.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"


def test_who_may_only_look_changes_nothing(order: Order) -> None:
    client = staff("orders.view_order")
    assert "Change order" not in words(client.get(at(order, "change")))
    for what in ("alter", "cancel", "hold", "notes", "files", "changes/1/decide", "holds/x/reject"):
        assert client.post(at(order, what), {}).status_code == 403
    assert staff().get(at(order, "files/1")).status_code == 404
    assert manager("globex").get(at(order, "alter")).status_code == 404
