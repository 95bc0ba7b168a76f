"""A staging clone: whole, sound, apart from production, and gone when it should be."""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.test import Client
from django.utils import timezone
from psycopg import errors

from fulfilment.inventory.models import StockLevel, StockMovement
from fulfilment.inventory.services import NewAdjustment, adjustments_post, adjustments_report
from fulfilment.requests.domain import RequestStatus
from fulfilment.requests.models import FulfilmentRequest
from fulfilment.requests.services import requests_advance, requests_ship
from modules.models import Decision, ProfileDocument
from modules.profile import current_profile
from modules.services import profile_begin, revise
from modules.services.upgrade import module_rollback, upgrade_begin, upgrade_preview, upgrade_promote
from modules.services.verify import profile_verify
from oms.infra.accounts.models import User
from oms.infra.database.context import registry_context, retailer_context
from oms.infra.database.identity import BadSchemaName
from oms.infra.models import Event, PendingReaction
from oms.infra.outbound import Kind, Refused, send
from oms.infra.verification import all_invariants, check
from oms.web.demo import records
from oms.web.demo.content import DEMO_RETAILERS
from oms.web.services.api_keys import api_key_issue
from orders.domain.capture import NewLine, NewOrder
from orders.models import Channel, Customer, Order, OrderLine
from orders.services import orders_capture
from returns.services import NewBlindReturn, blind_returns_record
from tenants.cloning import (
    CannotClone,
    CloneBusy,
    NoClone,
    UndeclaredTable,
    clones_of,
    staging_clone,
    staging_drop,
    staging_expire,
    staging_request,
)
from tenants.cloning import services as cloning
from tenants.cloning.itinerary import declared_rules
from tenants.models import Domain, Environment, Retailer
from tenants.provisioning import retailer_provision
from tests.tenants.schema_copy.schemas import dumped

CLONE = "acme__staging"


@pytest.fixture(scope="module")
def production(fresh_module: None) -> None:
    """32 orders in every state, a profile, and something in every table that a clone leaves out."""
    with pytest.MonkeyPatch.context() as patch, retailer_context("acme"):
        patch.setattr(records, "ORDERS", 32)
        profile_begin(author="setup", adopt={"order_routing": "1.0.0"})
        records.records_generate(DEMO_RETAILERS[0])
        User.objects.create_user("maria", password="her own words", is_staff=True, is_superuser=True)
        api_key_issue(name="Web shop")
        Session.objects.create(session_key="s", session_data="", expire_date=timezone.now())
        PendingReaction.objects.create(event=Event.objects.latest("id"))
        _stock_and_returns()
    assert violations("acme") == []


