"""An upgrade by its screens: notices, review, preview, promotion, going back; and why things were decided so."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client

from fulfilment.requests.domain import RequestStatus
from fulfilment.routing.services import orders_route
from modules.models import (
    ModuleAdoption,
    ModuleUpgrade,
    Origin,
    ProfileDocument,
    ProfileRevision,
    ReplayedDecision,
    UpgradeStatus,
)
from modules.selectors import head_number
from modules.services import profile_begin, revise, upgrade_steps
from modules.services.upgrade import UpgradeRefused, upgrade_preview
from modules.services.upgrade_review import Choice
from modules.services.upgrade_steps import upgrade_choose
from oms.web.profile.screens import CHANGE, VIEW
from orders.models import Order
from tests.factories.catalogue import ProductFactory
from tests.factories.inventory import stock_received
from tests.factories.locations import LocationFactory
from tests.factories.orders import order_placed
from tests.factories.requests import request_brought_to
from tests.oms.web.back_office import manager, staff, statements, told, words
from tests.oms.web.html_form import send

BEGIN = "/admin/upgrades/order_routing/begin/"


@pytest.fixture
def shop(unbegun: None) -> list[Order]:
    """Routing 1.0: Soho is near and has one lamp, York is far and has many; Leeds is switched off.

    Ten orders of two lamps each have been routed: 1.0 takes the nearest that has both, which is York.
    """
    near, far = (
        LocationFactory.create(code="SOHO", name="Soho"),
        LocationFactory.create(code="YORK", name="York", latitude=53.96, longitude=-1.08),
    )
    LocationFactory.create(code="LEEDS", name="Leeds", latitude=53.8, longitude=-1.55)
    profile_begin(author="platform", adopt={"order_routing": "1.0.0", "order_management": "1.1.0"})
    with revise(author="maria", reason="our stores") as revision:
        body: dict[str, Any] = {
            "name": "Ours", "max_distance_km": 900, "location_settings": [{"location": "LEEDS", "enabled": False}],
        }  # fmt: skip
        revision.put("order_routing", "routing_strategy", "default", body)
    lamp, vase = ProductFactory.create(sku="LAMP"), ProductFactory.create(sku="VASE")
    stock_received(near, lamp, 100)
    stock_received(far, lamp, 100)
    stock_received(far, vase, 100)
    placed = [order_placed(("LAMP", 1), ("VASE", 1), number=str(number)) for number in range(10)]
    orders_route(order_ids=[order.pk for order in placed], actor="routing")
    return placed


@pytest.fixture
def anna(shop: list[Order]) -> Client:
    return manager()


@pytest.fixture
def upgrade(anna: Client) -> ModuleUpgrade:
    """To 2.0, just begun."""
    anna.post(BEGIN, {"to": "2.0.0"})
    return ModuleUpgrade.objects.get()


@pytest.fixture
def previewed(upgrade: ModuleUpgrade) -> ModuleUpgrade:
    """Replayed, and ready to be promoted."""
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    upgrade.refresh_from_db()
    assert upgrade.status == UpgradeStatus.READY
    return upgrade


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The jobs that are asked for."""
    jobs: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(upgrade_steps, "enqueue", lambda task, **arguments: jobs.append((task, arguments)))
    return jobs


def of(upgrade: ModuleUpgrade, step: str = "") -> str:
    return f"/admin/upgrades/{upgrade.pk}/{step}"


def promoted(anna: Client, upgrade: ModuleUpgrade) -> ModuleUpgrade:
    anna.post(of(upgrade, "promote/"), {"confirm": "order_routing", "reason": "cheaper"})
    upgrade.refresh_from_db()
    assert upgrade.status == UpgradeStatus.PROMOTED
    return upgrade


