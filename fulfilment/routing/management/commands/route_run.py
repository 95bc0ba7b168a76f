"""Decide together what waits for a run."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser
from typing import Any

from fulfilment.routing.services.run_record import RunResult
from fulfilment.routing.services.run_route import ORDERS_AT_ONCE, route_run
from oms.infra.console import RetailerCommand, progress_bar


class Command(RetailerCommand):
    """Safe to stop at any moment and to run again."""

    help = "Decide the orders that wait for a run together, as many at once as are given, until none waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--orders", type=int, default=ORDERS_AT_ONCE, help="Orders in one run, at most 1,000.")
        parser.add_argument("--once", action="store_true", help="Make one run, even where more orders wait.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        limit = max(1, min(options["orders"], ORDERS_AT_ONCE))
        runs: list[RunResult] = []
        with progress_bar(" orders") as bar:
            while result := route_run(schema=schema, actor="command route_run", limit=limit, on_progress=bar.show):
                runs.append(result)
                if options["once"] or result.left_out == result.orders:
                    break
        self.finish(
            {"runs": [dataclasses.asdict(item) for item in runs]},
            [_told(item) for item in runs] or ["nothing waits for a run"],
            as_json=options["json"],
        )


def _told(run: RunResult) -> str:
    gap = "" if run.gap is None else f", at most {100 * run.gap:.2f} % above the best"
    return (
        f"run {run.number}: {run.placed_orders:,} of {run.orders:,} orders decided together{gap}; "
        f"{run.decided_again:,} decided again, {run.left_out:,} left for the next; {run.seconds} s"
    )
