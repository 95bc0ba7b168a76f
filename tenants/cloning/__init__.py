"""Staging clones: a copy of a retailer's schema in which nothing leaves the house."""

from __future__ import annotations

from tenants.cloning.errors import CannotClone, CloneBusy, NoClone, UndeclaredTable
from tenants.cloning.selectors import CloneStatus, clones_of
from tenants.cloning.services import (
    CloneFor,
    CloneReport,
    staging_clone,
    staging_drop,
    staging_expire,
    staging_request,
    staging_schema,
)

__all__ = [
    "CannotClone",
    "CloneBusy",
    "CloneFor",
    "CloneReport",
    "CloneStatus",
    "NoClone",
    "UndeclaredTable",
    "clones_of",
    "staging_clone",
    "staging_drop",
    "staging_expire",
    "staging_request",
    "staging_schema",
]
