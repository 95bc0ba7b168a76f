"""Real PostgreSQL for every test: one database for each test process, made from a template.

``acme``   a context that serves the retailer acme and is rolled back: for most tests.
``fresh``  a database of its own, committed to for real: for threads, commands, HTTP and kill -9.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "oms_test_template"
SHARED_DATA = Path(os.environ.get("OMS_SHARED_DATA", ROOT.parent / "shared" / "data"))


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    _build_template()


def _build_template() -> None:
    """Make the template database anew when anything that shapes it has changed."""
    from django.conf import settings

    digest = _structure_digest()
    with psycopg.connect(settings.ADDRESS.with_database("postgres").url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone()
        if row and row[0] == digest:
            return
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
        environment = {
            **os.environ,
            "OMS_TEST_DATABASE": TEMPLATE,
            "DJANGO_SETTINGS_MODULE": "oms.settings.test",
        }
        subprocess.run([sys.executable, "-m", "tests.template"], check=True, cwd=ROOT, env=environment)
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(TEMPLATE), sql.Literal(digest))
        )


def _structure_digest() -> str:
    digest = hashlib.sha256()
    shaping = [
        *ROOT.glob("tenants/**/*.py"),
        *ROOT.glob("oms/infra/database/**/*.py"),
        ROOT / "tests/template.py",
    ]
    shaping += [*ROOT.glob("*/**/guarded.sql"), *ROOT.glob("*/**/releases/**/SEAL")]
    shaping += [path for path in ROOT.glob("*/**/migrations/*.py") if ".venv" not in path.parts]
    for path in sorted(shaping):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def _remake_database() -> None:
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    name = sql.Identifier(settings.TEST_DATABASE)
    with psycopg.connect(settings.ADDRESS.with_database("postgres").url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(name, sql.Identifier(TEMPLATE))
        )
        # Grants on a database are not copied with it.
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO oms_app, oms_deploy, oms_jobs").format(name))
        connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO oms_retailer").format(name))


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: object) -> Iterator[None]:
    """The database of this test process."""
    _remake_database()
    with django_db_blocker.unblock():
        yield
    from django.db import connections

    connections.close_all()


@pytest.fixture
def acme() -> Iterator[None]:
    """Serve the retailer acme; everything that the test writes is rolled back."""
    from django.db import transaction

    from modules.services import profile_begin
    from oms.infra.database.context import retailer_context

    with retailer_context("acme"):
        profile_begin(author="suite")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def fresh(bare: None) -> None:
    """Nothing is served: the test opens contexts itself and commits; the database is made anew afterwards."""
    from modules.services import profile_begin
    from oms.infra.database.context import retailer_context

    for schema in ("acme", "globex"):
        with retailer_context(schema):
            profile_begin(author="suite", adopt={"order_routing": "1.0.0"})


@pytest.fixture
def bare() -> Iterator[None]:
    """As ``fresh``, before the retailers' profiles have begun."""
    yield from _own_database()


@pytest.fixture(scope="module")
def fresh_module() -> Iterator[None]:
    """As ``bare``, once for all tests of a module: for tests that prove that nothing has changed."""
    yield from _own_database()


def _own_database() -> Iterator[None]:
    from modules import profile
    from orders.services.payments import at_once
    from tenants import registry

    registry.forget()
    profile.forget()
    at_once.forget()
    yield
    _remake_database()
    registry.forget()
    profile.forget()


@pytest.fixture
def admin_url() -> str:
    """Where an administrator of the server reaches the database of this test process."""
    from django.conf import settings

    return str(settings.ADDRESS.url)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data: there is no folder {SHARED_DATA.name} beside the project (OMS_SHARED_DATA)")
    return SHARED_DATA
