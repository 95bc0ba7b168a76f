"""Tracking numbers: ours, and those of eighteen couriers against published examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.carriers.domain.courier_rules import RULES
from fulfilment.carriers.domain.tracking_numbers import doubt, own_number, own_serial, recognise

#: Our courier for each file of examples.
FILES = {
    "amazon": "Amazon", "canadapost": "Canada Post", "canpar": "Canpar", "dhl": "DHL", "dpd": "DPD",
    "fedex": "FedEx", "gofo": "GOFO Express", "landmark": "Landmark Global", "lasership": "LaserShip",
    "old_dominion": "Old Dominion", "ontrac": "OnTrac", "purolator": "Purolator", "s10": "Post (UPU S10)",
    "speedee": "Spee-Dee", "ups": "UPS", "usps": "USPS", "yodel": "Yodel", "yunexpress": "YunExpress",
}  # fmt: skip
#: Wrong for the form they stand under, right for another of the same courier.
OTHER_FORM = {"331426749957": "Purolator 12"}


def examples(shared_data: Path, kind: str) -> Iterator[tuple[str, str]]:
    for path in sorted((shared_data / "carriers/tracking_number_data").glob("*.json")):
        for form in json.loads(path.read_text())["tracking_numbers"]:
            for number in form["test_numbers"][kind]:
                yield FILES[path.stem], number


def test_every_valid_example_is_recognised(shared_data: Path) -> None:
    found = list(examples(shared_data, "valid"))
    missed = [
        (courier, number)
        for courier, number in found
        if courier not in {rule.courier for rule in recognise(number).valid}
    ]
    assert len(found) == 192
    assert len({courier for courier, _ in found}) == 18
    assert missed == []


def test_no_invalid_example_passes_for_its_courier(shared_data: Path) -> None:
    found = list(examples(shared_data, "invalid"))
    passed = {
        number: rule.name for courier, number in found for rule in recognise(number).valid if rule.courier == courier
    }
    assert len(found) == 88
    assert passed == OTHER_FORM


def test_forms_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@given(st.integers(1, 10**10 - 1), st.integers(2, 13), st.integers(1, 9))
def test_a_mistyped_digit_of_our_numbers_is_found(serial: int, place: int, more: int) -> None:
    number = own_number("TR", serial)
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert own_serial("TR", number) == serial
    assert own_serial("TR", wrong) is None


@given(st.integers(1, 10**10 - 1), st.integers(2, 12))
def test_two_digits_exchanged_are_found(serial: int, place: int) -> None:
    number = own_number("OF", serial)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (own_serial("OF", swapped) is None) == (swapped != number)


def test_a_serial_beyond_ten_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        own_number("TR", 10**10)
    assert own_number("TR", 1) == "TR000000000195"


@pytest.mark.parametrize(
    ("number", "carrier", "said"),
    [
        ("1Z5R89390357567127", "UPS", ""),
        ("1z5r 8939 0357 567127", "", ""),
        ("1Z5R89390357567127", "FedEx", "1Z5R89390357567127 is a number of UPS, not of FedEx."),
        (
            "1Z5R89390357567128", "UPS",
            "1Z5R89390357567128 looks like UPS 1Z, but its check digit is wrong: is a digit mistyped?",
        ),
        ("TRACK1", "Post", ""),
        ("", "UPS", ""),
        (
            "TR000000000196", "",
            "TR000000000196 looks like our own TR, but its check digit is wrong: is a digit mistyped?",
        ),
        ("RB123456785GB", "Royal Mail", ""),
    ],
)  # fmt: skip
def test_staff_are_told_what_looks_wrong(number: str, carrier: str, said: str) -> None:
    assert doubt(number, carrier) == said
