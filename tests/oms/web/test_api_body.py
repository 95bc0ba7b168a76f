"""What is taken from a body and what is refused, each value by its pointer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.web.api.fields import checked
from oms.web.api.orders.body import OrderBody
from oms.web.api.parsers import parsed_json
from oms.web.api.problems import Problem
from tests.oms.web.api_data import ORDERS, open_shop, problem, small_order

LINE = {"sku": "A", "quantity": 2, "unit_price": "10.00"}


def refusal(body: object) -> Problem:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Problem) as refused:
        checked(OrderBody, parsed_json(raw))
    return refused.value


def faults(body: object) -> list[tuple[str, str]]:
    refused = refusal(body)
    assert refused.kind.code == "validation"
    return [(fault.at, fault.code) for fault in refused.faults]


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", "Line 1, column 1: Expecting value."),
        (b'{"a": 1,\n "b"}', "Line 2, column 5: Expecting ':' delimiter."),
        (b"{} {}", "Line 1, column 4: Extra data."),
        (b"{'a': 1}", "Line 1, column 2: Expecting property name enclosed in double quotes."),
        (b'{"a": 01}', "Line 1, column 8: Expecting ',' delimiter."),
        (b'{"a": "\xff"}', "Byte 7 is not UTF-8."),
        (b'\xef\xbb\xbf{"a": 1}', "Line 1, column 1: Unexpected UTF-8 BOM (decode using utf-8-sig)."),
        ('{"a": "é"}'.encode("utf-16"), "Byte 0 is not UTF-8."),
        (b'{"a": "\n"}', "Line 1, column 8: Invalid control character at."),
        (b'{"a": NaN}', "NaN is not a number that can be taken."),
        (b'{"a": -Infinity}', "-Infinity is not a number that can be taken."),
        (b'{"a": 1e999}', "1e999 is not a number that can be taken."),
        (b'{"a": ' + b"9" * 21 + b"}", "A whole number has more than 20 characters."),
        (b'{"a": ' + b"9" * 5000 + b"}", "A whole number has more than 20 characters."),
        (b"[" * 200_000, "Objects and arrays lie inside one another at most 16 deep."),
    ],
)
def test_what_is_not_json_is_refused(raw: bytes, detail: str) -> None:
    refused = refusal(raw)
    assert (refused.kind.status, refused.kind.code, refused.text) == (400, "malformed_json", detail)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": 1, "a": 1}', [("/a", "repeated")]),
        (
            b'{"a": 1, "b": [{"c": 1, "c": 2, "c": 3, "d": 1, "d": 1}]}',
            [("/b/0/c", "repeated"), ("/b/0/d", "repeated")],
        ),
        (b'{"a": "x\\u0000"}', [("/a", "unsafe_character")]),
        (b'{"a": ["ok", "\\n"]}', [("/a/1", "unsafe_character")]),
        (b'{"a": "\\u009f", "b": "\\u007f"}', [("/a", "unsafe_character"), ("/b", "unsafe_character")]),
        (b'{"a": "\\ud83d"}', [("/a", "unsafe_character")]),
        (b'{"a\\u0000": 1}', [("/a\x00", "unsafe_character")]),
        (b'{"a/b~": "\\t"}', [("/a~1b~0", "unsafe_character")]),
        (b'"\\t"', [("", "unsafe_character")]),
        (b"[" * 17 + b"]" * 17, [("/0" * 16, "too_deep")]),
    ],
)
def test_json_that_readers_may_understand_differently_is_refused(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert faults(raw) == expected


def test_text_of_all_the_world_is_taken() -> None:
    text = "Ærøskøbing 東京 😀 \u200f\u2028"
    body = checked(OrderBody, parsed_json(json.dumps(small_order(destination={"city": text})).encode()))
    assert body.destination.city == text
    assert parsed_json(b"[" * 16 + b"]" * 16) == [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]


REQUIRED = [("/channel", "required"), ("/external_number", "required"), ("/lines", "required")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, REQUIRED),
        ([], [("", "wrong_type")]),
        (None, [("", "wrong_type")]),
        ("order", [("", "wrong_type")]),
        ({"channel": None, "external_number": 5, "lines": {}}, [
            ("/channel", "wrong_type"), ("/external_number", "wrong_type"), ("/lines", "wrong_type"),
        ]),
    ],
)  # fmt: skip
def test_a_body_without_the_shape_of_an_order_is_refused(body: object, expected: list[tuple[str, str]]) -> None:
    assert faults(body) == expected


MEMBERS: list[tuple[dict[str, object], str, str]] = [
    ({"chanel": "shop"}, "/chanel", "unknown_field"),
    ({"a/b": 1}, "/a~1b", "unknown_field"),
    ({"channel": ""}, "/channel", "blank"),
    ({"channel": "x" * 33}, "/channel", "too_long"),
    ({"external_number": ""}, "/external_number", "blank"),
    ({"external_number": " 1"}, "/external_number", "surrounding_space"),
    ({"external_number": "1" * 65}, "/external_number", "too_long"),
    ({"placed_at": 1700000000}, "/placed_at", "wrong_type"),
    ({"placed_at": ""}, "/placed_at", "malformed"),
    ({"placed_at": "yesterday"}, "/placed_at", "malformed"),
    ({"placed_at": "2026-02-30T12:00:00Z"}, "/placed_at", "malformed"),
    ({"placed_at": "2026-01-31T12:00:00"}, "/placed_at", "offset_missing"),
    ({"placed_at": "2026-01-31"}, "/placed_at", "offset_missing"),
    ({"placed_at": "1969-12-31T23:59:59Z"}, "/placed_at", "out_of_range"),
    ({"placed_at": "0001-01-01T00:00:00+23:59"}, "/placed_at", "out_of_range"),
    ({"placed_at": "9999-12-31T23:59:59-23:59"}, "/placed_at", "out_of_range"),
    ({"currency": "gbp"}, "/currency", "unknown_code"),
    ({"currency": "XYZ"}, "/currency", "unknown_code"),
    ({"currency": ""}, "/currency", "unknown_code"),
    ({"customer": "C1"}, "/customer", "wrong_type"),
    ({"customer": {"name": "Ana"}}, "/customer/reference", "required"),
    ({"customer": {"reference": ""}}, "/customer/reference", "blank"),
    ({"customer": {"reference": "C1", "email": "ana"}}, "/customer/email", "malformed"),
    ({"customer": {"reference": "C1", "name": "x" * 161}}, "/customer/name", "too_long"),
    ({"customer": {"reference": "C1", "phone": "1"}}, "/customer/phone", "unknown_field"),
    ({"destination": []}, "/destination", "wrong_type"),
    ({"destination": {"country": "UK"}}, "/destination/country", "unknown_code"),
    ({"destination": {"latitude": 1}}, "/destination", "incomplete"),
    ({"destination": {"latitude": 90.1, "longitude": 0}}, "/destination/latitude", "out_of_range"),
    ({"destination": {"latitude": 0, "longitude": -180.1}}, "/destination/longitude", "out_of_range"),
    ({"destination": {"latitude": "1", "longitude": 1}}, "/destination/latitude", "wrong_type"),
    ({"destination": {"latitude": True, "longitude": 1}}, "/destination/latitude", "wrong_type"),
    ({"lines": []}, "/lines", "too_few"),
    ({"lines": [LINE] * 1001}, "/lines", "too_many"),
    ({"lines": [LINE, 5]}, "/lines/1", "wrong_type"),
    ({"charges": [{"kind": "fee", "amount": "1"}] * 101}, "/charges", "too_many"),
    ({"charges": [{"amount": "1"}]}, "/charges/0/kind", "required"),
    ({"charges": [{"kind": "", "amount": "1"}]}, "/charges/0/kind", "blank"),
    ({"charges": [{"kind": "fee", "amount": 1}]}, "/charges/0/amount", "money_as_number"),
]


@pytest.mark.parametrize(("change", "at", "code"), MEMBERS)
def test_a_member_that_cannot_be_taken_is_named(change: dict[str, object], at: str, code: str) -> None:
    assert faults({**small_order(), **change}) == [(at, code)]


LINE_MEMBERS: list[tuple[dict[str, object], str, str]] = [
    ({"sku": ""}, "sku", "blank"),
    ({"sku": "A "}, "sku", "surrounding_space"),
    ({"sku": 1}, "sku", "wrong_type"),
    ({"quantity": 0}, "quantity", "out_of_range"),
    ({"quantity": -1}, "quantity", "out_of_range"),
    ({"quantity": 2_147_483_648}, "quantity", "out_of_range"),
    ({"quantity": 10**19}, "quantity", "out_of_range"),
    ({"quantity": "2"}, "quantity", "wrong_type"),
    ({"quantity": 2.0}, "quantity", "wrong_type"),
    ({"quantity": True}, "quantity", "wrong_type"),
    ({"unit_price": 10}, "unit_price", "money_as_number"),
    ({"unit_price": 10.5}, "unit_price", "money_as_number"),
    ({"unit_price": True}, "unit_price", "wrong_type"),
    ({"unit_price": None}, "unit_price", "wrong_type"),
    ({"unit_price": "-0.01"}, "unit_price", "out_of_range"),
    ({"unit_price": "1.00001"}, "unit_price", "malformed"),
    ({"unit_price": "10000000000"}, "unit_price", "malformed"),
    ({"unit_price": "1,00"}, "unit_price", "malformed"),
    ({"unit_price": "1."}, "unit_price", "malformed"),
    ({"unit_price": ".5"}, "unit_price", "malformed"),
    ({"unit_price": "+1"}, "unit_price", "malformed"),
    ({"unit_price": " 1"}, "unit_price", "malformed"),
    ({"unit_price": "1e3"}, "unit_price", "malformed"),
    ({"unit_price": "NaN"}, "unit_price", "malformed"),
    ({"unit_price": "१"}, "unit_price", "malformed"),
    ({"description": "x" * 256}, "description", "too_long"),
    ({"price": "1"}, "price", "unknown_field"),
]


@pytest.mark.parametrize(("change", "member", "code"), LINE_MEMBERS)
def test_a_member_of_a_line_that_cannot_be_taken_is_named(change: dict[str, object], member: str, code: str) -> None:
    assert faults(small_order(lines=[LINE, {**LINE, **change}])) == [(f"/lines/1/{member}", code)]


def test_money_given_as_a_number_is_refused_with_advice() -> None:
    [fault] = refusal(small_order(lines=[{**LINE, "unit_price": 10.1}])).faults
    assert fault.detail == 'Give it as a string, "12.50": numbers lose decimals on the way.'


def test_several_values_are_named_at_once() -> None:
    body = {"channel": "", "lines": [{"sku": "A", "quantity": 0}, {"quantity": 1, "unit_price": 1}], "now": 1}
    assert sorted(faults(body)) == [
        ("/channel", "blank"),
        ("/external_number", "required"),
        ("/lines/0/quantity", "out_of_range"),
        ("/lines/0/unit_price", "required"),
        ("/lines/1/sku", "required"),
        ("/lines/1/unit_price", "money_as_number"),
        ("/now", "unknown_field"),
    ]


def test_a_clock_may_be_a_day_ahead() -> None:
    soon, late = (timezone.now() + timedelta(hours=hours) for hours in (23, 25))
    assert checked(OrderBody, small_order(placed_at=soon.isoformat())).placed_at == soon
    assert faults(small_order(placed_at=late.isoformat())) == [("/placed_at", "out_of_range")]


@pytest.mark.parametrize(
    "given",
    ["2026-01-31T12:00:00Z", "2026-01-31T13:00+01:00", "2026-01-31T12:00:00.000000-00:00", "20260131T120000Z"],
)
def test_times_of_iso_8601_with_an_offset_are_taken(given: str) -> None:
    placed_at = checked(OrderBody, small_order(placed_at=given)).placed_at
    assert placed_at is not None
    assert placed_at.isoformat()[:10] == "2026-01-31"
    assert placed_at.timestamp() == 1769860800


# -- whatever comes --------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT,
    st.sampled_from(["A", "shop", "1", "0.01", "-1", "GBP", "2026-01-31T12:00:00Z", "9" * 64, "\x00", "\ud800", ""]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=6
)
FULL = {
    **small_order(),
    "currency": "EUR",
    "customer": {"reference": "C1", "name": "Ana", "email": "ana@example.com"},
    "destination": {"city": "London", "country": "GB", "latitude": 51.5, "longitude": -0.1},
    "charges": [{"kind": "carriage", "amount": "5"}],
}


def places(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a JSON value."""
    inner: list[tuple[object, ...]] = [at]
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        inner += places(item, (*at, key))
    return inner


def changed(value: Any, at: tuple[Any, ...], new: object) -> Any:
    """A copy of a JSON value with another value at one place."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[at[0]] = changed(copy[at[0]], at[1:], new)
    return copy


PLACES = [at for at in places(FULL) if at]
SOME_CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3)


def apply(changes: list[tuple[tuple[object, ...], object]]) -> object:
    body: object = FULL
    # The deepest first: a place may be gone once what it lies in has been replaced.
    for at, new in sorted(changes, key=lambda change: -len(change[0])):
        body = changed(body, at, new)
    return body


EXAMPLES = 200


def test_no_body_breaks_the_server(fresh: None) -> None:
    shop = open_shop()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=60) | SOME_CHANGES.map(lambda changes: json.dumps(apply(changes)).encode()))
    def post(raw: bytes) -> None:
        response = shop.post(ORDERS, raw)
        assert response.status_code in {200, 201, 400, 409, 422}, response.content
        if response.status_code >= 400:
            problem(response)

    post()
