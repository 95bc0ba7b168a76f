"""A clone is replaced, dropped, expires, or does not come into being."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from oms.infra.database.context import registry_context, retailer_context
from oms.infra.database.identity import BadSchemaName
from orders.models import Channel, Order
from tenants.cloning import (
    CannotClone,
    NoClone,
    UndeclaredTable,
    clones_of,
    staging_clone,
    staging_drop,
    staging_expire,
    staging_request,
)
from tenants.models import Domain, Environment, Retailer
from tenants.provisioning import retailer_provision
from tests.tenants.cloning.schemas import (
    CLONE,
    administrator,
    remains,
    violations,
)


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
