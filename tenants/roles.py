"""The database roles: what each may do is granted here, once, by an administrator of the server.

Idempotent: it creates what is missing and repairs what differs. The administrator needs CREATEROLE and
CREATEDB (or an existing database), not superuser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from oms.infra.database.identity import STAGING_SUFFIX, TEMPLATE_SCHEMA

#: Any number that no other program uses on this server: two set-ups at once wait for each other.
_LOCK = 7_203_115

_LOGIN = {"oms_app": "NOINHERIT", "oms_deploy": "NOINHERIT", "oms_jobs": "NOINHERIT"}
_GROUPS = ("oms_owner", "oms_vault", "oms_platform", "oms_retailer")


class CannotSetUp(RuntimeError):
    """The server or the account does not allow the set-up; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the set-up needs to know."""

    admin_url: str
    maintenance_url: str
    database: str
    passwords: Mapping[str, str]
    #: SQL with guarded functions of the apps (their ``guarded.sql``), run after the product's own.
    guarded: Sequence[str] = ()


def set_up(wanted: SetUp) -> None:
    """Create or repair roles, database, grants and the guarded functions. Raises :class:`CannotSetUp`."""
    with psycopg.connect(wanted.maintenance_url, autocommit=True) as connection:
        _require_version(connection)
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _create_roles(connection, wanted.passwords)
        _create_database(connection, wanted.database)
    with psycopg.connect(wanted.admin_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _grant(connection, wanted.database)
        connection.execute(_GUARDED_FUNCTIONS.format(template=TEMPLATE_SCHEMA, staging=STAGING_SUFFIX))
        for statements in wanted.guarded:
            connection.execute(statements.encode())


def _require_version(connection: psycopg.Connection) -> None:
    if connection.info.server_version < 150000:
        message = f"PostgreSQL 15 or newer is needed; this server is {connection.info.server_version // 10000}"
        raise CannotSetUp(message)
    row = connection.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
    if not row or not row[0]:
        message = (
            "the account of DATABASE_URL may not create roles: use one with CREATEROLE for setup_database "
            "(ALTER ROLE … CREATEROLE CREATEDB), and the product's own roles afterwards"
        )
        raise CannotSetUp(message)


def _create_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role in (*_GROUPS, *_LOGIN):
        if role not in existing:
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    for role in _GROUPS:
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(role)))
    for role, inherit in _LOGIN.items():
        statement = sql.SQL("ALTER ROLE {} LOGIN {}").format(sql.Identifier(role), sql.SQL(inherit))
        if passwords.get(role):
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(passwords[role]))
        connection.execute(statement)
        connection.execute(sql.SQL("ALTER ROLE {} SET timezone = 'UTC'").format(sql.Identifier(role)))
    for granted, to in (("oms_owner", "oms_deploy"), ("oms_platform", "oms_app")):
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(granted), sql.Identifier(to)))
    # The administrator hands objects to these two, so it must be able to act as them.
    for role in ("oms_owner", "oms_vault"):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


def _create_database(connection: psycopg.Connection, database: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    if not found:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _grant(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    statements = [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO oms_app, oms_deploy, oms_jobs").format(name),
        sql.SQL("GRANT TEMPORARY ON DATABASE {} TO oms_retailer").format(name),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO oms_app, oms_jobs, oms_platform, oms_retailer"),
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO oms_owner"),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE oms_owner IN SCHEMA public "
            "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO oms_platform"
        ),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE oms_owner IN SCHEMA public "
            "GRANT USAGE, SELECT ON SEQUENCES TO oms_platform"
        ),
        # Functions are PUBLIC's by default; the platform's are granted one by one.
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE oms_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"),
    ]
    for statement in statements:
        connection.execute(statement.as_string(connection))
    # A clone's indexes are a third faster to make without it; only a superuser can let others turn it off.
    connection.execute(
        "DO $body$ BEGIN IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN"
        " GRANT SET ON PARAMETER wal_compression TO oms_owner; END IF; END $body$"
    )


# Making a retailer's role needs CREATEROLE, which on PostgreSQL 15 would let its holder become any role. So
# the deploying role has it not; it may call this one function instead, which can do this one thing.
_GUARDED_FUNCTIONS = """
CREATE SCHEMA IF NOT EXISTS oms_admin;
REVOKE ALL ON SCHEMA oms_admin FROM PUBLIC;
GRANT USAGE ON SCHEMA oms_admin TO oms_owner;

-- A role belongs to the whole server, and two of its databases may have a schema of one name. Whoever makes or
-- drops such a role holds it first, to the end of the transaction: a comment takes the only lock on a role that
-- other databases wait for, as long as a clone may take. Returned is whether there is such a role: not what the
-- transaction's snapshot says, but what is so after the wait.
CREATE OR REPLACE FUNCTION oms_admin.holds_role(role_name text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '60s' AS $body$
BEGIN
    EXECUTE format('COMMENT ON ROLE %I IS %L', role_name, 'May use the schema of this name, in each database');
    RETURN true;
EXCEPTION WHEN undefined_object THEN
    RETURN false;
END $body$;
REVOKE ALL ON FUNCTION oms_admin.holds_role(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms_admin.create_retailer_schema(schema_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    role_name text := 'retailer_' || schema_name;
BEGIN
    IF schema_name <> '{template}' AND (
        schema_name !~ '^[a-z][a-z0-9_]{{0,47}}$' OR schema_name ~ '^(pg_|public|information_schema|oms_)'
    ) THEN
        RAISE EXCEPTION 'not a name for a retailer''s schema: %', schema_name;
    END IF;
    WHILE NOT oms_admin.holds_role(role_name) LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- made in another database just now
        END;
    END LOOP;
    IF schema_name <> '{template}' THEN
        EXECUTE format('ALTER ROLE %I INHERIT', role_name);
        -- Since PostgreSQL 16 each grant says by itself whether it is inherited.
        EXECUTE format('GRANT oms_retailer TO %I', role_name)
            || CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE' ELSE '' END;
        EXECUTE format('GRANT %I TO oms_app', role_name);
    END IF;
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION oms_vault', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema_name, role_name);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO oms_owner', schema_name);
END $body$;
REVOKE ALL ON FUNCTION oms_admin.create_retailer_schema(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oms_admin.create_retailer_schema(text) TO oms_owner;

-- A staging clone is dropped with its role; no other schema can be. Whether there was one is returned.
CREATE OR REPLACE FUNCTION oms_admin.drop_staging_schema(schema_name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    role_name text := 'retailer_' || schema_name;
    existed boolean;
BEGIN
    IF schema_name !~ '^[a-z][a-z0-9_]{{0,47}}$' OR right(schema_name, 9) <> '{staging}' THEN
        RAISE EXCEPTION 'not a staging clone''s schema: %', schema_name;
    END IF;
    SELECT count(*) > 0 INTO existed FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
    WHERE n.nspname = schema_name AND r.rolname = 'oms_vault';
    IF existed THEN
        EXECUTE format('DROP SCHEMA %I CASCADE', schema_name);
    END IF;
    IF oms_admin.holds_role(role_name) THEN
        BEGIN
            EXECUTE format('DROP ROLE %I', role_name);
        EXCEPTION WHEN dependent_objects_still_exist THEN
            NULL;  -- another database of this server has a schema of this name
        END;
    END IF;
    RETURN existed;
END $body$;
REVOKE ALL ON FUNCTION oms_admin.drop_staging_schema(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oms_admin.drop_staging_schema(text) TO oms_owner;
"""
