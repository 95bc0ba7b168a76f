"""Host names to retailers, remembered for a short while in each process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from oms.infra.database.context import registry_context
from tenants.models import Domain, Environment, Retailer

#: A changed host name is served as before for at most this long.
REMEMBERED_SECONDS = 15.0
#: A host name that nobody had may be a clone's a moment later.
_UNKNOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ServedRetailer:
    """What a request needs to know of the retailer that it is for."""

    schema: str
    name: str
    time_zone: str
    environment: Environment
    made_at: datetime
    #: When a staging clone may be dropped; None in production.
    expires_at: datetime | None
    #: What a staging clone is for, and the path of its source's page that leads to it; empty where it has none.
    purpose: str = ""
    asked_from: str = ""


_lock = threading.Lock()
_remembered: dict[str, tuple[float, ServedRetailer | None]] = {}
_zones: dict[str, tuple[float, ZoneInfo]] = {}


def retailer_for_host(host: str) -> ServedRetailer | None:
    """The retailer served at a host name (without port), or None."""
    now = time.monotonic()
    found = _remembered.get(host)
    if found and found[0] > now:
        return found[1]
    retailer = _read(host)
    with _lock:
        if len(_remembered) > 10_000:  # unknown names in forged Host headers must not fill memory
            _remembered.clear()
        _remembered[host] = (now + (REMEMBERED_SECONDS if retailer else _UNKNOWN_SECONDS), retailer)
    return retailer


def forget(host: str | None = None) -> None:
    """Read the registry anew at the next request, for one host name or for all."""
    with _lock:
        if host is None:
            _remembered.clear()
            _zones.clear()
        else:
            _remembered.pop(host, None)


def _read(host: str) -> ServedRetailer | None:
    with registry_context():
        row = (
            Domain.objects.filter(domain=host)
            .values_list(
                "tenant__schema_name", "tenant__name", "tenant__time_zone", "tenant__environment",
                "tenant__created_at", "tenant__expires_at", "tenant__purpose", "tenant__asked_from",
            )
            .first()
        )  # fmt: skip
    return ServedRetailer(row[0], row[1], row[2], Environment(row[3]), *row[4:]) if row else None


def time_zone_of(schema: str) -> ZoneInfo:
    """Zone in which a retailer's times are shown, for work that no host name leads to; UTC where it is unknown."""
    now = time.monotonic()
    found = _zones.get(schema)
    if found and found[0] > now:
        return found[1]
    with registry_context():
        name = Retailer.objects.filter(schema_name=schema).values_list("time_zone", flat=True).first()
    zone = ZoneInfo(name or "UTC")
    with _lock:
        _zones[schema] = (now + REMEMBERED_SECONDS, zone)
    return zone


def retailer_schemas() -> list[str]:
    """The schema of every retailer and of every staging clone."""
    with registry_context():
        return list(Retailer.objects.values_list("schema_name", flat=True))


def name_of(schema: str) -> str:
    """What people call a retailer, for work that no host name leads to; its schema where it is unknown."""
    with registry_context():
        name = Retailer.objects.filter(schema_name=schema).values_list("name", flat=True).first()
    return name or schema
