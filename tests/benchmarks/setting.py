"""The retailer that is measured, and the programs that measure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from oms.infra.database.identity import retailer_role

SCHEMA = "bench"
ROOT = Path(__file__).resolve().parents[2]


def prepare() -> None:
    """An empty retailer with a dozen locations, made anew."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    address = settings.ADDRESS
    connections.close_all()
    with psycopg.connect(address.with_database("postgres").url, autocommit=True) as administrator:
        administrator.execute(f'DROP DATABASE IF EXISTS "{address.database}" WITH (FORCE)')
    call_command("setup_database", verbosity=0)
    call_command("migrate_schemas", schema_name="public", verbosity=0)
    call_command("publish_releases", verbosity=0)
    retailer_make(SCHEMA)


def retailer_make(schema: str) -> float:
    """Provision a retailer and begin its profile; return the seconds that provisioning took."""
    seconds = bare_retailer_make(schema)
    with retailer_context(schema):
        profile_begin(author="benchmark", adopt={"order_routing": "1.0.0"})  # nearest location with stock
    return seconds


def bare_retailer_make(schema: str) -> float:
    """Provision a retailer without a profile; return the seconds that it took."""
    from fulfilment.locations.models import Location
    from oms.web.demo.content import DEMO_RETAILERS
    from tenants.provisioning import retailer_provision, template_provision

    template_provision()
    started = time.perf_counter()
    retailer_provision(schema=schema, name=schema.title(), domain=f"{schema}.localhost", time_zone="Europe/London")
    seconds = time.perf_counter() - started
    demo = DEMO_RETAILERS[0]
    with retailer_context(schema):
        Location.objects.bulk_create(
            Location(
                code=town.code, name=town.name, city=town.name, country=demo.country, latitude=town.latitude,
                longitude=town.longitude, time_zone=demo.time_zone,
            )
            for town in (*demo.centres, *demo.stores)
        )  # fmt: skip
    return seconds


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: its last line as JSON, its wall seconds, its peak memory in MiB."""

    result: dict[str, Any]
    seconds: float
    peak_mib: float


def run_command(*argv: str) -> Finished:
    """Run ``manage.py`` in a process of its own."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *argv, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"manage.py {' '.join(argv)} ended with {process.returncode}"
        raise RuntimeError(message)
    return Finished(json.loads(output.splitlines()[-1]), time.perf_counter() - started, usage.ru_maxrss / 1024)


def administrator() -> psycopg.Connection[tuple[Any, ...]]:
    """A connection as the server's administrator, for the hand-written side of a comparison."""
    return psycopg.connect(settings.ADDRESS.url, autocommit=True)


def pgbench(script: str, *, clients: int, seconds: int) -> float:
    """Transactions a second of a hand-written script, with the retailer's role, prepared statements on."""
    from oms.infra.postgres import EmbeddedServer

    path = Path(settings.DATA_FOLDER) / "bench.sql"
    path.write_text(
        f"BEGIN;\nSET LOCAL search_path = {SCHEMA}, public;\nSET LOCAL ROLE {retailer_role(SCHEMA)};\n"
        f"{script}\nCOMMIT;\n"
    )
    own = settings.DATABASES["default"]
    output = subprocess.run(
        [
            EmbeddedServer.binary("pgbench"), "-n", "-M", "prepared", "-f", str(path), "-c", str(clients), "-j", "2",
            "-T", str(seconds), "-h", own["HOST"], *(("-p", own["PORT"]) if own["PORT"] else ()), "-U", own["USER"],
            own["NAME"],
        ],
        check=True, capture_output=True, text=True, env={**os.environ, "PGPASSWORD": own["PASSWORD"]},
    ).stdout  # fmt: skip
    line = next(line for line in output.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])
