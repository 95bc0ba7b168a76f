"""Any documents of the later routing releases and any orders, for tests that must hold whatever a retailer writes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from modules.contracts.routing import Incoming, LocationFacts, RoutingFacts
from modules.domain.releases import Release
from tests.releases.scenes import Bodies, line, routing_facts

amounts = st.sampled_from(["0.00", "0.25", "0.30", "1.00", "1.05", "2.50", "99999999.9999"])
small_amounts = st.sampled_from(["0.00", "0.25", "0.30", "1.00", "1.05", "2.50"])
CODES = ["P1", "P2", "P3", "P4"]


def _condition() -> st.SearchStrategy[Any]:
    each: list[st.SearchStrategy[Any]] = [
        st.just({"what": "channel", "channels": ["web"]}),
        st.just({"what": "method", "methods": ["express"]}),
        st.just({"what": "category", "categories": ["toys"], "every_line": True}),
        st.just({"what": "category", "categories": ["toys", "shoes"]}),
        st.just({"what": "value", "at_least": "20.00", "below": "50", "currency": "GBP"}),
        st.just({"what": "priority", "at_least": 2}),
        st.just({"what": "promise", "within_days": 2}),
        st.just({"what": "country", "countries": ["GB", "FR"]}),
        st.just({"what": "postal_code", "prefixes": ["E1", "sw"]}),
        st.just({"what": "attribute", "name": "gift", "values": ["yes"]}),
        st.just({"what": "destination", "location": "P1", "within_km": 100}),
    ]
    return st.builds(lambda body, negate: body | {"negate": negate}, st.one_of(each), st.booleans())


def _filter(*, newer: bool) -> st.SearchStrategy[Any]:
    each: list[st.SearchStrategy[Any]] = [
        st.builds(lambda negate: {"what": "group", "groups": ["north"], "negate": negate}, st.booleans()),
        st.builds(lambda negate: {"what": "kind", "kind": "store", "negate": negate}, st.booleans()),
        st.builds(
            lambda codes, negate: {"what": "location", "locations": codes, "negate": negate},
            st.lists(st.sampled_from(CODES), min_size=1, max_size=2), st.booleans(),
        ),
        st.builds(lambda km: {"what": "distance", "km": km}, st.sampled_from([1, 80, 150, 300])),
        st.builds(lambda units: {"what": "stock_left", "units": units}, st.integers(1, 2)),
        st.builds(lambda units: {"what": "capacity", "units": units}, st.integers(1, 4)),
        st.just({"what": "contract", "contracts": ["C0"]}),
    ]  # fmt: skip
    if newer:
        each += [
            st.builds(lambda days: {"what": "transit_days", "days": days}, st.integers(0, 5)),
            st.builds(lambda weeks: {"what": "weeks_of_supply", "weeks": weeks}, st.integers(1, 9)),
            st.builds(lambda percent: {"what": "confidence", "percent": percent}, st.sampled_from([40, 90])),
        ]
    return st.one_of(each)


def _rating(money: st.SearchStrategy[str], *, newer: bool) -> st.SearchStrategy[Any]:
    each: list[st.SearchStrategy[Any]] = [
        st.just({"what": "landed_cost"}),
        st.builds(lambda amount: {"what": "distance", "per_100_km": amount}, money),
        st.builds(lambda amount: {"what": "priority", "per_step": amount}, money),
        st.builds(lambda amount: {"what": "stock_balance", "for_all": amount}, money),
        st.builds(lambda amount: {"what": "capacity", "when_full": amount}, money),
    ]
    if newer:
        each += [
            st.builds(lambda amount: {"what": "transit_days", "per_day": amount}, money),
            st.builds(lambda amount: {"what": "weeks_of_supply", "target": 6, "per_week": amount}, money),
            st.builds(lambda amount: {"what": "velocity", "per_10_sold": amount}, money),
            st.builds(lambda amount: {"what": "markdown", "at_full_price": amount}, money),
            st.builds(lambda amount: {"what": "confidence", "per_10_percent": amount}, money),
        ]
    return st.one_of(each)


_ends: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        lambda queue, days: {"do": "park", "queue": queue, "cancel_after_days": days},
        st.sampled_from(["to_route", "backorder", "pre_order", "unfillable"]), st.sampled_from([None, 3]),
    ),
    st.just({"do": "hold"}),
    st.builds(lambda days: {"do": "cancel", "after_days": days}, st.sampled_from([0, 2])),
)  # fmt: skip


@st.composite
def strategy_bodies(draw: st.DrawFn, money: st.SearchStrategy[str] = amounts, *, newer: bool) -> Any:
    """A strategy of up to three rules."""
    rules = [
        {
            "name": f"Rule {at}",
            "active": draw(st.sampled_from([True, True, True, False])),
            "conditions": draw(st.lists(_condition(), max_size=1)),
            "filters": draw(st.lists(_filter(newer=newer), max_size=2)),
            "ratings": draw(st.lists(_rating(money, newer=newer), max_size=3)),
            "split": draw(st.sampled_from(["anywhere", "anywhere", "whole_lines", "one_place"])),
            "most_parcels": draw(st.integers(1, 4)),
            "then": draw(st.one_of(st.just({"do": "next_rule"}), _ends)),
        }
        for at in range(draw(st.integers(0, 3)))
    ]
    return {
        "name": "Ours",
        "active": draw(st.booleans()),
        "priority": draw(st.integers(0, 3)),
        "serves": draw(st.lists(_condition(), max_size=2)),
        "split_penalty": draw(money),
        "rules": rules,
        "left_over": draw(_ends),
    }


@st.composite
def _services(draw: st.DrawFn, money: st.SearchStrategy[str]) -> Any:
    found: Any = []
    for at in range(draw(st.integers(1, 2))):
        rates: list[Any] = []
        for zone in draw(st.sampled_from([["all"], ["near", "far"], ["near"], ["far", "all"]])):
            rate: Any = {"zone": zone, "per_parcel": draw(money), "per_kg": draw(money), "per_100_km": draw(money)}
            rate["transit_days"] = draw(st.sampled_from([None, 0, 1, 3]))
            if draw(st.booleans()):
                rate["breaks"] = [
                    {"up_to_grams": grams, "price": draw(money)}
                    for grams in draw(st.sampled_from([[500], [300, 5000]]))
                ]
                rate["per_further_kg"] = draw(st.sampled_from([None, "0.75"]))
            rates.append(rate)
        service: Any = {"code": f"S{at}", "rates": rates}
        if draw(st.booleans()):
            service |= {
                "dimensional_divisor": 5000,
                "max_grams": draw(st.sampled_from([None, 2600, 30000])),
                "surcharges": [
                    {"name": "Fuel", "percent": draw(st.sampled_from(["0.00", "12.5"]))},
                    {"name": "Heavy", "amount": draw(money), "heavier_than_grams": 2000},
                    {"name": "All", "percent": "3", "percent_of_all": True, "longer_than_mm": 250},
                ],
            }
        found.append(service)
    return found


@st.composite
def contract_bodies(draw: st.DrawFn, money: st.SearchStrategy[str] = amounts, *, newer: bool) -> Any:
    """A carrier contract."""
    if not newer:
        return {
            "per_parcel": draw(money), "per_kg": draw(money), "per_100_km": draw(money),
            "currency": draw(st.sampled_from(["GBP", "GBP", "GBP", "EUR"])),
        }  # fmt: skip
    zones: list[Any] = [
        {"zone": "near", "up_to_km": 120, "origins": draw(st.sampled_from([[], ["M"]]))},
        {"zone": "far"},
    ]
    body: Any = {
        "currency": draw(st.sampled_from(["GBP", "GBP", "GBP", "EUR"])),
        "priority": draw(st.integers(1, 3)),
        "services": draw(_services(money)),
        "zones": zones,
        "locations": draw(st.sampled_from([[], [], ["P1", "P2"]])),
    }
    if draw(st.booleans()):
        body["pairs"] = [{"origin": "6", "destination": "E1", "zone": draw(st.sampled_from(["near", "far"]))}]
    return body


@st.composite
def documents(draw: st.DrawFn, money: st.SearchStrategy[str] = amounts, *, newer: bool) -> Bodies:
    """A whole profile of Order Routing."""
    policy: st.SearchStrategy[Any] = st.fixed_dictionaries(
        {},
        optional={
            "enabled": st.sampled_from([True, True, True, False]),
            "priority": st.integers(0, 3),
            "safety_stock": st.integers(0, 1),
            "threshold": st.integers(0, 1),
            "capacity_per_day": st.sampled_from([None, 0, 1, 3, 5]),
            "handling_per_unit": money,
        },
    )
    settings: Any = {"channel_thresholds": draw(st.sampled_from([[], [{"channel": "web", "units": 1}]]))}
    if newer:
        settings |= {
            "late_penalty": draw(money),
            "stock_out_risk": {
                "failed_pick": draw(money), "lost_margin_percent": draw(st.sampled_from([0, 40])),
                "horizon_weeks": 3,
            },
            "consolidation": draw(st.sampled_from([None, {"hours": 4}])),
        }  # fmt: skip
    method: Any = {"title": "Express", "promise_days": 2}
    carriers = draw(st.sampled_from([[], ["C0"], ["C9"]]))
    method |= {"offers": [{"contract": code} for code in carriers]} if newer else {"carriers": carriers}
    contracts = draw(st.integers(0, 2))
    keys = draw(st.sampled_from([["default"], ["default", "a"]]))
    return {
        "routing_settings": {"default": settings},
        "routing_strategy": {key: draw(strategy_bodies(money, newer=newer)) for key in keys},
        "location_policy": {code: draw(policy) for code in CODES if draw(st.booleans())},
        "shipping_method": {"express": method} if draw(st.booleans()) else {},
        "carrier_contract": {f"C{at}": draw(contract_bodies(money, newer=newer)) for at in range(contracts)},
    }


@st.composite
def orders(draw: st.DrawFn, *, named: bool = True, most: int = 3) -> RoutingFacts:
    """An order of a few lines in a network of a few locations, with everything that facts can tell."""
    places = tuple(
        LocationFacts(
            at, code, draw(st.sampled_from(["store", "store", "distribution_centre"])), "GB",
            51.0 + draw(st.integers(0, 8)) / 3 if draw(st.integers(0, 9)) else None, 0.0, draw(st.integers(0, 2)),
            draw(st.sampled_from(["", "M1 1AA", "60614"])), draw(st.sampled_from([(), ("north",)])),
        )
        for at, code in enumerate(CODES[: draw(st.integers(1, 4))], 1)
    )  # fmt: skip
    if draw(st.integers(0, 4)) == 0:
        places = (*places, LocationFacts(9, "VEN", "vendor", "GB", 51.0, 0.0))
    names = st.sampled_from(["", "", "", "", "OLD", *(place.code for place in places)] if named else [""])
    lines = tuple(
        replace(
            line(
                at, draw(st.integers(1, most)), draw(st.integers(1, 3)),
                grams=draw(st.sampled_from([None, 100, 2500])), ship_from=draw(names), price="8.00",
            ),
            category=draw(st.sampled_from(["", "toys"])),
            sold_from=draw(st.sampled_from(["", "", "", "", "2025-12-05"])) if named else "",
        )
        for at in range(1, draw(st.integers(1, most)) + 1)
    )  # fmt: skip
    size = {each.product_id: draw(st.sampled_from([None, (300, 200, 100)])) for each in lines}
    lines = tuple(replace(each, millimetres=size[each.product_id]) for each in lines)
    grams = {each.product_id: each.weight_grams for each in lines}
    lines = tuple(replace(each, weight_grams=grams[each.product_id]) for each in lines)
    pairs = [(place.location_id, product) for place in places for product in sorted(grams)]
    some = st.dictionaries(st.sampled_from(pairs), st.integers(0, 9), max_size=4)
    facts = routing_facts(
        *lines, stock={place.code: {product: draw(st.integers(0, 4)) for product in grams} for place in places},
        places=places, at=draw(st.sampled_from([(51.0, 0.0), (52.5, 0.0), (None, None)])),
    )  # fmt: skip
    return replace(
        facts,
        channel=draw(st.sampled_from(["web", "shop"])), postal_code=draw(st.sampled_from(["", "E1 6AN"])),
        method=draw(st.sampled_from(["", "express"])), priority=draw(st.integers(0, 3)),
        promise_by=draw(st.sampled_from(["", "2025-11-28", "2025-12-01", "2025-12-20"])),
        value=draw(st.sampled_from([None, Decimal("30.00")])), attributes=draw(st.sampled_from([{}, {"gift": "yes"}])),
        excluded={
            each.line_id: (draw(st.integers(1, 4)),) for each in lines if draw(st.integers(0, 4)) == 0
        },
        confidence={pair: min(1000, 150 * units) for pair, units in draw(some).items()}, sold=draw(some),
        incoming=(Incoming(1, lines[0].product_id, 5, "2025-12-03"),) if draw(st.booleans()) else (),
        joinable=draw(st.sampled_from([(), (1,)])),
        bid_prices={pair: Decimal(units) / 4 for pair, units in draw(some).items()} if draw(st.booleans()) else {},
        markdown={pair: 100 * units for pair, units in draw(some).items()},
    )  # fmt: skip


def is_newer(release: Release[Any]) -> bool:
    """Whether a release knows services."""
    return release.version.major >= 3
