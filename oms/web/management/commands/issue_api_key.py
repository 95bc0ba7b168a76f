"""Make a key with which a partner calls the API."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from oms.infra.console import RetailerCommand
from oms.infra.database.context import retailer_context
from oms.web.services.api_keys import BadKeyName, api_key_issue


class Command(RetailerCommand):
    """The token is printed once and kept nowhere."""

    help = "Issue an API key for a partner of a retailer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", required=True, help='Who uses it: "Web shop".')
        parser.add_argument("--read-only", action="store_true", help="The key can only read.")
        parser.add_argument("--days", type=int, metavar="N", help="The key expires after so many days.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        days = options["days"]
        if days is not None and not 1 <= days <= 3650:
            message = "--days: give 1 to 3650 days, or leave it out for a key that does not expire"
            raise CommandError(message)
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            with retailer_context(schema):
                key, token = api_key_issue(
                    name=options["name"], may_write=not options["read_only"], expires_at=expires_at
                )
        except BadKeyName as fault:
            message = f"--name: {fault}"
            raise CommandError(message) from fault
        result = {
            "name": key.name,
            "prefix": key.prefix,
            "token": token,
            "may_write": key.may_write,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }
        lines = [f"Authorization: Bearer {token}", "Keep it now: it is not shown again."]
        self.finish(result, lines, as_json=options["json"])
