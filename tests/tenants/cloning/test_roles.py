"""The role of a clone belongs to the whole server, and another of its databases may have a clone of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.oms.blocked import wait_until_blocked
from tests.tenants.cloning.schemas import administrator

SCHEMA = "meeting__staging"
ROLE = f"retailer_{SCHEMA}"
CREATE = "SELECT oms_admin.create_retailer_schema(%s)"
DROP = "SELECT oms_admin.drop_staging_schema(%s)"


@pytest.fixture
def elsewhere(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction in another database of the server."""
    with psycopg.connect(make_conninfo(admin_url, dbname="postgres")) as other:
        yield other
        other.rollback()


@pytest.fixture
def here(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """This database, whose clones are copied from one snapshot."""
    with administrator(admin_url) as server:
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield server
        server.execute(DROP, [SCHEMA])


@contextmanager
def waiting(here: psycopg.Connection[Any], statement: str) -> Iterator[Future[Any]]:
    """The statement has begun here, and waits for the other database when the body is entered."""
    with (
        ThreadPoolExecutor(1) as pool,
        administrator(make_conninfo(here.info.dsn, password=here.info.password)) as admin,
    ):
        asked = pool.submit(lambda: here.execute(statement.encode(), [SCHEMA]).fetchall())
        wait_until_blocked(admin)
        yield asked


def exists(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is not None


def test_a_role_dropped_elsewhere_at_the_same_time_is_gone(
    here: psycopg.Connection[Any], elsewhere: psycopg.Connection[Any]
) -> None:
    here.execute(f"CREATE ROLE {ROLE}")
    elsewhere.execute(f"DROP ROLE {ROLE}")
    with waiting(here, DROP) as asked:
        elsewhere.commit()
        assert asked.result(30) == [(False,)]
    assert not exists(here)


def test_a_role_dropped_elsewhere_at_the_same_time_is_made(
    here: psycopg.Connection[Any], elsewhere: psycopg.Connection[Any]
) -> None:
    here.execute(f"CREATE ROLE {ROLE}")
    elsewhere.execute(f"DROP ROLE {ROLE}")
    with waiting(here, CREATE) as asked:
        elsewhere.commit()
        assert asked.result(30) == [("",)]
    assert exists(here)
    assert here.execute(DROP, [SCHEMA]).fetchone() == (True,)
    assert not exists(here)


def test_a_role_made_elsewhere_at_the_same_time_is_used(
    here: psycopg.Connection[Any], elsewhere: psycopg.Connection[Any]
) -> None:
    elsewhere.execute(f"CREATE ROLE {ROLE}")
    with waiting(here, CREATE) as asked:
        elsewhere.commit()
        assert asked.result(30) == [("",)]
    used = "SELECT has_schema_privilege(%s, %s, 'USAGE'), pg_has_role('oms_app', %s, 'MEMBER')"
    assert here.execute(used, [ROLE, SCHEMA, ROLE]).fetchone() == (True, True)


def test_a_role_in_use_elsewhere_stays(here: psycopg.Connection[Any], elsewhere: psycopg.Connection[Any]) -> None:
    here.execute(CREATE, [SCHEMA])
    elsewhere.execute(f"CREATE SCHEMA {SCHEMA}")
    elsewhere.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {ROLE}")
    with waiting(here, DROP) as asked:
        elsewhere.commit()
        assert asked.result(30) == [(True,)]
    assert exists(here)
    elsewhere.execute(f"DROP SCHEMA {SCHEMA}")
    elsewhere.commit()
    assert here.execute(DROP, [SCHEMA]).fetchone() == (False,)
    assert not exists(here)
