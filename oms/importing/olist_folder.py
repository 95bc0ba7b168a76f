"""The CSV files of an Olist folder, each read into typed records.

Every file may be plain (`.csv`) or gzip (`.csv.gz`). A bad row in a table that others refer to raises
`SourceFault`; bad rows of orders and items are for the joiner to refuse one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from oms.importing.cells import CellFault, cleaned, is_plain, quantity_reader, shown, too_long
from oms.importing.faults import FaultCode, SourceFault
from oms.importing.lines import SourceProduct
from oms.importing.mapping import Mapping
from oms.importing.table import Row, Table


class Member(StrEnum):
    """A file of the folder, without its ending."""

    ORDERS = "olist_orders_dataset"
    ITEMS = "olist_order_items_dataset"
    CUSTOMERS = "olist_customers_dataset"
    SELLERS = "olist_sellers_dataset"
    PRODUCTS = "olist_products_dataset"
    CENTROIDS = "br_zip_prefix_centroids"
    CATEGORIES = "product_category_name_translation"


COLUMNS: dict[Member, tuple[str, ...]] = {
    Member.ORDERS: ("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
    Member.ITEMS: ("order_id", "product_id", "seller_id", "price", "freight_value"),
    Member.CUSTOMERS: (
        "customer_id",
        "customer_unique_id",
        "customer_zip_code_prefix",
        "customer_city",
        "customer_state",
    ),
    Member.SELLERS: ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"),
    Member.PRODUCTS: (
        "product_id",
        "product_category_name",
        "product_weight_g",
        "product_length_cm",
        "product_width_cm",
        "product_height_cm",
    ),
    Member.CENTROIDS: ("zip_code_prefix", "lat", "lng"),
    Member.CATEGORIES: ("product_category_name", "product_category_name_english"),
}
_ZIP_DIGITS = 5
_LONGEST = 64


class Point(NamedTuple):
    """Degrees, WGS 84; None where not known."""

    latitude: float | None
    longitude: float | None


NOWHERE = Point(None, None)


@dataclass(frozen=True, slots=True)
class Party:
    """A buyer or a seller. `person` tells one buyer over several orders; a seller has its own id there."""

    person: str
    postal_code: str
    city: str
    state: str
    point: Point


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a member: the cells of its columns in the order of `COLUMNS`, and the row as it stands.

    `fault` says why the cells cannot be used; they are blank then.
    """

    row: int
    cells: tuple[str, ...]
    raw: dict[str, str]
    fault: CellFault | None


