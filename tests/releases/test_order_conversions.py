"""What documents of Order Management become in 2.1 and 3.0 and back, told by example; the laws are tested elsewhere."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from modules.domain.canonical import Body, canonical
from modules.domain.documents import Document
from modules.domain.releases import Release

R2_1: Release[Any] = import_module("orders.releases.r2_1_0").RELEASE
R3_0: Release[Any] = import_module("orders.releases.r3_0_0").RELEASE

Documents = dict[tuple[str, str], Document]
SETTINGS = ("review_settings", "default")
EDIT, CANCEL = ("edit_policy", "default"), ("cancellation_policy", "default")


def up(release: Release[Any], documents: Documents) -> Documents:
    assert release.up is not None
    return release.up(documents)


def down(release: Release[Any], documents: Documents) -> Documents:
    assert release.down is not None
    return release.down(documents)


def edited(documents: Documents, where: tuple[str, str], **fields: Any) -> None:
    documents[where] = Document(documents[where].body | fields, documents[where].complement)


def written(documents: Documents) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    return {where: (canonical(item.body), canonical(item.complement)) for where, item in documents.items()}


def condition(field: str, operator: str, value: str, **more: Any) -> Body:
    return {"field": field, "operator": operator, "value": value, "negate": False, **more}


LARGE, FRENCH = condition("total", "above", "500.00"), condition("country", "one_of", "FR")
MANY, EXPRESS = condition("units", "above", "9"), condition("method", "one_of", "express")


class TestGroups:
    def documents(self, **rules: Body) -> Documents:
        found: Documents = {("hold_rule", key): Document(body) for key, body in rules.items()}
        return {SETTINGS: Document({"matching": "every", "clock_offset_minutes": 0}), **found}

    def rule(self, *groups: list[Body], match: str = "all", how: str = "all") -> Body:
        written_: list[Any] = [{"match": how, "conditions": [*group]} for group in groups]
        return {"title": "A", "blocks": ["ship"], "match": match, "groups": written_, "priority": 5}

    def test_a_list_of_conditions_becomes_one_group(self) -> None:
        older = {
            SETTINGS: Document({"matching": "first"}),
            ("hold_rule", "a"): Document({"title": "A", "blocks": ["ship"], "conditions": [LARGE, FRENCH]}),
            ("hold_rule", "b"): Document({"title": "B", "blocks": ["ship"], "conditions": []}),
        }
        newer = up(R2_1, older)
        assert newer["hold_rule", "a"].body == {
            "title": "A", "blocks": ["ship"], "match": "all",
            "groups": [{"match": "all", "conditions": [LARGE, FRENCH]}],
        }  # fmt: skip
        assert newer["hold_rule", "b"].body["groups"] == []
        assert newer[SETTINGS].body == {"matching": "first", "clock_offset_minutes": 0}
        assert newer[EDIT].body == R2_1.kinds["edit_policy"].defaults["default"]
        assert written(down(R2_1, newer)) == written(older)

    def test_groups_that_all_must_be_met_become_one_list_and_return_with_what_was_edited(self) -> None:
        newer = self.documents(a=self.rule([LARGE], [FRENCH, MANY]))
        older = down(R2_1, newer)
        assert older["hold_rule", "a"].body == {
            "title": "A", "blocks": ["ship"], "priority": 5, "conditions": [LARGE, FRENCH, MANY],
        }  # fmt: skip

        added = condition("lines", "above", "3")
        edited(older, ("hold_rule", "a"), conditions=[added, MANY, LARGE], title="B")
        again = up(R2_1, older)["hold_rule", "a"].body
        assert (again["title"], again["match"]) == ("B", "all")
        assert again["groups"] == [
            {"match": "all", "conditions": [LARGE, added]}, {"match": "all", "conditions": [MANY]},
        ]  # fmt: skip

    def test_what_2_0_cannot_express_waits_as_a_whole(self) -> None:
        newer = self.documents(
            any_group=self.rule([LARGE], [FRENCH], match="any"), any_condition=self.rule([LARGE, FRENCH], how="any"),
            unknown=self.rule([LARGE, EXPRESS]), one=self.rule([LARGE], match="any", how="any"),
            long=self.rule([LARGE] * 15, [FRENCH] * 6),
        )  # fmt: skip
        older = down(R2_1, newer)
        assert [key for kind, key in sorted(older) if kind == "hold_rule"] == ["one"]
        assert written(up(R2_1, older))["hold_rule", "unknown"] == written(newer)["hold_rule", "unknown"]

    def test_kinds_that_2_0_does_not_have_wait_and_return(self) -> None:
        newer = up(R2_1, {SETTINGS: Document({}), CANCEL: Document({"free_until": "packed"})})
        edited(newer, EDIT, window_minutes=30)
        edited(newer, CANCEL, afterwards="refused", reasons=["late"])
        newer["order_attribute", "gift"] = Document({"title": "Gift"})
        newer["channel_settings", "web"] = Document({"stock_buffer": 3})
        older = down(R2_1, newer)
        assert sorted(older) == [CANCEL, SETTINGS]
        assert older[CANCEL].body == {"free_until": "packed"}

        edited(older, CANCEL, free_until="allocated")
        again = up(R2_1, older)
        assert again[CANCEL].body == {
            "free_until": "allocated", "afterwards": "refused", "fees": [], "reasons": ["late"],
        }  # fmt: skip
        assert again[EDIT].body["window_minutes"] == 30
        assert again["order_attribute", "gift"].body == {"title": "Gift"}
        assert again["channel_settings", "web"].body == {"stock_buffer": 3}


class TestTermsByAsker:
    def older(self, **fields: Any) -> Documents:
        edits = R2_1.kinds["edit_policy"].defaults["default"] | fields
        cancellation = R2_1.kinds["cancellation_policy"].defaults["default"]
        return {SETTINGS: Document({}), EDIT: Document(edits), CANCEL: Document(dict(cancellation))}

    def test_each_gets_the_list_and_the_minutes_that_are_for_it(self) -> None:
        newer = up(
            R3_0, self.older(customer=["address"], channel=[], window_minutes=60, window_for=["channel", "customer"])
        )  # fmt: skip
        terms = {key: item.body for (kind, key), item in newer.items() if kind == "edit_policy"}
        assert {key: (len(body["actions"]), body["window_minutes"]) for key, body in terms.items()} == {  # type: ignore[arg-type]
            "customer": (1, 60), "staff": (8, None), "channel": (0, 60),
        }  # fmt: skip
        assert {key: body["until"] for key, body in terms.items()} == dict.fromkeys(terms, "picking")
        assert newer["cancellation_policy", "staff"].body["free_minutes"] is None
        assert newer["payment_policy", "default"].body["title"] == "Usual terms"

    def test_what_is_changed_in_2_1_is_changed_for_all_and_the_rest_returns(self) -> None:
        newer = up(R3_0, self.older())
        edited(newer, ("edit_policy", "staff"), until="packed", window_minutes=None)
        edited(newer, ("edit_policy", "customer"), actions=["address"], window_minutes=15)
        edited(newer, ("cancellation_policy", "staff"), free_minutes=60, afterwards="refused")
        older = down(R3_0, newer)
        assert older[EDIT].body | {"staff": []} == {
            "customer": ["address"], "staff": [], "channel": newer["edit_policy", "channel"].body["actions"],
            "until": "picking", "window_minutes": 15, "window_for": ["customer"], "pickup_exempt": True,
            "confirm_above": [],
        }  # fmt: skip
        assert "free_minutes" not in older[CANCEL].body

        edited(older, EDIT, pickup_exempt=False, channel=["method"])
        edited(older, CANCEL, free_until="packed")
        again = up(R3_0, older)
        terms = {key: item.body for (kind, key), item in again.items() if kind == "edit_policy"}
        assert {key: body["pickup_exempt"] for key, body in terms.items()} == dict.fromkeys(terms, False)
        assert (terms["staff"]["until"], terms["customer"]["until"]) == ("packed", "picking")
        assert (terms["customer"]["window_minutes"], terms["channel"]["actions"]) == (15, ["method"])
        staff = again["cancellation_policy", "staff"].body
        assert (staff["free_until"], staff["free_minutes"], staff["afterwards"]) == ("packed", 60, "refused")
        assert again["cancellation_policy", "customer"].body["afterwards"] == "free"

    def test_who_has_no_policy_may_nothing_in_2_1_either(self) -> None:
        newer = up(R3_0, self.older())
        del newer["edit_policy", "channel"]
        older = down(R3_0, newer)
        assert older[EDIT].body["channel"] == []
        assert ("edit_policy", "channel") not in up(R3_0, older)


def test_a_rule_that_follows_waits_and_payment_policies_do() -> None:
    rule: Body = {"title": "A", "blocks": ["ship"], "groups": [], "instructions": "Call.", "place": 3}
    newer: Documents = {
        SETTINGS: Document({}), ("hold_rule", "a"): Document(rule | {"expires_hours": 4}),
        ("hold_rule", "b"): Document(rule | {"after": ["a"]}),
        ("payment_policy", "web"): Document({"title": "Web", "tenders": ["card"], "retry_hours": []}),
    }  # fmt: skip
    older = down(R3_0, newer)
    assert {where: item.body for where, item in older.items()} == {
        SETTINGS: {}, ("hold_rule", "a"): {"title": "A", "blocks": ["ship"], "groups": [], "priority": 3},
    }  # fmt: skip
    assert written(up(R3_0, older)) == written(newer)


def test_sets_without_settings_are_converted_all_the_same() -> None:
    assert up(R2_1, {}) == down(R2_1, {}) == up(R3_0, {}) == down(R3_0, {}) == {}
    policy = {("payment_policy", "web"): Document({"title": "Web", "tenders": ["card"], "retry_hours": []})}
    assert up(R3_0, down(R3_0, policy))["payment_policy", "web"] == policy["payment_policy", "web"]
    attribute = {("order_attribute", "gift"): Document({"title": "Gift"})}
    assert up(R2_1, down(R2_1, attribute))["order_attribute", "gift"] == attribute["order_attribute", "gift"]
    edits = {EDIT: Document(dict(R2_1.kinds["edit_policy"].defaults["default"]))}
    assert written(down(R3_0, up(R3_0, edits))) == written(edits)
