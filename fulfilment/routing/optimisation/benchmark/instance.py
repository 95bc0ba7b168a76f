"""Reading an instance: a folder with ``orders.csv`` and ``inventory.csv``.

``orders.csv``: order_seq, city, lat, lon, items (SKUs joined by ``|``, one unit of each), in the order of arrival.
``inventory.csv``: facility, lat, lon, sku, qty. The cost function is that of Jasin and Sinha (2015).
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..model import Order, Units
from ..prices import LinearPrice

#: Dollars for a parcel, for a unit, and for a unit and mile; leaving units unfilled costs twice the farthest.
PARCEL, UNIT, UNIT_MILE, UNFILLED = 8.759, 0.423, 0.000541, 2
EARTH_MILES = 3959.0
#: Costs are whole numbers of a ten-millionth of a dollar.
GRAINS = 10_000_000
_ORDERS = ("order_seq", "city", "lat", "lon", "items")
_INVENTORY = ("facility", "lat", "lon", "sku", "qty")


class BadInstance(ValueError):
    """A folder that cannot be read; says which file, line and column, and what is expected."""

    @classmethod
    def at(cls, path: Path, what: str, line: int | None = None, column: str = "") -> BadInstance:
        """Say what is wrong with a file, and where in it."""
        place = f", line {line}" if line is not None else ""
        return cls(f"{path}{place}{', column ' + column if column else ''}: {what}")


@dataclass(frozen=True, slots=True)
class Point:
    """Where something is, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """An order of the file: where it goes and the SKUs it asks for."""

    line: int
    city: Point
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """What the files say, and the best known cost of the instance, if any."""

    name: str
    facilities: dict[str, Point]
    stock: dict[tuple[str, str], int]
    arrivals: tuple[Arrival, ...]
    reference: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """An instance in numbers: stock by SKU and facility, orders as they come, the destination of each."""

    stock: Units
    orders: tuple[Order, ...]
    destinations: tuple[Point, ...]
    skus: tuple[str, ...]
    facilities: tuple[str, ...]


def read_folder(folder: Path) -> list[Instance]:
    """Read the instance in a folder, or all in the folders in it, by name.

    Raises :class:`BadInstance`.
    """
    if not folder.is_dir():
        raise BadInstance.at(folder, "no such folder")
    single = (folder / "orders.csv").exists() or (folder / "inventory.csv").exists()
    chosen = [folder] if single else sorted(path for path in folder.iterdir() if (path / "orders.csv").exists())
    if not chosen:
        raise BadInstance.at(folder, "holds no folder with orders.csv and inventory.csv")
    return [read_instance(path) for path in chosen]


