"""Bring the platform's schema, the template and every retailer's schema to the newest migration."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.migration_executors import get_executor

from oms.infra.database.identity import PUBLIC_SCHEMA, TEMPLATE_SCHEMA
from tenants.models import Retailer


class Command(MigrateSchemasCommand):
    """Each schema records its own migrations, so a run that was cut short goes on where it stopped.

    ``--executor=multiprocessing`` works on several schemas at once (TENANT_MULTIPROCESSING_MAX_PROCESSES).
    """

    def handle(self, *args: Any, **options: Any) -> None:
        super(MigrateSchemasCommand, self).handle(*args, **options)
        options["database"] = "deploy"
        self.options["database"] = "deploy"
        executor = get_executor(codename=self.executor)(self.args, self.options)
        if self.schema_name:
            executor.run_migrations(tenants=[self.schema_name])
            return
        if self.sync_public:
            executor.run_migrations(tenants=[PUBLIC_SCHEMA])
        if self.sync_tenant:
            executor.run_migrations(tenants=self._schemas())

    def _schemas(self) -> list[str]:
        connection = connections["deploy"]
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [TEMPLATE_SCHEMA])
            template = [TEMPLATE_SCHEMA] if cursor.fetchone() else []
        names = Retailer.objects.using("deploy").values_list("schema_name", flat=True)
        return [*template, *names.order_by("schema_name")]
