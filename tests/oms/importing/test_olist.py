"""The joiner: a folder of related files becomes lines, locations and products."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oms.importing.faults import FaultCode, SourceFault
from oms.importing.lines import LineOutcome, SourceLine, SourceLocation, SourceProduct
from oms.importing.mapping import load_mapping
from oms.importing.olist import location_codes
from oms.importing.source import OrderSource, open_source

ORDERS = "olist_orders_dataset.csv"
ITEMS = "olist_order_items_dataset.csv"
CUSTOMERS = "olist_customers_dataset.csv"
SELLERS = "olist_sellers_dataset.csv"
PRODUCTS = "olist_products_dataset.csv"
CENTROIDS = "br_zip_prefix_centroids.csv"
CATEGORIES = "product_category_name_translation.csv"

FILES = {
    ORDERS: """\
order_id,customer_id,order_status,order_purchase_timestamp
late,c2,canceled,2018-02-01 10:00:00
early,c1,delivered,2018-01-01 10:00:00
empty,c1,unavailable,2018-03-01 10:00:00
""",
    ITEMS: """\
order_id,order_item_id,product_id,seller_id,price,freight_value
early,1,lamp,seller-one-north,10.00,1.50
early,2,lamp,seller-one-north,10.00,1.50
early,3,lamp,seller-two-south,10.00,2.00
early,4,lamp,seller-one-north,9.00,1.50
late,1,rug,seller-two-south,99.9,20.1
""",
    CUSTOMERS: """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,ann,1001,sao paulo,SP
c2,bob,99999,nowhere,XX
""",
    SELLERS: """\
seller_id,seller_zip_code_prefix,seller_city,seller_state
seller-one-north,01001,sao paulo,SP
seller-two-south,99999,nowhere,XX
""",
    PRODUCTS: """\
