"""Policies on drawn instances: feasible, blind to later orders, repeatable, and better than looking at one order."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from fulfilment.routing.optimisation.benchmark.evaluate import Infeasible, cost_of
from fulfilment.routing.optimisation.benchmark.instance import GRAINS, Case, Instance, in_numbers, read_instance
from fulfilment.routing.optimisation.benchmark.policies import NOWHERE, POLICIES, Choice, clairvoyant
from tests.fulfilment.routing.optimisation.instances import Setting, draw


def shipped(case: Case, choices: list[Choice]) -> list[dict[str, str]]:
    return [
        {case.skus[sku]: case.facilities[at] for sku, at in zip(order.skus, choice, strict=True) if at != NOWHERE}
        for order, choice in zip(case.orders, choices, strict=True)
    ]


def cost(instance: Instance, policy: str) -> float:
    case = in_numbers(instance)
    return cost_of(instance, shipped(case, list(POLICIES[policy](case))))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_feasible_repeatable_and_never_beats_the_bound(policy: str, tmp_path: Path) -> None:
    instance = read_instance(draw(tmp_path / "a", 7, Setting(orders=120, level=0.9)))
    found = cost(instance, policy)
    assert found == cost(instance, policy)
    assert found >= clairvoyant(in_numbers(instance)).bound / GRAINS - 0.01


@pytest.mark.parametrize("policy", [name for name in POLICIES if name.startswith("online")])
def test_an_online_policy_does_not_see_later_orders(policy: str, tmp_path: Path) -> None:
    case = in_numbers(read_instance(draw(tmp_path / "a", 8, Setting(orders=80))))
    mixed = list(range(50, 80))
    random.Random(1).shuffle(mixed)
    turn = [*range(50), *mixed]
    other = Case(
        case.stock,
        tuple(case.orders[at] for at in turn),
        tuple(case.destinations[at] for at in turn),
        case.skus,
        case.facilities,
    )
    assert list(islice(POLICIES[policy](case), 50)) == list(islice(POLICIES[policy](other), 50))


@pytest.mark.slow
def test_prices_for_scarce_stock_pay_on_the_whole(tmp_path: Path) -> None:
    settings = [
        Setting(5, 10, 200, 20),
        Setting(8, 40, 300, 20),
        Setting(10, 60, 300, 20, level=0.8),
        Setting(6, 20, 300, 10, level=1.2),
        Setting(12, 99, 300, 30),
    ]
    ratios: dict[str, list[float]] = {name: [] for name in POLICIES}
    for number, setting in enumerate(settings):
        instance = read_instance(draw(tmp_path / str(number), 40 + number, setting))
        bound = clairvoyant(in_numbers(instance)).bound / GRAINS
        for name, found in ratios.items():
            found.append(cost(instance, name) / bound)
    mean = {name: sum(found) / len(found) for name, found in ratios.items()}
    assert mean["online-nearest"] > mean["online-exact"] > mean["online-priced"] > mean["run-100"]
    assert mean["online-priced"] < 1.04
    assert mean["run-100"] < 1.025


def test_the_evaluator_refuses_stock_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order_seq,city,lat,lon,items\n1,A,40,-90,X|Y\n2,A,40,-90,X\n")
    (tmp_path / "inventory.csv").write_text("facility,lat,lon,sku,qty\nF,40,-90,X,1\n")
    instance = read_instance(tmp_path)
    assert cost_of(instance, [{"X": "F"}, {}]) == pytest.approx(8.759 + 0.423 + 2 * (2 * 8.759 + 2 * 0.423))
    with pytest.raises(Infeasible, match="order 2 takes X from F, where none is left"):
        cost_of(instance, [{"X": "F"}, {"X": "F"}])
    with pytest.raises(Infeasible, match="order 2 does not ask for Y"):
        cost_of(instance, [{}, {"Y": "F"}])