@pytest.fixture
def acme_with_orders(production: None) -> Iterator[None]:
    """Production without a clone, before the test and after it."""
    from django.conf import settings

    # Roles belong to the server: no other test process may make or drop the clone's meanwhile.
    with (settings.DATA_FOLDER / "staging-clones.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        for clone in clones_of():
            staging_drop(source=clone.source)
        connections["deploy"].close()


def _stock_and_returns() -> None:
    now = timezone.now()
    product = StockLevel.objects.order_by("-on_hand")[0].product
    adjustments_report(
        adjustments=[
            NewAdjustment(
                sku=product.sku, quantity=quantity, unit_value=Decimal(1), reason="counted", description="",
                reference="C1", reported_at=now,
            )
            for quantity in (-3, -1_000_000)
        ],
        actor="maria",
    )  # fmt: skip
    assert adjustments_post(actor="maria") == 1
    blind_returns_record(
        returns=[
            NewBlindReturn(
                channel_id=Channel.objects.get(code="web").pk, customer_id=customer, product_id=product.pk,
                description="", quantity=1, unit_price=Decimal(2), currency="GBP", external_number="R1",
                returned_at=now,
            )
            for customer in (None, Order.objects.latest("id").customer_id)
        ]
    )  # fmt: skip


def violations(schema: str) -> list[str]:
    with retailer_context(schema):
        assert profile_verify() == []
        return [invariant.name for invariant in all_invariants() if check(invariant)]


def administrator(admin_url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(admin_url, autocommit=True)


def contents(admin_url: str, schema: str, *, physical: bool = False) -> dict[str, list[str]]:
    """Every row of every table as text; ``physical`` with the place and the transaction that wrote it."""
    with administrator(admin_url) as server:
        tables = server.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'", [schema]
        ).fetchall()
        what = "(ctid, xmin, t)::text" if physical else "t::text"
        return {
            table: [row[0] for row in server.execute(f'SELECT {what} FROM {schema}."{table}" t ORDER BY 1').fetchall()]
            for (table,) in tables
        }


def positions(admin_url: str, schema: str) -> dict[str, tuple[int | None]]:
    with administrator(admin_url) as server:
        rows = server.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s", [schema])
        return dict(rows.fetchall())


def remains(admin_url: str) -> list[str]:
    """Whatever there is of a clone: schemas, roles, registry rows."""
    with administrator(admin_url) as server:
        rows = server.execute(
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE '%\\_\\_staging'"
            " UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'retailer%\\_\\_staging'"
            " UNION ALL SELECT schema_name FROM public.tenants_retailer WHERE environment = 'staging'"
            " UNION ALL SELECT domain FROM public.tenants_domain WHERE domain LIKE 'staging.%' ORDER BY 1"
        )
        return [row[0] for row in rows.fetchall()]


def capture(number: str) -> None:
    line = NewLine(sku=f"AC-{10_000}", quantity=1, unit_price=Decimal(5))
    order = NewOrder(external_number=number, placed_at=timezone.now(), currency="GBP", lines=(line,))
    with retailer_context("acme"):
        orders_capture(channel="web", orders=[order], actor="writer")


def in_thread(work: Callable[[], None]) -> None:
    """Do some work in a thread of its own, to its end; it fails where the work is blocked or raises."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - told to the test below
            faults.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "blocked"
    assert faults == []


# -- what a clone is -------------------------------------------------------------------------------


def test_every_table_of_a_retailer_says_how_it_travels() -> None:
    from django.conf import settings

    tenant_apps = {apps.get_app_config(name.rpartition(".")[2]).label for name in settings.TENANT_APPS}
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in tenant_apps and model._meta.managed and not model._meta.proxy
    }
    assert set(declared_rules()) == tables | {"django_migrations"}


@pytest.mark.parametrize("full", [False, True])
def test_the_dump_of_a_clone_is_that_of_its_source(acme_with_orders: None, admin_url: str, full: bool) -> None:
    staging_clone(source="acme", full=full)
    clone = dumped(admin_url, CLONE, f"retailer_{CLONE}")
    assert clone.splitlines() == dumped(admin_url, "acme", "retailer_acme").splitlines()
    assert "retailer_acme" not in clone
    assert clone.count("CREATE TRIGGER profile_stamp") == 1


def test_a_full_clone_has_every_row_but_those_that_never_travel(acme_with_orders: None, admin_url: str) -> None:
    report = staging_clone(source="acme", full=True)
    production, clone = contents(admin_url, "acme"), contents(admin_url, CLONE)
    emptied = {"django_session", "infra_pendingreaction", "web_apikey"}
    assert {table for table, rows in production.items() if rows != clone[table]} == emptied
    assert {table: len(clone[table]) for table in emptied} == dict.fromkeys(emptied, 0)
    assert report.rows == {table: len(rows) for table, rows in clone.items()}
    assert violations(CLONE) == []


def test_a_partial_clone_has_the_newest_orders_with_all_that_hangs_on_them(
    acme_with_orders: None, admin_url: str
) -> None:
    # Given units reserved for orders that travel and for others that do not
    with retailer_context("acme"):
        free = dict(StockLevel.objects.values_list("id", "on_hand"))
        reserved = dict(StockLevel.objects.values_list("id", "reserved"))
        numbers = list(Order.objects.order_by("id").values_list("number", flat=True))
        waiting_of_others = FulfilmentRequest.objects.filter(order__number__in=numbers[:-10], status="offered").count()
    assert sum(reserved.values()) > 0
    assert waiting_of_others > 0
    # When the ten newest orders are cloned
    report = staging_clone(source="acme", orders=10)
    # Then they are there, whole, and nothing of the others
    production, clone = contents(admin_url, "acme"), contents(admin_url, CLONE)
    assert violations(CLONE) == []
    with retailer_context(CLONE):
        assert list(Order.objects.order_by("id").values_list("number", flat=True)) == numbers[-10:]
        lines = OrderLine.objects.count()
        requests = FulfilmentRequest.objects.count()
        assert set(Event.objects.values_list("subject", flat=True)) == set(numbers[-10:])
        assert set(Decision.objects.values_list("subject", flat=True)) <= set(numbers[-10:])
        assert Decision.objects.count() > 0
        assert set(Customer.objects.values_list("id")) == set(Order.objects.values_list("customer"))
        # … and each level has as much to sell as in production, in one movement
        levels = {level.id: level for level in StockLevel.objects.all()}
        assert {key: level.on_hand - level.reserved for key, level in levels.items()} == {
            key: free[key] - reserved[key] for key in free
        }
        assert 0 < sum(level.reserved for level in levels.values()) < sum(reserved.values())
        assert list(StockMovement.objects.order_by("level").values_list("level", "on_hand_change")) == [
            (key, level.on_hand) for key, level in sorted(levels.items()) if level.on_hand
        ]
    assert report.rows["orders_orderline"] == lines
    assert report.rows["requests_fulfilmentrequest"] == requests
    whole = ["accounts_user", "catalogue_product", "locations_location", "modules_profilerevision"]
    whole += ["modules_profiledocument", "modules_historicalprofiledocument", "django_migrations"]
    assert {table: clone[table] for table in whole} == {table: production[table] for table in whole}
    assert len(clone["returns_blindreturn"]) == len(clone["inventory_stockadjustment"]) == 1


@pytest.mark.parametrize("orders", [0, 1, 17, 10_000])
def test_whatever_number_of_orders_is_asked_for_the_sums_hold(acme_with_orders: None, orders: int) -> None:
    staging_clone(source="acme", orders=orders)
    assert violations(CLONE) == []
    with retailer_context("acme"):
        everything = Order.objects.count()
    with retailer_context(CLONE):
        assert Order.objects.count() == min(orders, everything)


@pytest.mark.parametrize("full", [False, True])
def test_numbers_go_on_where_production_is(acme_with_orders: None, admin_url: str, full: bool) -> None:
    before = positions(admin_url, "acme")
    staging_clone(source="acme", orders=5, full=full)
    after = positions(admin_url, CLONE)
    moved = set() if full else {"inventory_stockmovement_id_seq"}
    assert {name for name in before if before[name] != after[name]} == moved
    with retailer_context(CLONE):
        line = NewLine(sku="AC-10000", quantity=1, unit_price=Decimal(5))
        order = NewOrder(external_number="N1", placed_at=timezone.now(), currency="GBP", lines=(line,))
        [captured] = orders_capture(channel="web", orders=[order], actor="tester")
        assert captured.created
    assert violations(CLONE) == []


# -- apart from production -------------------------------------------------------------------------


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


# -- while others work -----------------------------------------------------------------------------


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


# -- replaced, dropped, expired, cut short ---------------------------------------------------------


def test_a_clone_is_replaced(acme_with_orders: None, admin_url: str) -> None:
    staging_clone(source="acme", orders=1)
    with retailer_context(CLONE):
        Channel.objects.create(code="only_here", name="x", currency="GBP")
    report = staging_clone(source="acme", orders=2, days=3)
    with retailer_context(CLONE):
        assert Order.objects.count() == 2
        assert not Channel.objects.filter(code="only_here").exists()
    assert remains(admin_url) == [CLONE, CLONE, f"retailer_{CLONE}", "staging.acme.localhost"]
    [clone] = clones_of("acme")
    assert (clone.source, clone.schema, clone.domain) == ("acme", CLONE, "staging.acme.localhost")
    assert clone.expires_at == report.expires_at
    assert timedelta(days=2, hours=23) < report.expires_at - timezone.now() <= timedelta(days=3)


def test_dropping_leaves_nothing(acme_with_orders: None, admin_url: str) -> None:
    staging_clone(source="acme", orders=1)
    with retailer_context(CLONE):
        connection.cursor().execute("SELECT enqueue_job('oms.infra.jobs.react', 'default', '{}', null, null, null, 0)")
    with administrator(admin_url) as server:
        of_clone = "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'schema' = 'acme__staging'"
        assert server.execute(of_clone).fetchone() == (1,)
        staging_drop(source="acme")
        assert server.execute(of_clone).fetchone() == (0,)
    assert remains(admin_url) == []
    with pytest.raises(NoClone, match="acme has no staging clone"):
        staging_drop(source="acme")


@pytest.mark.parametrize("phase", ["structure", "rows", "keys and indexes", "guards", "done"])
def test_a_clone_cut_short_leaves_nothing(acme_with_orders: None, admin_url: str, phase: str) -> None:
    def cut(reached: str) -> None:
        if reached == phase:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        staging_clone(source="acme", orders=1, on_phase=cut)
    assert remains(admin_url) == []
    staging_clone(source="acme", orders=1)
    assert violations(CLONE) == []


def test_a_replacement_cut_short_leaves_the_clone_that_was_there(acme_with_orders: None, admin_url: str) -> None:
    staging_clone(source="acme", orders=2)
    pids: list[int] = []

    def kill(phase: str) -> None:
        if phase == "guards":
            pids.append(connections["deploy"].connection.info.backend_pid)
            with administrator(admin_url) as server:
                server.execute("SELECT pg_terminate_backend(%s, 5000)", pids)

    with pytest.raises(psycopg.OperationalError):
        staging_clone(source="acme", orders=1, on_phase=kill)
    connections["deploy"].close()
    assert len(pids) == 1
    with retailer_context(CLONE):
        assert Order.objects.count() == 2
    assert len(remains(admin_url)) == 4


def test_what_a_killed_administrator_left_is_cleared_by_the_next_clone(acme_with_orders: None, admin_url: str) -> None:
    with connections["deploy"].cursor() as cursor:
        cursor.execute("SELECT oms_admin.create_retailer_schema(%s)", [CLONE])
        cursor.execute(f"CREATE TABLE {CLONE}.left_over (id int)")
    staging_clone(source="acme", orders=1)
    assert violations(CLONE) == []


def test_only_what_is_due_expires(acme_with_orders: None, admin_url: str) -> None:
    staging_clone(source="acme", days=1, orders=1)
    staging_clone(source="globex", days=0)
    assert staging_expire() == ["globex__staging"]
    assert [clone.source for clone in clones_of()] == ["acme"]
    assert staging_expire() == []


# -- refused ---------------------------------------------------------------------------------------


def test_what_cannot_be_cloned_is_refused_in_words(acme_with_orders: None, admin_url: str) -> None:
    staging_clone(source="acme", orders=1)
    with pytest.raises(CannotClone, match="more than 39 characters"):
        staging_clone(source="a" * 40)
    with pytest.raises(CannotClone, match="is a staging clone itself"):
        staging_clone(source=CLONE)
    with pytest.raises(CannotClone, match="no production retailer with schema nobody"):
        staging_clone(source="nobody")
    with retailer_context(CLONE), pytest.raises(CannotClone, match="is a staging clone itself"):
        staging_request()
    retailer_provision(schema="odd", name="Odd", domain="staging.globex.localhost")
    with pytest.raises(CannotClone, match=r"staging\.globex\.localhost serves another retailer"):
        staging_clone(source="globex")
    Domain.objects.using("deploy").filter(tenant__schema_name="odd").delete()
    with pytest.raises(CannotClone, match="odd has no primary domain"):
        staging_clone(source="odd")


def test_a_table_without_a_rule_stops_the_clone(acme_with_orders: None, admin_url: str) -> None:
    with administrator(admin_url) as server:
        server.execute("CREATE TABLE acme.orders_secret (id int)")
    with pytest.raises(UndeclaredTable, match="orders_secret") as refused:
        staging_clone(source="acme")
    assert refused.value.tables == ["orders_secret"]
    assert remains(admin_url) == []
    with administrator(admin_url) as server:
        server.execute("DROP TABLE acme.orders_secret")


def test_only_a_clone_is_named_like_one() -> None:
    with pytest.raises(BadSchemaName, match="only clones end with __staging"):
        retailer_provision(schema="shop__staging", name="x", domain="x.localhost")
    acme = Retailer.objects.using("deploy").get(schema_name="acme")
    for wrong in (
        Retailer(schema_name="x__staging", name="x"),
        Retailer(schema_name="x", name="x", environment=Environment.STAGING, source=acme),
        Retailer(schema_name="x", name="x", expires_at=timezone.now()),
    ):
        with pytest.raises(IntegrityError, match="retailer_staging_named_so"):
            Retailer.objects.using("deploy").bulk_create([wrong])


@pytest.mark.parametrize("name", ["acme", "public", "pg_catalog", "oms_admin", "acme__staging_", "A__staging"])
def test_nothing_but_a_clone_can_be_dropped_as_one(name: str) -> None:
    with pytest.raises(Exception, match="not a staging clone's schema"), connections["deploy"].cursor() as cursor:
        cursor.execute("SELECT oms_admin.drop_staging_schema(%s)", [name])


@pytest.mark.parametrize("serve", [registry_context, lambda: retailer_context("acme")])
def test_nobody_who_serves_can_drop_a_clone(serve: Any) -> None:
    with serve(), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("SELECT oms_admin.drop_staging_schema('acme__staging')")


# -- for people ------------------------------------------------------------------------------------


def told(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("staging", *arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return result


def test_the_command_clones_tells_drops_and_expires(acme_with_orders: None) -> None:
    made = told("clone", "--retailer", "acme", "--orders", "3", "--days", "5")
    assert (made["schema"], made["domain"], made["full"]) == (CLONE, "staging.acme.localhost", False)
    assert made["tables"]["orders_order"] == 3
    [clone] = told("status", "--retailer", "acme")["clones"]
    assert clone["expires_at"] == made["expires_at"]
    assert told("expire") == {"dropped": []}
    assert told("drop", "--retailer", "acme") == {"dropped": "acme"}
    assert told("status", "--retailer", "acme") == {"clones": []}
    with pytest.raises(CommandError, match="acme has no staging clone"):
        told("drop", "--retailer", "acme")
    with pytest.raises(CommandError, match="there is no production retailer"):
        told("clone", "--retailer", "nobody")


def test_a_retailers_own_staff_ask_for_a_clone_and_a_worker_makes_it(acme_with_orders: None) -> None:
    with retailer_context("acme"):
        assert staging_request(orders=4) is not None
        assert staging_request(orders=4) is None
    connections["deploy"].close()
    call_command("work", "--until-empty")
    with retailer_context(CLONE):
        assert Order.objects.count() == 4


def test_every_page_of_a_clone_says_what_it_is(acme_with_orders: None) -> None:
    staging_clone(source="acme", orders=1)
    client = Client()
    signing_in = client.get("/admin/login/", headers={"host": "staging.acme.localhost"})
    assert b'id="staging-banner"' in signing_in.content
    client.post(
        "/admin/login/", {"username": "maria", "password": "her own words"}, headers={"host": "staging.acme.localhost"}
    )
    for path in ("/admin/", "/admin/password_change/"):
        page = client.get(path, headers={"host": "staging.acme.localhost"})
        assert page.status_code == 200
        assert b"Acme (staging): a clone made" in page.content
        assert b"Nothing leaves it" in page.content
    in_production = Client().get("/admin/login/", headers={"host": "acme.localhost"})
    assert in_production.status_code == 200
    assert b"staging-banner" not in in_production.content