def read_instance(folder: Path) -> Instance:
    """Read one instance; its reference is looked up in ``reference_results.json`` beside it or in it."""
    facilities: dict[str, Point] = {}
    stock: dict[tuple[str, str], int] = {}
    for row in _rows(folder / "inventory.csv", _INVENTORY):
        name, sku, point = row.text("facility"), row.text("sku"), row.point()
        if facilities.setdefault(name, point) != point:
            raise row.fault("lat", f"facility {name} stands elsewhere on an earlier line")
        if (name, sku) in stock:
            raise row.fault("sku", f"{sku} at {name} stands on an earlier line too")
        stock[name, sku] = row.whole("qty")
    arrivals: list[Arrival] = []
    last: int | None = None
    for row in _rows(folder / "orders.csv", _ORDERS):
        number = row.whole("order_seq")
        if last is not None and number <= last:
            raise row.fault("order_seq", f"must be greater than {last}, that of the order before")
        last = number
        items = tuple(item.strip() for item in row.text("items").split("|"))
        if not all(items) or len(set(items)) < len(items):
            raise row.fault("items", "must be different SKUs joined by |")
        arrivals.append(Arrival(number, row.point(), items))
    if not facilities:
        raise BadInstance.at(folder / "inventory.csv", "holds no stock")
    return Instance(folder.resolve().name, facilities, stock, tuple(arrivals), _reference(folder.resolve()))


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    line: int
    values: dict[str, str]

    def fault(self, column: str, what: str) -> BadInstance:
        return BadInstance.at(self.path, what, self.line, column)

    def text(self, column: str) -> str:
        value = self.values[column].strip()
        if not value:
            raise self.fault(column, "is empty")
        return value

    def whole(self, column: str) -> int:
        value = self.text(column)
        if not (value.isascii() and value.isdigit()) or len(value) > 9:
            raise self.fault(column, f"must be a whole number of at most nine digits, not {value[:40]!r}")
        return int(value)

    def point(self) -> Point:
        degrees = []
        for column, most in (("lat", 90.0), ("lon", 180.0)):
            value = self.text(column)
            try:
                number = float(value)
            except ValueError:
                number = math.nan
            if not abs(number) <= most:
                raise self.fault(column, f"must be degrees from -{most:.0f} to {most:.0f}, not {value[:40]!r}")
            degrees.append(number)
        return Point(degrees[0], degrees[1])


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[_Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            for column in columns:
                if column not in header:
                    raise BadInstance.at(path, "is missing", 1, column)
            for values in reader:
                if not values:
                    continue
                if len(values) != len(header):
                    at = header[min(len(values), len(header) - 1)]
                    what = f"the line has {len(values)} fields, its header {len(header)}"
                    raise BadInstance.at(path, what, reader.line_num, at)
                yield _Row(path, reader.line_num, dict(zip(header, values, strict=True)))
    except FileNotFoundError:
        raise BadInstance.at(path, "no such file") from None
    except (UnicodeDecodeError, csv.Error) as fault:
        raise BadInstance.at(path, f"is not CSV in UTF-8 ({fault})") from fault


def _reference(folder: Path) -> float | None:
    """The best known cost with every order known beforehand."""
    for path in (folder / "reference_results.json", folder.parent / "reference_results.json"):
        if not path.exists():
            continue
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            found = [float(each["clairvoyant_best"]) for each in entries if each["instance"] == folder.name]
        except (ValueError, KeyError, TypeError) as fault:
            raise BadInstance.at(path, "must be a list of objects with instance and clairvoyant_best") from fault
        if found and found[0] > 0:
            return found[0]
    return None


def miles(one: Point, other: Point) -> float:
    """Great-circle distance."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * EARTH_MILES * math.asin(min(1.0, math.sqrt(half)))


def in_numbers(instance: Instance) -> Case:
    """The instance as the solvers take it; like orders share their price."""
    facilities = tuple(instance.facilities)
    skus = sorted({sku for _, sku in instance.stock} | {sku for each in instance.arrivals for sku in each.items})
    number = {sku: at for at, sku in enumerate(skus)}
    stock = np.zeros((len(skus), len(facilities)), dtype=np.int64)
    for (facility, sku), units in instance.stock.items():
        stock[number[sku], facilities.index(facility)] = units
    known: dict[tuple[Point, tuple[str, ...]], Order] = {}
    orders = []
    for each in instance.arrivals:
        items = tuple(sorted(each.items))
        if (each.city, items) not in known:
            known[each.city, items] = _order(instance, each.city, tuple(number[sku] for sku in items))
        like = known[each.city, items]
        orders.append(Order(each.line, like.skus, like.units, like.price, like.unfilled, like.unfilled_fixed))
    return Case(stock, tuple(orders), tuple(each.city for each in instance.arrivals), tuple(skus), facilities)


def _order(instance: Instance, city: Point, skus: tuple[int, ...]) -> Order:
    distances = [miles(city, point) for point in instance.facilities.values()]
    unit = np.array([round((UNIT + UNIT_MILE * each) * GRAINS) for each in distances], dtype=np.int64)
    fixed = np.full(len(distances), round(PARCEL * GRAINS), dtype=np.int64)
    price = LinearPrice(fixed, np.repeat(unit[None, :], len(skus), axis=0))
    lost = round(UNFILLED * (UNIT + UNIT_MILE * max(distances)) * GRAINS)
    return Order(0, skus, (1,) * len(skus), price, (lost,) * len(skus), round(UNFILLED * PARCEL * GRAINS))


def redirected(basket: Order, place: Order) -> Order:
    """The order of one's items for the destination of the other."""
    fixed, per_unit = place.price.floor()
    lines = len(basket.skus)
    unit = np.repeat(per_unit[:1], lines, axis=0)
    return Order(
        0, basket.skus, basket.units, LinearPrice(fixed, unit), (place.unfilled[0],) * lines, place.unfilled_fixed
    )
