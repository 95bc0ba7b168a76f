"""A clone and its production do not touch each other, nor those who work in them."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from psycopg import errors

from fulfilment.inventory.models import StockLevel
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_advance, requests_ship
from modules.models import ProfileDocument
from modules.profile import current_profile
from modules.services import revise
from modules.services.upgrade import module_rollback, upgrade_begin, upgrade_preview, upgrade_promote
from oms.infra.database.context import retailer_context
from oms.infra.outbound import Kind, Refused, send
from orders.models import Channel, Order
from tenants.cloning import (
    CloneBusy,
    staging_clone,
    staging_drop,
)
from tenants.cloning import services as cloning
from tests.tenants.cloning.schemas import (
    CLONE,
    capture,
    contents,
    in_thread,
    positions,
    violations,
)


def test_making_using_and_dropping_a_clone_touches_no_row_of_production(acme_with_orders: None, admin_url: str) -> None:
    before, counted = contents(admin_url, "acme", physical=True), positions(admin_url, "acme")
    staging_clone(source="acme", orders=10)
    # In the clone a document is edited, a release previewed on its decisions, promoted and rolled back, stock shipped
    with retailer_context(CLONE):
        with revise(author="maria", reason="only to see") as revision:
            row = ProfileDocument.objects.order_by("id")[0]
            revision.put(row.module, row.kind, row.key, {**row.body, "seen": True})
        upgrade = upgrade_begin(module="order_routing", to="1.1.0", author="maria")
    found = upgrade_preview(schema=CLONE, upgrade_id=upgrade.pk)
    assert found.replayed > 0
    assert found.baseline_differences == 0
    with retailer_context(CLONE):
        upgrade_promote(upgrade_id=upgrade.pk, author="maria")
        assert current_profile().adopted["order_routing"] == "1.1.0"
        module_rollback(module="order_routing", author="maria")
        work = list(FulfilmentRequest.objects.filter(status=RequestStatus.OFFERED).values_list("id", flat=True))
        for status in (RequestStatus.PICKING, RequestStatus.PACKED):
            requests_advance(request_ids=work, to=status, actor="tester")
        assert requests_ship(request_ids=work, actor="tester") > 0
    assert violations(CLONE) == []
    staging_drop(source="acme")
    assert contents(admin_url, "acme", physical=True) == before
    assert positions(admin_url, "acme") == counted


def test_the_profile_of_a_clone_is_locked_as_productions_is(acme_with_orders: None) -> None:
    staging_clone(source="acme", orders=1)
    attacks = [
        "UPDATE modules_profiledocument SET key = 'x'",
        "DELETE FROM modules_profiledocument",
        "UPDATE modules_profilerevision SET reason = 'x'",
        "INSERT INTO modules_profilerevision (number, parent, author, reason, origin, adopted, digest)"
        " VALUES (9, 8, 'x', 'x', 'edit', '{}', 'x')",
        "TRUNCATE modules_historicalprofiledocument",
    ]
    for attack in attacks:
        with pytest.raises((IntegrityError, ProgrammingError)), retailer_context(CLONE), connection.cursor() as cursor:
            cursor.execute(attack)
    deploy = connections["deploy"]
    for table in ("modules_profiledocument", "modules_profilerevision"):
        with pytest.raises(ProgrammingError, match="profile-locked"), deploy.cursor() as cursor:
            cursor.execute(f"DELETE FROM {CLONE}.{table}")


def test_neither_role_reaches_the_others_schema(acme_with_orders: None) -> None:
    staging_clone(source="acme", orders=1)
    for serving, other in (("acme", CLONE), (CLONE, "acme"), ("globex", CLONE), (CLONE, "globex")):
        for statement in (
            f"SELECT * FROM {other}.orders_order",
            f"UPDATE {other}.orders_order SET status = 'open'",
            f"INSERT INTO {other}.orders_orderhold DEFAULT VALUES",
            f"SELECT nextval('{other}.orders_order_id_seq')",
            f"DROP SCHEMA {other} CASCADE",
        ):
            with retailer_context(serving), pytest.raises(ProgrammingError) as refused, transaction.atomic():
                connection.cursor().execute(statement)
            assert isinstance(refused.value.__cause__, errors.InsufficientPrivilege)


def test_nothing_leaves_a_clone(acme_with_orders: None) -> None:
    staging_clone(source="acme", orders=1)
    left: list[str] = []
    with retailer_context(CLONE):
        answer = send(kind=Kind.MAIL, target="a@b.example", payload={}, perform=lambda: left.append("mail"))
    assert isinstance(answer, Refused)
    assert left == []


def test_a_remembered_profile_is_not_that_of_the_clone_before(acme_with_orders: None) -> None:
    # Given a clone that was edited, read, and replaced by one of a production that was edited otherwise
    def edit(schema: str, seen: str) -> str:
        with retailer_context(schema), revise(author="maria", reason="edit") as revision:
            row = ProfileDocument.objects.order_by("id")[0]
            revision.put(row.module, row.kind, row.key, {**row.body, "seen": seen})
        return remembered(schema)

    def remembered(schema: str) -> str:
        with retailer_context(schema):
            row = ProfileDocument.objects.order_by("id")[0]
            documents = current_profile().raw(row.module)
            return next(str(d.body["seen"]) for r, d in documents.items() if (r.kind, r.key) == (row.kind, row.key))

    staging_clone(source="acme", orders=1)
    assert edit(CLONE, "in the clone") == "in the clone"
    assert edit("acme", "in production") == "in production"
    staging_clone(source="acme", orders=1)
    # Then the profile of the new one is read, though its revision has the same number
    assert remembered(CLONE) == "in production"


def test_writers_are_neither_blocked_nor_in_the_clone(acme_with_orders: None) -> None:
    # Given a writer whose transaction is open all the while, and one more in each phase, in threads of their own
    begun, may_end = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with retailer_context("acme"):
            Channel.objects.update(name="renamed")
            StockLevel.objects.select_for_update().count()
            begun.set()
            may_end.wait(30)

    written: list[str] = []

    def write(phase: str) -> None:
        if phase in ("structure", "done"):  # before the snapshot, and when all is over
            return
        in_thread(lambda: capture(f"during {phase}"))
        written.append(f"WEB-during {phase}")

    with retailer_context("acme"):
        before = set(Order.objects.values_list("number", flat=True))
    slow = threading.Thread(target=lambda: (slow_writer(), connections.close_all()), daemon=True)
    slow.start()
    assert begun.wait(30)
    # When a clone is made
    staging_clone(source="acme", orders=10_000, on_phase=write)
    may_end.set()
    slow.join(30)
    # Then all of them are done, and the clone has what there was when it began
    assert written == ["WEB-during rows", "WEB-during keys and indexes", "WEB-during guards"]
    with retailer_context("acme"):
        assert set(Order.objects.values_list("number", flat=True)) == before | set(written)
        assert set(Channel.objects.values_list("name", flat=True)) == {"renamed"}
    with retailer_context(CLONE):
        assert set(Order.objects.values_list("number", flat=True)) == before
        assert "renamed" not in set(Channel.objects.values_list("name", flat=True))
    assert violations("acme") == violations(CLONE) == []


def test_two_clones_of_one_retailer_at_once_are_refused(acme_with_orders: None) -> None:
    faults: list[str] = []

    def second(phase: str) -> None:
        if phase == "rows":
            in_thread(again)

    def again() -> None:
        with pytest.raises(CloneBusy) as busy:
            staging_clone(source="acme", orders=1)
        faults.append(str(busy.value))

    staging_clone(source="acme", orders=1, on_phase=second)
    assert faults == ["a clone of acme is being made or dropped already"]


def test_a_clone_in_which_somebody_works_is_left_alone(acme_with_orders: None, monkeypatch: pytest.MonkeyPatch) -> None:
    staging_clone(source="acme", orders=2)
    monkeypatch.setattr(cloning, "_PATIENCE", "50ms")
    with retailer_context(CLONE):
        assert Order.objects.count() == 2
        with pytest.raises(CloneBusy, match="somebody is working in the clone"):
            staging_clone(source="acme", orders=1)
    with retailer_context(CLONE):
        assert Order.objects.count() == 2
