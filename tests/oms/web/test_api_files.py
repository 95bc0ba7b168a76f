"""Files on orders over the API: put, listed, taken home and taken away."""

from __future__ import annotations

import hashlib

import pytest

from fulfilment.requests.domain import RequestStatus
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.web.rights import Role, Scope
from orders.domain.attachments import MOST_BYTES
from orders.models import Channel, Order, OrderAttachment
from orders.services import file_attach
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.requests import request_brought_to
from tests.oms.web.api_data import ORDERS, Partner, open_shop, partner, problem, read, small_order

PDF = b"%PDF-1.7 slip"
DIGEST = hashlib.sha256(PDF).hexdigest()
FILES = f"{ORDERS}/SHOP-1/files"


@pytest.fixture
def shop(fresh: None) -> Partner:
    shop = open_shop()
    assert shop.post(ORDERS, small_order("1")).status_code == 201
    return shop


def put(shop: Partner, content: bytes = PDF, name: str = "slip.pdf", sort: str = "application/pdf", **more: str):  # type: ignore[no-untyped-def]
    return shop.post(f"{FILES}?name={name}", content, Content_Type=sort, **more)


def kept() -> int:
    with retailer_context("acme"):
        return OrderAttachment.objects.count()


def test_a_file_is_put_listed_taken_home_and_taken_away(shop: Partner) -> None:
    made = put(shop)
    assert (made.status_code, made.headers["Location"]) == (201, f"{FILES}/{DIGEST}")
    document = read(made)
    assert {name: document[name] for name in ("file", "name", "content_type", "size", "links")} == {
        "file": DIGEST, "name": "slip.pdf", "content_type": "application/pdf", "size": len(PDF),
        "links": {"self": f"{FILES}/{DIGEST}"},
    }  # fmt: skip
    assert read(shop.get(FILES)) == {"files": [document]}
    # taken home, as a file and never as a page
    home = shop.get(f"{FILES}/{DIGEST}", Accept="application/pdf")
    assert (home.status_code, home.content, home.headers["Content-Type"]) == (200, PDF, "application/pdf")
    assert home.headers["Content-Disposition"] == 'attachment; filename="slip.pdf"'
    assert home.headers["X-Content-Type-Options"] == "nosniff"
    assert home.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    tag = home.headers["ETag"]
    assert tag == f'"{DIGEST}"'
    assert shop.get(f"{FILES}/{DIGEST}", If_None_Match=tag).status_code == 304
    # taken away
    stale = shop.send("DELETE", f"{FILES}/{DIGEST}", If_Match='"other"')
    assert (stale.status_code, problem(stale)["code"], kept()) == (412, "precondition_failed", 1)
    assert shop.send("DELETE", f"{FILES}/{DIGEST}", If_Match=tag).status_code == 204
    assert (kept(), shop.get(f"{FILES}/{DIGEST}").status_code) == (0, 404)
    assert shop.send("DELETE", f"{FILES}/{DIGEST}").status_code == 404
    with retailer_context("acme"):
        names = ["order.attachment_added.v1", "order.attachment_removed.v1"]
        assert list(Event.objects.filter(name__in=names).order_by("id").values_list("name", flat=True)) == names


def test_sent_twice_it_is_there_once(shop: Partner) -> None:
    first, again = (put(shop, Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert problem(put(shop, PDF + b"!", Idempotency_Key="k"))["code"] == "idempotency_key_reused"
    assert put(shop).status_code == 201  # without a key the content itself says that it is there
    assert kept() == 1


@pytest.mark.parametrize(
    ("content", "name", "sort", "status", "said"),
    [
        (PDF, "slip.pdf", "text/html", 415, "Send the file as one of application/pdf, "),
        (PDF, "slip.html", "application/pdf", 422, "ends in .pdf"),
        (b"<script>", "slip.pdf", "application/pdf", 422, "does not hold what its ending says"),
        (PDF + bytes(MOST_BYTES), "slip.pdf", "application/pdf", 413, "5,242,880 bytes"),
    ],
)
def test_what_is_not_taken_is_refused_with_why(
    shop: Partner, content: bytes, name: str, sort: str, status: int, said: str
) -> None:
    answer = put(shop, content, name, sort)
    document = problem(answer)
    assert answer.status_code == status
    assert said in str(document)
    assert kept() == 0


def test_the_retailers_own_files_are_not_there_for_partners(shop: Partner) -> None:
    with retailer_context("acme"):
        file_attach(order_number="SHOP-1", name="fraud.pdf", content=PDF, author="user maria")
    assert read(shop.get(FILES)) == {"files": []}
    assert shop.get(f"{FILES}/{DIGEST}").status_code == 404
    assert shop.send("DELETE", f"{FILES}/{DIGEST}").status_code == 404
    # the same content from a partner is a file of its own, and says nothing of the other
    assert read(put(shop))["name"] == "slip.pdf"
    assert shop.send("DELETE", f"{FILES}/{DIGEST}").status_code == 204
    assert kept() == 1


def test_another_key_takes_away_nothing_that_it_has_not_put_there(shop: Partner) -> None:
    put(shop)
    other = partner(name="ERP")
    refused = other.send("DELETE", f"{FILES}/{DIGEST}")
    assert (refused.status_code, problem(refused)["code"], kept()) == (403, "forbidden", 1)


def test_what_is_not_a_keys_own_is_not_there(shop: Partner) -> None:
    put(shop)
    with retailer_context("acme"):
        Channel.objects.create(code="market", name="Market", currency="GBP")
    strangers = [open_shop("globex"), partner(channels=["market"])]
    for stranger in strangers:
        assert stranger.get(FILES).status_code == 404
        assert stranger.get(f"{FILES}/{DIGEST}").status_code == 404
        assert stranger.send("DELETE", f"{FILES}/{DIGEST}").status_code == 404
        assert put(stranger).status_code == 404
    reader = partner(scopes=[Scope.ORDERS_READ])
    assert (reader.get(FILES).status_code, problem(put(reader))["code"]) == (200, "scope_missing")
    assert kept() == 1


def test_a_vendor_reads_the_files_of_its_own_requests_alone(shop: Partner) -> None:
    # given
    put(shop)
    with retailer_context("acme"):
        order = Order.objects.get(number="SHOP-1")
        place, other = LocationFactory.create(code="KNITS"), LocationFactory.create(code="POTS")
        for line in order.lines.select_related("product"):
            stock_received(place, line.product, 9)
        number = request_brought_to(order, RequestStatus.OFFERED).number
        file_attach(order_number="SHOP-1", name="own.txt", content=b"ours", author="user maria")
    own = partner(role=Role.VENDOR, locations=["KNITS"])
    stranger = partner(role=Role.VENDOR, locations=[other.code])
    at = f"/api/v1/requests/{number}/files"
    # when, then
    assert [each["links"]["self"] for each in read(own.get(at))["files"]] == [f"{at}/{DIGEST}"]
    assert own.get(f"{at}/{DIGEST}").content == PDF
    assert own.get(f"{at}/{hashlib.sha256(b'ours').hexdigest()}").status_code == 404
    assert (stranger.get(at).status_code, stranger.get(f"{at}/{DIGEST}").status_code) == (404, 404)
    assert own.post(at, PDF, Content_Type="application/pdf").status_code in (403, 405)
