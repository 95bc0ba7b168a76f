"""Migrations and provisioning: logs in as ``oms_deploy``, works as ``oms_owner``, one schema at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import ProgrammingError
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper
from psycopg import errors


class ProfileLocked(ProgrammingError):
    """A migration tried to write what belongs to a retailer."""


class DatabaseWrapper(TenantsWrapper):
    """django-tenants' engine; the role comes from ``OPTIONS["assume_role"]``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(_name_the_lock)


def _name_the_lock(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Say why the server refused: the bare "permission denied" sends people looking for a missing grant."""
    try:
        return execute(sql, params, many, context)
    except ProgrammingError as refused:
        cause = refused.__cause__
        if isinstance(cause, errors.InsufficientPrivilege) and " modules_" in str(cause):
            message = f"profile-locked: a deployment may not write a retailer's profile ({cause})"
            raise ProfileLocked(message) from cause
        raise
