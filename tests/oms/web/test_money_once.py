"""Every button and every call that moves money: pressed twice at once and once more later, the money moves once.

Each way sends the very same request from two connections while a lock keeps both from going on, so that they meet;
and again after the gateway has answered. What counts is what the gateway was asked to do.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import Client

from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.services import requests_ship
from modules.contracts.order_terms import ActionVerdict, ChangeDecision, PaymentTerms
from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from oms.infra.jobs import react
from oms.infra.verification import all_invariants, check
from oms.web.rights import Scope
from oms.web.workspace.models import BulkJob
from oms.web.workspace.services import bulk_step
from orders.domain.change import AddLine
from orders.domain.policies import OrderPolicies
from orders.models import Order, Payment, PaymentTransaction, SandboxEntry
from orders.payments import gateway_connect
from orders.services import hold_place, order_change_request
from orders.services.payments import authorisations_renew, calls_perform
from tests.factories.requests import request_brought_to
from tests.oms.web.api_data import ORDERS, partner
from tests.oms.web.back_office import manager
from tests.orders.life.conftest import open_shop

KEY = "the-same-form-1"
Send = Callable[[], int]


@dataclass
class Way:
    """A way to move money. ``moved`` is what the gateway is asked for by it; ``behind`` is the table that it waits for.

    ``sends`` are the same request from two browsers or programs; ``told`` what each may be answered.
    """

    sends: list[Send]
    moved: dict[str, list[str]]
    order: Order
    told: set[int] = field(default_factory=lambda: {302})
    behind: str = "orders_order"


def answered() -> None:
    """Everything that waits is done: reactions, bulk jobs, calls to the gateway."""
    for _ in range(4):
        react("acme")
        with retailer_context("acme"):
            jobs = list(BulkJob.objects.values_list("pk", flat=True))
            for job in jobs:
                while bulk_step(job_id=job):
                    pass
        calls_perform(schema="acme")


def at_the_gateway() -> dict[str, list[str]]:
    """Accepted calls, by what they did."""
    found: dict[str, list[str]] = {}
    with retailer_context("acme"):
        for row in SandboxEntry.objects.filter(accepted=True).order_by("id"):
            found.setdefault(row.operation, []).append(f"{row.amount:.2f}")
    return found


def order_made(*, packed: bool = False, shipped: bool = False) -> Order:
    """Two of A and one of B with carriage, for 27.00, its card authorised (or charged, where the goods have left)."""
    with retailer_context("acme"):
        profile_begin(author="suite", adopt={"order_routing": "1.0.0", "order_management": "1.0.0"})
        order = open_shop().order()
    answered()
    with retailer_context("acme"):
        if packed or shipped:
            request_brought_to(order, RequestStatus.SHIPPED if shipped else RequestStatus.PACKED)
    answered()
    return order


def pressed(path: str, form: dict[str, str]) -> list[Send]:
    """The same form from two windows of one person."""
    return pressed_by(manager(), path, form)


def pressed_by(client: Client, path: str, form: dict[str, str]) -> list[Send]:
    """The same form from the window of ``client`` and from another one."""
    other = Client(headers={"Host": "acme.localhost"})
    other.cookies.load(client.cookies.output(header="", sep=";"))
    return [lambda: int(client.post(path, form).status_code), lambda: int(other.post(path, form).status_code)]


def called(path: str, body: object, **headers: str) -> list[Send]:
    """The same call from two connections of one partner."""
    caller = partner(scopes=list(Scope))
    return [lambda: int(caller.post(path, body, **headers).status_code) for _ in range(2)]


def of(order: Order, what: str) -> str:
    return f"/admin/orders/order/{order.pk}/{what}/"


def change_form(order: Order, *actions: dict[str, object]) -> dict[str, str]:
    return {"step": "confirm", "key": KEY, "version": str(order.version), "actions": json.dumps(actions)}


def refund() -> Way:
    order = order_made(shipped=True)
    form = {"amount": "5.00", "reason": "late", "key": KEY}
    return Way(pressed(of(order, "refund"), form), {"refund": ["5.00"]}, order)


def change_for_more() -> Way:
    order = order_made()
    form = change_form(order, {"action": "quantity", "line": 1, "units": 3})
    return Way(pressed(of(order, "alter"), form), {"authorise": ["10.00"]}, order)


def change_for_less() -> Way:
    order = order_made()
    form = change_form(order, {"action": "quantity", "line": 1, "units": 1})
    return Way(pressed(of(order, "alter"), form), {"void": ["10.00"]}, order)


def discount_of_a_line() -> Way:
    order = order_made()
    off = {"action": "discount", "amount": "4.00", "line": 1, "description": ""}
    return Way(pressed(of(order, "alter"), change_form(order, off)), {"void": ["4.00"]}, order)


def discount_of_what_was_charged() -> Way:
    """Goodwill before anything leaves, where money is taken with the order."""
    charge_at_once()
    order = order_made()
    off = {"action": "discount", "amount": "4.00", "line": 0, "description": "goodwill"}
    return Way(pressed(of(order, "alter"), change_form(order, off)), {"refund": ["4.00"]}, order)


def confirmed_change() -> Way:
    order = order_made()
    PATCH.setattr(OrderPolicies, "change", lambda self, facts, documents: ChangeDecision(
        (ActionVerdict(0, True, "fine"),), needs_confirmation=True, why="a person looks at it"))  # fmt: skip
    with retailer_context("acme"):
        order_change_request(
            order_number=order.number, actions=[AddLine(sku="A", units=1)], asked_by="customer", key="k", actor="shop"
        )
    return Way(pressed(of(order, "changes/1/decide"), {"decision": "confirm"}), {"authorise": ["10.00"]}, order)


def cancellation() -> Way:
    order = order_made()
    form = {"step": "confirm", "key": KEY, "reason": "wish", "cancel-1": "2", "cancel-2": "1"}
    return Way(pressed(of(order, "cancel"), form), {"void": ["27.00"]}, order)


def part_of_a_cancellation() -> Way:
    order = order_made()
    form = {"step": "confirm", "key": KEY, "reason": "wish", "cancel-1": "1", "cancel-2": "0"}
    return Way(pressed(of(order, "cancel"), form), {"void": ["10.00"]}, order)


def cancellation_with_refund() -> Way:
    charge_at_once()
    order = order_made()
    form = {"step": "confirm", "key": KEY, "reason": "wish", "cancel-1": "1", "cancel-2": "0"}
    return Way(pressed(of(order, "cancel"), form), {"refund": ["10.00"]}, order)


def rejected_hold() -> Way:
    order = order_made()
    with retailer_context("acme"):
        hold = hold_place(order_number=order.number, name="Fraud", blocks=["ship"], why="odd", key=KEY, actor="ada")
    return Way(pressed(of(order, f"holds/{hold.code}/reject"), {"reason": "fraud"}), {"void": ["27.00"]}, order)


def released_hold() -> Way:
    order = order_made(packed=True)
    with retailer_context("acme"):
        hold = hold_place(order_number=order.number, name="Pay", blocks=["capture"], why="odd", key=KEY, actor="ada")
        request_ship(order)
    answered()
    assert "capture" not in at_the_gateway()
    return Way(pressed(of(order, f"holds/{hold.code}/release"), {}), {"capture": ["27.00"]}, order)


def shipped() -> Way:
    order = order_made(packed=True)
    with retailer_context("acme"):
        [number] = order.requests.values_list("pk", flat=True)
    form = {"to": "shipped", "carrier": "Post", "tracking_number": "T1", "sure": "on"}
    path = f"/admin/requests/fulfilmentrequest/{number}/step/"
    return Way(pressed(path, form), {"capture": ["27.00"]}, order)


def bulk_cancellation() -> Way:
    order = order_made()
    client = manager()
    listed = {"action": "cancel", "select_across": "1", "index": "0", "_selected_action": [str(order.pk)]}
    key = client.post("/admin/orders/order/", listed)["Location"].split("/")[-3]
    sends = pressed_by(client, f"/admin/workspace/bulkjob/{key}/confirm/", {"reason": "gone"})
    return Way(sends, {"void": ["27.00"]}, order, behind="workspace_bulkjob")


def api_order() -> Way:
    order = order_made()
    body = {
        "channel": "web", "external_number": "N1", "lines": [{"sku": "A", "quantity": 1, "unit_price": "10.00"}],
        "payments": [{"kind": "card", "gateway": "sandbox", "amount": "10.00", "token": "tok"}],
    }  # fmt: skip
    return Way(called(ORDERS, body), {"authorise": ["10.00"]}, order, {200, 201})


def api_change() -> Way:
    order = order_made()
    body = {"actions": [{"action": "add", "sku": "A", "quantity": 1}]}
    sends = called(f"{ORDERS}/{order.number}/changes", body, Idempotency_Key=KEY)
    return Way(sends, {"authorise": ["10.00"]}, order, {201, 409})


def api_change_of_a_version() -> Way:
    """Without a name of its own, the version that was looked at keeps a change from being done twice."""
    order = order_made()
    body = {"actions": [{"action": "add", "sku": "A", "quantity": 1}], "version": order.version}
    return Way(called(f"{ORDERS}/{order.number}/changes", body), {"authorise": ["10.00"]}, order, {201, 409})


def api_cancellation() -> Way:
    charge_at_once()
    order = order_made()
    body = {"reason": "wish", "lines": [{"line": 1, "quantity": 1}]}
    sends = called(f"{ORDERS}/{order.number}/cancellations", body, Idempotency_Key=KEY)
    return Way(sends, {"refund": ["10.00"]}, order, {201, 409})


def api_shipment() -> Way:
    order = order_made(packed=True)
    sends = called(f"/api/v1/requests/{order.number}/1/ship", {"carrier": "Post", "tracking_number": "T1"})
    return Way(sends, {"capture": ["27.00"]}, order, {200})


def gateway_callback() -> Way:
    """The gateway tells twice at once what the call had answered already: neither is counted again."""
    order = order_made()
    with retailer_context("acme"):
        key = PaymentTransaction.objects.get().key
        headers, body = gateway_connect("sandbox", schema="acme").signed_callback(key)
    sends = called("/api/v1/payment-callbacks/sandbox", body, **headers)
    return Way(sends, {}, order, {200})


def renewal() -> Way:
    """No button: two workers ask anew for an authorisation that ends soon."""
    order = order_made()
    with retailer_context("acme"):
        Payment.objects.update(expires_at="2020-01-01T00:00Z")

    def renew() -> int:
        with retailer_context("acme"):
            authorisations_renew(actor="payments")
        return 200

    return Way([renew, renew], {"authorise": ["27.00"]}, order, {200})


WAYS = [
    refund, change_for_more, change_for_less, discount_of_a_line, discount_of_what_was_charged, confirmed_change,
    cancellation, part_of_a_cancellation, cancellation_with_refund, rejected_hold, released_hold, shipped,
    bulk_cancellation, api_order, api_change, api_change_of_a_version, api_cancellation, api_shipment,
    gateway_callback, renewal,
]  # fmt: skip
PATCH: pytest.MonkeyPatch


def charge_at_once() -> None:
    """The retailer takes money with the order."""
    PATCH.setattr(
        OrderPolicies, "payment_terms", lambda self, channel, documents: PaymentTerms(capture="on_order")
    )  # fmt: skip


def request_ship(order: Order) -> None:
    requests_ship(request_ids=[order.requests.get().pk], actor="associate")


@pytest.fixture(autouse=True)
def patching(monkeypatch: pytest.MonkeyPatch) -> None:
    global PATCH
    PATCH = monkeypatch


@pytest.mark.parametrize("prepare", WAYS, ids=[way.__name__ for way in WAYS])
def test_twice_at_once_and_once_more_later_it_moves_once(
    bare: None, admin_url: str, prepare: Callable[[], Way]
) -> None:
    # given
    way = prepare()
    before = at_the_gateway()
    # when: twice at once
    assert meeting(way, admin_url) <= way.told
    answered()
    once = at_the_gateway()
    # then
    assert {name: calls[len(before.get(name, [])) :] for name, calls in once.items() if calls != before.get(name)} == (
        way.moved
    )
    # when: once more, long after
    way.sends[0]()
    answered()
    # then
    assert at_the_gateway() == once
    with retailer_context("acme"):
        assert [found for each in all_invariants() if (found := check(each))] == []


def meeting(way: Way, admin_url: str) -> set[int]:
    """Send both while neither can go on, let them go, and return what they were answered."""
    told: list[int] = []

    def run(send: Send) -> None:
        try:
            told.append(send())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(send,)) for send in way.sends]
    with psycopg.connect(admin_url) as gate, psycopg.connect(admin_url, autocommit=True) as admin:
        gate.execute(f"LOCK TABLE acme.{way.behind} IN EXCLUSIVE MODE")
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while _waiting(admin) + len(told) < len(threads):
            assert time.monotonic() < deadline, "they never met"
            time.sleep(0.01)
        assert len(told) < len(threads), "neither had to wait"
        gate.rollback()
    for thread in threads:
        thread.join(60)
    assert len(told) == len(threads)
    return set(told)


def _waiting(admin: psycopg.Connection[Any]) -> int:
    row = admin.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return int(row[0]) if row else 0
