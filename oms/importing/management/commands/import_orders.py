"""Import a file of orders."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from oms.importing.faults import SourceFault
from oms.importing.mapping import MappingError, load_mapping
from oms.importing.services import ImportReport, orders_file_import
from oms.importing.source import open_source
from oms.infra.console import RetailerCommand, progress_bar
from orders.services import CaptureRefused


class Command(RetailerCommand):
    """Every line of the file ends as exactly one outcome; running it again adds nothing."""

    help = "Import a file of orders; every line ends as one named outcome, and none is taken twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="A CSV file, plain or gzip; for --format olist a folder.")
        parser.add_argument(
            "--format", required=True, help="Name of a shipped format, or the path of your own mapping file."
        )
        parser.add_argument("--limit", type=int, default=None, help="Read no more than this many lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        started = time.monotonic()
        try:
            mapping = load_mapping(options["format"])
            with progress_bar("B", scaled=True) as bar:
                report = orders_file_import(
                    schema=schema,
                    source=open_source(options["file"], mapping),
                    mapping=mapping,
                    actor="command import_orders",
                    limit=options["limit"],
                    on_progress=lambda at: bar.show("import", at.bytes_read, at.total_bytes),
                )
        except (MappingError, SourceFault, CaptureRefused) as fault:
            raise CommandError(str(fault)) from fault
        seconds = round(time.monotonic() - started, 2)
        for message in report.first_refusals:
            self.stderr.write(f"refused: {message}")
        self.finish(_object(report, seconds), _sentences(report, seconds), as_json=options["json"])


def _object(report: ImportReport, seconds: float) -> dict[str, Any]:
    return {
        "lines": report.lines,
        "new_lines": report.new_lines,
        "money": report.money,
        "outcomes": dict(sorted(report.outcomes.items())),
        "money_by_outcome": dict(sorted(report.money_by_outcome.items())),
        "refusals": dict(sorted(report.refusals.items())),
        "seconds": seconds,
    }


def _sentences(report: ImportReport, seconds: float) -> list[str]:
    rows = [f"{report.lines:,} lines, {report.money:,} in money, {report.new_lines:,} of them new, {seconds} s"]
    rows += [
        f"  {outcome:<18}{count:>10,}{report.money_by_outcome[outcome]:>20,}"
        for outcome, count in sorted(report.outcomes.items())
    ]
    rows += [f"  refused as {reason}: {count:,}" for reason, count in sorted(report.refusals.items())]
    return rows
