"""A whole file, batch by batch, each batch in one transaction.

Every line is remembered by its content (:class:`oms.importing.models.ImportedLine`), in the transaction that
stores what it became. So a run that was cut short, repeated, or made with a longer file takes up exactly the
lines that are not there yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from oms.importing.lines import LineOutcome, SourceLine
from oms.importing.mapping import Mapping
from oms.importing.services.batch import batch_import
from oms.importing.services.master_data import channel_register, locations_register, products_describe
from oms.importing.source import OrderSource
from oms.infra.database.context import retailer_context

#: Lines in one transaction, at least; a batch ends where an order ends.
BATCH_LINES = 4_000
#: An order of more lines than this is captured in parts, so that no file can exhaust the memory.
_BATCH_AT_MOST = 20_000


@dataclass(slots=True)
class ImportReport:
    """What became of the lines of a file."""

    lines: int = 0
    new_lines: int = 0
    money: Decimal = Decimal(0)
    outcomes: Counter[str] = field(default_factory=Counter)
    money_by_outcome: dict[str, Decimal] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    first_refusals: list[str] = field(default_factory=list)

    def add(self, line: SourceLine, outcome: LineOutcome, reason: str, message: str) -> None:
        """Count a line and its money under what it became."""
        self.lines += 1
        self.money += line.money
        self.outcomes[outcome.value] += 1
        self.money_by_outcome[outcome.value] = self.money_by_outcome.get(outcome.value, Decimal(0)) + line.money
        if outcome is LineOutcome.REFUSED:
            self.refusals[reason] += 1
            if len(self.first_refusals) < 20:
                self.first_refusals.append(message)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far a run is: lines done so far, and bytes of the file out of all."""

    lines: int
    bytes_read: int
    total_bytes: int


def orders_file_import(
    *,
    schema: str,
    source: OrderSource,
    mapping: Mapping,
    actor: str,
    limit: int | None = None,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
) -> ImportReport:
    """Import a file of orders into a retailer; every line ends as exactly one outcome.

    Commits batch by batch. A fault of the file as a whole (:class:`oms.importing.faults.SourceFault`) is
    raised after the lines before it have been committed.
    """
    report = ImportReport()
    with retailer_context(schema):
        channel_register(mapping)
        locations_register(source.locations())
        products_describe(source.products())
    for batch in _batches(source.lines(limit)):
        with retailer_context(schema):
            ends = batch_import(channel=mapping.channel, currency=mapping.currency, lines=batch, actor=actor)
        for line, end in zip(batch, ends, strict=True):
            report.add(line, end.outcome, end.reason, end.message)
            report.new_lines += end.new
        on_progress(ImportProgress(report.lines, source.bytes_read, source.total_bytes))
    return report


def _batches(lines: Iterator[SourceLine]) -> Iterator[list[SourceLine]]:
    """Batches that end where an order ends; what was read before a fault of the file still comes out."""
    batch: list[SourceLine] = []
    try:
        for line in lines:
            full = len(batch) >= BATCH_LINES and line.order_number != batch[-1].order_number
            if full or len(batch) >= _BATCH_AT_MOST:
                yield batch
                batch = []
            batch.append(line)
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
