"""A whole order file: imported, allocated, shipped, verified; beside a COPY of the rows that it became."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from oms.infra.database.identity import TEMPLATE_SCHEMA
from tenants.schema_copy import copy_structure
from tests.benchmarks.figures import Figure
from tests.benchmarks.setting import SCHEMA, administrator, run_command

_TABLES = (
    "catalogue_product", "orders_customer", "orders_channel", "locations_location", "orders_order",
    "orders_orderline", "orders_ordercharge", "orders_linecancellation", "returns_blindreturn",
    "inventory_stockadjustment", "inventory_stocklevel", "inventory_stockmovement", "requests_fulfilmentrequest",
    "requests_fulfilmentrequestline", "requests_shipment", "requests_shipmentline", "routing_backorder",
    "importing_importedline", "infra_event",
)  # fmt: skip


def imports() -> Iterator[Figure]:
    """Figures of the import; without the real file there is nothing to measure."""
    file = Path(os.environ["OMS_SHARED_DATA"]) / "orders_uci" / "online_retail_2010_2011.csv.gz"
    if not file.exists():
        yield Figure("skipped: no real order file (OMS_SHARED_DATA)", 0, "")
        return
    name = ("--retailer", SCHEMA)
    first = run_command("import_orders", str(file), *name, "--format", "uci-online-retail")
    lines = first.result["lines"]
    yield Figure("import", first.seconds, "s", f"{lines / first.seconds:,.0f} lines/s")
    yield Figure("peak memory of the import", first.peak_mib, "MiB", "target 500 MiB")
    fulfil = run_command("fulfil", *name)
    yield Figure("routing alone", fulfil.result["routing_seconds"], "s")
    yield Figure("opening stock, routing, picking, shipping", fulfil.seconds, "s", f"{fulfil.peak_mib:.0f} MiB at most")
    verify = run_command("verify", *name)
    yield Figure("verify", verify.seconds, "s", f"{len(verify.result['violations'])} violations")
    allocated = first.seconds + fulfil.result["routing_seconds"] + verify.seconds
    yield Figure("imported, allocated and verified", allocated, "s", f"{lines / allocated:,.0f} lines/s; target 120 s")
    total = first.seconds + fulfil.seconds + verify.seconds
    yield Figure("… and picked, packed and shipped", total, "s", f"{lines / total:,.0f} lines/s")
    again = run_command("import_orders", str(file), *name, "--format", "uci-online-retail")
    yield Figure("the same file again", again.seconds, "s", f"{again.result['new_lines']} new lines")
    rows, seconds = _copy_the_same_rows()
    yield Figure("COPY of the same rows", seconds, "s", f"{rows:,} rows")
    yield Figure("ratio: the product / COPY of the same rows", (first.seconds + fulfil.seconds) / seconds, "×")


def _copy_the_same_rows() -> tuple[int, float]:
    """Every row that the import and the fulfilment wrote, by COPY into tables of the same structure."""
    rows, seconds = 0, 0.0
    with administrator() as connection:
        connection.execute("DROP SCHEMA IF EXISTS copied CASCADE")
        connection.execute("CREATE SCHEMA copied")
        with connection.transaction():
            copy_structure(connection, source=TEMPLATE_SCHEMA, target="copied", roles={})
        with connection.transaction():
            for table in _TABLES:
                columns = _columns(connection, table)
                with connection.cursor() as cursor:
                    with cursor.copy(f"COPY {SCHEMA}.{table} ({columns}) TO STDOUT (FORMAT binary)") as source:
                        content = b"".join(bytes(part) for part in source)
                    started = time.perf_counter()
                    with cursor.copy(f"COPY copied.{table} ({columns}) FROM STDIN (FORMAT binary)") as target:
                        target.write(content)
                    seconds += time.perf_counter() - started
                    rows += cursor.rowcount
            started = time.perf_counter()
        seconds += time.perf_counter() - started  # the commit checks the deferred foreign keys
        connection.execute("DROP SCHEMA copied CASCADE")
    return rows, seconds


def _columns(connection: object, table: str) -> str:
    found = connection.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [f"{SCHEMA}.{table}"],
    ).fetchone()
    return str(found[0])
