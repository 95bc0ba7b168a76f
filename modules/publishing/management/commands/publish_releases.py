"""Publish the sealed releases of this installation."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction

from modules import registry
from modules.publishing.services import SealBroken, release_seal, releases_publish, require_intact


class Command(BaseCommand):
    """Writes only the catalogue: no retailer's profile changes by it."""

    requires_system_checks: list[str] = []
    help = "Publish sealed releases into the catalogue; --check only compares folders with their seals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Compare folders with their seals; no database.")
        parser.add_argument("--seal", action="store_true", help="First seal the releases that have no seal yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [item for module in registry.module_names() for item in registry.releases_of(module)]
        try:
            if options["seal"]:
                for item in found:
                    if item.sealed is None:
                        release_seal(item.folder)
                        self.stdout.write(f"sealed {item.release.module} {item.release.version}")
            for item in found:
                require_intact(item, None)
            if options["check"]:
                self.stdout.write(f"{len(found)} releases are as they were sealed")
                return
            connections["deploy"].set_schema_to_public()  # type: ignore[attr-defined]
            with transaction.atomic(using="deploy"):
                for name in releases_publish(using="deploy"):
                    self.stdout.write(f"published {name}")
        except SealBroken as fault:
            raise CommandError(str(fault)) from fault
