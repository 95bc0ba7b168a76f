"""Make a key with which a partner calls the API."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from oms.infra.console import RetailerCommand
from oms.infra.database.context import retailer_context
from oms.web.rights import Role
from oms.web.services.api_keys import BadKey, api_key_issue

#: The option that gives each field of a key.
_OPTIONS = {"locations": "location"}


class Command(RetailerCommand):
    """The token is printed once and kept nowhere."""

    help = "Issue an API key for a partner of a retailer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", required=True, help='Who uses it: "Web shop".')
        parser.add_argument("--read-only", action="store_true", help="The key can only read.")
        parser.add_argument(
            "--role", choices=[role.value for role in Role],
            help="Whose key it is; without it a channel's, or read-only with --read-only.",
        )  # fmt: skip
        parser.add_argument(
            "--location", action="append", default=[], metavar="CODE",
            help="A location whose requests a vendor's or warehouse's key sees; give it once for each.",
        )  # fmt: skip
        parser.add_argument("--days", type=int, metavar="N", help="The key expires after so many days.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        days = options["days"]
        if days is not None and not 1 <= days <= 3650:
            message = "--days: give 1 to 3650 days, or leave it out for a key that does not expire"
            raise CommandError(message)
        role = Role(options["role"]) if options["role"] else None
        if options["read_only"] and role not in (None, Role.READ_ONLY, Role.CHANNEL):
            message = f"--read-only: a key of the role {role} works requests; leave --read-only out, or --role"
            raise CommandError(message)
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            with retailer_context(schema):
                key, token = api_key_issue(
                    name=options["name"], may_write=not options["read_only"], expires_at=expires_at, role=role,
                    locations=options["location"],
                )  # fmt: skip
        except BadKey as fault:
            message = f"--{_OPTIONS.get(fault.field, fault.field)}: {fault}"
            raise CommandError(message) from fault
        result = {
            "name": key.name,
            "prefix": key.prefix,
            "token": token,
            "role": key.role,
            "locations": sorted(set(options["location"])),
            "may_write": key.may_write,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }
        lines = [f"Authorization: Bearer {token}", "Keep it now: it is not shown again."]
        self.finish(result, lines, as_json=options["json"])
