"""Provisioning runs as the deploying role; no web process can do it."""

from __future__ import annotations

from typing import cast

import psycopg
from django.core.management import call_command
from django.db import connections, transaction
from psycopg import sql

from oms.infra.database.identity import (
    STAGING_SUFFIX,
    TEMPLATE_SCHEMA,
    BadSchemaName,
    check_schema_name,
    is_staging,
    retailer_role,
)
from tenants.models import Domain, Retailer
from tenants.schema_copy import copy_rows, copy_structure
from tenants.structure import hold_structure_shared

DEPLOY = "deploy"

#: Rows of the template that belong to the structure: which migrations it has had, what the models are.
_STRUCTURAL_ROWS = ("django_migrations", "django_content_type", "auth_permission")


class AlreadyProvisioned(ValueError):
    """The schema or the host name is taken."""


def template_provision() -> None:
    """Create the template schema and bring it to the newest migration. Idempotent."""
    connection = connections[DEPLOY]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [TEMPLATE_SCHEMA])
        if cursor.fetchone() is None:
            cursor.execute("SELECT oms_admin.create_retailer_schema(%s)", [TEMPLATE_SCHEMA])
            _grant_on_future_tables(cursor.connection, TEMPLATE_SCHEMA)
    call_command("migrate_schemas", schema_name=TEMPLATE_SCHEMA, database=DEPLOY, verbosity=0)


def retailer_provision(*, schema: str, name: str, domain: str, time_zone: str = "UTC") -> Retailer:
    """Make a retailer from the template: schema, role, grants, registry rows, in one transaction.

    Raises :class:`AlreadyProvisioned`, :class:`~oms.infra.database.identity.BadSchemaName`.
    """
    check_schema_name(schema)
    if is_staging(schema):
        message = f"{schema!r} would be taken for a staging clone: only clones end with {STAGING_SUFFIX}"
        raise BadSchemaName(message)
    connections[DEPLOY].set_schema_to_public()  # type: ignore[attr-defined]
    with transaction.atomic(using=DEPLOY):
        if Retailer.objects.using(DEPLOY).filter(schema_name=schema).exists():
            message = f"there is a retailer with schema {schema} already"
            raise AlreadyProvisioned(message)
        if Domain.objects.using(DEPLOY).filter(domain=domain).exists():
            message = f"{domain} serves another retailer already"
            raise AlreadyProvisioned(message)
        _make_schema(schema)
        retailer = Retailer(schema_name=schema, name=name, time_zone=time_zone)
        # bulk_create passes by django-tenants' save(), which would look at another connection's schema.
        Retailer.objects.using(DEPLOY).bulk_create([retailer])
        Domain.objects.using(DEPLOY).bulk_create([Domain(domain=domain, tenant=retailer, is_primary=True)])
    return retailer


def _make_schema(schema: str) -> None:
    with connections[DEPLOY].cursor() as cursor:
        raw = cast("psycopg.Connection[tuple[object, ...]]", cursor.connection)
        cursor.execute("SELECT oms_admin.create_retailer_schema(%s)", [schema])
        _grant_on_future_tables(raw, schema)
        # What belongs to the vault is made as the owner of ordinary tables, then given to the vault.
        hold_structure_shared(raw, TEMPLATE_SCHEMA)
        roles = {retailer_role(TEMPLATE_SCHEMA): retailer_role(schema), "oms_vault": "oms_owner"}
        copy_structure(raw, source=TEMPLATE_SCHEMA, target=schema, roles=roles)
        cursor.execute("SELECT oms_admin.vault_profile(%s)", [schema])
        copy_rows(raw, source=TEMPLATE_SCHEMA, target=schema, tables=_STRUCTURAL_ROWS)


def _grant_on_future_tables(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> None:
    """Tables that migrations will make in the schema are the retailer's to work with, sequences too."""
    for privileges, kind in (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
        ("USAGE, SELECT, UPDATE", "SEQUENCES"),
        ("EXECUTE", "FUNCTIONS"),
    ):
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE oms_owner IN SCHEMA {} GRANT {} ON {} TO {}").format(
                sql.Identifier(schema),
                sql.SQL(privileges),
                sql.SQL(kind),
                sql.Identifier(retailer_role(schema)),
            )
        )