product_id,product_category_name,product_weight_g,product_length_cm,product_height_cm,product_width_cm
lamp,casa_luz,500,30,20,10
rug,,,,,
""",
    CENTROIDS: "zip_code_prefix,lat,lng\n01001,-23.5,-46.6\n",
    CATEGORIES: "product_category_name,product_category_name_english\ncasa_luz,home_light\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "olist"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def source(folder: Path) -> OrderSource:
    return open_source(folder, load_mapping("olist"))


def shape(line: SourceLine) -> tuple[str, str, str, int, Decimal, str, int]:
    return (
        line.order_number,
        line.outcome.value,
        line.sku,
        line.quantity,
        line.unit_price,
        line.ship_from,
        line.row,
    )


def test_units_become_lines_by_product_seller_and_price_and_freight_one_charge(folder: Path) -> None:
    olist = source(folder)

    lines = list(olist.lines())

    assert [shape(line) for line in lines] == [
        ("early", "order_line", "lamp", 2, Decimal("10.00"), "S-seller-one-n", 2),
        ("early", "order_line", "lamp", 1, Decimal("10.00"), "S-seller-two-s", 4),
        ("early", "order_line", "lamp", 1, Decimal("9.00"), "S-seller-one-n", 5),
        ("early", "charge", "freight", 1, Decimal("6.50"), "", 2),
        ("late", "order_line", "rug", 1, Decimal("99.9"), "S-seller-two-s", 6),
        ("late", "charge", "freight", 1, Decimal("20.1"), "", 6),
        ("late", "reversal", "rug", -1, Decimal("99.9"), "S-seller-two-s", 6),
        ("late", "charge", "freight", -1, Decimal("20.1"), "", 6),
        ("empty", "refused", "", 0, Decimal(0), "", 4),
    ]
    assert [line.charge_kind for line in lines] == [
        "",
        "",
        "",
        "carriage",
        "",
        "carriage",
        "",
        "carriage",
        "",
    ]
    assert sum(line.money for line in lines) == Decimal("45.50")
    assert (lines[-1].reason, lines[-1].message) == (
        "order_without_items",
        "olist_orders_dataset.csv: row 4: order empty has no item that can be taken",
    )
    assert olist.bytes_read == olist.total_bytes == sum(len(text) for text in FILES.values())


def test_a_line_carries_its_buyer_and_the_centre_of_the_postal_code(folder: Path) -> None:
    lines = list(source(folder).lines())

    near, far = lines[0], lines[4]
    assert near.placed_at == datetime(2018, 1, 1, 10, tzinfo=ZoneInfo("America/Sao_Paulo"))
    assert (near.customer, near.postal_code, near.city, near.country) == ("ann", "1001", "sao paulo", "BR")
    assert (near.latitude, near.longitude, near.description) == (-23.5, -46.6, "home light")
    assert (far.customer, far.latitude, far.longitude, far.description) == ("bob", None, None, "")


def test_sellers_become_locations_and_products_have_their_size(folder: Path) -> None:
    olist = source(folder)

    assert list(olist.locations()) == [
        SourceLocation(
            code="S-seller-one-n",
            name="Seller in Sao Paulo, SP",
            city="sao paulo",
            state="SP",
            country="BR",
            postal_code="01001",
            latitude=-23.5,
            longitude=-46.6,
        ),
        SourceLocation("S-seller-two-s", "Seller in Nowhere, XX", "nowhere", "XX", "BR", "99999", None, None),
    ]
    assert list(olist.products()) == [
        SourceProduct("lamp", "home light", "home_light", weight_g=500, length_cm=30, width_cm=10, height_cm=20),
        SourceProduct("rug", "", "", weight_g=None, length_cm=None, width_cm=None, height_cm=None),
    ]


def test_location_codes_grow_until_they_are_unique() -> None:
    assert location_codes(["0123456789abX", "0123456789abY"]) == {
        "0123456789abX": "S-0123456789abX",
        "0123456789abY": "S-0123456789abY",
    }


def test_a_later_status_adds_reversals_and_leaves_the_other_lines_known(folder: Path) -> None:
    before = {line.fingerprint for line in source(folder).lines() if line.order_number == "early"}
    (folder / ORDERS).write_text(FILES[ORDERS].replace("delivered", "canceled"))

    after = [line for line in source(folder).lines() if line.order_number == "early"]

    new = [shape(line)[1:4] for line in after if line.fingerprint not in before]
    assert len(before) == 4
    assert new == [
        ("reversal", "lamp", -2),
        ("reversal", "lamp", -1),
        ("reversal", "lamp", -1),
        ("charge", "freight", -1),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "reason", "message"),
    [
        (ITEMS, "late,1,rug", "gone,1,rug", "unknown_order",
         "row 6, column order_id: gone is not in olist_orders_dataset, or refused there"),
        (ITEMS, "late,1,rug", "late,1,mat", "unknown_product",
         "row 6, column product_id: mat is not in olist_products_dataset"),
        (ITEMS, "late,1,rug,seller-two-south", "late,1,rug,s9", "unknown_seller",
         "row 6, column seller_id: s9 is not in olist_sellers_dataset"),
        (ITEMS, "99.9", "cheap", "bad_price",
         'row 6, column price: "cheap" is not a number with the decimal separator "."'),
        (ITEMS, "20.1", "NaN", "bad_freight_value",
         'row 6, column freight_value: "NaN" is not a number with the decimal separator "."'),
        (ITEMS, "99.9", "-1", "negative_price", "row 6, column price: goods cannot cost -1"),
        (ITEMS, "99.9", "", "blank_price", "row 6, column price: is blank"),
        (ITEMS, ",20.1", "", "wrong_column_count", "row 6: has 5 columns, the header has 6"),
        (ITEMS, "rug", "r\x00g", "bad_character",
         'row 6, column product_id: "r\\x00g" holds a control character'),
        (ITEMS, "late,1", '"late"x,1', "bad_quoting",
         'row 6: text stands outside the quotes of a cell: '
         '""late"x,1,rug,seller-two-south,99.9,20.1"'),
        (ORDERS, "2018-02-01 10:00:00", "soon", "bad_order_purchase_timestamp",
         'row 2, column order_purchase_timestamp: "soon" is not a time of the form iso'),
        (ORDERS, "late,c2", "late,c9", "unknown_customer",
         "row 2, column customer_id: c9 is not in olist_customers_dataset"),
        (ORDERS, "late,c2", "late," + "c" * 65, "too_long",
         f'row 2, column customer_id: "{"c" * 39}…" has 65 characters, at most 64 fit'),
    ],
)  # fmt: skip
def test_a_bad_row_of_orders_or_items_is_refused_alone(
    folder: Path, name: str, old: str, new: str, reason: str, message: str
) -> None:
    (folder / name).write_text(FILES[name].replace(old, new))

    lines = list(source(folder).lines())

    assert (lines[0].outcome, lines[0].reason) == (LineOutcome.REFUSED, reason)
    assert lines[0].message == f"{name}: {message}"
    assert lines[0].raw
    good = [line for line in lines if line.order_number == "early"]
    assert sum(line.money for line in good) == Decimal("45.50")


def test_an_order_given_twice_counts_once(folder: Path) -> None:
    (folder / ORDERS).write_text(FILES[ORDERS] + "late,c1,delivered,2018-02-02\n")

    lines = list(source(folder).lines())

    assert (lines[0].reason, lines[0].row, lines[0].order_number) == ("duplicate_order", 5, "late")
    assert sum(line.quantity for line in lines if line.outcome is LineOutcome.ORDER_LINE) == 5


@pytest.mark.parametrize("name", FILES)
def test_a_missing_member_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(SourceFault) as caught:
        list(source(folder).lines())

    assert caught.value.code is FaultCode.MISSING_FILE
    assert str(caught.value) == f"{folder / name}: is missing, and so is its .gz; put it in the folder"


@pytest.mark.parametrize(
    ("name", "content", "code", "complaint"),
    [
        (ORDERS, "", FaultCode.EMPTY_FILE, "is empty; it needs a header row and rows below it"),
        (
            CUSTOMERS,
            FILES[CUSTOMERS] + "c1,x,1,y,z\n",
            FaultCode.DUPLICATE_KEY,
            'row 4, column customer_id: "c1" stands there twice',
        ),
        (
            SELLERS,
            FILES[SELLERS] + ",1,y,z\n",
            FaultCode.MALFORMED_ROW,
            "row 4, column seller_id: is blank; correct it",
        ),
        (
            SELLERS,
            FILES[SELLERS] + "x,y\n",
            FaultCode.MALFORMED_ROW,
            "row 4: has 2 columns, the header has 4; correct it",
        ),
        (
            PRODUCTS,
            FILES[PRODUCTS].replace("500", "heavy"),
            FaultCode.MALFORMED_ROW,
            'row 2, column product_weight_g: "heavy" is not a whole number; correct it',
        ),
        (
            PRODUCTS,
            FILES[PRODUCTS].replace("500", "-5"),
            FaultCode.MALFORMED_ROW,
            'row 2, column product_weight_g: "-5" is below zero; correct it',
        ),
        (
            CENTROIDS,
            FILES[CENTROIDS].replace("-23.5", "nan"),
            FaultCode.MALFORMED_ROW,
            'row 2, column lat: "nan" is not a number of degrees from -90 to 90; correct it',
        ),
        (
            CENTROIDS,
            FILES[CENTROIDS].replace("-46.6", "west"),
            FaultCode.MALFORMED_ROW,
            'row 2, column lng: "west" is not a number of degrees from -180 to 180; correct it',
        ),
    ],
)
def test_a_malformed_member_is_named(folder: Path, name: str, content: str, code: FaultCode, complaint: str) -> None:
    (folder / name).write_text(content)

    with pytest.raises(SourceFault) as caught:
        list(source(folder).lines())

    assert caught.value.code is code
    assert str(caught.value) == f"{folder / name}: {complaint}"


def test_a_file_in_place_of_the_folder(folder: Path) -> None:
    with pytest.raises(SourceFault) as caught:
        list(source(folder / ORDERS).lines())

    assert caught.value.code is FaultCode.NOT_A_DIRECTORY


def test_members_may_be_gzip(folder: Path) -> None:
    plain = list(source(folder).lines())
    for name, text in FILES.items():
        (folder / name).unlink()
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))

    packed = list(source(folder).lines())

    assert packed[:-1] == plain[:-1]
    assert packed[-1].fingerprint == plain[-1].fingerprint


def test_the_real_folder_adds_up(shared_data: Path) -> None:
    """8,365 units; money is price and freight of all units less those of cancelled orders."""
    folder = shared_data / "orders_olist"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    counts: Counter[str] = Counter()
    units: Counter[str] = Counter()
    money: defaultdict[str, Decimal] = defaultdict(Decimal)
    sellers: defaultdict[str, set[str]] = defaultdict(set)
    identities = set()

    olist = source(folder)
    for line in olist.lines():
        taken_back = line.outcome is LineOutcome.CHARGE and line.quantity < 0
        kind = "charge taken back" if taken_back else line.outcome.value
        counts[kind] += 1
        units[kind] += line.quantity
        money[kind] += line.money
        identities.add((line.fingerprint, line.occurrence))
        if line.outcome is LineOutcome.ORDER_LINE:
            sellers[line.order_number].add(line.ship_from)

    assert counts == {
        "order_line": 7_606,
        "charge": 7_360,
        "reversal": 472,
        "charge taken back": 467,
        "refused": 775,
    }
    assert (units["order_line"], units["reversal"]) == (8_365, -549)
    assert money == {
        "order_line": Decimal("1093264.35"),
        "charge": Decimal("172288.39"),
        "reversal": Decimal("-97242.96"),
        "charge taken back": Decimal("-10783.25"),
        "refused": Decimal(0),
    }
    assert sum(money.values()) == Decimal("1157526.53")
    assert len(identities) == sum(counts.values())
    assert sum(len(codes) > 1 for codes in sellers.values()) == 71
    locations = list(olist.locations())
    assert len({location.code for location in locations}) == len(locations) == 3_095
    assert sum(location.latitude is None for location in locations) == 8
    assert {code for codes in sellers.values() for code in codes} <= {loc.code for loc in locations}
    assert sum(1 for _ in olist.products()) == 32_951
