"""Everything on one machine: database, demonstration, sites and one job worker."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from oms.infra.postgres import EmbeddedServer
from oms.infra.processes import Child, PortTaken, PortUnusable, Supervisor, require_free_port
from oms.web.demo import DEMO_RETAILERS, demo_provision
from oms.web.demo.sign_ins import SignIns

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Ctrl-C stops all of it; what was committed is kept whatever happens."""

    help = "Set up the database, make the demonstration retailers, serve the sites, run one job worker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        try:
            require_free_port(HOST, port)
        except (PortTaken, PortUnusable) as fault:
            raise CommandError(str(fault)) from fault
        sign_ins = SignIns(settings.DATA_FOLDER / "demonstration.json")
        self._prepare(sign_ins)
        self._announce(port, sign_ins)
        connections.close_all()
        sys.exit(Supervisor().run(_children(port), on_stop=_stop_database))

    def _prepare(self, sign_ins: SignIns) -> None:
        self.stdout.write("Preparing the database …")
        self.stdout.flush()
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("setup_database", verbosity=0)
        call_command("migrate_schemas", verbosity=0)
        call_command("publish_releases", verbosity=0)
        demo_provision(sign_ins)

    def _announce(self, port: int, sign_ins: SignIns) -> None:
        self.stdout.write("\nSign in:")
        for retailer in DEMO_RETAILERS:
            self.stdout.write(f"  http://{retailer.domain}:{port}/   {retailer.name}")
            for name in ("manager", "agent", "associate"):
                self.stdout.write(f"      {name:<10} {sign_ins.password(retailer.schema, name)}")
            self.stdout.write(f"      API key    {sign_ins.api_key(retailer.schema)}")
        self.stdout.write(f"  http://{settings.PLATFORM_HOST}:{port}/   the platform's own site")
        self.stdout.write(f"      platform   {sign_ins.password('platform', 'platform')}")
        self.stdout.write("\nCtrl-C stops everything; nothing is lost.\n")
        self.stdout.flush()


def _children(port: int) -> list[Child]:
    environment = {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--log-level", "warning",
        # Without it the death of one web process ends them all.
        "--respawn-failed-workers", "--respawn-interval", "0.1",
        "oms.web.wsgi:application",
    ]  # fmt: skip
    worker = [sys.executable, "manage.py", "work"]
    return [Child("web", web, environment), Child("worker", worker, environment)]


def _stop_database() -> None:
    """Stop the embedded server; a server of the user's own is left alone."""
    folder = settings.DATA_FOLDER / "postgres"
    if not os.environ.get("DATABASE_URL") and folder.exists():
        EmbeddedServer(folder).stop()