def test_releases_are_offered_with_their_notes(anna: Client) -> None:
    page = anna.get("/admin/upgrades/")

    text = words(page)
    assert "Order routing 1.0.0 live New release 3.0.2 Nearest location with stock" in text
    offered = (
        "3.0.2 Joint optimisation, ties told exactly published",
        "3.0.1 Joint optimisation, limits kept exactly published",
        "3.0.0 Joint optimisation published", "2.1.0 Rules and queues published",
        "2.0.0 Lowest landed cost published", "1.1.0 Units kept back and capacity per day published",
    )  # fmt: skip
    places = [text.index(release) for release in offered]
    assert places == sorted(places)
    assert "<strong>Cost decides, not distance.</strong> For every order" in page.content.decode()


def test_an_upgrade_is_begun_once(anna: Client) -> None:
    # when
    first, second = (anna.post(BEGIN, {"to": "2.0.0"}) for _ in range(2))
    # then
    upgrade = ModuleUpgrade.objects.get()
    assert first["Location"] == second["Location"] == of(upgrade)
    assert (upgrade.from_release, upgrade.to_release, upgrade.status) == ("1.0.0", "2.0.0", "available")
    assert "An upgrade to 2.0.0 has been begun by manager" in words(anna.get("/admin/upgrades/"))
    # when: another release instead
    anna.post(BEGIN, {"to": "1.1.0"})
    # then
    upgrade.refresh_from_db()
    assert upgrade.status == UpgradeStatus.ABANDONED
    assert ModuleUpgrade.objects.count() == 2


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("1.0.0", "order_routing 1.0.0 is live already"),
        ("9.9.9", "this installation has no order_routing 9.9.9"),
        ("two", "'two' is not a version such as 1.2.0"),
        ("", "'' is not a version such as 1.2.0"),
    ],
)
def test_what_cannot_be_begun_says_why(anna: Client, to: str, why: str) -> None:
    response = anna.post(BEGIN, {"to": to})

    assert response["Location"] == "/admin/upgrades/#order_routing"
    assert told(response)[-1].startswith(f"No upgrade was begun: {why}")
    assert not ModuleUpgrade.objects.exists()


def test_a_held_module_is_not_upgraded(anna: Client, previewed: ModuleUpgrade) -> None:
    # given
    anna.post("/admin/upgrades/order_routing/hold/", {"held": "yes"})
    # then
    assert "order_routing is held: release the hold" in told(anna.post(BEGIN, {"to": "1.1.0"}))[-1]
    page = words(anna.get(of(previewed, "promote/")))
    assert "It cannot be promoted now: order_routing is held: release the hold before an upgrade." in page
    response = anna.post(of(previewed, "promote/"), {"confirm": "order_routing"})
    assert told(response)[-1] == "Nothing was promoted: order_routing is held: release the hold before an upgrade."
    assert ModuleAdoption.objects.get(module="order_routing").release == "1.0.0"


def test_the_review_shows_the_versions_side_by_side(anna: Client, upgrade: ModuleUpgrade) -> None:
    page = words(anna.get(of(upgrade)))

    assert "Ready Release 2.0.0 takes every document that you have 0 of 2 reviewed." in page
    assert "Location policy “LEEDS” Not reviewed New document" in page
    assert "Field Yours, converted to 2.0.0 Takes orders no Units kept back 0 Units per day empty" in page
    assert (
        "Field As delivered, 1.0.0 Yours now, 1.0.0 Yours, converted to 2.0.0 As delivered, 2.0.0 "
        "Name Nearest location Ours Ours Lowest landed cost Radius in km new 900 empty"
    ) in page
    assert "Greatest distance in km goes empty 900" in page
    assert "Locations → 1 goes Location: LEEDS, Takes orders: no" in page


def test_each_document_is_decided_about(anna: Client, upgrade: ModuleUpgrade) -> None:
    # when
    anna.post(of(upgrade, "choose/"), {"document": "routing_strategy/default", "choice": "take_new"})
    # then
    page = words(anna.get(of(upgrade)))
    assert "1 of 2 reviewed" in page
    assert "Routing strategy Take the new one" in page
    # when
    anna.post(of(upgrade, "choose/"), {"document": "*", "choice": "keep_mine"})
    # then
    upgrade.refresh_from_db()
    assert upgrade.choices == {
        "routing_strategy/default": {"choice": "take_new"},
        "location_policy/LEEDS": {"choice": "keep_mine"},
    }
    assert "2 of 2 reviewed" in words(anna.get(of(upgrade)))


