"""Making and removing staging clones, as the deploying role; no web process can do it, but it may ask a job to.

A clone is made in one transaction that reads production in one snapshot: production's writers are not blocked, a
failure leaves nothing behind, and the clone that was there before stays until the new one is whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import psycopg
from django.db import OperationalError, connections, transaction
from django.utils import timezone
from psycopg import errors

from oms.infra.database.context import served_schema
from oms.infra.database.identity import STAGING_SUFFIX, is_staging, retailer_role
from oms.infra.queue import enqueue
from tenants.cloning.errors import CannotClone, CloneBusy, NoClone
from tenants.cloning.itinerary import Itinerary, itinerary, settlements
from tenants.models import Domain, Environment, Retailer
from tenants.schema_copy import begin_copy, copy_rows, finish_copy
from tenants.schema_copy.session import Statement, replay, working_settings
from tenants.structure import try_to_hold_structure

DEPLOY = "deploy"
#: Enough to click through, and few enough for a clone to be made while somebody waits.
NEWEST_ORDERS = 2_000
DAYS = 14
_LABEL = re.compile(r"([a-z][a-z0-9]{0,11})?")

_Connection = psycopg.Connection[tuple[object, ...]]

#: Told which part of the work begins.
OnPhase = Callable[[str], None]
PHASES = ("structure", "rows", "keys and indexes", "guards", "done")

#: Nobody waits long for a lock of ours, nor we for theirs: somebody may be working in the clone to be replaced.
_PATIENCE = "10s"
#: New indexes are logged page by page; compressing the pages costs more than writing them. Where it is allowed.
_WITHOUT_WAL_COMPRESSION = """
SELECT set_config('wal_compression', 'off', true) WHERE has_parameter_privilege('wal_compression', 'SET')"""
#: What the server refuses now and may allow later.
_PASSING = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


@dataclass(frozen=True, slots=True)
class CloneFor:
    """What a clone is for: its ``label``, words for its pages, and the page of its source that leads to it.

    The retailer's general clone has none of them.
    """

    label: str = ""
    purpose: str = ""
    asked_from: str = ""


@dataclass(frozen=True, slots=True)
class CloneReport:
    """A clone that was made: ``rows`` of each table, and how long it took."""

    source: str
    schema: str
    domain: str
    full: bool
    rows: dict[str, int]
    expires_at: datetime
    seconds: float


def staging_schema(source: str, label: str = "") -> str:
    """Schema of a retailer's clone. Raises :class:`CannotClone` where it would be too long, or no clone's.

    A retailer has one clone without a ``label``, and one for each label (lower-case letters and digits).
    """
    if not _LABEL.fullmatch(label):
        message = f"{label!r} cannot be the label of a clone: use lower-case letters and digits, 12 at most"
        raise CannotClone(message)
    ending = f"__{label}{STAGING_SUFFIX}" if label else STAGING_SUFFIX
    if is_staging(source):
        message = f"{source} is a staging clone itself: clone the production retailer anew instead"
        raise CannotClone(message)
    longest = 48 - len(ending)
    if len(source) > longest:
        message = (
            f"the schema of {source}'s clone would be longer than 48 characters: "
            f"a retailer with a schema of more than {longest} characters cannot be cloned"
        )
        raise CannotClone(message)
    return source + ending


def staging_clone(
    *,
    source: str,
    orders: int = NEWEST_ORDERS,
    full: bool = False,
    days: int = DAYS,
    made_for: CloneFor = CloneFor(),
    on_phase: OnPhase = lambda phase: None,
) -> CloneReport:
    """Clone a production retailer with its newest ``orders``, or all of it; a clone of the same label is replaced.

    It may be dropped after ``days``. Raises :class:`CannotClone`, and :class:`CloneBusy` where trying again may do.
    """
    target = staging_schema(source, made_for.label)
    began = time.monotonic()
    with _deploying() as connection:
        _take_turns(connection, source)
        retailer, domain = _production(source, target, made_for.label)
        _remove(connection, target)
        on_phase("structure")
        connection.execute("SELECT oms_admin.create_retailer_schema(%s)", [target])
        journey = itinerary(connection, source=source, newest=orders, full=full)
        rows = _copy(connection, journey, target, on_phase)
        on_phase("guards")
        connection.execute("SELECT oms_admin.vault_profile(%s)", [target])
        clone = _register(retailer, target, domain, timezone.now() + timedelta(days=days), made_for)
        on_phase("done")
    assert clone.expires_at is not None
    return CloneReport(source, target, domain, full, rows, clone.expires_at, time.monotonic() - began)


def staging_drop(*, source: str, label: str = "") -> None:
    """Drop a retailer's clone, or what is left of one.

    Raises :class:`NoClone`, :class:`CloneBusy`, and :class:`CannotClone` where the clone is another retailer's.
    """
    target = staging_schema(source, label)
    with _deploying() as connection:
        _take_turns(connection, source)
        _refuse_others(source, target)
        if not _remove(connection, target):
            raise NoClone(source)


def staging_expire() -> list[str]:
    """Drop every clone whose time has come; return their schemas. One that is in use is left to the next run."""
    connections[DEPLOY].set_schema_to_public()  # type: ignore[attr-defined]
    due = Retailer.objects.using(DEPLOY).filter(environment=Environment.STAGING, expires_at__lte=timezone.now())
    dropped = []
    for schema, source in due.order_by("expires_at").values_list("schema_name", "source__schema_name"):
        try:
            staging_drop(source=source, label=label_of(source, schema))
        except (CloneBusy, NoClone):
            continue
        dropped.append(schema)
    return dropped


def label_of(source: str, schema: str) -> str:
    """The label of a retailer's clone, by its schema; empty for the general one."""
    return schema.removeprefix(source).removesuffix(STAGING_SUFFIX).removeprefix("__")


