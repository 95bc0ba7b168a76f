"""Zones: by distance, by pairs of prefixes, by country; against the pairs of a real post office."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from fulfilment.carriers.domain.parcels import Place
from fulfilment.carriers.domain.postal import begins, tidy
from fulfilment.carriers.domain.rates import Contract, ZonePair
from fulfilment.carriers.domain.zones import zone_of
from tests.factories.carriers import contract

#: 50, 150, 300, 600, 1000, 1400 and 1800 miles.
BANDS_KM = [80, 241, 483, 966, 1609, 2253, 2897, 20100]
ANY = [{"code": "std", "rates": [{"per_parcel": "1.00"}]}]


def by_distance() -> Contract:
    bands = [{"zone": str(number), "up_to_km": most} for number, most in enumerate(BANDS_KM, 1)]
    return contract(*ANY, zones=bands)


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def zip3_places(shared_data: Path) -> dict[str, Place]:
    """The mean point of the ZIP codes that begin with the same three digits."""
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows(shared_data / "postal/geonames_postal_us.csv.gz"):
        if row["latitude"] and row["longitude"]:
            points[row["zipcode"][:3]].append((float(row["latitude"]), float(row["longitude"])))
    return {
        prefix: Place("US", prefix, sum(p[0] for p in found) / len(found), sum(p[1] for p in found) / len(found))
        for prefix, found in points.items()
    }


def usps(shared_data: Path) -> list[tuple[str, str, int]]:
    found = rows(shared_data / "carriers/usps_zone3_pairs_2018_sample.csv.gz")
    return [(row["origin_zip3"], row["dest_zip3"], int(row["zone"])) for row in found]


def test_distance_bands_give_the_zone_of_a_real_post_office(shared_data: Path) -> None:
    # given
    places, served = zip3_places(shared_data), by_distance()
    exact = near = judged = 0
    # when
    for origin, destination, zone in usps(shared_data):
        if origin in places and destination in places:
            derived = int(zone_of(served, places[origin], places[destination]) or 0)
            judged += 1
            exact += derived == zone
            near += abs(derived - zone) <= 1
    # then
    assert judged > 200_000
    assert round(exact / judged, 3) >= 0.826
    assert round(near / judged, 3) >= 0.976


def test_a_table_of_pairs_gives_exactly_what_it_says(shared_data: Path) -> None:
    # given the table of eighty origins, their destinations in ranges
    real = sorted(usps(shared_data))
    origins = sorted({origin for origin, _, _ in real})[:80]
    real = [row for row in real if row[0] in set(origins)]
    pairs = list(ranges(real))
    served = contract(*ANY, pairs=pairs)
    # when, then
    assert len(pairs) < len(real)
    for origin, destination, zone in real:
        found = zone_of(served, Place("US", origin + "01"), Place("US", destination + "99"))
        assert found == str(zone)


def ranges(real: list[tuple[str, str, int]]) -> Iterator[dict[str, str]]:
    """Runs of neighbouring prefixes of one zone, as the post office prints them."""
    for (origin, zone, _), run in groupby(
        enumerate(real), lambda item: (item[1][0], item[1][2], int(item[1][1]) - item[0])
    ):
        found = [row[1] for _, row in run]
        to = found[0] if len(found) == 1 else f"{found[0]}-{found[-1]}"
        yield {"origin": origin, "destination": to, "zone": str(zone)}


def test_pairs_go_before_rules_and_longer_prefixes_before_shorter() -> None:
    served = contract(
        *ANY,
        pairs=[
            {"origin": "10", "destination": "600-609", "zone": "far"},
            {"origin": "10", "destination": "60614", "zone": "special"},
        ],
        zones=[{"zone": "here", "domestic": True}, {"zone": "abroad"}],
    )
    start = Place("US", "10001")
    assert zone_of(served, start, Place("US", "60601-1234")) == "far"
    assert zone_of(served, start, Place("US", "60614")) == "special"
    assert zone_of(served, start, Place("US", "90210")) == "here"
    assert zone_of(served, start, Place("CA", "K1A 0B1")) == "abroad"


def test_rules_go_in_their_order_and_all_conditions_must_hold() -> None:
    served = contract(
        *ANY,
        zones=[
            {"zone": "islands", "countries": ["GB"], "destinations": ["HS", "ZE"]},
            {"zone": "mainland", "countries": ["GB"]},
            {"zone": "europe", "countries": ["FR", "DE"], "origins": ["W1"]},
        ],
    )
    start = Place("GB", "W1F 9TW")
    assert zone_of(served, start, Place("GB", "HS1 2AA")) == "islands"
    assert zone_of(served, start, Place("GB", "E1 6AN")) == "mainland"
    assert zone_of(served, start, Place("FR", "75001")) == "europe"
    assert zone_of(served, Place("GB", "G1 1XQ"), Place("FR", "75001")) is None
    assert zone_of(contract(), start, Place("NZ")) == "all"


def test_an_unknown_distance_is_in_no_band() -> None:
    assert zone_of(by_distance(), Place("US", "10001"), Place("US", "90210")) is None


@pytest.mark.parametrize(
    ("prefix", "code", "country", "whether"),
    [
        ("E1", "E1 6AN", "GB", True), ("E1", "e16an", "GB", True), ("E1", "E1W 1AA", "GB", True),
        ("E1", "E16 2AB", "GB", False), ("E", "EC1A 1BB", "GB", False), ("E", "E16 2AB", "GB", True),
        ("E1 6", "E1 6AN", "GB", True), ("E1 6", "E16 2AB", "GB", False), ("606", "60614-1234", "US", True),
        ("6", "60614", "US", True), ("607", "60614", "US", False), ("K1A", "K1A 0B1", "CA", True),
    ],
)  # fmt: skip
def test_prefixes(prefix: str, code: str, country: str, whether: bool) -> None:
    assert begins(prefix, code, country) == whether


def test_codes_are_written_as_they_are_compared() -> None:
    assert [tidy("e1 6an", "GB"), tidy("60614-1234", "US"), tidy("", "GB")] == ["E1 6AN", "606141234", ""]


@pytest.mark.parametrize("range_", ["609-600", "60-600", "100000-100001"])
def test_a_range_that_is_none_is_refused(range_: str) -> None:
    with pytest.raises(ValueError, match="is no range"):
        ZonePair.model_validate({"origin": range_, "destination": "1", "zone": "1"})
