"""Promises P1 and P5, attacked on a real server: no retailer reaches another, none is reached outside a context."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import ProgrammingError, connection, connections, transaction
from psycopg import errors

from oms.infra.database.context import platform_context, registry_context, retailer_context, served_schema
from oms.infra.database.identity import BadSchemaName
from oms.infra.database.serving.base import IdentityChange, OutsideContext
from oms.infra.queue import enqueue
from orders.models import Channel
from tenants.models import Retailer


def execute(statement: str, *values: str | int) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def channel_in(schema: str, code: str) -> None:
    with retailer_context(schema):
        Channel.objects.create(code=code, name=code, currency="GBP")


@pytest.fixture
def one_channel_each(fresh: None) -> None:
    channel_in("acme", "of_acme")
    channel_in("globex", "of_globex")


ATTACKS_ON_ANOTHER = [
    "SELECT * FROM globex.orders_channel",
    "SELECT count(*) FROM globex.accounts_user",
    "INSERT INTO globex.orders_channel (code, name, kind, currency, active) VALUES ('x','x','shop','GBP',true)",
    "UPDATE globex.orders_channel SET name = 'taken'",
    "DELETE FROM globex.orders_channel",
    "TRUNCATE globex.orders_channel CASCADE",
    "DROP TABLE globex.orders_channel CASCADE",
    "ALTER TABLE globex.orders_channel ADD COLUMN mine text",
    "CREATE TABLE globex.mine (id int)",
    "DROP SCHEMA globex CASCADE",
    "LOCK TABLE globex.orders_channel",
    "SELECT nextval('globex.orders_channel_id_seq')",
    "CREATE VIEW pg_temp.peep AS SELECT * FROM globex.orders_channel",
    "CREATE TEMP TABLE copied AS TABLE globex.orders_channel",
    "COPY globex.orders_channel TO STDOUT",
    "COPY (SELECT * FROM globex.orders_channel) TO STDOUT",
    "GRANT SELECT ON globex.orders_channel TO PUBLIC",
    "CREATE TRIGGER t AFTER INSERT ON globex.orders_channel EXECUTE FUNCTION refuse_change()",
    "SELECT * FROM public.procrastinate_jobs",
    "SELECT * FROM public.accounts_user",
    "SELECT * FROM public.tenants_retailer",
    "UPDATE public.tenants_domain SET tenant_id = 1",
    "DO $$ BEGIN PERFORM * FROM globex.orders_channel; END $$",
]


@pytest.mark.parametrize("statement", ATTACKS_ON_ANOTHER)
def test_another_schema_is_refused_by_the_server(acme: None, statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, transaction.atomic():
        execute(statement)
    assert isinstance(refused.value.__cause__, errors.InsufficientPrivilege)


def test_copying_into_another_schema_is_refused(acme: None) -> None:
    with pytest.raises(errors.InsufficientPrivilege), transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy("COPY globex.orders_channel (code, name, currency) FROM STDIN") as copy:
            copy.write_row(("x", "x", "GBP"))


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE orders_channel CASCADE",
        "TRUNCATE orders_channel CASCADE",
        "ALTER TABLE inventory_stockmovement DISABLE TRIGGER ALL",
        "DROP TRIGGER append_only ON infra_event",
        "CREATE TABLE another (id int)",
        "ALTER TABLE orders_order DROP CONSTRAINT order_captured_once",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_retailer_works_with_its_rows_and_not_with_its_structure(acme: None, statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, transaction.atomic():
        execute(statement)
    assert isinstance(refused.value.__cause__, errors.InsufficientPrivilege)


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE retailer_globex",
        "SET LOCAL ROLE retailer_globex",
        "set  session  role oms_app",
        "RESET ROLE",
        "SELECT 1; RESET ROLE; SELECT * FROM globex.orders_channel",
        "SET SESSION AUTHORIZATION DEFAULT",
        "RESET SESSION AUTHORIZATION",
        "RESET ALL",
        "DISCARD ALL",
        "SELECT set_config('role', 'retailer_globex', true)",
        "SELECT set_config ('search_path', 'globex', true)",
    ],
)
def test_a_statement_that_would_leave_the_role_never_reaches_the_server(acme: None, statement: str) -> None:
    with pytest.raises(IdentityChange):
        execute(statement)
    assert execute("SELECT current_user::text") == [("retailer_acme",)]


def test_another_context_inside_a_transaction_is_refused(acme: None) -> None:
    with pytest.raises(IdentityChange, match="a transaction that serves acme is open"), retailer_context("globex"):
        pass
    with pytest.raises(IdentityChange), platform_context():
        pass
    for switch in (lambda: connection.set_schema("globex"), connection.set_schema_to_public):
        with pytest.raises(IdentityChange):
            switch()
    assert execute("SELECT current_schema(), current_user::text") == [("acme", "retailer_acme")]


def test_the_same_context_inside_joins_the_transaction_as_a_savepoint(fresh: None) -> None:
    with retailer_context("acme"):
        Channel.objects.create(code="kept", name="kept", currency="GBP")
        with pytest.raises(RuntimeError), retailer_context("acme"):
            Channel.objects.create(code="undone", name="undone", currency="GBP")
            raise RuntimeError
    with retailer_context("acme"):
        assert list(Channel.objects.values_list("code", flat=True)) == ["kept"]


def test_no_context_no_data(fresh: None) -> None:
    with pytest.raises(OutsideContext, match=r"open `with retailer_context\(schema\):`"):
        Channel.objects.count()
    with pytest.raises(OutsideContext), transaction.atomic():
        Channel.objects.count()
    with pytest.raises(OutsideContext):
        connection.cursor()
    assert served_schema() == "public"


def test_the_login_role_alone_reads_nothing_of_a_retailer(one_channel_each: None) -> None:
    with registry_context():
        assert execute("SELECT current_user::text, current_schema()") == [("oms_app", "public")]
        assert Retailer.objects.count() == 2
        for statement in ("SELECT * FROM acme.orders_channel", "SELECT * FROM public.accounts_user"):
            with pytest.raises(ProgrammingError) as refused, transaction.atomic():
                execute(statement)
            assert isinstance(refused.value.__cause__, errors.InsufficientPrivilege)
    raw = connection.connection
    assert raw.autocommit
    with pytest.raises(errors.UndefinedTable):
        raw.execute("SELECT * FROM orders_channel")
    with pytest.raises(errors.InsufficientPrivilege):
        raw.execute("SELECT * FROM acme.orders_channel")


@pytest.mark.parametrize(
    "schema", ["", "public", "pg_catalog", "oms_admin", 'a"; DROP SCHEMA acme; --', "ACME", "a" * 49]
)
def test_a_name_that_is_no_retailers_schema_is_refused_before_the_server_hears_it(schema: str) -> None:
    with pytest.raises(BadSchemaName), retailer_context(schema):
        pass


def test_a_schema_without_a_retailer_is_refused_and_leaves_the_connection_usable(fresh: None) -> None:
    with pytest.raises(Exception, match="nobody_here"), retailer_context("nobody_here"):
        pass
    with retailer_context("acme"):
        assert execute("SELECT current_user::text") == [("retailer_acme",)]


def test_role_and_path_end_with_the_transaction_even_after_an_exception(one_channel_each: None) -> None:
    with pytest.raises(ZeroDivisionError), retailer_context("acme"):
        Channel.objects.create(code="half_way", name="half way", currency="GBP")
        raise ZeroDivisionError
    row = connection.connection.execute("SELECT current_user::text, current_setting('search_path')").fetchone()
    assert row == ("oms_app", '"$user", public')
    assert (connection.identity, connection.schema_name) == (None, "public")
    with retailer_context("globex"):
        assert list(Channel.objects.values_list("code", flat=True)) == ["of_globex"]
    with retailer_context("acme"):
        assert list(Channel.objects.values_list("code", flat=True)) == ["of_acme"]


def test_a_broken_statement_half_way_leaves_nothing(one_channel_each: None) -> None:
    with pytest.raises(ProgrammingError), retailer_context("acme"):
        Channel.objects.create(code="half_way", name="half way", currency="GBP")
        execute("SELECT no_such_column FROM orders_channel")
    with retailer_context("acme"):
        assert not Channel.objects.filter(code="half_way").exists()


def test_a_connection_that_the_server_cut_is_replaced_without_a_failed_request(one_channel_each: None) -> None:
    with retailer_context("acme"):
        pid = execute("SELECT pg_backend_pid()")[0][0]
    connections["deploy"].close()
    from django.conf import settings

    with psycopg.connect(settings.ADDRESS.url, autocommit=True) as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with retailer_context("globex"):
        assert list(Channel.objects.values_list("code", flat=True)) == ["of_globex"]


def test_threads_that_serve_different_retailers_at_once_never_mix(one_channel_each: None) -> None:
    schemas = ["acme", "globex", "acme", "globex"]
    together = threading.Barrier(len(schemas))

    def serve(schema: str) -> set[tuple[str, str, str]]:
        seen = set()
        try:
            for _ in range(25):
                together.wait(timeout=30)
                with retailer_context(schema):
                    code = Channel.objects.values_list("code", flat=True).get()
                    user = execute("SELECT current_user::text")[0][0]
                    seen.add((str(code), str(user), served_schema()))
        finally:
            connections.close_all()
        return seen

    with ThreadPoolExecutor(len(schemas)) as pool:
        results = list(pool.map(serve, schemas))
    assert results == [{(f"of_{schema}", f"retailer_{schema}", schema)} for schema in schemas]


def test_one_thread_reused_for_one_retailer_after_another(one_channel_each: None) -> None:
    def serve(schema: str) -> str:
        with retailer_context(schema):
            return str(Channel.objects.values_list("code", flat=True).get())

    with ThreadPoolExecutor(1) as pool:
        wanted = ["acme", "globex"] * 10
        assert list(pool.map(serve, wanted)) == [f"of_{schema}" for schema in wanted]
        pool.submit(connections.close_all).result()


def test_a_server_side_cursor_ends_with_its_transaction(one_channel_each: None) -> None:
    with retailer_context("acme"):
        rows = Channel.objects.values_list("code", flat=True).iterator(chunk_size=1)
        assert next(rows) == "of_acme"
    with pytest.raises((OutsideContext, ProgrammingError, psycopg.Error)):
        list(rows)


def test_jobs_are_enqueued_for_the_retailer_that_is_served_and_read_by_none(fresh: None, admin_url: str) -> None:
    with retailer_context("acme"):
        number = enqueue("oms.infra.jobs.react", lock="a", queueing_lock="a", schema="globex")
        assert enqueue("oms.infra.jobs.react", queueing_lock="a") is None
    with retailer_context("globex"):
        assert enqueue("oms.infra.jobs.react", queueing_lock="a") is not None
    with psycopg.connect(admin_url) as administrator:
        row = administrator.execute(
            "SELECT args, lock, queueing_lock FROM procrastinate_jobs WHERE id = %s", [number]
        ).fetchone()
    assert row == ({"schema": "acme"}, "acme:a", "acme:a")


def test_a_job_of_a_transaction_that_failed_was_never_asked_for(fresh: None, admin_url: str) -> None:
    with pytest.raises(ZeroDivisionError), retailer_context("acme"):
        enqueue("oms.infra.jobs.react")
        raise ZeroDivisionError
    with psycopg.connect(admin_url) as administrator:
        assert administrator.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_cached_values_and_content_types_belong_to_one_retailer(fresh: None, admin_url: str) -> None:
    with psycopg.connect(admin_url) as administrator:
        administrator.execute(
            "UPDATE globex.auth_permission SET content_type_id = content_type_id + 100000 WHERE content_type_id ="
            " (SELECT id FROM globex.django_content_type WHERE model = 'channel')"
        )
        administrator.execute("UPDATE globex.django_content_type SET id = id + 100000 WHERE model = 'channel'")
    found = {}
    for schema in ("acme", "globex", "acme"):
        with retailer_context(schema):
            cache.set("who", schema)
            found[schema] = ContentType.objects.get_for_model(Channel).pk
    assert found["globex"] == found["acme"] + 100_000
    for schema in ("acme", "globex"):
        with retailer_context(schema):
            assert cache.get("who") == schema


def test_append_only_rows_are_refused_whoever_asks(acme: None) -> None:
    execute(
        "INSERT INTO infra_event (name, subject_kind, subject, payload, actor, occurred_at)"
        " VALUES ('order.captured.v1', 'order', 'X-1', '{}', 'test', now())"
    )
    for statement in ("UPDATE infra_event SET actor = 'other'", "DELETE FROM infra_event"):
        with pytest.raises(Exception, match="append-only: rows of infra_event"), transaction.atomic():
            execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE oms_vault",
        "SET ROLE pg_read_all_data",
        "CREATE ROLE mine",
        "GRANT oms_vault TO oms_deploy",
        "GRANT retailer_acme TO oms_deploy",
        "DROP SCHEMA acme CASCADE",
        "SELECT oms_admin.create_retailer_schema('pg_bad')",
        "CREATE OR REPLACE FUNCTION oms_admin.create_retailer_schema(text) RETURNS void LANGUAGE sql AS ''",
    ],
)
def test_the_deploying_role_cannot_become_more(fresh: None, statement: str) -> None:
    with pytest.raises(Exception, match=r"permission denied|must be owner|not a name|must have") as refused:
        with transaction.atomic(using="deploy"), connections["deploy"].cursor() as cursor:
            cursor.execute(statement)
    assert isinstance(refused.value.__cause__, psycopg.Error)
