"""From the cells of a row to the line it is: read the cells, apply the mapping's rules, check the result."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter
from uuid import UUID

from oms.importing.cells import (
    CellFault,
    cleaned,
    country_reader,
    is_plain,
    moment_reader,
    price_reader,
    printable,
    quantity_reader,
    readable,
    shown,
    too_long,
)
from oms.importing.fingerprint import SEPARATOR, Fingerprints
from oms.importing.lines import TEXT_LIMITS, ZERO, LineOutcome, SourceLine
from oms.importing.mapping import REQUIRED_FIELDS, Mapping
from oms.importing.rules import SourceField, Verdict
from oms.importing.table import Row
from oms.importing.verdicts import judge

_FREE_TEXT = frozenset({SourceField.DESCRIPTION, SourceField.NAME, SourceField.LINE1, SourceField.CITY})


class Classifier:
    """Makes the lines of one file, whose header holds every column that the mapping names.

    It never raises for what a row holds: a row that cannot be read is a refused line.
    """

    def __init__(self, mapping: Mapping, header: Sequence[str]) -> None:
        self._header = header
        self._encoding = mapping.encoding
        self._columns = mapping.columns
        self._fields = {column: field for field, column in self._columns.items()}
        self._positions = {field: header.index(column) for field, column in self._columns.items()}
        absent = len(header)  # a field without a column finds the blank cell put at the end of every row
        self._pick = itemgetter(*(self._positions.get(field, absent) for field in SourceField))
        self._in_name_order = itemgetter(*sorted(range(absent), key=header.__getitem__))
        self._limits = [
            (position, TEXT_LIMITS[field], field) for field, position in self._positions.items() if field in TEXT_LIMITS
        ]
        self._quantity = quantity_reader(mapping)
        self._price = price_reader(mapping)
        self._moment = moment_reader(mapping)
        self._country = country_reader(mapping)
        self._judge = judge(mapping, header)
        self._fingerprints = Fingerprints(mapping.channel)

    def line(self, row: Row) -> SourceLine:
        """The line that this row is. Rows count as seen: equal ones get occurrences 0, 1, 2, ..."""
        intact = not row.malformed and len(row.cells) == len(self._header)
        plain = intact and is_plain("".join(row.cells))
        content = SEPARATOR.join(self._in_name_order(row.cells)) if plain else self._escaped(row, intact)
        identity = self._fingerprints.of(content)
        try:
            if not intact:
                raise self._broken(row)
            cells = [cell.strip() for cell in row.cells] if plain else self._cleaned(row.cells)
            return self._read(row.number, cells, identity)
        except CellFault as fault:
            return self._refused(row, fault, identity, intact=intact)

    def _read(self, number: int, cells: list[str], identity: tuple[UUID, int]) -> SourceLine:
        """The line of cells that are clean and of the right count; raises `CellFault`."""
        cells.append("")
        # in the order of SourceField
        (order_number, sku, quantity_text, price_text, placed_text, description, customer, country_text,
         email, postal_code, city, line1, name) = self._pick(cells)  # fmt: skip
        if not (order_number and sku and quantity_text and price_text and placed_text):
            raise self._blank(cells)
        quantity = self._quantity(quantity_text)
        unit_price = self._price(price_text)
        placed_at = self._moment(placed_text)
        for position, limit, field in self._limits:
            if len(cells[position]) > limit:
                raise too_long(field, cells[position], limit)
        country = self._country(country_text)
        verdict = self._judge(cells, quantity, unit_price)
        if quantity <= 0 or unit_price < 0 or verdict.outcome is not LineOutcome.ORDER_LINE:
            _check(verdict, quantity, unit_price)
        return SourceLine(
            row=number,
            outcome=verdict.outcome,
            fingerprint=identity[0],
            occurrence=identity[1],
            reason=verdict.reason,
            order_number=order_number,
            sku=sku,
            description=description,
            quantity=quantity,
            unit_price=unit_price,
            placed_at=placed_at,
            customer=customer,
            country=country.code,
            latitude=country.latitude,
            longitude=country.longitude,
            postal_code=postal_code,
            city=city,
            line1=line1,
            name=name,
            customer_email=email,
            charge_kind="" if verdict.kind is None else verdict.kind.value,
            money=quantity * unit_price,
        )

    def _refused(self, row: Row, fault: CellFault, identity: tuple[UUID, int], *, intact: bool) -> SourceLine:
        """The refused line of a row, with what can be read of it."""
        cells = [printable(cell.strip()) for cell in row.cells] if intact else [""] * len(self._header)
        text = dict(zip(SourceField, self._pick([*cells, ""]), strict=True))
        stored = {field: text[SourceField(field)][:limit] for field, limit in TEXT_LIMITS.items()}
        quantity = readable(self._quantity, text[SourceField.QUANTITY])
        unit_price = readable(self._price, text[SourceField.UNIT_PRICE])
        return SourceLine(
            row=row.number,
            outcome=LineOutcome.REFUSED,
            fingerprint=identity[0],
            occurrence=identity[1],
            reason=fault.reason,
            message=self._message(row, fault),
            quantity=quantity or 0,
            unit_price=unit_price or ZERO,
            placed_at=readable(self._moment, text[SourceField.PLACED_AT]),
            money=ZERO if quantity is None or unit_price is None else quantity * unit_price,
            raw=row.under(self._header),
            **stored,
        )

    def _cleaned(self, cells: list[str]) -> list[str]:
        """The cells of a row that is not plain, as they can be stored; raises `CellFault`."""
        clean = []
        for position, (column, cell) in enumerate(zip(self._header, cells, strict=True), start=1):
            field = self._fields.get(column)
            where = field or column or str(position)
            free = field is None or field in _FREE_TEXT
            clean.append(cleaned(cell, where, free=free, encoding=self._encoding))
        return clean

    def _escaped(self, row: Row, intact: bool) -> str:
        """Content that no plain row can have, for the fingerprint of a row that is not plain."""
        return f"{SEPARATOR}{self._in_name_order(row.cells) if intact else row.cells!r}"

    def _broken(self, row: Row) -> CellFault:
        if row.malformed:
            complaint = f'text stands outside the quotes of a cell; double every " within it: {shown(row.cells[0])}'
            return CellFault("bad_quoting", "", complaint)
        expected, found = len(self._header), len(row.cells)
        return CellFault("wrong_column_count", "", f"has {found} columns, the header has {expected}")

    def _blank(self, cells: list[str]) -> CellFault:
        field = next(field for field in REQUIRED_FIELDS if not cells[self._positions[field]])
        return CellFault(f"blank_{field}", field, "is blank")

    def _message(self, row: Row, fault: CellFault) -> str:
        where = fault.where
        column = self._columns[where] if isinstance(where, SourceField) else where
        return f"row {row.number}{f', column {printable(column)}' if column else ''}: {fault.complaint}"


def _check(verdict: Verdict, quantity: int, unit_price: Decimal) -> None:
    """Raises `CellFault` where a line's signs do not fit its outcome, or a rule refuses the line."""
    outcome = verdict.outcome
    if outcome is LineOutcome.CHARGE:
        return
    if outcome is LineOutcome.REFUSED:
        raise CellFault(verdict.reason, "", f"refused by a rule of the mapping: {verdict.reason}")
    if outcome is LineOutcome.REVERSAL and quantity >= 0:
        complaint = f"goods that come back need a quantity below 0, not {quantity}"
        raise CellFault("reversal_without_negative_quantity", SourceField.QUANTITY, complaint)
    if quantity == 0:
        raise CellFault("zero_quantity", SourceField.QUANTITY, "is 0")
    if outcome is LineOutcome.ORDER_LINE and quantity < 0:
        raise CellFault("negative_quantity", SourceField.QUANTITY, f"ordered goods cannot be {quantity} pieces")
    if outcome is not LineOutcome.STOCK_ADJUSTMENT and unit_price < 0:
        raise CellFault("negative_price", SourceField.UNIT_PRICE, f"goods cannot cost {unit_price}")
