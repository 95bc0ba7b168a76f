"""A replay that is cut short goes on where it stopped, to the result that it would have had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from modules.domain.journal import Effect
from modules.models import ModuleUpgrade, ReplayProgress
from modules.services import replay_progress, revise
from modules.services.replay_progress import replay_from_json, replay_to_json
from modules.services.upgrade import UpgradeRefused, upgrade_begin, upgrade_preview
from modules.services.upgrade_preview import Replay, _weigh
from modules.services.upgrade_review import upgrade_review
from modules.services.upgrade_steps import preview_request, upgrade_abandon
from oms.infra.database.context import retailer_context
from tests.modules.test_upgrade import MODULE, shop  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 7


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty decisions in six portions."""
    monkeypatch.setattr(replay_progress, "AT_ONCE", AT_ONCE)


@pytest.fixture
def upgrade(shop: None) -> ModuleUpgrade:  # noqa: F811
    """To 1.1 with London's stock kept back, so that what went elsewhere bears on later orders."""
    with retailer_context("acme"):
        upgrade = upgrade_begin(module=MODULE, to="1.1.0", author="maria")
        body = dict(upgrade_review(module=MODULE, to="1.1.0").documents["routing_strategy", "default"].body)
        body["location_settings"] = [{"location": "LON", "enabled": True, "threshold": 29, "capacity_per_day": None}]
        upgrade.choices = {"routing_strategy/default": {"choice": "merge", "body": body}}
        upgrade.save()
        return upgrade


class CutShort(Exception):
    """As good as a kill: whatever the process held is gone."""


def cut_after(portions: int) -> Any:
    def look(done: int, total: int) -> None:
        if done >= portions * AT_ONCE:
            raise CutShort

    return look


def result(upgrade: ModuleUpgrade) -> tuple[str, Any, list[Any]]:
    with retailer_context("acme"):
        upgrade.refresh_from_db()
        fields = ("decision_id", "subject", "cause", "before", "after", "effect")
        return upgrade.status, upgrade.preview, list(upgrade.changes.order_by("id").values(*fields))


def undisturbed(upgrade: ModuleUpgrade) -> tuple[str, Any, list[Any]]:
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    found = result(upgrade)
    assert found[0] == "ready"
    assert found[1]["replayed"] == 40
    assert found[1]["changed"] > 0
    return found


def test_cut_short_after_every_portion_it_ends_with_the_same(upgrade: ModuleUpgrade) -> None:
    expected = undisturbed(upgrade)
    with retailer_context("acme"):
        preview_request(upgrade_id=upgrade.pk)
    for _ in range(6):
        with pytest.raises(CutShort):
            upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=cut_after(0))
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk)
    assert result(upgrade) == expected
    with retailer_context("acme"):
        assert not ReplayProgress.objects.exists()


def test_what_is_done_is_not_done_again(upgrade: ModuleUpgrade, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CutShort):
        upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=cut_after(3))
    with retailer_context("acme"):
        upgrade.refresh_from_db()
        assert (upgrade.status, upgrade.replayed, upgrade.to_replay) == ("previewing", 21, 40)
    # when: the page asks again, and closes
    with retailer_context("acme"):
        preview_request(upgrade_id=upgrade.pk)
    seen: list[int] = []
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=lambda done, total: seen.append(done))
    # then
    assert seen == [28, 35, 40]


def test_two_workers_at_once_share_the_work(upgrade: ModuleUpgrade) -> None:
    expected = undisturbed(upgrade)
    with retailer_context("acme"):
        preview_request(upgrade_id=upgrade.pk)
    turns: list[int] = []

    def other(done: int, total: int) -> None:
        """Another worker takes the whole rest between two portions of this one."""
        turns.append(done)
        if len(turns) == 2:
            upgrade_preview(schema="acme", upgrade_id=upgrade.pk)

    upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=other)
    assert turns == [7, 14]
    assert result(upgrade) == expected


def test_it_begins_anew_where_the_profile_is_another_one(upgrade: ModuleUpgrade) -> None:
    with pytest.raises(CutShort):
        upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=cut_after(3))
    with retailer_context("acme"), revise(author="omar", reason="meanwhile") as revision:
        pass
    seen: list[int] = []
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=lambda done, total: seen.append(done))
    with retailer_context("acme"):
        upgrade.refresh_from_db()
        assert upgrade.previewed_revision == revision.number
        assert upgrade.changes.count() == (upgrade.preview or {})["changed"]
    assert seen[0] == AT_ONCE


def test_an_upgrade_given_up_meanwhile_is_left_alone(upgrade: ModuleUpgrade) -> None:
    def give_up(done: int, total: int) -> None:
        with retailer_context("acme"):
            upgrade_abandon(upgrade_id=upgrade.pk)

    with pytest.raises(UpgradeRefused, match="went on meanwhile: it is abandoned"):
        upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=give_up)
    assert result(upgrade)[:2] == ("abandoned", None)


_WORKER = """
import os, sys, time
import django
django.setup()
from modules.services import replay_progress
from modules.services.upgrade import upgrade_preview
replay_progress.AT_ONCE = {at_once}
def told(done, total):
    print(done, flush=True)
    if done >= {stop}:
        time.sleep(60)
upgrade_preview(schema="acme", upgrade_id={number}, on_progress=told)
"""


def test_a_worker_killed_in_the_middle_loses_at_most_one_portion(upgrade: ModuleUpgrade) -> None:
    # given: what one undisturbed worker finds, and a worker of its own that is killed after three portions
    expected = undisturbed(upgrade)
    with retailer_context("acme"):
        preview_request(upgrade_id=upgrade.pk)
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "oms.settings.test", "OMS_TEST_DATABASE": settings.TEST_DATABASE,
    }  # fmt: skip
    program = _WORKER.format(at_once=AT_ONCE, stop=3 * AT_ONCE, number=upgrade.pk)
    worker = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    until = time.monotonic() + 60
    while worker.stdout.readline().strip() != str(3 * AT_ONCE):
        assert time.monotonic() < until
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    # when
    seen: list[int] = []
    upgrade_preview(schema="acme", upgrade_id=upgrade.pk, on_progress=lambda done, total: seen.append(done))
    # then
    assert seen == [28, 35, 40]
    assert result(upgrade) == expected


def test_costs_of_two_currencies_are_never_added_up() -> None:
    found = Replay()
    for before, after, currency in (("10", "8", "GBP"), ("1.50", "2", "EUR"), ("5", "5", "GBP")):
        _weigh(Effect(Decimal(before), currency=currency), Effect(Decimal(after), currency=currency), found)
    _weigh(Effect(Decimal(1), currency="GBP"), Effect(None, currency="GBP"), found)
    _weigh(Effect(Decimal(1), currency="GBP"), Effect(Decimal(1), currency="EUR"), found)
    kept = replay_to_json(found)
    assert kept["cost_before"] == {"EUR": "1.50", "GBP": "15"}
    assert kept["cost_after"] == {"EUR": "2", "GBP": "13"}
    assert kept["costed"] == {"EUR": 1, "GBP": 2}
    assert replay_from_json(kept) == found
