"""What the product's commands share: a retailer to serve, a bar on standard error, an object at the end."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from tqdm import tqdm

from oms.infra.database.context import retailer_context
from oms.infra.database.identity import BadSchemaName


class RetailerCommand(BaseCommand):
    """A command that serves one retailer: ``--retailer acme``; ``--json`` ends with one object."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retailer", required=True, metavar="SCHEMA", help="The retailer's schema: acme.")
        parser.add_argument("--json", action="store_true", help="End with one JSON object on a line.")

    def require_retailer(self, schema: str) -> str:
        """The schema, when a retailer is served in it; a clear error otherwise."""
        try:
            with retailer_context(schema):
                pass
        except BadSchemaName as fault:
            raise CommandError(str(fault)) from fault
        except Error as fault:
            message = f"there is no retailer {schema!r} in this database, or it cannot be reached: {fault}"
            raise CommandError(message) from fault
        return schema

    def finish(self, result: Mapping[str, Any], lines: list[str], *, as_json: bool) -> None:
        """Print the result for people, or as one line of JSON."""
        if as_json:
            self.stdout.write(json.dumps(result, default=_plain))
        else:
            for line in lines:
                self.stdout.write(line)


class Bar:
    """A progress bar on standard error; silent where nobody watches."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self._bar = bar
        self._phase = ""
        self._done = 0

    def show(self, phase: str, done: int, total: int) -> None:
        """Show how much of a phase is done."""
        if phase != self._phase:
            self._bar.reset(total=total)
            self._bar.set_description_str(phase)
            self._phase, self._done = phase, 0
        self._bar.update(done - self._done)
        self._done = done


@contextmanager
def progress_bar(unit: str, *, scaled: bool = False) -> Iterator[Bar]:
    """A bar that counts in ``unit``; ``scaled`` writes large numbers with k and M."""
    with tqdm(
        file=sys.stderr, unit=unit, unit_scale=scaled, mininterval=0.2, dynamic_ncols=True,
        disable=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        yield Bar(bar)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if value == Decimal(str(float(value))) else str(value)
    raise TypeError(repr(value))
