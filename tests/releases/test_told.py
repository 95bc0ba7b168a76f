"""What a decision says about a location that was not taken is so."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fulfilment.routing.releases.r3_0_2.network import columns_of
from modules.domain.releases import Release
from tests.releases.scenes import compiled
from tests.releases.strategies import documents, orders
from tests.releases.test_rules import route, thorough

BEFORE: Release[Any] = import_module("fulfilment.routing.releases.r3_0_1").RELEASE
MENDED: Release[Any] = import_module("fulfilment.routing.releases.r3_0_2").RELEASE
TIE = re.compile(r"(?:counts as much as|farther than) (?P<winners>\w+(?: \+ \w+)*)(?P<why>.*)")


@given(data=st.data())
@thorough
def test_a_tie_is_told_as_it_was_broken_and_goes_where_it_went(data: st.DataObject) -> None:
    facts = data.draw(orders())
    bodies = data.draw(documents(newer=True))

    decision = route(MENDED, facts, bodies)

    before = route(BEFORE, facts, bodies)
    assert (decision.outcome(), decision.cost) == (before.outcome(), before.cost)
    columns = columns_of(facts.network, compiled(MENDED, bodies))
    kilometres = columns.kilometres(facts.latitude, facts.longitude)
    far = {place.code: float(at) for place, at in zip(columns.locations, kilometres, strict=True)}
    for step in decision.steps:
        if tie := TIE.search(step.why):
            winners = tie["winners"].split(" + ")
            said, own, theirs = tie[0], far[step.subject], [far[code] for code in winners]
            if "nearer" in said or "farther" in said:
                assert own > max(theirs)
            elif "first by code" in said:
                assert step.subject > max(winners)
                assert repr(own) in {repr(each) for each in theirs}  # not a number equals itself so
            elif "not known" in said:
                assert repr(own) == "nan"
                assert "nan" not in map(repr, theirs)
            else:
                assert "already" in said
