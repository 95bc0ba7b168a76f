"""A thousand buyers of ten units, in real processes, one of which is killed: ten get one, the others a clear answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from fulfilment.inventory.models import SoftReservation, SoftState, StockLevel
from oms.infra.database.context import retailer_context
from oms.infra.verification import all_invariants, check
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory

ROOT = Path(__file__).resolve().parents[3]
BUYERS, UNITS, PROCESSES, THREADS = 1_000, 10, 4, 4


def start(first: int, last: int) -> subprocess.Popen[str]:
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fulfilment.inventory.buyers", str(THREADS), str(first), str(last)],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


def begin(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def answers_of(lines: str) -> dict[int, str]:
    """Whole lines alone: the last one of a killed process may be cut off."""
    whole = [line.split() for line in lines.splitlines(keepends=True) if line.endswith("\n")]
    return {int(number): answer for number, answer in whole}


@pytest.mark.usefixtures("fresh")
def test_a_thousand_buyers_of_ten_units_with_a_process_killed() -> None:
    # given: ten units in two places
    with retailer_context("acme"):
        product = ProductFactory.create(sku="LAST")
        for units in (6, 4):
            stock_received(LocationFactory.create(), product, units)
    share = BUYERS // PROCESSES
    processes = [start(number * share, (number + 1) * share) for number in range(PROCESSES)]

    # when: all begin at once, and one dies (kill -9) after its twentieth answer
    begin(*processes)
    victim = processes[0]
    lines = "".join(victim.stdout.readline() for _ in range(20))
    victim.kill()
    lines += victim.communicate(timeout=60)[0]
    answers = answers_of(lines)
    assert len(answers) < share
    for process in processes[1:]:
        answers |= answers_of(process.communicate(timeout=120)[0])
        assert process.returncode == 0

    # and: its buyers, who got no answer, ask again under the same keys
    successor = start(0, share)
    begin(successor)
    again = answers_of(successor.communicate(timeout=120)[0])

    # then: whoever was told "held" still is; exactly ten are, and everybody has an answer
    assert all(again[number] == "held" for number, answer in answers.items() if number < share and answer == "held")
    answers |= again
    assert sorted(answers) == list(range(BUYERS))
    winners = {number for number, answer in answers.items() if answer == "held"}
    assert len(winners) == UNITS
    with retailer_context("acme"):
        held = SoftReservation.objects.filter(state=SoftState.LIVE).values_list("key", flat=True)
        assert {int(key.removeprefix("buyer-")) for key in held} == winners
        assert sum(StockLevel.objects.values_list("soft_reserved", flat=True)) == UNITS
        assert [item.name for item in all_invariants() if check(item)] == []
