"""Make, drop and list staging clones."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from oms.infra.console import RetailerCommand, progress_bar
from tenants.cloning import CannotClone, NoClone, clones_of, staging_clone, staging_drop, staging_expire
from tenants.cloning.services import DAYS, NEWEST_ORDERS, PHASES


class Command(RetailerCommand):
    """``staging clone --retailer acme``: a clone that exists is replaced. ``expire`` drops those that are due."""

    help = "Clone a retailer to a staging environment of its own; drop, list and expire clones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        clone = actions.add_parser("clone", help="Make the clone of a retailer, or make it anew.")
        clone.add_argument("--orders", type=int, default=NEWEST_ORDERS, help="So many of the newest orders.")
        clone.add_argument("--full", action="store_true", help="All orders, with the whole ledger.")
        clone.add_argument("--days", type=int, default=DAYS, help="The clone expires after so many days.")
        super().add_arguments(clone)
        super().add_arguments(actions.add_parser("drop", help="Drop the clone of a retailer."))
        super().add_arguments(actions.add_parser("status", help="Tell whether a retailer has a clone."))
        expire = actions.add_parser("expire", help="Drop every clone whose time has come.")
        expire.add_argument("--json", action="store_true", help="End with one JSON object on a line.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result, lines = getattr(self, f"_{options['action']}")(options)
        except (CannotClone, NoClone) as fault:
            raise CommandError(str(fault)) from fault
        self.finish(result, lines, as_json=options["json"])

    def _clone(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        with progress_bar("") as bar:
            report = staging_clone(
                source=options["retailer"],
                orders=options["orders"],
                full=options["full"],
                days=options["days"],
                on_phase=lambda phase: bar.show("clone", PHASES.index(phase), len(PHASES) - 1),
            )
        total = sum(report.rows.values())
        kind = "all orders" if report.full else "the newest orders"
        result = asdict(report) | {
            "expires_at": report.expires_at.isoformat(), "rows": total, "tables": report.rows,
            "seconds": round(report.seconds, 2),
        }  # fmt: skip
        return result, [
            f"{report.schema} has {kind} of {report.source} ({total:,} rows, {report.seconds:.2f} s)",
            f"it is served at {report.domain} until {report.expires_at:%d %B %Y}; nothing leaves it",
        ]

    def _drop(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        staging_drop(source=options["retailer"])
        return {"dropped": options["retailer"]}, [f"the staging clone of {options['retailer']} is gone"]

    def _status(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        found = [asdict(clone) for clone in clones_of(options["retailer"])]
        for clone in found:
            clone |= {name: clone[name] and clone[name].isoformat() for name in ("made_at", "expires_at")}
        lines = [
            f"{clone['schema']} at {clone['domain']}, made {clone['made_at']}, expires {clone['expires_at']}"
            for clone in found
        ]
        return {"clones": found}, lines or [f"{options['retailer']} has no staging clone"]

    def _expire(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        dropped = staging_expire()
        return {"dropped": dropped}, [f"{schema} is gone" for schema in dropped] or ["no clone has expired"]
