"""Forms made from schemas: what is shown, and what a browser sends back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from modules.domain.canonical import Body, canonical
from modules.domain.releases import KindModel
from modules.services.revise import FieldFault
from oms.web.profile.merging import disputed, merged
from oms.web.profile.nodes import Builder, Node, place_faults
from oms.web.profile.notes import notes_as_html
from oms.web.profile.reading import ROOT, Press, Reading
from oms.web.profile.specs import Schema, Shape
from oms.web.profile.values import fault_in_words, in_words


class Slot(KindModel):
    """When somebody is there."""

    day: Literal["mon", "tue"] = Field(title="Day")
    hours: int = Field(8, title="Hours", ge=0, le=24)
    closed: bool = Field(False, title="Closed")


class Team(KindModel):
    """Who works."""

    lead: str = Field(title="Lead", min_length=1)
    slots: list[Slot] = Field(default_factory=list, title="Slots")


class ByPost(KindModel):
    """Sent."""

    way: Literal["post"] = "post"
    carrier: str = Field("DHL", title="Carrier")


class ByHand(KindModel):
    """Handed over."""

    way: Literal["hand"] = "hand"
    desk: int = Field(1, title="Desk")


class Everything(KindModel):
    """One field of each shape."""

    name: str = Field("", title="Name")
    units: int | None = Field(None, title="Units", ge=1)
    ratio: float = Field(0.5, title="Ratio")
    amount: Decimal = Field(Decimal("0.00"), title="Amount")
    open: bool = Field(True, title="Open")
    maybe: bool | None = Field(None, title="Maybe")
    size: Literal["small", "very_large"] | None = Field(None, title="Size")
    since: date | None = Field(None, title="Since")
    codes: list[Annotated[str, Field(pattern="^[A-Z]{2}$")]] = Field(default_factory=list, title="Codes")
    days: list[Literal["mon", "tue", "wed"]] = Field(default_factory=list, title="Days", max_length=3)
    teams: list[Team] = Field(default_factory=list, title="Teams")
    deputy: Team | None = Field(None, title="Deputy")
    weights: dict[str, int] = Field(default_factory=dict, title="Weights")
    way: Annotated[ByPost | ByHand, Field(discriminator="way")] = Field(ByPost(carrier="DHL"), title="Way")


SCHEMA = Schema(Everything)
BODY: dict[str, Any] = {
    "name": "North", "units": 3, "ratio": 0.25, "amount": "12.50", "open": False, "maybe": True, "size": "very_large",
    "since": "2026-03-01", "codes": ["GB", "FR"], "days": ["wed", "mon"],
    "teams": [
        {"lead": "Ada", "slots": [{"day": "mon", "hours": 4, "closed": False, "later": 7}], "colour": "red"},
        {"lead": "Bob", "slots": []},
    ],
    "deputy": {"lead": "Cy", "slots": []}, "weights": {"near": 2, "cheap": 1}, "way": {"way": "hand", "desk": 4},
    "of_a_newer_release": {"kept": [1, {"as": "it is"}]},
}  # fmt: skip


def tree(body: Body, schema: Schema = SCHEMA, reading: Reading | None = None) -> Node:
    builder = Builder(schema, reading.origins, reading.focus) if reading else Builder(schema, None, None)
    return builder.node(schema.root, body, (), ROOT)


def sent(root: Node, **typed: str | None) -> QueryDict:
    """What a browser sends of a form; ``typed`` (with __ for dots) replaces fields, None takes them out."""
    data = QueryDict(mutable=True)
    for node in root.walk():
        _send(node, data)
    for name, text in typed.items():
        field = f"{ROOT}.{name.replace('__', '.')}"
        if text is None:
            data.pop(field, None)
        else:
            data[field] = text
    return data


def _send(node: Node, data: QueryDict) -> None:
    shape = node.spec.shape
    chosen = [option.text for option in node.options if option.chosen]
    if shape is Shape.GROUP and node.spec.nullable and node.checked:
        data[f"{node.name}.given"] = "on"
    elif shape is Shape.VARIANT:
        data[f"{node.name}.variant"] = chosen[0]
        data[f"{node.name}.shown"] = node.text
    elif shape is Shape.SEVERAL:
        data.setlist(node.name, chosen)
    elif shape in (Shape.LIST, Shape.MAP):
        data.setlist(f"{node.name}.row", [child.row for child in node.children])
        for child in node.children if shape is Shape.MAP else ():
            data[f"{node.name}.{child.number}.key"] = child.key
    elif node.input == "checkbox":
        if node.checked:
            data[node.name] = "on"
    elif node.input == "choice":
        data[node.name] = chosen[0] if chosen else node.options[0].text
    elif node.input not in ("other", "fixed") and shape is not Shape.GROUP:
        data[node.name] = node.text


def read(data: QueryDict, base: Body | None, press: str = "") -> Any:
    return Reading(SCHEMA, data, base, Press.of(press))


def at(root: Node, *path: str | int) -> Node:
    return next(node for node in root.walk() if node.path == path)


def test_each_field_has_the_control_of_its_type() -> None:
    shapes = {name: spec.shape for name, spec in SCHEMA.parts(SCHEMA.root)}
    assert shapes == {
        "name": Shape.TEXT, "units": Shape.INTEGER, "ratio": Shape.NUMBER, "amount": Shape.DECIMAL,
        "open": Shape.BOOLEAN, "maybe": Shape.BOOLEAN, "size": Shape.CHOICE, "since": Shape.DATE,
        "codes": Shape.LIST, "days": Shape.SEVERAL, "teams": Shape.LIST, "deputy": Shape.GROUP,
        "weights": Shape.MAP, "way": Shape.VARIANT,
    }  # fmt: skip
    root = tree(BODY)
    assert [at(root, name).input for name in ("open", "maybe", "size", "since", "units")] == [
        "checkbox", "choice", "choice", "date", "text",
    ]  # fmt: skip
    assert [(option.text, option.word, option.chosen) for option in at(root, "size").options] == [
        ("", "not set", False), ("small", "small", False), ("very_large", "very large", True),
    ]  # fmt: skip
    assert at(root, "units").spec.hint == "1 or more"
    assert at(root, "teams", 0, "slots").spec.title == "Slots"
    assert [column.title for column in at(root, "teams", 0, "slots").columns] == ["Day", "Hours", "Closed"]
    assert at(root, "teams").columns == []
    assert at(root, "teams").entry == "team"


def test_a_form_that_nobody_touched_gives_the_document_back_to_the_byte() -> None:
    assert canonical(read(sent(tree(BODY)), BODY).body) == canonical(BODY)


slots = st.fixed_dictionaries(
    {"day": st.sampled_from(["mon", "tue"])},
    optional={"hours": st.integers(0, 24), "closed": st.booleans(), "extra": st.integers()},
)
teams = st.fixed_dictionaries(
    {"lead": st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)},
    optional={"slots": st.lists(slots, max_size=3), "extra": st.lists(st.integers(), max_size=2)},
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
        "units": st.none() | st.integers(1, 10**12),
        "ratio": st.floats(0, 1) | st.integers(0, 9),
        "amount": st.sampled_from(["0.00", "12.50", "1"]) | st.integers(0, 99),
        "open": st.booleans(),
        "maybe": st.none() | st.booleans(),
        "size": st.none() | st.just("small"),
        "codes": st.lists(st.sampled_from(["GB", "FR", ""]), max_size=3),
        "days": st.lists(st.sampled_from(["mon", "tue", "wed"]), unique=True),
        "teams": st.lists(teams, max_size=3),
        "deputy": st.none() | teams,
        "weights": st.dictionaries(st.text("abc", min_size=1), st.integers(), max_size=3),
        "way": st.sampled_from([{"way": "post"}, {"way": "hand", "desk": 2, "extra": 1}]),
        "of_a_newer_release": st.lists(st.integers(), max_size=2),
    },
)


@given(bodies)
def test_no_document_changes_by_being_looked_at(body: Body) -> None:
    assert canonical(read(sent(tree(body)), body).body) == canonical(body)


def test_what_is_typed_is_read_by_its_type() -> None:
    data = sent(
        tree(BODY), name=" South ", units="", ratio="1.5", amount="7.25", open="on", maybe="no", size="small",
        since="", codes__0="DE", teams__0__slots__0__hours="12", teams__1__lead="Eve",
    )  # fmt: skip
    body = read(data, BODY).body
    assert body == {
        **BODY, "name": "South", "units": None, "ratio": 1.5, "amount": "7.25", "open": True, "maybe": False,
        "size": "small", "since": None, "codes": ["DE", "FR"],
        "teams": [
            {"lead": "Ada", "slots": [{"day": "mon", "hours": 12, "closed": False, "later": 7}], "colour": "red"},
            {"lead": "Eve", "slots": []},
        ],
    }  # fmt: skip


def test_a_new_document_is_written_out_with_its_defaults() -> None:
    body = read(sent(tree({})), None).body
    assert body == {
        "name": "", "units": None, "ratio": 0.5, "amount": "0.00", "open": True, "maybe": None, "size": None,
        "since": None, "codes": [], "days": [], "teams": [], "deputy": None, "weights": {},
        "way": {"way": "post", "carrier": "DHL"},
    }  # fmt: skip


def test_text_that_is_no_number_stays_as_it_was_typed() -> None:
    reading = read(sent(tree(BODY), units="twelve"), BODY)
    assert reading.body["units"] == "twelve"
    assert at(tree(reading.body, reading=reading), "units").text == "twelve"


def test_rows_are_moved_added_and_taken_out_with_what_nobody_sees() -> None:
    # given
    data = sent(tree(BODY))
    # when
    moved = read(data, BODY, "down:body.teams:0")
    # then: the colour that no field shows has gone along
    assert [team["lead"] for team in moved.body["teams"]] == ["Bob", "Ada"]
    assert moved.body["teams"][1]["colour"] == "red"
    # when: the form is drawn anew and sent
    again = read(sent(tree(moved.body, reading=moved)), BODY)
    # then
    assert again.body == moved.body
    # when
    data = sent(tree(moved.body, reading=moved))
    added = read(data, BODY, "add:body.teams:")
    # then
    assert (len(added.body["teams"]), added.body["teams"][2], added.focus) == (3, {}, ("teams", 2))
    # when: it is filled in, with a slot of its own
    data = sent(tree(added.body, reading=added), teams__2__lead="Dan")
    slotted = read(data, BODY, "add:body.teams.2.slots:")
    data = sent(tree(slotted.body, reading=slotted), teams__2__slots__0__day="tue")
    # then
    assert read(data, BODY).body["teams"][2] == {
        "lead": "Dan",
        "slots": [{"day": "tue", "hours": 8, "closed": False}],
    }
    # when
    taken = read(data, BODY, "remove:body.teams:1")
    # then
    assert [team["lead"] for team in taken.body["teams"]] == ["Bob", "Dan"]


def test_a_plain_row_left_empty_is_not_kept() -> None:
    added = read(sent(tree(BODY)), BODY, "add:body.codes:")
    assert added.body["codes"] == ["GB", "FR", ""]
    assert read(sent(tree(added.body, reading=added)), BODY).body["codes"] == ["GB", "FR"]


def test_several_choices_keep_their_order() -> None:
    data = sent(tree(BODY))
    data.setlist("body.days", ["mon", "tue", "wed"])
    assert read(data, BODY).body["days"] == ["wed", "mon", "tue"]


def test_another_sort_brings_its_own_fields() -> None:
    # given
    data = sent(tree(BODY))
    data["body.way.variant"] = "0"
    # when
    changed = read(data, BODY, "refresh:")
    # then
    root = tree(changed.body, reading=changed)
    assert (at(root, "way", "carrier").text, at(root, "way").text) == ("DHL", "0")
    assert read(sent(root), BODY).body["way"] == {"way": "post", "carrier": "DHL"}


def test_an_optional_group_is_set_and_unset() -> None:
    assert read(sent(tree(BODY), deputy__given=None), BODY).body["deputy"] is None
    without = {**BODY, "deputy": None}
    data = sent(tree(without), deputy__given="on", deputy__lead="Flo")
    assert read(data, without).body["deputy"] == {"lead": "Flo", "slots": []}


def test_names_of_a_map_stand_once() -> None:
    data = sent(tree(BODY), weights__1__key="near")
    assert read(data, BODY).faults == [FieldFault(("weights",), "“near” stands here twice")]


def test_forged_origins_bring_nothing_in() -> None:
    data = sent(tree(BODY))
    data.setlist("body.teams.row", ["0:7", "1:-1", "1:x"])
    assert [sorted(team) for team in read(data, BODY).body["teams"]] == [["lead", "slots"]] * 3


def test_faults_stand_at_their_field_through_the_tags_of_unions() -> None:
    root = tree(BODY)
    place_faults(
        root,
        [
            FieldFault(("teams", 0, "slots", 0, "hours"), "Input should be less than or equal to 24"),
            FieldFault(("way", "hand", "desk"), "Input should be a valid integer, unable to parse string"),
            FieldFault(("codes", 1), "String should match pattern '^[A-Z]{2}$'"),
            FieldFault((), "Value error, the last day is before the first day"),
        ],
    )
    found = {node.path: node.errors for node in root.walk() if node.errors}
    assert found == {
        (): ["The last day is before the first day"],
        ("codes", 1): ["Must be two capital letters"],
        ("teams", 0, "slots", 0, "hours"): ["Must be 24 or less"],
        ("way", "desk"): ["Must be a whole number"],
    }


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Field required", "Is needed"),
        ("String should have at least 1 character", "Is needed"),
        ("Input should be greater than or equal to 1", "Must be 1 or more"),
        ("Input should be 'mon' or 'tue'", "Must be 'mon' or 'tue'"),
        ("Value error, location LON is listed twice", "Location LON is listed twice"),
        ("something else", "Something else"),
    ],
)
def test_faults_are_told_in_words(said: str, told: str) -> None:
    assert fault_in_words(said) == told


def test_paths_are_spelt_with_the_titles() -> None:
    assert SCHEMA.spelt(("teams", 1, "slots", 0, "hours")) == "Teams → 2 → Slots → 1 → Hours"
    assert SCHEMA.spelt(("way", "desk")) == "Way → Desk"
    assert SCHEMA.spelt(("of_a_newer_release", "kept")) == "Of a newer release → Kept"


def test_values_are_told_in_words() -> None:
    values: list[Any] = [None, True, "", 3, ["a", "b"], [], [{"day": "mon", "hours": 4}]]
    assert [in_words(value) for value in values] == [
        "empty", "yes", "empty", "3", "a, b", "none", "1 entry: Day: mon, Hours: 4",
    ]  # fmt: skip


def test_two_versions_are_merged_field_by_field() -> None:
    # given
    opened: Body = {"name": "A", "units": 1, "codes": ["GB"], "way": {"desk": 1, "floor": 1}}
    theirs: Body = {"name": "B", "units": 2, "codes": ["GB"], "way": {"desk": 1, "floor": 2}}
    mine: Body = {"name": "A", "units": 3, "codes": ["FR"], "way": {"desk": 5, "floor": 1}, "new": True}
    # when
    fields = disputed(opened, theirs, mine)
    # then
    assert [(field.path, field.take_mine, field.both_changed) for field in fields] == [
        (("name",), False, False), (("units",), True, True), (("codes",), True, False), (("way", "desk"), True, False),
        (("way", "floor"), False, False), (("new",), True, False),
    ]  # fmt: skip
    assert merged(theirs, fields, {}) == {
        "name": "B", "units": 3, "codes": ["FR"], "way": {"desk": 5, "floor": 2}, "new": True,
    }  # fmt: skip
    assert merged(theirs, fields, {1: False, 5: False})["units"] == 2


def test_notes_are_shown_and_never_run() -> None:
    html = notes_as_html(
        "# Title\n\nWhat *changes*:\n\n- **One** <script>alert(1)</script>\n  goes on\n- `two`\n\n## More\n\n1. first\n"
    )
    assert html == (
        "<p>What <em>changes</em>:</p>\n"
        "<ul><li><strong>One</strong> &lt;script&gt;alert(1)&lt;/script&gt; goes on</li>"
        "<li><code>two</code></li></ul>\n"
        "<h4>More</h4>\n"
        "<ol><li>first</li></ol>"
    )
