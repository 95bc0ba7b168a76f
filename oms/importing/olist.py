"""Joins an Olist folder into lines: one marketplace order, shipped by one or more sellers.

- Units of one product, seller and price become one line with that quantity, to be shipped by the seller.
- The freight of an order's units is summed into one carriage charge.
- An order that was cancelled or could not be supplied gives its lines and its charge, and then the same
  again with negative quantity: goods as reversals under the same order number, freight as a charge.
- An order without a unit that can be taken is one refused line, `order_without_items`.

Orders come in the order of purchase. The sum of `money` is the price and freight of all units of accepted,
uncancelled orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TypeVar

from oms.importing.cells import CellFault, moment_reader, price_reader, readable
from oms.importing.fingerprint import SEPARATOR, Fingerprints
from oms.importing.lines import (
    ZERO,
    ChargeKind,
    LineOutcome,
    SourceLine,
    SourceLocation,
    SourceProduct,
)
from oms.importing.mapping import Mapping
from oms.importing.olist_folder import COLUMNS, Member, OlistFolder, Party, Record

FREIGHT_SKU = "freight"
_CANCELLED = frozenset({"canceled", "unavailable"})
_CODE_LENGTH = 12
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Unit:
    """One piece ordered."""

    row: int
    product: SourceProduct
    seller: str
    price: Decimal
    freight: Decimal


@dataclass(frozen=True, slots=True)
class _Order:
    """The header of an order, with its buyer."""

    record: Record
    number: str
    placed_at: datetime
    cancelled: bool
    buyer: Party


class OlistSource:
    """The orders of an Olist folder. Nothing is read until asked for."""

    def __init__(self, folder: Path, mapping: Mapping) -> None:
        self._folder = OlistFolder(folder, mapping)
        self._mapping = mapping
        self._join: _Join | None = None

    @cached_property
    def total_bytes(self) -> int:
        """Size of all files that are joined. Raises `SourceFault` where one is missing."""
        return sum(self._folder.size(member) for member in Member)

    @property
    def bytes_read(self) -> int:
        """The share of `total_bytes` that goes with the orders handed out so far."""
        return 0 if self._join is None else int(self.total_bytes * self._join.done)

    def lines(self, limit: int | None = None) -> Iterator[SourceLine]:
        """The lines, at most `limit`: first refused rows, then orders. Raises `SourceFault`."""
        self._join = _Join(self._folder, self._mapping)
        return islice(self._join.lines(), limit)

    def locations(self) -> Iterator[SourceLocation]:
        """Every seller, as the place it ships from. Raises `SourceFault`."""
        sellers = self._folder.sellers()
        codes = location_codes(sellers)
        for key, seller in sellers.items():
            yield SourceLocation(
                code=codes[key],
                name=f"Seller in {seller.city.title()}, {seller.state}",
                city=seller.city,
                state=seller.state,
                country=self._mapping.default_country,
                postal_code=seller.postal_code,
                latitude=seller.point.latitude,
                longitude=seller.point.longitude,
            )

    def products(self) -> Iterator[SourceProduct]:
        """Every product, ordered or not. Raises `SourceFault`."""
        yield from self._folder.products().values()


def location_codes(sellers: Collection[str]) -> dict[str, str]:
    """A short code for each seller id: `S-` and its first 12 characters, or more where those repeat."""
    length = _CODE_LENGTH
    while len({seller[:length] for seller in sellers}) < len(sellers):
        length += 1
    return {seller: f"S-{seller[:length]}" for seller in sellers}


class _Join:
    """One reading of the folder, held in memory: the files refer to each other in no order."""

    def __init__(self, folder: OlistFolder, mapping: Mapping) -> None:
        self._folder = folder
        self._country = mapping.default_country
        self._price = price_reader(mapping)
        self._moment = moment_reader(mapping)
        self._fingerprints = Fingerprints(mapping.channel)
        self._orders: dict[str, _Order] = {}
        self._units: defaultdict[str, list[_Unit]] = defaultdict(list)
        self._refused: list[SourceLine] = []
        self._codes: dict[str, str] = {}
        self.done = 0.0

    def lines(self) -> Iterator[SourceLine]:
        """All lines of the folder."""
        self._read_orders()
        self._read_items()
        yield from self._refused
        orders = sorted(self._orders.values(), key=lambda order: (order.placed_at, order.number))
        for position, order in enumerate(orders, start=1):
            self.done = position / len(orders)
            yield from self._order_lines(order)

    def _read_orders(self) -> None:
        customers = self._folder.customers()
        for record in self._folder.records(Member.ORDERS):
            try:
                order = self._order(record, customers)
                self._orders[order.number] = order
            except CellFault as fault:
                self._refused.append(self._refusal(Member.ORDERS, record, fault))

    def _order(self, record: Record, customers: dict[str, Party]) -> _Order:
        if record.fault is not None:
            raise record.fault
        number, customer, status, placed_text = record.cells
        _need(order_id=number, customer_id=customer, order_purchase_timestamp=placed_text)
        if number in self._orders:
            raise CellFault("duplicate_order", "order_id", "an earlier row has the same order")
        if customer not in customers:
            raise CellFault("unknown_customer", "customer_id", f"{customer} is not in {Member.CUSTOMERS}")
        placed_at = _at("order_purchase_timestamp", self._moment, placed_text)
        return _Order(record, number, placed_at, status in _CANCELLED, customers[customer])

    def _read_items(self) -> None:
        products = self._folder.products()
        self._codes = location_codes(self._folder.sellers())
        for record in self._folder.records(Member.ITEMS):
            try:
                unit = self._unit(record, products)
                self._units[record.cells[0]].append(unit)
            except CellFault as fault:
                self._refused.append(self._refusal(Member.ITEMS, record, fault))

    def _unit(self, record: Record, products: dict[str, SourceProduct]) -> _Unit:
        if record.fault is not None:
            raise record.fault
        number, sku, seller, price_text, freight_text = record.cells
        _need(order_id=number, product_id=sku, seller_id=seller, price=price_text, freight_value=freight_text)
        price = _at("price", self._price, price_text)
        freight = _at("freight_value", self._price, freight_text)
        if price < 0:
            raise CellFault("negative_price", "price", f"goods cannot cost {price}")
        if number not in self._orders:
            raise CellFault("unknown_order", "order_id", f"{number} is not in {Member.ORDERS}, or refused there")
        if sku not in products:
            raise CellFault("unknown_product", "product_id", f"{sku} is not in {Member.PRODUCTS}")
        if seller not in self._codes:
            raise CellFault("unknown_seller", "seller_id", f"{seller} is not in {Member.SELLERS}")
        return _Unit(record.row, products[sku], seller, price, freight)

    def _order_lines(self, order: _Order) -> Iterator[SourceLine]:
        """The lines of one order: goods, freight, and both taken back where it was cancelled."""
        units = self._units.get(order.number)
        if not units:
            complaint = f"order {order.number} has no item that can be taken"
            yield self._refusal(Member.ORDERS, order.record, CellFault("order_without_items", "", complaint))
            return
        groups: defaultdict[tuple[str, str, Decimal], list[_Unit]] = defaultdict(list)
        for unit in units:
            groups[unit.product.sku, unit.seller, unit.price].append(unit)
        freight = sum((unit.freight for unit in units), ZERO)
        yield from (self._goods(order, group, LineOutcome.ORDER_LINE) for group in groups.values())
        yield self._freight(order, units[0].row, 1, freight)
        if order.cancelled:
            yield from (self._goods(order, group, LineOutcome.REVERSAL) for group in groups.values())
            yield self._freight(order, units[0].row, -1, freight)

    def _goods(self, order: _Order, units: list[_Unit], outcome: LineOutcome) -> SourceLine:
        unit, count = units[0], len(units)
        return self._line(
            order,
            unit.row,
            outcome,
            count if outcome is LineOutcome.ORDER_LINE else -count,
            unit.price,
            sku=unit.product.sku,
            description=unit.product.description,
            ship_from=self._codes[unit.seller],
        )

    def _freight(self, order: _Order, row: int, quantity: int, freight: Decimal) -> SourceLine:
        kind = ChargeKind.CARRIAGE.value
        return self._line(
            order,
            row,
            LineOutcome.CHARGE,
            quantity,
            freight,
            sku=FREIGHT_SKU,
            description="Freight",
            charge_kind=kind,
        )

    def _line(
        self,
        order: _Order,
        row: int,
        outcome: LineOutcome,
        quantity: int,
        unit_price: Decimal,
        *,
        sku: str,
        description: str,
        ship_from: str = "",
        charge_kind: str = "",
    ) -> SourceLine:
        """A line known by what was agreed, so that a later export with another status only adds to it."""
        content = (outcome, order.number, sku, ship_from, str(quantity), f"{unit_price:.4f}")
        fingerprint, occurrence = self._fingerprints.of(SEPARATOR.join(content))
        buyer = order.buyer
        return SourceLine(
            row=row,
            outcome=outcome,
            fingerprint=fingerprint,
            occurrence=occurrence,
            order_number=order.number,
            sku=sku,
            description=description,
            quantity=quantity,
            unit_price=unit_price,
            placed_at=order.placed_at,
            customer=buyer.person,
            country=self._country,
            latitude=buyer.point.latitude,
            longitude=buyer.point.longitude,
            postal_code=buyer.postal_code,
            city=buyer.city,
            charge_kind=charge_kind,
            ship_from=ship_from,
            money=quantity * unit_price,
        )

    def _refusal(self, member: Member, record: Record, fault: CellFault) -> SourceLine:
        """The refused line of a row of orders or items, with what can be read of it."""
        text = dict(zip(COLUMNS[member], record.cells, strict=True))
        content = SEPARATOR.join(("refused", member, fault.reason, repr(sorted(record.raw.items()))))
        fingerprint, occurrence = self._fingerprints.of(content)
        column = f", column {fault.where}" if fault.where else ""
        is_item = member is Member.ITEMS
        price = readable(self._price, text.get("price", ""))
        return SourceLine(
            row=record.row,
            outcome=LineOutcome.REFUSED,
            fingerprint=fingerprint,
            occurrence=occurrence,
            reason=fault.reason,
            message=f"{self._folder.path(member).name}: row {record.row}{column}: {fault.complaint}",
            order_number=text["order_id"],
            sku=text.get("product_id", ""),
            quantity=1 if is_item else 0,
            unit_price=price or ZERO,
            placed_at=readable(self._moment, text.get("order_purchase_timestamp", "")),
            money=price or ZERO,
            raw=record.raw,
        )


def _need(**cells: str) -> None:
    """Raises `CellFault` for the first cell that is blank."""
    for column, text in cells.items():
        if not text:
            raise CellFault(f"blank_{column}", column, "is blank")


def _at(column: str, read: Callable[[str], _T], text: str) -> _T:
    """Read a cell of this column; the `CellFault` raised names it."""
    try:
        return read(text)
    except CellFault as fault:
        raise CellFault(f"bad_{column}", column, fault.complaint) from fault