@pytest.mark.parametrize(
    ("document", "choice"),
    [
        ("routing_strategy/default", "burn"),
        ("routing_strategy/other", "keep_mine"),
        ("location_policy/LEEDS", "take_new"),
        ("", ""),
    ],
)
def test_odd_decisions_are_404(anna: Client, upgrade: ModuleUpgrade, document: str, choice: str) -> None:
    response = anna.post(of(upgrade, "choose/"), {"document": document, "choice": choice})

    assert response.status_code == 404
    upgrade.refresh_from_db()
    assert upgrade.choices == {}


def test_a_document_is_merged_in_the_form_of_the_new_release(anna: Client, upgrade: ModuleUpgrade) -> None:
    # given
    address = of(upgrade, "merge/?document=routing_strategy/default")
    form = anna.get(address)
    assert "Routing strategy, as release 2.0.0 will have it" in words(form)
    # when
    page = send(anna, address, form, "do=save", body__split_limit="99")
    # then
    assert "Most parcels per order Must be 10 or less" in words(page)
    # when
    response = send(anna, address, page, "do=save", body__split_limit="2", body__split_penalty="1.50")
    # then
    assert response["Location"] == of(upgrade) + "#routing_strategy/default"
    upgrade.refresh_from_db()
    merged = {"name": "Ours", "radius_km": 900, "split_limit": 2, "split_penalty": "1.50"}
    assert upgrade.choices == {"routing_strategy/default": {"choice": "merge", "body": merged}}
    assert "Routing strategy Merged" in words(anna.get(of(upgrade)))
    # when
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    promoted(anna, upgrade)
    # then
    assert ProfileDocument.objects.get(module="order_routing", kind="routing_strategy").body == merged


def test_what_would_be_refused_is_named_with_its_field(anna: Client, upgrade: ModuleUpgrade) -> None:
    # given
    bad: dict[str, Any] = {"name": "Ours", "split_limit": 99, "split_penalty": "much"}
    upgrade_choose(upgrade_id=upgrade.pk, choices={"routing_strategy/default": (Choice.MERGE, bad)})
    # then
    page = words(anna.get(of(upgrade)))
    assert "Blocked Release 2.0.0 would refuse 2 fields" in page
    assert "Routing strategy Most parcels per order Must be 10 or less Put it right" in page
    assert "Routing strategy Penalty per further parcel Write an amount as digits" in page
    # when
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    # then
    preview = words(anna.get(of(upgrade, "preview/")))
    assert "Release 2.0.0 would refuse some of your documents, so nothing could be decided by it." in preview
    assert "Next: promote" not in preview
    assert "the upgrade is blocked and cannot become promoted" in words(anna.get(of(upgrade, "promote/")))
    merge = words(anna.get(of(upgrade, "merge/?document=routing_strategy/default")))
    assert "Most parcels per order Must be 10 or less" in merge


