"""Channels in the back office: what waits says why, is tried again by a button, and shows no secret."""

from __future__ import annotations

import pytest

from oms.infra.database.context import retailer_context
from orders.models import ChannelConnection, ChannelDelivery, ChannelMessage, DeliveryState, MessageState, Order
from orders.services.channels import messages_work, secrets_of, stock_tell, token_of
from tests.factories.catalogue import ProductFactory
from tests.factories.channels import NOW, SECRET, arrived, connection_made, shopify_line, shopify_order
from tests.factories.orders import ChannelFactory
from tests.oms.web.back_office import listed, manager, staff, statements, told, words

MESSAGES = "/admin/orders/channelmessage/"
DELIVERIES = "/admin/orders/channeldelivery/"
CONNECTIONS = "/admin/orders/channelconnection/"


@pytest.fixture
def waiting(fresh: None) -> int:
    """A shop's order of a product that nobody knows."""
    with retailer_context("acme"):
        order = shopify_order(
            line_items=[shopify_line(91, "GREEN", 2)], token="cafe", checkout_token="babe",
            order_status_url="https://shop.example/orders/x/authenticate?key=beef", note="<b>now</b>",
        )  # fmt: skip
        message = arrived(connection_made(), order, x_shopify_topic="orders/create")
    messages_work(schema="acme")
    return message.pk


def test_what_waits_is_listed_with_its_reason(waiting: int) -> None:
    page = words(manager().get(f"{MESSAGES}?state=waiting"))
    assert "Waiting Web shop orders/create 5001 Unknown SKU: GREEN; add the product" in page
    assert "Try all that wait again" in page


def test_its_page_shows_the_payload_without_its_secrets(waiting: int) -> None:
    answer = manager().get(f"{MESSAGES}{waiting}/change/")
    page = answer.content.decode()
    assert "Ida Berg" in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert not [secret for secret in ("cafe", "babe", "beef", SECRET) if secret in page]
    assert "5001 – waiting unknown SKU: GREEN" in words(answer)


def test_it_is_tried_again_once_the_product_is_there(waiting: int) -> None:
    client = manager()
    with retailer_context("acme"):
        ProductFactory.create(sku="GREEN")
    first, second = (client.post(f"{MESSAGES}{waiting}/retry/") for _ in range(2))
    assert first["Location"] == f"{MESSAGES}{waiting}/change/"
    assert told(second)[-1] == "There is nothing to try again: it is done, or on its way."
    assert messages_work(schema="acme") == 1
    with retailer_context("acme"):
        assert ChannelMessage.objects.get().state == MessageState.TAKEN
        assert Order.objects.get().number == "SHOP-5001"
    assert "SHOP-5001" in words(client.get(f"{MESSAGES}{waiting}/change/"))


def test_all_are_tried_again_at_once(waiting: int) -> None:
    assert told(manager().post(f"{MESSAGES}retry/")) == ["1 is being tried again."]
    with retailer_context("acme"):
        assert ChannelMessage.objects.get().state == MessageState.RECEIVED


def test_who_may_only_look_presses_nothing(waiting: int) -> None:
    client = staff("orders.view_channelmessage")
    assert "Try all" not in words(client.get(MESSAGES))
    assert "your account may not do it" in words(client.get(f"{MESSAGES}{waiting}/change/"))
    assert client.post(f"{MESSAGES}{waiting}/retry/").status_code == 403
    assert client.post(f"{MESSAGES}retry/").status_code == 403
    assert staff().get(MESSAGES).status_code == 403
    assert manager().get(f"{MESSAGES}{waiting}/retry/").status_code == 405


def test_the_list_costs_no_more_for_more_messages(waiting: int) -> None:
    client = manager()
    client.get(MESSAGES)
    with statements() as few:
        client.get(MESSAGES)
    with retailer_context("acme"):
        connection = ChannelConnection.objects.get()
        for number in range(6000, 6010):
            arrived(connection, shopify_order(number), x_shopify_topic="orders/create")
    with statements() as many:
        client.get(MESSAGES)
    assert len(many) == len(few)


def test_deliveries_say_what_was_told_and_are_tried_again(fresh: None) -> None:
    with retailer_context("acme"):
        connection = connection_made(base_url="https://shop.example", stock_location="1")
        stock_tell(channel_id=connection.channel_id, key="1", quantities={"RED": 3}, at=NOW)
        ChannelDelivery.objects.update(state=DeliveryState.FAILED, finished_at=NOW, answer="404: gone", attempts=1)
        key = ChannelDelivery.objects.get().pk
    client = manager()
    assert "Failed Web shop stock RED 1 404: gone" in words(client.get(DELIVERIES))
    page = words(client.get(f"{DELIVERIES}{key}/change/"))
    assert "Stock RED Failed Try again" in page
    client.post(f"{DELIVERIES}{key}/retry/")
    with retailer_context("acme"):
        assert ChannelDelivery.objects.get().state == DeliveryState.PENDING


def form_of(channel: int, **more: str) -> dict[str, str]:
    return {
        "channel": str(channel), "adapter": "shopify", "country": "de", "base_url": "https://shop.example",
        "options": "{}", "new_secret": "", "new_token": "", **more,
    }  # fmt: skip


def test_a_connection_is_made_and_its_secrets_are_never_shown(fresh: None) -> None:
    with retailer_context("acme"):
        channel = ChannelFactory.create(code="shop").pk
    client = manager()
    made = client.post(f"{CONNECTIONS}add/", form_of(channel, new_secret="s3cret", new_token="t0ken"))
    assert made.status_code == 302
    with retailer_context("acme"):
        row = ChannelConnection.objects.get()
        assert (row.country, secrets_of(row), token_of(row)) == ("DE", ["s3cret"], "t0ken")
        assert b"s3cret" not in bytes(row.secret)
        assert b"t0ken" not in bytes(row.token)
    page = client.get(f"{CONNECTIONS}{row.pk}/change/")
    assert "/api/v1/channels/shop/webhooks" in words(page)
    assert "Ready" in words(page)
    assert not [secret for secret in ("s3cret", "t0ken") if secret in page.content.decode()]
    assert listed(client.get(CONNECTIONS))


def test_secrets_are_exchanged_without_a_gap(fresh: None) -> None:
    with retailer_context("acme"):
        row = connection_made()
    client = manager()
    address = f"{CONNECTIONS}{row.pk}/change/"
    client.post(address, form_of(row.channel_id, new_secret="newer"))
    with retailer_context("acme"):
        row.refresh_from_db()
        assert secrets_of(row) == ["newer", SECRET]
    client.post(address, form_of(row.channel_id))
    client.post(address, form_of(row.channel_id, end_exchange="on"))
    with retailer_context("acme"):
        row.refresh_from_db()
        assert secrets_of(row) == ["newer"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('{"stok_location": "1"}', "There is no option 'stok_location'; there are: api_version"),
        ("[1]", "Options are an object"),
    ],
)
def test_options_that_nobody_understands_are_refused(fresh: None, options: str, said: str) -> None:
    with retailer_context("acme"):
        channel = ChannelFactory.create(code="shop").pk
    answer = manager().post(f"{CONNECTIONS}add/", form_of(channel, options=options))
    assert answer.status_code == 200
    assert said in words(answer)
    with retailer_context("acme"):
        assert not ChannelConnection.objects.exists()
