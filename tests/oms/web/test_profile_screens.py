"""The retailer's own configuration in the back office: typed forms, history, going back."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from modules.domain.canonical import Body
from modules.models import ModuleAdoption, Origin, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.selectors import head_number
from modules.services import profile_begin, revise
from oms.web.profile.screens import CHANGE, VIEW
from tests.factories.locations import LocationFactory
from tests.oms.web.back_office import manager, staff, statements, told, visitor, words
from tests.oms.web.html_form import fields_of, send

STRATEGY = "/admin/profile/edit/order_routing/routing_strategy/?key=default"
RULES = "/admin/profile/documents/order_management/hold_rule/"
NEW_RULE = "/admin/profile/new/order_management/hold_rule/"
SAVE = "do=save"

SETTINGS: dict[str, Any] = {
    "name": "Ours",
    "radius_km": None,
    "keep_lines_whole": True,
    "location_settings": [
        {"location": "SOHO", "enabled": True, "threshold": 2, "capacity_per_day": None, "colour": "red"},
        {"location": "LEEDS", "enabled": False, "threshold": 0, "capacity_per_day": 40},
    ],
    "of_a_newer_release": [1, 2],
}


def rule_at(key: str) -> str:
    return f"/admin/profile/edit/order_management/hold_rule/?key={key}"


def strategy() -> Body:
    body: Body = ProfileDocument.objects.get(module="order_routing", kind="routing_strategy").body
    return body


@pytest.fixture
def shop(unbegun: None) -> None:
    """Routing 1.1 with two locations set, Order Management 1.1 without a rule; revision 2."""
    for code in ("SOHO", "LEEDS", "YORK"):
        LocationFactory.create(code=code, name=code.capitalize())
    profile_begin(author="platform", adopt={"order_routing": "1.1.0", "order_management": "1.1.0"})
    with revise(author="maria", reason="our stores") as revision:
        revision.put("order_routing", "routing_strategy", "default", SETTINGS)


@pytest.fixture
def anna(shop: None) -> Client:
    return manager()


def test_the_profile_shows_each_module_with_its_kinds(anna: Client) -> None:
    page = words(anna.get("/admin/profile/"))

    assert "Revision 2 , " in page
    assert "maria: our stores" in page
    assert "Order management 1.1.0 live New release 3.0.0 Rules for holds Review settings" in page
    assert "Hold rules 0" in page
    assert "Order routing 1.1.0 live New release 3.0.2 Units kept back and capacity per day" in page


def test_a_held_module_shows_no_notice(anna: Client) -> None:
    # when
    response = anna.post("/admin/upgrades/order_routing/hold/", {"held": "yes", "reason": "until January"})
    # then
    assert told(response) == ["Order routing is held: no notices, and no upgrade until you release the hold."]
    assert "Order routing 1.1.0 live Held Units kept back" in words(anna.get("/admin/profile/"))
    assert "Held: 5 newer releases can be looked at once the hold is released." in words(anna.get("/admin/upgrades/"))
    assert ProfileRevision.objects.first().reason == "Held order_routing: until January"
    # when: pressed again, and by somebody who comes later
    head = head_number()
    anna.post("/admin/upgrades/order_routing/hold/", {"held": "yes"})
    # then
    assert head_number() == head
    # when
    anna.post("/admin/upgrades/order_routing/hold/", {"held": "no"})
    # then
    assert ModuleAdoption.objects.get(module="order_routing").held is False
    assert ProfileRevision.objects.get(number=head + 1).reason == "Released order_routing"


def test_a_form_is_typed_and_says_what_its_fields_mean(anna: Client) -> None:
    # when
    page = anna.get(STRATEGY)
    # then
    text = words(page)
    assert "Routing strategy Order routing 1.1.0" in text
    assert "Radius in km Locations farther from the customer take no orders. Empty: any distance. 1 to 20,100." in text
    assert "Location Takes orders Units kept back Units per day" in text
    assert "{" not in text
    fields = fields_of(page, SAVE)
    assert fields["body.location_settings.row"] == ["0:0", "1:1"]
    assert fields["body.location_settings.0.threshold"] == ["2"]
    assert "body.location_settings.1.enabled" not in fields
    assert fields["opened"] == ["2"]
    assert '<option value="SOHO">Soho</option>' in page.content.decode()


def test_a_nested_list_is_changed_and_what_no_field_shows_is_kept(anna: Client) -> None:
    # given: a row more, and the first one below the second, by the buttons that need no script
    page = send(anna, STRATEGY, anna.get(STRATEGY), "do=add:body.location_settings:", reason="York opens")
    assert "Not saved yet" in words(page)
    assert head_number() == 2
    page = send(anna, STRATEGY, page, "do=down:body.location_settings:0", body__location_settings__2__location="YORK")
    # when
    response = send(
        anna, STRATEGY, page, SAVE, body__radius_km="300", body__location_settings__1__threshold="5",
        body__location_settings__2__capacity_per_day="12",
    )  # fmt: skip
    # then
    assert (response.status_code, response["Location"]) == (302, STRATEGY)
    assert strategy() == {
        **SETTINGS,
        "radius_km": 300,
        "location_settings": [
            {"location": "LEEDS", "enabled": False, "threshold": 0, "capacity_per_day": 40},
            {"location": "SOHO", "enabled": True, "threshold": 5, "capacity_per_day": None, "colour": "red"},
            {"location": "YORK", "enabled": True, "threshold": 0, "capacity_per_day": 12},
        ],
    }
    revision = ProfileRevision.objects.get(number=3)
    assert revision.author.startswith("manager")
    assert (revision.reason, revision.origin) == ("York opens", Origin.EDIT)


def test_saving_without_a_change_makes_no_revision(anna: Client) -> None:
    response = send(anna, STRATEGY, anna.get(STRATEGY), SAVE, reason="nothing")

    assert told(response) == ["Nothing was changed, so nothing was saved."]
    assert (head_number(), strategy()) == (2, SETTINGS)


def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(anna: Client) -> None:
    # when
    page = send(
        anna, STRATEGY, anna.get(STRATEGY), SAVE, body__radius_km="0", body__location_settings__0__threshold="few",
        body__location_settings__1__location="PARIS", reason="",
    )  # fmt: skip
    # then
    html = page.content.decode()
    text = words(page)
    assert page.status_code == 200
    assert "Nothing was saved. Look at the fields marked below." in text
    assert "Radius in km Must be 1 or more Locations farther" in text
    assert "There is no location with the code “PARIS”" in text
    assert "Must be a whole number" in text
    assert "Say why: the history shows it beside your name." in text
    for field in ("radius_km", "location_settings.0.threshold", "location_settings.1.location"):
        assert re.search(rf'id="body\.{re.escape(field)}"[^>]*aria-invalid', html), field
    assert html.count('aria-invalid="true"') == 3
    assert 'value="few"' in html
    assert (head_number(), strategy()) == (2, SETTINGS)


def test_a_rule_over_several_entries_is_told_at_the_list(anna: Client) -> None:
    page = send(anna, STRATEGY, anna.get(STRATEGY), SAVE, body__location_settings__1__location="SOHO", reason="twice")

    assert "Location SOHO is listed twice; keep one of the two" in words(page)
    assert head_number() == 2


def save_as_bob(**typed: str) -> None:
    bob = staff(VIEW, CHANGE)
    assert send(bob, STRATEGY, bob.get(STRATEGY), SAVE, reason="Bob was here", **typed).status_code == 302


def test_two_editors_see_both_versions_and_lose_nothing(anna: Client) -> None:
    # given: Anna has the form open, Bob saves
    opened = anna.get(STRATEGY)
    save_as_bob(body__radius_km="100", body__keep_lines_whole=None)  # type: ignore[arg-type]
    # when
    conflict = send(anna, STRATEGY, opened, SAVE, body__radius_km="200", body__name="Anna's", reason="farther")
    # then
    text = words(conflict)
    assert head_number() == 3
    assert "Since you opened revision 2:" in text
    assert ": Bob was here revision 3" in text
    assert "Name Ours Ours Anna's" in text
    assert "Radius in km Both changed it empty 100 200" in text
    assert "Keep lines whole where possible yes no yes" in text
    # when: she saves it as it is proposed
    response = send(anna, STRATEGY, conflict)
    # then: her fields are hers, the one that only Bob changed is his
    assert response.status_code == 302
    assert strategy() == {**SETTINGS, "name": "Anna's", "radius_km": 200, "keep_lines_whole": False}
    assert ProfileRevision.objects.get(number=4).reason == "farther"


def test_the_editor_chooses_field_by_field(anna: Client) -> None:
    # given
    opened = anna.get(STRATEGY)
    save_as_bob(body__radius_km="100")
    conflict = send(anna, STRATEGY, opened, SAVE, body__radius_km="200", body__name="Anna's", reason="farther")
    # when
    response = anna.post(STRATEGY, {**fields_of(conflict), "keep-1": ["theirs"]})
    # then
    assert response.status_code == 302
    assert strategy() == {**SETTINGS, "name": "Anna's", "radius_km": 100}


def test_a_third_editor_brings_the_comparison_back(anna: Client) -> None:
    # given
    opened = anna.get(STRATEGY)
    save_as_bob(body__radius_km="100")
    conflict = send(anna, STRATEGY, opened, SAVE, body__name="Anna's", reason="name")
    save_as_bob(body__radius_km="150")
    # when
    again = send(anna, STRATEGY, conflict)
    # then
    assert "Radius in km empty 150 empty" in words(again)
    assert head_number() == 4
    assert send(anna, STRATEGY, again).status_code == 302
    assert strategy() == {**SETTINGS, "name": "Anna's", "radius_km": 150}


def test_a_change_of_another_document_is_told_too(anna: Client) -> None:
    opened = anna.get(STRATEGY)
    with revise(author="bob", reason="first rule only") as revision:
        revision.put("order_management", "review_settings", "default", {"matching": "first"})

    conflict = send(anna, STRATEGY, opened, SAVE, body__name="Anna's", reason="name")

    assert "bob at" in words(conflict)
    assert "Name Ours Ours Anna's" in words(conflict)
    send(anna, STRATEGY, conflict)
    assert strategy() == {**SETTINGS, "name": "Anna's"}


def test_pressed_twice_it_is_saved_once(anna: Client) -> None:
    # given
    opened = anna.get(STRATEGY)
    # when
    first, second = (send(anna, STRATEGY, opened, SAVE, body__name="Once", reason="once") for _ in range(2))
    # then
    assert told(first) == ["Saved as revision 3 (Name: Once)."]
    assert told(second)[-1:] == ["This is saved already."]
    assert head_number() == 3


def test_a_form_of_a_release_that_is_not_live_any_more_is_not_saved(anna: Client) -> None:
    # given
    opened = anna.get(STRATEGY)
    with revise(author="bob", reason="back to 1.0", origin=Origin.ROLLBACK) as revision:
        revision.adopt("order_routing", "1.0.0")
        revision.put("order_routing", "routing_strategy", "default", {"name": "Ours"})
    # when
    page = send(anna, STRATEGY, opened, SAVE, body__radius_km="200", reason="farther")
    # then
    assert "The module went from release 1.1.0 to 1.0.0 since you opened this." in words(page)
    assert "Radius in km empty not there 200" in words(page)
    assert "Save onto revision" not in words(page)
    assert (head_number(), strategy()) == (3, {"name": "Ours"})


def test_a_document_is_made_changed_and_deleted(anna: Client) -> None:
    # given
    form = anna.get(NEW_RULE)
    assert "Names the hold rule for good." in words(form)
    # when
    page = send(anna, NEW_RULE, form, SAVE, key="", body__title="", reason="fraud")
    # then
    assert "Key Give it a key." in words(page)
    assert "Title Is needed How staff call this rule." in words(page)
    # when
    page = send(anna, NEW_RULE, page, "do=add:body.countries:", key="a/b c", body__title="Far")
    response = send(anna, NEW_RULE, page, SAVE, body__countries__0="NZ", body__min_total="99.50")
    # then
    assert response["Location"] == rule_at("a%2Fb+c")
    assert ProfileDocument.objects.get(kind="hold_rule").body == {
        "title": "Far", "min_total": "99.50", "currency": None, "countries": ["NZ"], "first_order_only": False,
        "max_units_per_line": None,
    }  # fmt: skip
    assert "a/b c Far 99.50 empty no" in words(anna.get(RULES))
    assert "No key has “zz” in it." in words(anna.get(RULES, {"q": "zz"}))
    # when: the key again
    page = send(anna, NEW_RULE, anna.get(NEW_RULE), SAVE, key="a/b c", body__title="Other", reason="again")
    # then
    assert "There is a hold rule with this key already." in words(page)
    # when: deleting is asked for once more, with a reason
    address = response["Location"].replace("/edit/", "/delete/")
    ask = anna.get(address)
    assert "Delete the hold rule “a/b c”?" in words(ask)
    assert "Countries NZ" in words(ask)
    assert "Say why" in words(send(anna, address, ask))
    assert head_number() == 3
    done = send(anna, address, ask, reason="not needed")
    again = send(anna, address, ask, reason="not needed")
    # then
    assert told(done) == ["“a/b c” was deleted in revision 4. Its history stays."]
    assert told(again)[-1:] == ["“a/b c” is deleted already."]
    assert not ProfileDocument.objects.filter(kind="hold_rule").exists()
    assert anna.get(response["Location"]).status_code == 404
    log = words(anna.get(response["Location"].replace("/edit/", "/log/")))
    assert "Revision 4 removed" in log
    assert "Revision 3 added" in log


def test_the_only_document_of_its_kind_is_not_deleted_but_its_defaults_are_restored(anna: Client) -> None:
    address, page = STRATEGY.replace("/edit/", "/delete/"), words(anna.get(STRATEGY))
    assert ("Delete" in page, "Restore the defaults …" in page) == (False, True)
    done = send(anna, address, anna.get(address), reason="begin anew")
    assert done["Location"] == STRATEGY
    assert told(done)[-1].startswith("The defaults were restored in revision")
    assert ProfileDocument.objects.get(kind="routing_strategy").body["name"] == "Nearest location"
    assert anna.get("/admin/profile/documents/order_routing/routing_strategy/")["Location"] == STRATEGY


def test_who_may_only_look_changes_nothing(shop: None) -> None:
    # given
    clara = staff(VIEW)
    page = clara.get(STRATEGY)
    # then
    assert "Your account may look at this and not change it." in words(page)
    assert "Add location setting" not in words(page)
    for address in ("/admin/profile/", "/admin/profile/history/", "/admin/profile/history/2/", "/admin/upgrades/"):
        assert clara.get(address).status_code == 200, address
    refused = [
        clara.post(STRATEGY, {"opened": "2", "do": "save", "reason": "x"}),
        clara.get(NEW_RULE),
        clara.get("/admin/profile/history/1/restore/"),
        clara.post("/admin/profile/history/1/restore/", {"expected": "2"}),
        clara.post("/admin/profile/history/1/name/", {"name": "mine"}),
        clara.post("/admin/upgrades/order_routing/hold/", {"held": "yes"}),
        clara.post("/admin/upgrades/order_routing/begin/", {"to": "2.0.0"}),
    ]
    assert [response.status_code for response in refused] == [403] * len(refused)
    assert head_number() == 2


def test_others_do_not_get_in(shop: None) -> None:
    nobody = staff("orders.view_order")
    for address in ("/admin/profile/", STRATEGY, "/admin/profile/history/", "/admin/upgrades/"):
        assert nobody.get(address).status_code == 403, address
        assert visitor().get(address)["Location"].startswith("/admin/login/?next="), address


def test_what_is_not_there_is_404(anna: Client) -> None:
    for address in (
        "/admin/profile/documents/order_routing/nothing/",
        "/admin/profile/documents/nothing/hold_rule/",
        rule_at("nothing"),
        rule_at("%00"),
        "/admin/profile/log/order_routing/routing_strategy/?key=x",
        "/admin/profile/history/99/",
        f"/admin/profile/history/{10**30}/",
        "/admin/profile/history/compare/?before=1&after=99",
        "/admin/profile/history/compare/?before=x",
        "/admin/profile/history/0/restore/",
        "/admin/profile/history/77/export/",
        "/admin/upgrades/1/",
        f"/admin/upgrades/{10**30}/promote/",
    ):
        assert anna.get(address).status_code == 404, address
    assert anna.post(STRATEGY, {"opened": "77", "do": "save"}).status_code == 404
    assert anna.post(STRATEGY, {"do": "save"}).status_code == 404


def test_a_form_without_its_token_is_refused(shop: None) -> None:
    anna = manager()
    strict = Client(enforce_csrf_checks=True, headers={"Host": "acme.localhost"})
    strict.cookies = anna.cookies

    assert strict.post(STRATEGY, {"opened": "2", "reason": "x", "do": "save"}).status_code == 403
    assert head_number() == 2


def test_a_revision_says_in_words_what_it_changed(anna: Client) -> None:
    page = words(anna.get("/admin/profile/history/2/"))

    assert "Revision 2 Edited now" in page
    assert "Who maria Why our stores Live releases Order management 1.1.0 Order routing 1.1.0" in page
    assert "Routing strategy changed Field Before After Name Nearest location Ours" in page
    assert "Locations → 1 → Location – SOHO Locations → 1 → Takes orders – yes" in page
    assert "Locations → 2 → Units per day – 40" in page
    first = words(anna.get("/admin/profile/history/1/"))
    assert "Order routing not adopted 1.1.0" in first
    assert "Routing strategy added Field After Name Nearest location" in first


def test_the_history_lists_and_compares(anna: Client) -> None:
    # given
    with revise(author="bob", reason="wider") as revision:
        revision.put("order_routing", "routing_strategy", "default", {**SETTINGS, "radius_km": 9})
    # then
    history = words(anna.get("/admin/profile/history/"))
    assert history.index("bob Edited wider") < history.index("maria Edited our stores")
    assert "platform The profile began" in history
    page = words(anna.get("/admin/profile/history/compare/", {"before": "3", "after": "2"}))
    assert "Radius in km 9 –" in page
    assert "Nothing differs." in words(anna.get("/admin/profile/history/compare/", {"before": "2", "after": "2"}))


def test_going_back_shows_what_changes_and_makes_a_new_revision(anna: Client) -> None:
    # given
    address = "/admin/profile/history/1/restore/"
    ask = anna.get(address)
    assert "Make the profile what it was at revision 1?" in words(ask)
    assert "Name Ours Nearest location" in words(ask)
    # when: pressed twice
    response = send(anna, address, ask, reason="as it was")
    again = send(anna, address, ask, reason="as it was")
    # then
    assert response["Location"] == "/admin/profile/history/3/"
    assert told(response) == ["The profile is again what it was at revision 1; this is revision 3."]
    assert told(again)[-1:] == ["The profile is what it was at revision 1 already."]
    assert strategy() == {
        "name": "Nearest location", "radius_km": None, "keep_lines_whole": True, "location_settings": [],
    }  # fmt: skip
    assert ProfileRevision.objects.get(number=3).origin == Origin.RESTORE
    # when: somebody else has changed something since the page was opened
    ask = anna.get("/admin/profile/history/2/restore/")
    with revise(author="bob", reason="first only") as revision:
        revision.put("order_management", "review_settings", "default", {"matching": "first"})
    stale = send(anna, "/admin/profile/history/2/restore/", ask)
    # then
    assert told(stale)[-1].startswith("Nothing was restored: bob changed the profile on ")
    assert head_number() == 4


def test_a_revision_gets_a_name_once(anna: Client) -> None:
    # when
    for _ in range(2):
        response = anna.post("/admin/profile/history/1/name/", {"name": "before Black Friday"})
        # then
        assert told(response)[-1:] == ["Revision 1 is called “before Black Friday”."]
    taken = anna.post("/admin/profile/history/2/name/", {"name": "before Black Friday"})
    assert told(taken)[-1:] == ["“before Black Friday” is the name of revision 1; choose another."]
    assert told(anna.post("/admin/profile/history/2/name/", {"name": " "}))[-1:] == [
        "Give it a name of 1 to 120 characters."
    ]
    assert ProfileSnapshot.objects.count() == 1
    named = words(anna.get("/admin/profile/history/", {"named": "1"}))
    assert "The profile began before Black Friday" in named
    assert "our stores" not in named


def test_a_revision_is_downloaded_as_files(anna: Client) -> None:
    # when
    response = anna.get("/admin/profile/history/2/export/")
    # then
    assert response["Content-Disposition"] == 'attachment; filename="profile-2.zip"'
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.namelist() == [
        "profile/order_management/review_settings/default.yaml",
        "profile/order_routing/routing_strategy/default.yaml",
        "profile/profile.yaml",
    ]
    assert yaml.safe_load(archive.read(archive.namelist()[1])) == {"body": SETTINGS}


def test_what_people_enter_is_shown_and_not_run(anna: Client) -> None:
    evil = "<script>alert(1)</script>"
    send(anna, STRATEGY, anna.get(STRATEGY), SAVE, body__name=evil, reason=evil)

    for address in (STRATEGY, "/admin/profile/", "/admin/profile/history/", "/admin/profile/history/3/"):
        html = anna.get(address).content.decode()
        assert "alert(1)" in html, address
        assert evil not in html, address


def test_nothing_stands_in_the_way_of_a_strict_policy_for_scripts_and_styles() -> None:
    folder = Path(__file__).resolve().parents[3] / "templates"
    templates = [*folder.glob("web/profile/**/*.html"), *folder.glob("modules/*.html")]
    assert len(templates) > 30
    for template in templates:
        text = template.read_text()
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:|<script(?![^>]*\ssrc=)", text), template.name


def test_long_lists_ask_the_same_number_of_questions(anna: Client) -> None:
    # given
    anna.get(RULES)
    questions = []
    for number in (1, 30):
        with revise(author="bob", reason="rules") as revision:
            for each in range(number):
                revision.put("order_management", "hold_rule", f"rule {each:02}", {"title": f"Rule {each}"})
        # when
        with statements() as asked:
            page = anna.get(RULES)
        # then
        assert f"rule {number - 1:02} Rule {number - 1}" in words(page)
        questions.append(len(asked))
    assert questions[0] == questions[1]
