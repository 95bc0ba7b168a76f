"""Make a retailer."""

from __future__ import annotations

import time
import zoneinfo
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from oms.infra.database.identity import BadSchemaName
from tenants.provisioning import AlreadyProvisioned, retailer_provision, template_provision


class Command(BaseCommand):
    """Its schema is made from the template schema, which is brought up to date first."""

    help = "Make a retailer: schema, role, grants, host name, and a profile with the newest releases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("schema", help="Lower-case letters, digits, underscores: acme.")
        parser.add_argument("--name", required=True)
        parser.add_argument("--domain", required=True, help="Host name: acme.example.com.")
        parser.add_argument("--time-zone", default="UTC", help="IANA name.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["time_zone"] not in zoneinfo.available_timezones():
            message = f"--time-zone: {options['time_zone']!r} is not an IANA name such as Europe/London"
            raise CommandError(message)
        template_provision()
        started = time.monotonic()
        try:
            retailer_provision(
                schema=options["schema"],
                name=options["name"],
                domain=options["domain"].lower(),
                time_zone=options["time_zone"],
            )
        except (AlreadyProvisioned, BadSchemaName) as fault:
            raise CommandError(str(fault)) from fault
        with retailer_context(options["schema"]):
            profile_begin(author="platform")
        seconds = time.monotonic() - started
        self.stdout.write(f"{options['schema']} is served at {options['domain']} ({seconds:.2f} s)")
