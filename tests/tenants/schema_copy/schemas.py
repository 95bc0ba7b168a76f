"""Schemas made from scripts, and their dumps made comparable."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

import psycopg
from psycopg import sql

from oms.infra.postgres import EmbeddedServer
from tenants.schema_copy import copy_structure

Connection = psycopg.Connection[tuple[object, ...]]


def normalised_dump(dump: str, schema: str) -> str:
    """A dump of one schema in which its name is a placeholder, without comments, settings and empty lines."""
    name = rf'(?:"{re.escape(schema)}"|{re.escape(schema)})'
    dump = re.sub(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*|)\n", "", dump, flags=re.M)
    dump = re.sub(rf'(?<![\w".]){name}(?=\s*\.(?!com\b))', "<schema>", dump)  # orders@acme.com is an address
    dump = re.sub(rf"(?<=\bSCHEMA ){name}(?!\w)", "<schema>", dump)
    return re.sub(rf"(?<= SET search_path TO )'{re.escape(schema)}'", "'<schema>'", dump)


def dumped(url: str, schema: str, retailer: str) -> str:
    pattern = '"' + schema.replace('"', '""') + '"'
    command = [EmbeddedServer.binary("pg_dump"), "--schema-only", "--schema", pattern, "--dbname", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return normalised_dump(done.stdout, schema).replace(retailer, "<retailer>")


def written_out(script: str, connection: Connection, schema: str, roles: Mapping[str, str]) -> str:
    values = {"schema": schema, **{key: roles[key] for key in ("owner", "vault", "reader", "retailer")}}
    for key, value in values.items():
        row = connection.execute("SELECT quote_ident(%s)", [value]).fetchone()
        script = script.replace(f"@{key}", str(row[0] if row else ""))
    return script


def create(connection: Connection, schema: str, script: str = "") -> None:
    """Make a schema, with the objects of a script in it."""
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    connection.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(schema)))
    if script:
        connection.execute(script.encode())
    connection.execute("SET LOCAL search_path = public")


def copied(connection: Connection, script: str, rows: str) -> None:
    """The schema acme with rows, and globex with the same structure and none."""
    create(connection, "acme", script)
    create(connection, "globex")
    copy_structure(connection, source="acme", target="globex")
    connection.execute("SET LOCAL search_path = acme")
    connection.execute(rows.encode())
    connection.execute("SET LOCAL search_path = public")
