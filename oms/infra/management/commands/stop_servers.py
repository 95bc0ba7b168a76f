"""Stop the embedded servers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from oms.infra.postgres import EmbeddedServer


class Command(BaseCommand):
    """Committed work is kept; the next command starts the server again."""

    help = "Stop the embedded PostgreSQL servers of this folder."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("postgres", "postgres-test"):
            folder = settings.DATA_FOLDER / name
            if folder.exists():
                EmbeddedServer(folder).stop()
