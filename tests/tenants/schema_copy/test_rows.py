"""Rows of a copy: all of them, in an order that foreign keys allow, with the sequences behind them."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest
from psycopg import sql

from tenants.schema_copy import (
    ForeignKeyCycleError,
    NotATableError,
    RowsNotCopiedError,
    SchemaCopyError,
    copy_rows,
)
from tests.tenants.schema_copy.schemas import Connection, copied, written_out

SHOP = """
    CREATE TYPE status AS ENUM ('new', 'done');
    CREATE TYPE place AS (street text, status status);
    CREATE DOMAIN amount AS numeric CHECK (VALUE > 0);
    CREATE SEQUENCE numbers;
    CREATE TABLE "Lines" (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, dropped text, "order" bigint NOT NULL,
        status status NOT NULL, past status[], place place, price amount, prices amount[],
        twice numeric GENERATED ALWAYS AS (price * 2) STORED
    );
    ALTER TABLE "Lines" DROP COLUMN dropped;
    CREATE TABLE orders (
        id serial PRIMARY KEY, number bigint DEFAULT nextval('numbers'), parent integer REFERENCES orders
    );
    ALTER TABLE "Lines" ADD FOREIGN KEY ("order") REFERENCES orders;
    CREATE TABLE days (day date NOT NULL) PARTITION BY RANGE (day);
    CREATE TABLE day_1 PARTITION OF days DEFAULT;
    CREATE TABLE no_columns ();
    CREATE VIEW all_orders AS SELECT * FROM orders;
"""


def test_rows_are_copied_with_positions_of_sequences(connection: Connection) -> None:
    # Given rows of every kind of column, in tables that refer to each other
    copied(
        connection,
        SHOP,
        """
        INSERT INTO orders (id, parent) VALUES (7, NULL), (3, 7), (9, 3);
        SELECT nextval('orders_id_seq'), nextval('numbers');
        INSERT INTO "Lines" ("order", status, past, place, price, prices)
            VALUES (3, 'done', '{new,done}', ROW('Main "St", 1', 'new'), 2.50, '{1,2}'),
                (9, 'new', NULL, NULL, NULL, NULL);
        INSERT INTO days VALUES ('2020-01-01'), ('2021-01-01');
        INSERT INTO no_columns DEFAULT VALUES;
        """,
    )
    # When they are copied, the referring table named first
    tables = ["Lines", "orders", "days", "no_columns"]
    counts = copy_rows(connection, source="acme", target="globex", tables=tables)
    # Then every row is there as it was
    assert counts == {"Lines": 2, "orders": 3, "days": 2, "no_columns": 1}
    for table in tables:
        rows = [
            connection.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(schema, table)))
            for schema in ("globex", "acme")
        ]
        assert rows[0].fetchall() == rows[1].fetchall()
    # And what the sequences give next is what the source's would
    for name in ('"Lines_id_seq"', "orders_id_seq", "numbers"):
        ahead = [connection.execute(f"SELECT nextval('{schema}.{name}')".encode()) for schema in ("globex", "acme")]
        assert ahead[0].fetchone() == ahead[1].fetchone()


def test_copies_of_rows_obey_deferrable_keys_at_the_end(connection: Connection) -> None:
    # Given two tables that refer to each other, one way deferrable but checked at once
    script = """
        CREATE TABLE a (id integer PRIMARY KEY, b integer);
        CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a DEFERRABLE);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
    """
    copied(connection, script, "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1")
    # When both are copied, then both arrive
    assert copy_rows(connection, source="acme", target="globex", tables=["a", "b"]) == {"a": 1, "b": 1}
    # And the key is checked at once again
    with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
        connection.execute("INSERT INTO globex.b VALUES (2, 2)")


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        (["orders", "nothing"], NotATableError, "nothing is not a table of both schemas"),
        (["all_orders"], NotATableError, "all_orders is not a table of both schemas"),
        (["days", "day_1"], NotATableError, "day_1 is not .* or is a partition of a table that is copied too"),
        (
            ["Lines"],
            RowsNotCopiedError,
            'rows of table Lines were not copied: .* violates foreign key constraint "Lines_',
        ),
        (["x", "y"], ForeignKeyCycleError, "between x, y: make one DEFERRABLE"),
    ],
)
def test_rows_that_cannot_be_copied_are_refused_by_name(
    connection: Connection, tables: list[str], error: type[SchemaCopyError], message: str
) -> None:
    # Given rows, some of which cannot stand alone
    cycle = """
        CREATE TABLE x (id integer PRIMARY KEY); CREATE TABLE y (id integer PRIMARY KEY REFERENCES x);
        ALTER TABLE x ADD y integer REFERENCES y;
    """
    copied(connection, SHOP + cycle, "INSERT INTO orders VALUES (1); INSERT INTO \"Lines\" VALUES (DEFAULT, 1, 'new')")
    # When they are copied, then the table is named, and none has arrived
    with pytest.raises(error, match=message):
        copy_rows(connection, source="acme", target="globex", tables=tables)
    assert connection.execute("SELECT count(*) FROM globex.orders").fetchone() == (0,)


def test_rows_that_row_security_hides_are_not_silently_left_out(
    connection: Connection, roles: Mapping[str, str]
) -> None:
    # Given a table of which the working role sees nothing
    script = "CREATE TABLE t (id integer); ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT ALL ON t TO @reader"
    copied(connection, written_out(script, connection, "", roles), "INSERT INTO t VALUES (1)")
    script = "GRANT USAGE ON SCHEMA acme, globex TO @reader; SET LOCAL ROLE @reader"
    connection.execute(written_out(script, connection, "", roles).encode())
    # When it copies, then it is told so
    with pytest.raises(RowsNotCopiedError, match="row-level security"):
        copy_rows(connection, source="acme", target="globex", tables=["t"])
