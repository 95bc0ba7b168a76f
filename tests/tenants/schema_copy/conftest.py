"""A database of its own, so that schemas can be made, committed and dumped without regard to other tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from oms.infra.postgres import EmbeddedServer
from tests.tenants.schema_copy.schemas import Connection


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A database of its own on DATABASE_URL's server, or on a server started for it."""
    folder = Path(tempfile.mkdtemp(prefix="oms"))  # short: a socket's path has 107 bytes
    server = EmbeddedServer(folder / "pg", scratch=True)
    given = os.environ.get("DATABASE_URL")
    # The database that DATABASE_URL names need not exist; the one that every server has does.
    administrator = psycopg.conninfo.make_conninfo(given or server.start(), dbname="postgres")
    name = f"schema_copy_{os.getpid()}"
    try:
        with psycopg.connect(administrator, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield psycopg.conninfo.make_conninfo(administrator, dbname=name)
        with psycopg.connect(administrator, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    finally:
        if not given:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def roles(database_url: str) -> Iterator[Mapping[str, str]]:
    """Roles for grants, by what they stand for; none of them may log in or lends its rights unasked."""
    names = {
        key: f"schema copy {key} {os.getpid()}" for key in ("owner", "vault", "reader", "retailer", "new_retailer")
    }
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(sql.SQL("CREATE ROLE {} NOINHERIT").format(sql.Identifier(name)))
        yield names
        for name in names.values():
            connection.execute(sql.SQL("DROP OWNED BY {0} CASCADE").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A superuser's connection; whatever the test does not commit is rolled back."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def committed(database_url: str) -> Iterator[Connection]:
    """A connection for a test that commits, as ``pg_dump`` sees only what is committed; all schemas go afterwards."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^public$|^information_schema$'"
        ).fetchall()
        for (name,) in found:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(str(name))))
        connection.commit()