def test_a_preview_is_asked_for_and_watched(
    anna: Client, upgrade: ModuleUpgrade, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    # when: pressed twice
    for _ in range(2):
        assert anna.post(of(upgrade, "preview/ask/"))["Location"] == of(upgrade, "preview/")
    # then: the queue takes one job of this name alone
    name = f"preview {upgrade.pk}"
    assert asked == [("modules.jobs.preview", {"lock": name, "queueing_lock": name, "upgrade_id": upgrade.pk})] * 2
    page = anna.get(of(upgrade, "preview/"))
    assert "Waiting for a worker" in words(page)
    assert f'data-watch="{of(upgrade, "preview/progress/")}"' in page.content.decode()
    # when
    ModuleUpgrade.objects.update(replayed=3, to_replay=10)
    # then
    assert anna.get(of(upgrade, "preview/progress/")).json() == {"running": True, "replayed": 3, "to_replay": 10}
    assert "3 of 10 decisions" in words(anna.get(of(upgrade, "preview/")))
    refused = anna.post(of(upgrade, "choose/"), {"document": "routing_strategy/default", "choice": "keep_mine"})
    assert told(refused)[-1].startswith("Nothing was decided: the upgrade is previewing")


def test_the_preview_shows_what_changes_and_why(anna: Client, previewed: ModuleUpgrade) -> None:
    # given: 1.0 sent the lamp from Soho and the vase from York; 2.0 sends both in one parcel
    page = anna.get(of(previewed, "preview/"))
    # then
    text = words(page)
    assert "10 recorded decisions, made again" in text
    assert "0 the same 10 otherwise" in text
    assert "Parcels 20 → becomes 10 −10" in text
    assert "WEB-0" in text
    assert "1.0.0, live 1 × LAMP from Soho (SOHO) 1 × VASE from York (YORK)" in text
    assert "2.0.0, new 1 × LAMP from York (YORK) 1 × VASE from York (YORK)" in text
    assert "−1 parcel" in text
    [(cause, count)] = (previewed.preview or {})["causes"].items()
    assert f"Why {cause} 10 10" in text
    assert count == 10
    assert f"Decided otherwise because of “{cause}”" in words(anna.get(of(previewed, "preview/"), {"cause": cause}))
    assert "Every order that" not in words(anna.get(of(previewed, "preview/"), {"cause": "nothing"}))


def test_the_preview_is_downloaded_as_a_table(anna: Client, previewed: ModuleUpgrade) -> None:
    # given
    ReplayedDecision.objects.filter(subject="WEB-0").update(subject="=cmd()", cause="+1")
    # when
    response = anna.get(of(previewed, "preview/report.csv"))
    # then
    assert response["Content-Disposition"] == ('attachment; filename="preview-order_routing-1.0.0-to-2.0.0.csv"')
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["order"] for row in rows] == ["'=cmd()", *(f"WEB-{number}" for number in range(1, 10))]
    assert (rows[0]["cause"], rows[0]["parcels"], rows[0]["units without a place"]) == ("'+1", "-1", "0")
    assert rows[1]["before"] == "1 × LAMP from Soho (SOHO); 1 × VASE from York (YORK)"
    assert rows[1]["after"] == "1 × LAMP from York (YORK); 1 × VASE from York (YORK)"
    assert "nearest with stock" in rows[1]["why before"]


def test_a_decision_after_the_preview_makes_it_void(anna: Client, previewed: ModuleUpgrade) -> None:
    # when
    anna.post(of(previewed, "choose/"), {"document": "routing_strategy/default", "choice": "take_new"})
    # then
    previewed.refresh_from_db()
    assert (previewed.status, previewed.preview, previewed.previewed_revision) == ("available", None, None)
    assert previewed.changes.count() == 0
    response = anna.post(of(previewed, "promote/"), {"confirm": "order_routing"})
    assert told(response)[-1].startswith("Nothing was promoted: the upgrade is available and cannot become promoted")
    assert head_number() == 2


def test_it_is_promoted_when_the_name_is_typed(anna: Client, previewed: ModuleUpgrade) -> None:
    # given
    address = of(previewed, "promote/")
    page = anna.get(address)
    assert "Of your last 10 recorded decisions 10 would be made otherwise." in words(page)
    assert "Order routing 1.0.0 2.0.0" in words(page)
    assert "Location policy “LEEDS” added Field After Takes orders no" in words(page)
    # when
    wrong = send(anna, address, page, confirm="routing")
    # then
    assert "Type order_routing to confirm." in words(wrong)
    assert head_number() == 2
    # when: pressed twice
    first = send(anna, address, page, confirm=" order_routing ", reason="cheaper")
    second = send(anna, address, page, confirm="order_routing", reason="cheaper")
    # then
    assert told(first)[-1] == "Order routing 2.0.0 is live since revision 3."
    assert second.status_code == 200
    assert "Order routing 2.0.0 is live since revision 3" in words(second)
    revision = ProfileRevision.objects.get(number=3)
    assert (revision.origin, revision.reason, revision.adopted["order_routing"]) == (
        Origin.PROMOTION, "cheaper", "2.0.0",
    )  # fmt: skip
    assert head_number() == 3
    assert ModuleUpgrade.objects.get().status == UpgradeStatus.PROMOTED
    assert "Order routing 2.0.0 live" in words(anna.get("/admin/upgrades/"))


