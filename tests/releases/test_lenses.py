"""Conversions lose nothing, whatever was edited on either side and in whatever order."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.domain.canonical import Body, canonical
from modules.domain.documents import Document
from modules.domain.releases import Conversion, Release
from tests.releases.schemas import KEYS, Documents, any_json, bodies, document_sets, fits

ROOT = Path(__file__).resolve().parents[2]


def chain(package: str) -> list[Release[Any]]:
    """The releases of a package, oldest first."""
    folders = ROOT.joinpath(*package.split(".")).glob("r[0-9]*")
    found: list[Release[Any]] = [import_module(f"{package}.{folder.name}").RELEASE for folder in folders]
    return sorted(found, key=lambda release: release.version)


CHAINS = {
    "order_routing": chain("fulfilment.routing.releases"),
    "order_management": chain("orders.releases"),
}
STEPS = [(module, step) for module, releases in CHAINS.items() for step in range(1, len(releases))]
thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def written(documents: Documents) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    """A set as bytes."""
    return {where: (canonical(item.body), canonical(item.complement)) for where, item in documents.items()}


def conversions(release: Release[Any]) -> tuple[Conversion, Conversion]:
    """The way from the release before, and the way back."""
    assert release.up is not None
    assert release.down is not None
    return release.up, release.down


def edited(draw: st.DrawFn, release: Release[Any], documents: Documents) -> Documents:
    """One thing that staff could do: write, add or remove a document, or work on its list of locations."""
    result = dict(documents)
    where = draw(st.sampled_from(sorted(documents)))
    kind = release.kinds[where[0]]
    deed = draw(st.sampled_from(["write", "field", "entries", "add", "remove"]))
    if deed == "write":
        result[where] = Document(draw(bodies(kind)), documents[where].complement)
    elif deed == "field":
        fresh = draw(bodies(kind))
        name = draw(st.sampled_from(sorted({*fresh, *documents[where].body, "colour"})))
        body = {key: value for key, value in documents[where].body.items() if key != name}
        result[where] = Document(body | {key: fresh[key] for key in fresh if key == name}, documents[where].complement)
    elif deed == "entries" and "location_settings" in kind.model.model_fields:
        entries: Any = documents[where].body.get("location_settings")
        kept = draw(st.lists(st.sampled_from(entries), unique_by=canonical, max_size=5)) if entries else []
        added: Any = draw(bodies(kind)).get("location_settings", [])
        codes = {entry["location"] for entry in kept}
        body = documents[where].body | {"location_settings": kept + [e for e in added if e["location"] not in codes]}
        result[where] = Document(body, documents[where].complement)
    elif deed == "add":
        several = [each for each in release.kinds.values() if not each.singleton]
        if several:
            chosen = draw(st.sampled_from(several))
            result.setdefault((chosen.name, draw(st.sampled_from(KEYS))), Document(draw(bodies(chosen))))
    elif not kind.singleton:
        del result[where]
    return result if fits(release, result) else documents


@st.composite
def histories(draw: st.DrawFn, module: str) -> tuple[int, Documents]:
    """Documents with whatever complements a history of edits and conversions up and down has left."""
    chain = CHAINS[module]
    at = draw(st.integers(0, len(chain) - 1))
    documents = draw(document_sets(chain[at]))
    for deed in draw(st.lists(st.sampled_from(["up", "down", "edit", "edit"]), max_size=10)):
        if deed == "up" and at + 1 < len(chain):
            at += 1
            documents = conversions(chain[at])[0](documents)
        elif deed == "down" and at:
            documents = conversions(chain[at])[1](documents)
            at -= 1
        elif deed == "edit":
            documents = edited(draw, chain[at], documents)
    return at, documents


@pytest.mark.parametrize("module", CHAINS)
@given(data=st.data())
@settings(thorough, max_examples=250)
def test_both_laws_hold_after_any_history(module: str, data: st.DataObject) -> None:
    chain = CHAINS[module]
    at, documents = data.draw(histories(module))
    assert fits(chain[at], documents)
    if at + 1 < len(chain):
        up, down = conversions(chain[at + 1])
        newer = up(documents)
        assert fits(chain[at + 1], newer)
        assert written(down(newer)) == written(documents)
    if at:
        up, down = conversions(chain[at])
        older = down(documents)
        assert fits(chain[at - 1], older)
        assert written(up(older)) == written(documents)


@pytest.mark.parametrize("module", CHAINS)
@given(data=st.data())
@thorough
def test_a_chain_of_conversions_comes_back_to_the_same(module: str, data: st.DataObject) -> None:
    chain = CHAINS[module]
    documents = data.draw(document_sets(chain[0]))
    converted = documents
    for release in chain[1:]:
        converted = conversions(release)[0](converted)
    for release in reversed(chain[1:]):
        converted = conversions(release)[1](converted)
    assert written(converted) == written(documents)


@pytest.mark.parametrize("module", CHAINS)
def test_documents_that_a_profile_begins_with_become_each_other(module: str) -> None:
    chain = CHAINS[module]
    first = [
        {(name, key): Document(dict(body)) for name, kind in each.kinds.items() for key, body in kind.defaults.items()}
        for each in chain
    ]
    for before, release, after in zip(first, chain[1:], first[1:], strict=False):
        up, down = conversions(release)
        names: Body = {"name": "a strategy"}
        if module == "order_routing":  # the only field in which they differ
            before, after = (
                {
                    where: Document(item.body | names) if where[0] == "routing_strategy" else item
                    for where, item in documents.items()
                }
                for documents in (before, after)
            )
        assert written(up(before)) == written(after)
        assert written(down(after)) == written(before)


@pytest.mark.parametrize(("module", "step"), STEPS)
@given(data=st.data())
@settings(thorough, max_examples=60)
def test_unknown_fields_come_along(module: str, step: int, data: st.DataObject) -> None:
    older, newer = CHAINS[module][step - 1], CHAINS[module][step]
    documents = data.draw(document_sets(older))
    note = data.draw(any_json)
    singleton = next(kind for kind in older.kinds.values() if kind.singleton)
    where = (singleton.name, str(singleton.singleton))
    documents[where] = Document(documents[where].body | {"our_note": note})
    up, down = conversions(newer)
    converted = up(documents)
    assert any(canonical(item.body.get("our_note", "none")) == canonical(note) for item in converted.values())
    assert written(down(converted)) == written(documents)


@given(data=st.data())
@thorough
def test_what_is_converted_is_not_changed_in_place(data: st.DataObject) -> None:
    module = data.draw(st.sampled_from(sorted(CHAINS)))
    at, documents = data.draw(histories(module))
    before = written(documents)
    if at + 1 < len(CHAINS[module]):
        conversions(CHAINS[module][at + 1])[0](documents)
    if at:
        conversions(CHAINS[module][at])[1](documents)
    assert written(documents) == before


STRATEGY = ("routing_strategy", "default")


def strategy(**fields: Any) -> Document:
    """A strategy of 1.1."""
    return Document({"name": "ours", "radius_km": None, "keep_lines_whole": True, "location_settings": []} | fields)


def entry(code: str, threshold: int = 0, **more: Any) -> Body:
    """An entry of 1.1."""
    body: Body = {"location": code, "enabled": True, "threshold": threshold, "capacity_per_day": None}
    return body | more


def test_locations_become_documents_and_a_list_again_in_its_order() -> None:
    up, down = conversions(CHAINS["order_routing"][2])
    documents = {STRATEGY: strategy(location_settings=[entry("MAN", 3), entry("BHX"), entry("LON", note="ours")])}

    newer = up(documents)

    assert {where: item.body for where, item in newer.items()} == {
        STRATEGY: {"name": "ours", "radius_km": None, "split_limit": 3, "split_penalty": "0.00"},
        ("location_policy", "MAN"): {
            "enabled": True, "threshold": 3, "capacity_per_day": None, "handling_per_unit": "0.00",
        },
        ("location_policy", "BHX"): {
            "enabled": True, "threshold": 0, "capacity_per_day": None, "handling_per_unit": "0.00",
        },
        ("location_policy", "LON"): {
            "enabled": True, "threshold": 0, "capacity_per_day": None, "handling_per_unit": "0.00", "note": "ours",
        },
    }  # fmt: skip
    assert newer[STRATEGY].complement == {
        "order_routing 1.1.0 to 2.0.0": {"order": [["MAN", "BHX", "LON"], None]},
    }
    assert written(down(newer)) == written(documents)


def test_edits_of_locations_survive_both_ways() -> None:
    up, down = conversions(CHAINS["order_routing"][2])
    newer = up({STRATEGY: strategy(location_settings=[entry("MAN", 3), entry("BHX"), entry("LON")])})

    # in 2.0: a changed threshold, handling, a removed and an added location, a carrier
    newer["location_policy", "MAN"] = Document(
        newer["location_policy", "MAN"].body | {"threshold": 7, "handling_per_unit": "0.40"}
    )
    del newer["location_policy", "BHX"]
    newer["location_policy", "ABZ"] = Document({"enabled": False})
    newer["carrier_contract", "DHL"] = Document({"per_parcel": "4.10", "currency": "GBP"})
    older = down(newer)

    assert set(older) == {STRATEGY}
    assert older[STRATEGY].body["location_settings"] == [
        entry("MAN", 7), entry("LON"), {"location": "ABZ", "enabled": False},
    ]  # fmt: skip

    # in 1.1: another threshold, a location removed, one added, the order turned round
    entries: Any = older[STRATEGY].body["location_settings"]
    older[STRATEGY] = Document(
        older[STRATEGY].body | {"location_settings": [entry("GLA", 1), entry("LON"), entries[0] | {"threshold": 9}]},
        older[STRATEGY].complement,
    )
    again = up(older)

    assert {key: item.body for (kind, key), item in again.items() if kind == "location_policy"} == {
        "GLA": {"enabled": True, "threshold": 1, "capacity_per_day": None, "handling_per_unit": "0.00"},
        "LON": {"enabled": True, "threshold": 0, "capacity_per_day": None, "handling_per_unit": "0.00"},
        "MAN": {"enabled": True, "threshold": 9, "capacity_per_day": None, "handling_per_unit": "0.40"},
    }
    assert again["carrier_contract", "DHL"].body == {"per_parcel": "4.10", "currency": "GBP"}
    listed: Any = down(again)[STRATEGY].body["location_settings"]
    assert [item["location"] for item in listed] == ["GLA", "LON", "MAN"]


def test_thresholds_wait_in_the_first_release_for_their_location() -> None:
    up, down = conversions(CHAINS["order_routing"][1])
    older = down({STRATEGY: strategy(radius_km=80, location_settings=[entry("MAN", 3), entry("LON", 5)])})
    assert older[STRATEGY].body == {
        "name": "ours",
        "max_distance_km": 80,
        "location_settings": [{"location": "MAN", "enabled": True}, {"location": "LON", "enabled": True}],
    }

    older[STRATEGY] = Document(
        older[STRATEGY].body
        | {"max_distance_km": 90, "location_settings": [{"location": "LON", "enabled": False}, {"location": "ABZ"}]},
        older[STRATEGY].complement,
    )
    newer = up(older)

    assert newer[STRATEGY].body == strategy(
        radius_km=90,
        location_settings=[
            entry("LON", 5, enabled=False),
            {"location": "ABZ", "threshold": 0, "capacity_per_day": None},
        ],
    ).body  # fmt: skip
    assert newer[STRATEGY].complement == {
        "order_routing 1.1.0 to 1.0.0": {"locations": {"MAN": [{"threshold": [3]}]}},
    }


def test_a_value_limit_becomes_a_rule_and_keeps_what_the_rule_learnt() -> None:
    up, down = conversions(CHAINS["order_management"][1])
    newer = up({("order_review", "default"): Document({"value_limit": "500.00", "currency": "GBP"})})
    rule = newer["hold_rule", "value_review"].body
    assert rule == {
        "title": "Value review", "min_total": "500.00", "currency": "GBP", "countries": [],
        "first_order_only": False, "max_units_per_line": None,
    }  # fmt: skip

    newer["hold_rule", "value_review"] = Document(rule | {"countries": ["FR"]})
    newer["hold_rule", "first"] = Document({"title": "First orders", "first_order_only": True})
    older = down(newer)
    assert older.keys() == {("order_review", "default")}
    assert older["order_review", "default"].body == {"value_limit": "500.00", "currency": "GBP"}

    review = older["order_review", "default"]
    again = up({("order_review", "default"): Document(review.body | {"value_limit": "300"}, review.complement)})
    assert again["hold_rule", "value_review"].body == rule | {"countries": ["FR"], "min_total": "300"}
    assert again["hold_rule", "first"].body == {"title": "First orders", "first_order_only": True}
    off = up({("order_review", "default"): Document(review.body | {"value_limit": None}, review.complement)})
    assert sorted(off) == [("hold_rule", "first"), ("review_settings", "default")]


def test_a_rule_becomes_conditions_and_edits_of_either_side_stay() -> None:
    up, down = conversions(CHAINS["order_management"][2])
    rule: Body = {"title": "Large", "min_total": "500.00", "countries": ["GB", "FR"], "first_order_only": True}
    settings_ = {("review_settings", "default"): Document({"matching": "every"})}
    newer = up({**settings_, ("hold_rule", "large"): Document(rule)})
    conditions: list[Any] = [
        {"field": "total", "operator": "above", "value": "500.00", "negate": False},
        {"field": "country", "operator": "one_of", "value": "GB, FR", "negate": False},
        {"field": "earlier_orders", "operator": "at_most", "value": "0", "negate": False},
    ]
    assert newer["hold_rule", "large"].body == {
        "title": "Large", "blocks": ["allocate"], "priority": 100, "conditions": conditions,
    }  # fmt: skip
    assert newer["cancellation_policy", "default"].body == {"free_until": "picked", "reason_required": False}

    # in 2.0: another order, a note at one condition, another blocked action, and a rule that 1.1 cannot express
    turned = [conditions[2] | {"note": "asked by finance"}, conditions[0]]
    newer["hold_rule", "large"] = Document(
        newer["hold_rule", "large"].body | {"conditions": turned, "blocks": ["allocate", "ship"]},
        newer["hold_rule", "large"].complement,
    )
    strange: Body = {"title": "Not GB", "blocks": ["ship"], "conditions": [conditions[1] | {"negate": True}]}
    newer["hold_rule", "strange"] = Document(strange)
    newer["cancellation_policy", "default"] = Document({"free_until": "packed"})
    older = down(newer)
    assert sorted(older) == [("hold_rule", "large"), ("review_settings", "default")]
    assert older["hold_rule", "large"].body == {
        "title": "Large", "min_total": "500.00", "countries": [], "first_order_only": True,
    }  # fmt: skip

    # in 1.1: another amount
    large = older["hold_rule", "large"]
    older["hold_rule", "large"] = Document(large.body | {"min_total": "650.00"}, large.complement)
    again = up(older)
    assert again["hold_rule", "large"].body == {
        "title": "Large", "blocks": ["allocate", "ship"], "priority": 100,
        "conditions": [turned[0], turned[1] | {"value": "650.00"}],
    }  # fmt: skip
    assert again["hold_rule", "strange"].body == strange
    assert again["cancellation_policy", "default"].body == {"free_until": "packed"}


def test_a_rule_that_waits_gives_way_to_one_of_its_key_and_returns_after_it() -> None:
    up, down = conversions(CHAINS["order_management"][2])
    waiting = Document({"title": "Waits", "blocks": ["edit"], "conditions": []})
    settings_ = ("review_settings", "default")
    older = down({settings_: Document({}), ("hold_rule", "k"): waiting})
    older["hold_rule", "k"] = Document({"title": "Ours"})

    newer = up(older)
    assert newer["hold_rule", "k"].body["title"] == "Ours"
    assert written(down(newer)) == written(older)

    del older["hold_rule", "k"]
    assert written(up(older))["hold_rule", "k"] == written({("hold_rule", "k"): waiting})["hold_rule", "k"]


def test_sets_without_their_singletons_are_converted_all_the_same() -> None:
    up, down = conversions(CHAINS["order_routing"][2])
    policies = {("location_policy", "MAN"): Document({"threshold": 2, "handling_per_unit": "0.30"})}
    older = down(policies)
    assert older[STRATEGY].body == {
        "keep_lines_whole": True,
        "location_settings": [{"location": "MAN", "threshold": 2}],
    }
    assert up(older)["location_policy", "MAN"] == policies["location_policy", "MAN"]
    assert up({}) == down({}) == {}

    up, down = conversions(CHAINS["order_management"][2])
    rules = {("hold_rule", "a"): Document({"title": "A", "blocks": ["ship"], "conditions": []})}
    assert up(down(rules))["hold_rule", "a"] == rules["hold_rule", "a"]
    up, down = conversions(CHAINS["order_management"][1])
    rules = {("hold_rule", "a"): Document({"title": "A", "min_total": "5"})}
    assert up(down(rules))["hold_rule", "a"] == rules["hold_rule", "a"]
    assert up({}) == down({}) == {}