class OlistFolder:
    """Reads the members of one folder. Each method reads its files anew and raises `SourceFault`."""

    def __init__(self, folder: Path, mapping: Mapping) -> None:
        self._folder = folder
        self._mapping = mapping
        self._whole = quantity_reader(mapping)

    def path(self, member: Member) -> Path:
        """Where the member lies. Raises `SourceFault` where the folder or the member is missing."""
        if not self._folder.is_dir():
            code = FaultCode.NOT_A_DIRECTORY if self._folder.exists() else FaultCode.MISSING_FILE
            raise SourceFault(code, self._folder, "is not a folder; give the folder with Olist's CSV files")
        plain = self._folder / f"{member}.csv"
        for path in (plain, plain.with_name(f"{plain.name}.gz")):
            if path.is_file():
                return path
        raise SourceFault(FaultCode.MISSING_FILE, plain, "is missing, and so is its .gz; put it in the folder")

    def size(self, member: Member) -> int:
        """Bytes of the member as it lies on disk."""
        return self.path(member).stat().st_size

    def records(self, member: Member) -> Iterator[Record]:
        """The rows of a member, bad ones with their fault."""
        columns = COLUMNS[member]
        mapping = self._mapping
        with Table(
            self.path(member), encoding=mapping.encoding, delimiter=mapping.delimiter, required=columns
        ) as table:
            for row in table.rows():
                yield _record(row, table.header, columns, mapping.encoding)

    def customers(self) -> dict[str, Party]:
        """The buyer of each customer_id."""
        points = self._points()
        parties = {}
        for record in self._keyed(Member.CUSTOMERS):
            key, person, postal_code, city, state = record.cells
            parties[key] = Party(person, postal_code, city, state, points.get(_padded(postal_code), NOWHERE))
        return parties

    def sellers(self) -> dict[str, Party]:
        """The seller of each seller_id."""
        points = self._points()
        parties = {}
        for record in self._keyed(Member.SELLERS):
            key, postal_code, city, state = record.cells
            parties[key] = Party(key, postal_code, city, state, points.get(_padded(postal_code), NOWHERE))
        return parties

    def products(self) -> dict[str, SourceProduct]:
        """The product of each product_id; its category in English, or Portuguese where not translated."""
        english = {record.cells[0]: record.cells[1] for record in self._keyed(Member.CATEGORIES)}
        products = {}
        for record in self._keyed(Member.PRODUCTS):
            sku, name, *sizes = record.cells
            category = english.get(name, name)
            weight, length, width, height = (
                self._size(record, position, text) for position, text in enumerate(sizes, start=2)
            )
            products[sku] = SourceProduct(
                sku=sku,
                description=category.replace("_", " "),
                category=category,
                weight_g=weight,
                length_cm=length,
                width_cm=width,
                height_cm=height,
            )
        return products

    def _points(self) -> dict[str, Point]:
        return {
            _padded(record.cells[0]): Point(self._degrees(record, 1, 90), self._degrees(record, 2, 180))
            for record in self._keyed(Member.CENTROIDS)
        }

    def _keyed(self, member: Member) -> Iterator[Record]:
        """The rows of a member that others refer to by its first column."""
        seen = set()
        for record in self.records(member):
            if record.fault is not None:
                raise self._malformed(member, record, record.fault.where, record.fault.complaint)
            key = record.cells[0]
            if not key:
                raise self._malformed(member, record, COLUMNS[member][0], "is blank")
            if key in seen:
                complaint = f"row {record.row}, column {COLUMNS[member][0]}: {shown(key)} stands there twice"
                raise SourceFault(FaultCode.DUPLICATE_KEY, self.path(member), complaint, row=record.row)
            seen.add(key)
            yield record

    def _size(self, record: Record, position: int, text: str) -> int | None:
        """A length or weight above zero, or None where blank."""
        column = COLUMNS[Member.PRODUCTS][position]
        try:
            size = self._whole(text) if text else None
        except CellFault as fault:
            raise self._malformed(Member.PRODUCTS, record, column, fault.complaint) from fault
        if size is not None and size < 0:
            raise self._malformed(Member.PRODUCTS, record, column, f"{shown(text)} is below zero")
        return size

    def _degrees(self, record: Record, position: int, bound: int) -> float:
        column, text = COLUMNS[Member.CENTROIDS][position], record.cells[position]
        try:
            degrees = float(text)
        except ValueError:
            degrees = math.nan
        if not -bound <= degrees <= bound:
            complaint = f"{shown(text)} is not a number of degrees from -{bound} to {bound}"
            raise self._malformed(Member.CENTROIDS, record, column, complaint)
        return degrees

    def _malformed(self, member: Member, record: Record, column: str, complaint: str) -> SourceFault:
        place = f"row {record.row}, column {column}" if column else f"row {record.row}"
        return SourceFault(
            FaultCode.MALFORMED_ROW, self.path(member), f"{place}: {complaint}; correct it", row=record.row
        )


def _record(row: Row, header: Sequence[str], columns: Sequence[str], encoding: str) -> Record:
    raw = row.under(header)
    try:
        if row.malformed:
            raise CellFault("bad_quoting", "", f"text stands outside the quotes of a cell: {shown(row.cells[0])}")
        if len(row.cells) != len(header):
            complaint = f"has {len(row.cells)} columns, the header has {len(header)}"
            raise CellFault("wrong_column_count", "", complaint)
        cells = dict(zip(header, row.cells, strict=True))
        clean = tuple(_cell(cells[column], column, encoding) for column in columns)
    except CellFault as fault:
        return Record(row.number, ("",) * len(columns), raw, fault)
    return Record(row.number, clean, raw, None)


def _cell(text: str, column: str, encoding: str) -> str:
    text = text.strip() if is_plain(text) else cleaned(text, column, free=False, encoding=encoding)
    if len(text) > _LONGEST:
        raise too_long(column, text, _LONGEST)
    return text


def _padded(postal_code: str) -> str:
    """With the leading zeros that spreadsheets drop."""
    return postal_code.zfill(_ZIP_DIGITS)