def staging_request(*, orders: int = NEWEST_ORDERS, full: bool = False) -> int | None:
    """Ask for a clone of the retailer that is being served; a worker makes it. None where one is asked for already.

    Raises :class:`CannotClone`.
    """
    staging_schema(served_schema())
    return enqueue("tenants.jobs.clone", lock="clone", queueing_lock="clone", orders=orders, full=full)


@contextmanager
def _deploying() -> Iterator[_Connection]:
    """One transaction of the deploying role that reads one snapshot."""
    wrapper = connections[DEPLOY]
    wrapper.set_schema_to_public()  # type: ignore[attr-defined]
    try:
        with transaction.atomic(using=DEPLOY, durable=True), wrapper.cursor() as cursor:
            connection = cast("_Connection", cursor.connection)
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            connection.execute(_WITHOUT_WAL_COMPRESSION)
            yield connection
    except (psycopg.OperationalError, OperationalError) as refused:
        if not isinstance(refused, _PASSING) and not isinstance(refused.__cause__, _PASSING):
            raise
        message = f"somebody is working in the clone, or tables are being changed: try again later ({refused})"
        raise CloneBusy(message) from refused


def _take_turns(connection: _Connection, source: str) -> None:
    """Without waiting: what was waited for would not be in the snapshot."""
    if not try_to_hold_structure(connection, source):
        message = f"a clone of {source} is being made or dropped already"
        raise CloneBusy(message)


def _refuse_others(source: str, target: str) -> None:
    """acme__u1 without a label and acme with the label u1 would have a clone of the same schema."""
    others = Retailer.objects.using(DEPLOY).filter(schema_name=target).exclude(source__schema_name=source).first()
    if others:
        message = f"the schema {target} is that of {others.name} already"
        raise CannotClone(message)


def _production(source: str, target: str, label: str) -> tuple[Retailer, str]:
    """The retailer, and the host name of its clone."""
    _refuse_others(source, target)
    retailer = Retailer.objects.using(DEPLOY).filter(schema_name=source, environment=Environment.PRODUCTION).first()
    if retailer is None:
        message = f"there is no production retailer with schema {source}"
        raise CannotClone(message)
    primary = Domain.objects.using(DEPLOY).filter(tenant=retailer, is_primary=True).first()
    if primary is None:
        message = f"{source} has no primary domain, so its clone would have no address"
        raise CannotClone(message)
    # The host names of a retailer's clones all begin with one label more than its own: links back rely on it.
    domain = f"staging-{label}.{primary.domain}" if label else f"staging.{primary.domain}"
    taken = Domain.objects.using(DEPLOY).filter(domain=domain).exclude(tenant__schema_name=target).first()
    if taken:
        message = f"{domain} serves another retailer already"
        raise CannotClone(message)
    return retailer, domain


def _remove(connection: _Connection, target: str) -> bool:
    """Registry rows, waiting jobs, schema and role; whether there was anything."""
    rows = Retailer.objects.using(DEPLOY).filter(schema_name=target, environment=Environment.STAGING)
    found, _ = rows.delete()
    connection.execute(
        "DELETE FROM public.procrastinate_jobs WHERE status = 'todo' AND args ->> 'schema' = %s", [target]
    )
    row = connection.execute("SELECT oms_admin.drop_staging_schema(%s)", [target]).fetchone()
    return bool(found or (row and row[0]))


def _copy(connection: _Connection, journey: Itinerary, target: str, on_phase: OnPhase) -> dict[str, int]:
    """Tables, rows, and only then what would refuse rows, change them or check them one by one."""
    # What belongs to the vault is made as the owner of ordinary tables, then given to the vault.
    roles = {retailer_role(journey.source): retailer_role(target), "oms_vault": "oms_owner"}
    begun = begin_copy(connection, source=journey.source, target=target, roles=roles)
    on_phase("rows")
    rows = copy_rows(
        connection, source=journey.source, target=target, tables=list(journey.rules), only=journey.conditions()
    )
    if not journey.full:
        with working_settings(connection):
            replay(connection, target, [Statement("settlement", text) for text in settlements()])
    on_phase("keys and indexes")
    finish_copy(connection, begun)
    return rows


def _register(source: Retailer, target: str, domain: str, expires_at: datetime, made_for: CloneFor) -> Retailer:
    clone = Retailer(
        schema_name=target, name=f"{source.name} ({'preview' if made_for.purpose else 'staging'})",
        environment=Environment.STAGING, source=source, time_zone=source.time_zone, expires_at=expires_at,
        purpose=made_for.purpose, asked_from=made_for.asked_from,
    )  # fmt: skip
    # bulk_create passes by django-tenants' save(), which would look at another connection's schema.
    Retailer.objects.using(DEPLOY).bulk_create([clone])
    Domain.objects.using(DEPLOY).bulk_create([Domain(domain=domain, tenant=clone, is_primary=True)])
    return clone
