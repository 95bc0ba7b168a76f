"""An upgrade from notice to rollback, on orders that were really routed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections

from fulfilment.inventory.models import MovementKind
from fulfilment.inventory.services import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from fulfilment.routing.services import orders_route
from fulfilment.routing.services.fulfil_run import fulfil_run
from modules.domain.canonical import canonical
from modules.models import Decision, ModuleAdoption, ModuleUpgrade, ProfileDocument, ProfileRevision, ProfileSnapshot
from modules.profile import current_profile, profile_at
from modules.services import StaleEdit, profile_begin, profile_restore, revise
from modules.services.upgrade import (
    UpgradeRefused,
    module_hold,
    module_rollback,
    upgrade_begin,
    upgrade_preview,
    upgrade_promote,
)
from modules.services.upgrade_review import upgrade_review
from modules.services.verify import profile_verify
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from oms.infra.verification import all_invariants, check
from orders.catalogue.models import Product
from orders.domain.capture import Destination, NewLine, NewOrder
from orders.models import Channel, Order
from orders.services import orders_capture

MODULE = "order_routing"
PLACES = {"LON": (51.5, -0.1), "MAN": (53.5, -2.2), "GLA": (55.9, -4.3)}


@pytest.fixture
def shop(bare: None) -> None:
    """Three locations, ten products, forty routed orders; order routing 1.0.0 is live."""
    with retailer_context("acme"):
        profile_begin(author="setup", adopt={MODULE: "1.0.0", "order_management": "1.0.0"})
        Channel.objects.create(code="web", name="Web", currency="GBP")
        places = Location.objects.bulk_create(
            Location(code=code, name=code, country="GB", latitude=at[0], longitude=at[1]) for code, at in PLACES.items()
        )
        products = Product.objects.bulk_create(Product(sku=f"P{n}", weight_grams=400) for n in range(10))
        levels = levels_open([(place.pk, product.pk) for place in places for product in products])
        stock_move(
            kind=MovementKind.RECEIPT, changes=[StockChange(level, 30, 0, "first") for level in levels.values()],
            actor="test", moved_at=datetime.now(UTC),
        )  # fmt: skip
    place_and_route(0, 40)


def place_and_route(first: int, count: int) -> list[int]:
    with retailer_context("acme"):
        captured = orders_capture(
            channel="web", orders=[an_order(number) for number in range(first, first + count)], actor="test",
            react=False,
        )  # fmt: skip
        ids = [item.order_id for item in captured]
        orders_route(order_ids=ids, actor="test")
        return ids


def an_order(number: int) -> NewOrder:
    near = list(PLACES.values())[number % 3]
    return NewOrder(
        external_number=str(number),
        placed_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number),
        currency="GBP",
        lines=tuple(
            NewLine(sku=f"P{(number + line) % 10}", quantity=1 + number % 3, unit_price=Decimal("9.90"))
            for line in range(1 + number % 2)
        ),
        destination=Destination(country="GB", latitude=near[0], longitude=near[1]),
    )


def preview(to: str, module: str = MODULE) -> ModuleUpgrade:
    with retailer_context("acme"):
        upgrade = upgrade_begin(module=module, to=to, author="maria")
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    with retailer_context("acme"):
        upgrade.refresh_from_db()
    return upgrade


def promote(upgrade: ModuleUpgrade) -> int:
    with retailer_context("acme"):
        return upgrade_promote(upgrade_id=upgrade.pk, author="maria")


def violations() -> list[str]:
    with retailer_context("acme"):
        assert profile_verify() == []
        return [found.invariant.name for found in map(check, all_invariants()) if found]


def module_content(module: str, number: int) -> bytes:
    profile = profile_at(number)
    return canonical({
        "release": profile.adopted.get(module),
        "documents": {
            str(where): {"body": document.body, "complement": document.complement}
            for where, document in profile.raw(module).items()
        },
    })  # fmt: skip


def test_every_decision_is_written_down_with_release_revision_and_reasons(shop: None) -> None:
    with retailer_context("acme"):
        routed = Decision.objects.filter(module=MODULE)
        assert routed.count() == 40
        one = routed.get(subject="WEB-0")
        assert (one.release, one.revision, one.policy) == ("1.0.0", 1, "route")
        assert one.outcome["allocations"]
        assert all(len(step) == 4 and step[3] for step in one.steps)
        assert Decision.objects.filter(module="order_management", policy="review").count() == 40
        assert set(Order.objects.values_list("release", "routing_release")) == {("1.0.0", "1.0.0")}


def test_the_same_release_decides_again_what_it_decided(shop: None) -> None:
    upgrade = preview("1.1.0")
    assert upgrade.status == "ready"
    assert upgrade.preview is not None
    assert (upgrade.preview["replayed"], upgrade.preview["baseline_differences"]) == (40, 0)


def test_a_preview_lists_each_changed_order_with_its_cause(shop: None) -> None:
    # given: the reviewer merges a threshold into the strategy that 1.1.0 will get
    with retailer_context("acme"):
        upgrade = upgrade_begin(module=MODULE, to="1.1.0", author="maria")
        body = dict(upgrade_review(module=MODULE, to="1.1.0").documents["routing_strategy", "default"].body)
        body["location_settings"] = [{"location": "LON", "enabled": True, "threshold": 29, "capacity_per_day": None}]
        upgrade.choices = {"routing_strategy/default": {"choice": "merge", "body": body}}
        upgrade.save()
    # when
    upgrade = preview("1.1.0")
    # then
    found = upgrade.preview
    assert found is not None
    assert (found["replayed"], found["baseline_differences"]) == (40, 0)
    with retailer_context("acme"):
        changes = list(upgrade.changes.all())
        near_london = {f"WEB-{number}" for number in range(0, 40, 3)}
        assert {change.subject for change in changes} <= near_london
        assert found["changed"] == len(changes) > 0
        assert found["changed_in_sequence"] >= found["changed"]
        assert sum(found["causes"].values()) == found["changed"]
        assert all(change.cause for change in changes)
        assert all(change.before["outcome"] != change.after["outcome"] for change in changes)
    promote(upgrade)
    with retailer_context("acme"):
        [settings] = current_profile().documents(MODULE, "routing_strategy")["default"].location_settings
        assert settings.threshold == 29


def test_a_document_that_the_release_refuses_blocks_with_its_field(shop: None) -> None:
    with retailer_context("acme"):
        upgrade = upgrade_begin(module=MODULE, to="1.1.0", author="maria")
        upgrade.choices = {"routing_strategy/default": {"choice": "merge", "body": {"keep_lines_whole": "perhaps"}}}
        upgrade.save()
    upgrade = preview("1.1.0")
    assert upgrade.status == "blocked"
    assert upgrade.review is not None
    assert ["keep_lines_whole"] in [fault["path"] for fault in upgrade.review["faults"]]
    with pytest.raises(UpgradeRefused, match="is blocked and cannot become promoted"):
        promote(upgrade)


def test_promoting_makes_the_release_live_for_new_orders_and_old_ones_finish(shop: None) -> None:
    # given: an order that waits as backorder under 1.0.0
    [waiting] = place_and_route(1000, 1)
    upgrade = preview("1.1.0")
    other = {}
    with retailer_context("acme"):
        other["before"] = module_content("order_management", 1)
    # when
    number = promote(upgrade)
    [fresh] = place_and_route(2000, 1)
    # then
    with retailer_context("acme"):
        assert ModuleAdoption.objects.get(module=MODULE).release == "1.1.0"
        assert Order.objects.get(pk=fresh).routing_release == "1.1.0"
        assert Order.objects.get(pk=waiting).routing_release == "1.0.0"
        assert Decision.objects.get(subject="WEB-2000", module=MODULE).revision == number
        assert module_content("order_management", number) == other["before"]
        assert Event.objects.filter(name="module.promoted.v1", subject=MODULE).count() == 1
        upgrade.refresh_from_db()
        assert (upgrade.status, upgrade.promoted_revision) == ("promoted", number)
    assert violations() == []


def test_a_change_after_the_preview_makes_the_plan_stale(shop: None) -> None:
    upgrade = preview("1.1.0")
    with retailer_context("acme"), revise(author="omar", reason="meanwhile"):
        pass
    with pytest.raises(StaleEdit, match="changed by omar"):
        promote(upgrade)
    with retailer_context("acme"):
        assert ModuleAdoption.objects.get(module=MODULE).release == "1.0.0"
    assert promote(preview("1.1.0"))


def test_a_held_module_refuses_an_upgrade(shop: None) -> None:
    with retailer_context("acme"):
        module_hold(module=MODULE, held=True, author="maria")
        with pytest.raises(UpgradeRefused, match="is held"):
            upgrade_begin(module=MODULE, to="1.1.0", author="maria")
        module_hold(module=MODULE, held=False, author="maria")
        assert upgrade_begin(module=MODULE, to="1.1.0", author="maria").status == "available"


@pytest.mark.parametrize("to", ["9.9.9", "1.0.0", "new"])
def test_what_is_not_a_published_other_release_is_refused(shop: None, to: str) -> None:
    with retailer_context("acme"), pytest.raises(UpgradeRefused):
        upgrade_begin(module=MODULE, to=to, author="maria")


def test_promoting_without_a_preview_is_refused(shop: None) -> None:
    with retailer_context("acme"):
        upgrade = upgrade_begin(module=MODULE, to="1.1.0", author="maria")
    with pytest.raises(UpgradeRefused, match="is available and cannot become promoted"):
        promote(upgrade)


def test_a_double_click_promotes_once(shop: None) -> None:
    upgrade = preview("1.1.0")
    together, results = threading.Barrier(2), []

    def click() -> None:
        together.wait(10)
        try:
            results.append(promote(upgrade))
        except UpgradeRefused:
            results.append(0)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [0, 2]


@pytest.mark.parametrize("to", ["1.1.0", "2.0.0"])
def test_rolling_back_gives_the_documents_back_to_the_byte(shop: None, to: str) -> None:
    with retailer_context("acme"):
        before = module_content(MODULE, 1)
    promote(preview(to))
    with retailer_context("acme"):
        number = module_rollback(module=MODULE, author="maria")
        after = profile_at(number)
        assert after.adopted[MODULE] == "1.0.0"
        told = {str(w): d.body for w, d in after.raw(MODULE).items()}
        was = {str(w): d.body for w, d in profile_at(1).raw(MODULE).items()}
        assert canonical(told) == canonical(was)
        assert module_content(MODULE, 1) == before
        assert ModuleUpgrade.objects.get().status == "rolled_back"
    assert violations() == []


def test_edits_made_since_the_promotion_are_carried_back(shop: None) -> None:
    promote(preview("2.0.0"))
    with retailer_context("acme"):
        with revise(author="maria", reason="a name of ours") as revision:
            body = dict(ProfileDocument.objects.get(module=MODULE, kind="routing_strategy").body)
            revision.put(MODULE, "routing_strategy", "default", {**body, "name": "Edited since"})
        module_rollback(module=MODULE, author="maria")
        assert current_profile().documents(MODULE, "routing_strategy")["default"].name == "Edited since"
    assert violations() == []


def test_rolling_back_to_a_revision_parks_what_came_after(shop: None) -> None:
    promote(preview("1.1.0"))
    with retailer_context("acme"), revise(author="maria", reason="a name of ours") as edit:
        body = dict(ProfileDocument.objects.get(module=MODULE, kind="routing_strategy").body)
        edit.put(MODULE, "routing_strategy", "default", {**body, "name": "Ours"})
    with retailer_context("acme"):
        head = ProfileRevision.objects.first()
        assert head is not None
        module_rollback(module=MODULE, author="maria", to=1)
        assert current_profile().adopted[MODULE] == "1.0.0"
        assert ProfileSnapshot.objects.get().revision == head.number
    assert violations() == []


def test_after_a_rollback_nothing_is_stuck_and_nothing_happens_twice(shop: None) -> None:
    promote(preview("2.0.0"))
    place_and_route(500, 20)
    with retailer_context("acme"):
        module_rollback(module=MODULE, author="maria")
    place_and_route(600, 20)
    fulfil_run(schema="acme", actor="test")
    with retailer_context("acme"):
        released = dict(
            Order.objects.filter(external_number__in=["500", "600"]).values_list("external_number", "routing_release")
        )
        assert released == {"500": "2.0.0", "600": "1.0.0"}
    assert violations() == []


def test_restoring_any_snapshot_restores_releases_too(shop: None) -> None:
    promote(preview("2.0.0"))
    with retailer_context("acme"):
        profile_restore(to=1, author="maria")
        assert current_profile().adopted[MODULE] == "1.0.0"
        profile_restore(to=2, author="maria")
        assert current_profile().adopted[MODULE] == "2.0.0"
    assert violations() == []


def test_retailers_run_different_releases_in_one_process(shop: None) -> None:
    promote(preview("2.0.0"))
    with retailer_context("globex"):
        profile_begin(author="setup", adopt={MODULE: "1.1.0"})
        assert str(current_profile().release(MODULE).version) == "1.1.0"
    with retailer_context("acme"):
        assert str(current_profile().release(MODULE).version) == "2.0.0"