def test_a_stale_plan_is_not_promoted(anna: Client, previewed: ModuleUpgrade) -> None:
    # given: somebody changes something else after the preview
    page = anna.get(of(previewed, "promote/"))
    with revise(author="bob", reason="first only") as revision:
        revision.put("order_management", "review_settings", "default", {"matching": "first"})
    # when
    response = send(anna, of(previewed, "promote/"), page, confirm="order_routing")
    # then
    assert told(response)[-1].startswith("Nothing was promoted: bob changed the profile on ")
    assert ModuleAdoption.objects.get(module="order_routing").release == "1.0.0"
    sentence = (
        "It cannot be promoted now: bob has changed the profile since the preview (revision 3, “first only”; "
        "the preview was made with revision 2): preview again."
    )
    assert sentence in words(anna.get(of(previewed, "promote/")))
    preview = words(anna.get(of(previewed, "preview/")))
    assert "The profile has been changed since this preview (revision 2 then, 3 now)." in preview
    assert "Next: promote" not in preview


def test_an_untrusted_preview_is_not_promoted(anna: Client, previewed: ModuleUpgrade) -> None:
    # given
    ModuleUpgrade.objects.update(
        preview={**(previewed.preview or {}), "baseline_differences": 2, "differing_subjects": ["WEB-1", "WEB-2"]}
    )
    # then
    assert "2 recorded decisions could not be made again as they were (WEB-1, WEB-2)" in words(
        anna.get(of(previewed, "preview/"))
    )
    response = anna.post(of(previewed, "promote/"), {"confirm": "order_routing"})
    assert told(response)[-1].startswith("Nothing was promoted: the preview cannot be trusted")
    assert head_number() == 2


def test_going_back_says_what_becomes_of_orders(anna: Client, previewed: ModuleUpgrade) -> None:
    # given: two orders have been routed by 2.0, one of them has left
    upgrade = promoted(anna, previewed)
    shipped, waiting = (order_placed(("VASE", 1), number=f"new-{number}") for number in range(2))
    request_brought_to(shipped, RequestStatus.SHIPPED)
    orders_route(order_ids=[waiting.pk], actor="routing")
    with revise(author="bob", reason="a wider radius") as revision:
        body = ProfileDocument.objects.get(module="order_routing", kind="routing_strategy").body
        revision.put("order_routing", "routing_strategy", "default", {**body, "radius_km": 950})
    # then
    live = words(anna.get(of(upgrade, "promote/")))
    assert "2 decisions made by it since." in live
    assert "Parcels per decision 2.00 → becomes 1.00 −1.00" in live
    address = of(upgrade, "rollback/")
    page = anna.get(address)
    text = words(page)
    assert "Go back from 2.0.0 to 1.0.0?" in text
    assert (
        "In progress a location is working on it, or a part has left 1 They finish on 2.0.0, or move along: you decide."
        in text
    )
    assert "Complete everything that was not cancelled has been fulfilled 1 Nothing: they are done." in text
    assert "1 shipment has left since." in text
    assert "No message to a customer has been sent since." in text
    assert "Revision 4 , bob: a wider radius" in text
    # when: pressed twice
    first = send(anna, address, page, reason="dearer")
    second = send(anna, address, page, reason="dearer")
    # then
    assert told(first)[-1] == "Order routing is back at 1.0.0 since revision 5."
    assert told(second)[-1] == "Nothing was rolled back: the upgrade is rolled back."
    assert head_number() == 5
    assert ModuleAdoption.objects.get(module="order_routing").release == "1.0.0"
    strategy = ProfileDocument.objects.get(module="order_routing", kind="routing_strategy")
    assert (strategy.schema_release, strategy.body["max_distance_km"]) == ("1.0.0", 950)
    waiting.refresh_from_db()
    assert waiting.routing_release == "2.0.0"
    assert "Rolled back to 1.0.0 in revision 5" in words(anna.get(address))


