"""``manage.py routing_benchmark``: its table, its object, its errors."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.fulfilment.routing.optimisation.instances import Setting, draw

ORDERS = "order_seq,city,lat,lon,items\n"
INVENTORY = "facility,lat,lon,sku,qty\n"


def measured(*arguments: str) -> tuple[str, dict[str, Any]]:
    out = StringIO()
    call_command("routing_benchmark", *arguments, "--json", stdout=out)
    table, last = out.getvalue().rstrip("\n").rsplit("\n", 1)
    return table, json.loads(last)


def test_all_policies_on_a_folder_of_instances(tmp_path: Path) -> None:
    # given: two instances, a reference for one
    draw(tmp_path / "one", 1, Setting(orders=30))
    draw(tmp_path / "two", 2, Setting(orders=30))
    (tmp_path / "reference_results.json").write_text('[{"instance": "one", "clairvoyant_best": 400.0}]')
    # when
    table, found = measured(str(tmp_path))
    # then
    rows = found["instances"]
    assert [(row["instance"], row["policy"]) for row in rows] == [
        (name, policy)
        for name in ("one", "two")
        for policy in ("online-nearest", "online-exact", "online-priced", "run-100")
    ]
    assert all(set(row) == {"instance", "policy", "cost", "reference", "ratio", "seconds"} for row in rows)
    assert all(row["reference"] == 400.0 and row["ratio"] == round(row["cost"] / 400.0, 5) for row in rows[:4])
    assert all(row["reference"] is None and row["ratio"] is None for row in rows[4:])
    assert len(table.splitlines()) == 9


def test_one_instance_one_policy_and_the_bound(tmp_path: Path) -> None:
    folder = draw(tmp_path / "one", 3, Setting(orders=30))
    _, found = measured(str(folder), "--policy", "online-exact", "--bound")
    assert [row["policy"] for row in found["instances"]] == ["online-exact"]
    assert found["instances"][0]["reference"] is None
    assert found["bounds"][0]["bound"] <= found["bounds"][0]["clairvoyant"] <= found["instances"][0]["cost"] + 0.001


def test_the_published_instances(shared_data: Path) -> None:
    folder = shared_data / "sourcing_benchmark" / "dev_small_5fc_10c"
    _, found = measured(str(folder))
    ratio = {row["policy"]: row["ratio"] for row in found["instances"]}
    assert (round(ratio["online-nearest"], 4), round(ratio["online-exact"], 4)) == (1.0788, 1.0291)
    assert ratio["online-priced"] <= 1.04
    assert ratio["run-100"] <= 1.03


@pytest.mark.parametrize(
    ("orders", "inventory", "fault"),
    [
        (
            ORDERS + "1,A,40,-90,X\n",
            INVENTORY + "F,40,-90,X,-1\n",
            "inventory.csv, line 2, column qty: must be a whole",
        ),
        (
            ORDERS + "1,A,40,-90,X\n",
            INVENTORY + "F,40,-190,X,1\n",
            "inventory.csv, line 2, column lon: must be degrees",
        ),
        (ORDERS + "1,A,nan,-90,X\n", INVENTORY + "F,40,-90,X,1\n", "orders.csv, line 2, column lat: must be degrees"),
        (ORDERS + "1,A,40,-90,X|X\n", INVENTORY + "F,40,-90,X,1\n", "orders.csv, line 2, column items: must be diff"),
        (ORDERS + "1,A,40,-90,\n", INVENTORY + "F,40,-90,X,1\n", "orders.csv, line 2, column items: is empty"),
        (ORDERS + "2,A,4,-9,X\n1,A,4,-9,X\n", INVENTORY + "F,40,-90,X,1\n", "orders.csv, line 3, column order_seq"),
        (ORDERS + "1,A,40\n", INVENTORY + "F,40,-90,X,1\n", "orders.csv, line 2, column lon: the line has 3 fields"),
        ("order_seq,city,lat,lon\n", INVENTORY + "F,40,-90,X,1\n", "orders.csv, line 1, column items: is missing"),
        (ORDERS, INVENTORY + "F,4,-9,X,1\nF,4,-9,X,1\n", "inventory.csv, line 3, column sku: X at F stands on"),
        (ORDERS, INVENTORY + "F,4,-9,X,1\nF,5,-9,Y,1\n", "inventory.csv, line 3, column lat: facility F stands"),
        (ORDERS, None, "inventory.csv: no such file"),
        (ORDERS, INVENTORY, "inventory.csv: holds no stock"),
    ],
)
def test_a_folder_that_cannot_be_read(tmp_path: Path, orders: str, inventory: str | None, fault: str) -> None:
    (tmp_path / "orders.csv").write_text(orders)
    if inventory is not None:
        (tmp_path / "inventory.csv").write_text(inventory)
    with pytest.raises(CommandError) as caught:
        call_command("routing_benchmark", str(tmp_path), stdout=StringIO())
    assert fault in str(caught.value)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such folder"):
        call_command("routing_benchmark", str(tmp_path / "none"), stdout=StringIO())
