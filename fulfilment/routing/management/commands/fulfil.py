"""Route, pick, pack and ship every order that can be."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from django.core.management.base import CommandError

from fulfilment.inventory.services.opening_stock import NoLocation
from fulfilment.routing.services.fulfil_run import fulfil_run
from oms.infra.console import RetailerCommand, progress_bar


class Command(RetailerCommand):
    """Safe to stop at any moment and to run again."""

    help = "Receive opening stock, route open orders, pick, pack and ship them; the rest waits as backorder."

    def handle(self, *args: Any, **options: Any) -> None:
        schema = self.require_retailer(options["retailer"])
        started = time.monotonic()
        try:
            with progress_bar("") as bar:
                report = fulfil_run(schema=schema, actor="command fulfil", on_progress=bar.show)
        except NoLocation as fault:
            raise CommandError(str(fault)) from fault
        seconds = round(time.monotonic() - started, 2)
        self.finish(
            {**dataclasses.asdict(report), "seconds": seconds},
            [
                f"{report.received:,} units of opening stock received, {report.adjustments:,} adjustments posted",
                f"{report.allocated:,} units of {report.orders:,} orders allocated to {report.requests:,} requests",
                f"{report.shipped:,} units shipped in {report.shipments:,} shipments",
                f"{report.backordered:,} units of {report.backordered_lines:,} lines wait as backorder",
                f"{seconds} s",
            ],
            as_json=options["json"],
        )
