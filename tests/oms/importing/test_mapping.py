"""Mappings: what loads, and what the author of a bad one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from oms.importing.mapping import MappingError, available_formats, load_mapping

BASE = {
    "name": "shop",
    "channel": "shop",
    "currency": "GBP",
    "time_zone": "Europe/London",
    "columns": "{order_number: A, sku: B, quantity: C, unit_price: D, placed_at: E}",
}
EXPLAINED = "correct these keys (formats/generic.yaml explains each):\n"


def written(tmp_path: Path, **changes: str) -> Path:
    """A mapping file of BASE with some keys changed; an empty text leaves the key out."""
    path = tmp_path / "mapping.yaml"
    path.write_text("".join(f"{key}: {value}\n" for key, value in (BASE | changes).items() if value))
    return path


def complaint(path: Path) -> str:
    """What is said of the mapping file, without its name and the sentence before the list."""
    with pytest.raises(MappingError) as caught:
        load_mapping(str(path))
    text = str(caught.value)
    assert text.startswith(f"{path}: {EXPLAINED}")
    return text.removeprefix(f"{path}: {EXPLAINED}")


def test_every_shipped_format_loads_under_its_own_name() -> None:
    assert available_formats() == ["generic", "olist", "uci-online-retail"]
    assert [load_mapping(name).name for name in available_formats()] == available_formats()


def test_a_mapping_file_of_the_retailer_loads_by_its_path(tmp_path: Path) -> None:
    mapping = load_mapping(str(written(tmp_path)))

    assert (mapping.name, mapping.delimiter, mapping.encoding) == ("shop", ",", "utf-8")
    assert mapping.date_formats == ("iso",)


def test_yaml_words_stay_text(tmp_path: Path) -> None:
    """NO is Norway, not false; 007 keeps its zeros."""
    rules = "[{when: [{field: sku, equals: 007}], then: {outcome: refused, reason: spy}}]"
    mapping = load_mapping(str(written(tmp_path, countries="{Norge: {code: NO}}", default_country="NO", rules=rules)))

    assert mapping.countries["Norge"].code == mapping.default_country == "NO"
    assert mapping.rules[0].when[0].equals == "007"


def test_an_unknown_name_lists_the_formats() -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping("uci")

    assert str(caught.value) == (
        "uci: no such format and no mapping file to read there (No such file or directory); "
        "give one of generic, olist, uci-online-retail, or the path of a mapping file"
    )


@pytest.mark.parametrize("content", ["a: [", "a: b: c", "\x00", "columns: {a: 1, a: 2}", "a: 1\na: 2"])
def test_broken_yaml_names_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(content)

    with pytest.raises(MappingError) as caught:
        load_mapping(str(path))

    assert str(caught.value).startswith(f"{path}: not valid YAML, correct it: ")


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "text"])
def test_yaml_that_is_no_mapping(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(content)

    assert complaint(path) == "  must be keys with values"


RULE = "[{{when: [{{{condition}}}], then: {{{then}}}}}]"
REVERSAL = "outcome: reversal"
BLANK_SKU = "field: sku, blank: true"


def rule(condition: str, then: str = REVERSAL) -> str:
    return RULE.format(condition=condition, then=then)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"channel": ""}, "channel: is missing; add it"),
        ({"chanel": "x"}, "chanel: there is no such key; remove it or correct its spelling"),
        ({"channel": "Shop 1"}, "channel: String should match pattern '^[a-z0-9_]{1,32}$'"),
        ({"currency": "POUND"}, 'currency: "POUND" is not a currency of ISO 4217, such as GBP'),
        (
            {"time_zone": "Europe"},
            'time_zone: "Europe" is not a time zone of the IANA data base, such as Europe/London',
        ),
        ({"encoding": "utf9"}, 'encoding: "utf9" is not a text encoding, such as utf-8 or cp1252'),
        ({"encoding": "base64"}, 'encoding: "base64" is not a text encoding, such as utf-8 or cp1252'),
        ({"date_formats": "iso"}, "date_formats: must be a list"),
        (
            {"date_formats": "['%H:%M']"},
            'date_formats: "%H:%M" is neither "iso" nor a strptime format with year, month and day',
        ),
        (
            {"date_formats": "['%Q']"},
            'date_formats: "%Q" is neither "iso" nor a strptime format with year, month and day',
        ),
        (
            {"columns": "{order_number: A, sku: B}"},
            "columns: no column is given for quantity, unit_price, placed_at",
        ),
        (
            {"columns": BASE["columns"].replace("D", "B")},
            'columns: column "B" is given to more than one field',
        ),
        ({"thousands_separator": "."}, "decimal_separator and thousands_separator must differ"),
        (
            {"countries": "{Ruritania: {code: RU1}}"},
            'countries, Ruritania, code: "RU1" is not a country of ISO 3166-1 alpha-2, such as GB; '
            "leave it empty for none",
        ),
        (
            {"countries": "{Ruritania: {latitude: 50}}"},
            "countries, Ruritania: give both latitude and longitude, or neither",
        ),
        ({"joiner": "olist"}, "joiner olist knows its own columns: leave out columns and rules"),
        (
            {"rules": rule("field: sku")},
            "rules, item 1, when, item 1: give exactly one of matches, in, blank, less_than, greater_than, "
            "equals (given: none)",
        ),
        (
            {"rules": rule("field: sku, equals: a, in: [b]")},
            "rules, item 1, when, item 1: give exactly one of matches, in, blank, less_than, greater_than, "
            "equals (given: in, equals)",
        ),
        (
            {"rules": rule("equals: a")},
            "rules, item 1, when, item 1: give either a field or a column, one of the two",
        ),
        (
            {"rules": rule("field: sku, matches: '('")},
            'rules, item 1, when, item 1, matches: "(" is not a regular expression: '
            "missing ), unterminated subpattern at position 0",
        ),
        (
            {"rules": rule("field: sku, less_than: 1")},
            "rules, item 1, when, item 1: less_than is for quantity and unit_price only",
        ),
        (
            {"rules": rule("field: quantity, matches: '1'")},
            "rules, item 1, when, item 1: matches is for text; compare quantity by less_than, greater_than or equals",
        ),
        (
            {"rules": rule("field: unit_price, equals: free")},
            'rules, item 1, when, item 1: "free" is not a number to compare unit_price with',
        ),
        (
            {"rules": "[{when: [], then: {outcome: reversal}}]"},
            "rules, item 1, when: give at least one condition",
        ),
        (
            {"rules": rule("field: customer, blank: true")},
            "rules, item 1: tests customer, which has no column",
        ),
        (
            {"rules": rule(BLANK_SKU, "outcome: charge")},
            "rules, item 1, then: a charge needs a kind, and only a charge has one",
        ),
        (
            {"rules": rule(BLANK_SKU, "outcome: refused")},
            "rules, item 1, then: refused and stock_adjustment need a reason, and only they have one",
        ),
        (
            {"rules": rule(BLANK_SKU, "outcome: cancellation")},
            "rules, item 1, then: cancellation is decided when a line meets the stored orders; say reversal",
        ),
    ],
)
def test_a_bad_key_is_named_with_what_to_do(tmp_path: Path, changes: dict[str, str], expected: str) -> None:
    assert complaint(written(tmp_path, **changes)).removeprefix("  ") == expected


def test_all_bad_keys_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, currency="POUND", time_zone="Here")

    assert complaint(path).splitlines() == [
        '  currency: "POUND" is not a currency of ISO 4217, such as GBP',
        '  time_zone: "Here" is not a time zone of the IANA data base, such as Europe/London',
    ]
