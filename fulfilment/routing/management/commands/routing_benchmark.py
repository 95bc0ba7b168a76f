"""Measure policies of order sourcing on instances with a known optimum."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fulfilment.routing.optimisation.benchmark.evaluate import cost_of
from fulfilment.routing.optimisation.benchmark.instance import (
    GRAINS,
    BadInstance,
    Case,
    Instance,
    in_numbers,
    read_folder,
)
from fulfilment.routing.optimisation.benchmark.policies import NOWHERE, POLICIES, clairvoyant
from oms.infra.console import Bar, progress_bar

_ROW = "{:<32}{:<18}{:>14}{:>14}{:>9}{:>9}"


class Command(BaseCommand):
    """Needs no database."""

    help = "Run sourcing policies on a folder of instances (orders.csv, inventory.csv) and compare with the optimum."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="A folder of instance folders, or one instance.")
        parser.add_argument(
            "--policy", action="append", nargs="+", choices=list(POLICIES), metavar="NAME",
            help=f"Only these (repeat or list); default all: {', '.join(POLICIES)}.",
        )  # fmt: skip
        parser.add_argument(
            "--bound", action="store_true", help="Also work out what a clairvoyant would pay, and a proved bound of it."
        )
        parser.add_argument("--json", action="store_true", help="End with one JSON object on a line.")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [name for names in options["policy"] or [] for name in names]
        policies = list(dict.fromkeys(chosen)) or list(POLICIES)
        try:
            instances = read_folder(options["folder"])
        except (BadInstance, OSError) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(_ROW.format("instance", "policy", "cost", "reference", "ratio", "seconds"))
        results: list[dict[str, Any]] = []
        bounds: list[dict[str, Any]] = []
        with progress_bar(" orders") as bar:
            for instance in instances:
                case = in_numbers(instance)
                results += [self._measured(instance, case, name, bar) for name in policies]
                if options["bound"]:
                    bounds.append(self._bounded(instance, case))
        if options["json"]:
            found = {"instances": results, **({"bounds": bounds} if options["bound"] else {})}
            self.stdout.write(json.dumps(found))

    def _measured(self, instance: Instance, case: Case, policy: str, bar: Bar) -> dict[str, Any]:
        started = time.perf_counter()
        shipped: list[dict[str, str]] = []
        for order, choice in zip(case.orders, POLICIES[policy](case), strict=True):
            pairs = zip(order.skus, choice, strict=True)
            shipped.append({case.skus[sku]: case.facilities[at] for sku, at in pairs if at != NOWHERE})
            bar.show(f"{instance.name} {policy}", len(shipped), len(case.orders))
        seconds = time.perf_counter() - started
        cost = cost_of(instance, shipped)
        result = {
            "instance": instance.name,
            "policy": policy,
            "cost": round(cost, 4),
            "reference": instance.reference,
            "ratio": round(cost / instance.reference, 5) if instance.reference else None,
            "seconds": round(seconds, 2),
        }
        self._row(result)
        return result

    def _bounded(self, instance: Instance, case: Case) -> dict[str, Any]:
        started = time.perf_counter()
        found = clairvoyant(case)
        seconds = round(time.perf_counter() - started, 2)
        cost, bound = found.cost / GRAINS, found.bound / GRAINS
        for name, value in (("clairvoyant", cost), ("clairvoyant bound", bound)):
            ratio = value / instance.reference if instance.reference else None
            self._row(
                {"instance": instance.name, "policy": name, "cost": value, "reference": instance.reference,
                 "ratio": ratio, "seconds": seconds}
            )  # fmt: skip
        return {
            "instance": instance.name,
            "clairvoyant": round(cost, 4),
            "bound": round(bound, 4),
            "gap": round(found.gap, 6),
            "seconds": seconds,
        }

    def _row(self, result: dict[str, Any]) -> None:
        def shown(key: str, places: int) -> str:
            return "-" if result[key] is None else f"{result[key]:,.{places}f}"

        self.stdout.write(
            _ROW.format(
                result["instance"][:31], result["policy"], shown("cost", 2), shown("reference", 2),
                shown("ratio", 4), shown("seconds", 1),
            )
        )  # fmt: skip
