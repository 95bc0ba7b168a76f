"""Keep the decision journals: months made ahead, months dropped when their retention ends."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from modules.services.journal_keep import (
    JournalBusy,
    JournalKept,
    JournalNotDivided,
    journal_keep,
    schemas_with_journals,
)
from oms.infra.console import RetailerCommand


class Command(RetailerCommand):
    """What the worker does every night, now. Safe to run at any time and as often as you like."""

    help = "Make the coming months of the decision journals; drop months whose retention has ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retailer", metavar="SCHEMA", help="The retailer's schema: acme. Default: all.")
        parser.add_argument("--json", action="store_true", help="End with one JSON object on a line.")

    def handle(self, *args: Any, **options: Any) -> None:
        known = schemas_with_journals()
        wanted = options["retailer"]
        if wanted and wanted not in known:
            message = f"there is no retailer {wanted!r} in this database"
            raise CommandError(message)
        kept: list[JournalKept] = []
        faults: list[str] = []
        for schema in [wanted] if wanted else known:
            try:
                kept.append(journal_keep(schema=schema))
            except (JournalBusy, JournalNotDivided) as fault:
                faults.append(str(fault))
        lines = [_in_words(item) for item in kept]
        self.finish({"journals": [asdict(item) for item in kept], "faults": faults}, lines, as_json=options["json"])
        if faults:
            raise CommandError("; ".join(faults))


def _in_words(kept: JournalKept) -> str:
    parts = [
        f"made {', '.join(kept.made)}" if kept.made else "",
        f"moved {kept.moved:,} decisions to their months" if kept.moved else "",
        f"dropped {', '.join(kept.dropped)}" if kept.dropped else "",
        *(f"kept {month}: {reason}" for month, reason in kept.held.items()),
    ]
    return f"{kept.schema}: " + ("; ".join(filter(None, parts)) or "nothing to do")