def test_an_upgrade_is_given_up(anna: Client, previewed: ModuleUpgrade) -> None:
    # when
    for _ in range(2):
        response = anna.post(of(previewed, "abandon/"))
        # then
        assert told(response)[-1] == "The upgrade of Order routing was given up; nothing has changed."
    assert ModuleUpgrade.objects.get().status == UpgradeStatus.ABANDONED
    assert head_number() == 2
    assert "The upgrade is abandoned" in words(anna.get(of(previewed)))
    assert told(anna.post(of(previewed, "preview/ask/")))[-1].startswith("No preview was begun: the upgrade is abandon")


def test_a_live_upgrade_is_not_given_up(anna: Client, previewed: ModuleUpgrade) -> None:
    upgrade = promoted(anna, previewed)

    response = anna.post(of(upgrade, "abandon/"))

    assert told(response)[-1] == "the upgrade is promoted and cannot become abandoned; allowed: rolled_back"
    assert ModuleUpgrade.objects.get().status == UpgradeStatus.PROMOTED


def test_an_upgrade_whose_beginning_has_moved_goes_no_further(anna: Client, upgrade: ModuleUpgrade) -> None:
    # given
    with revise(author="bob", reason="by hand") as revision:
        revision.adopt("order_routing", "1.1.0")
        revision.put("order_routing", "routing_strategy", "default", {"keep_lines_whole": True})
    # then
    sentence = "order_routing 1.1.0 is live now, and this upgrade begins at 1.0.0: abandon it and begin anew"
    assert sentence.capitalize().partition(" ")[2] in words(anna.get(of(upgrade)))
    assert told(anna.post(of(upgrade, "preview/ask/")))[-1] == f"No preview was begun: {sentence}."
    with pytest.raises(UpgradeRefused, match=r"begins at 1\.0\.0"):
        upgrade_choose(upgrade_id=upgrade.pk, choices={})


def test_who_may_only_look_takes_no_step(anna: Client, previewed: ModuleUpgrade) -> None:
    clara = staff(VIEW)
    for step in ("", "preview/", "preview/report.csv", "preview/progress/", "promote/"):
        assert clara.get(of(previewed, step)).status_code == 200, step
    for step in ("choose/", "preview/ask/", "abandon/", "promote/", "rollback/"):
        assert clara.post(of(previewed, step), {"confirm": "order_routing"}).status_code == 403, step
    assert clara.get(of(previewed, "merge/?document=routing_strategy/default")).status_code == 403
    assert head_number() == 2
    dora = staff(VIEW, CHANGE)
    assert dora.post(of(previewed, "promote/"), {"confirm": "order_routing"}).status_code == 302
    assert head_number() == 3


def test_a_long_preview_asks_the_same_number_of_questions(anna: Client, previewed: ModuleUpgrade) -> None:
    with statements() as asked:
        anna.get(of(previewed, "preview/"))

    named = [statement for statement in asked if "locations_location" in statement or "catalogue_product" in statement]
    assert len(named) == 4


def test_an_order_says_why_it_was_decided_so(shop: list[Order]) -> None:
    # given
    template = Template("{% load decisions %}{% decisions_of number %}")
    # when
    with statements() as asked:
        html = template.render(Context({"number": "WEB-3"}))
    # then
    text = " ".join(html.replace("<", " <").split())
    assert "Order routing: route" in html
    assert "release 1.0.0 · revision 2" in html
    assert "1 × LAMP from Soho (SOHO)" in html
    assert "Order management: review" in html
    assert "Not held" in html
    assert text.count("<summary>") == 2
    assert "Leeds" not in html
    assert "LEEDS" in html
    assert len(asked) == 3
    assert "Nothing has been decided about it yet." in template.render(Context({"number": "WEB-99"}))
