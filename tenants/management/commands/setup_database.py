"""Create or repair the database, its roles and their grants."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tenants.roles import CannotSetUp, SetUp, set_up


class Command(BaseCommand):
    """Run once for each server, as an account that may create roles; safe to run again."""

    help = "Create or repair the database, its roles and their grants (idempotent)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--maintenance-database", default="postgres")

    def handle(self, *args: Any, **options: Any) -> None:
        address = settings.ADDRESS
        wanted = SetUp(
            admin_url=address.url,
            maintenance_url=address.with_database(options["maintenance_database"]).url,
            database=address.database,
            passwords=address.passwords,
            guarded=[
                (Path(app.path) / "guarded.sql").read_text()
                for app in apps.get_app_configs()
                if (Path(app.path) / "guarded.sql").exists()
            ],
        )
        try:
            set_up(wanted)
        except (CannotSetUp, psycopg.Error) as fault:
            raise CommandError(str(fault)) from fault
        if options["verbosity"]:
            self.stdout.write(f"database {address.database} is set up")
