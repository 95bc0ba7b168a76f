"""Migrations and provisioning: logs in as ``oms_deploy``, works as ``oms_owner``, picks a schema at a time."""

from __future__ import annotations

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper


class DatabaseWrapper(TenantsWrapper):
    """django-tenants' engine as it is; the role comes from ``OPTIONS["assume_role"]``."""
