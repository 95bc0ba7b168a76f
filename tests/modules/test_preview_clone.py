"""The staging clone of an upgrade: its release is live there, and there alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from fulfilment.inventory.services.board import boards_write
from modules import jobs
from modules.models import CloneState, ModuleAdoption, ModuleUpgrade, PreviewClone
from modules.services import preview_clone, revise
from modules.services.preview_clone import (
    STEPS,
    preview_clone_drop_request,
    preview_clone_make,
    preview_clone_request,
)
from modules.services.upgrade import UpgradeRefused, module_rollback, upgrade_promote
from oms.infra.accounts.models import User
from oms.infra.database.context import retailer_context
from oms.infra.outbound import Kind, Refused, send
from orders.models import Order
from tenants import registry
from tenants.cloning import CloneBusy, clones_of, staging_clone, staging_drop
from tenants.cloning.services import label_of
from tests.modules.test_upgrade import MODULE, place_and_route, preview, shop  # noqa: F401 - a fixture
from tests.tenants.cloning.schemas import contents, violations


@pytest.fixture
def upgrade(shop: None) -> Iterator[ModuleUpgrade]:  # noqa: F811
    """Reviewed and replayed; whatever clones there are afterwards go."""
    from django.conf import settings

    with (settings.DATA_FOLDER / "staging-clones.lock").open("w") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)  # roles belong to the server: see tests/tenants/cloning/conftest.py
        with retailer_context("acme"):
            User.objects.create_user("maria", password="her own words", is_staff=True, is_superuser=True)
        yield preview("2.0.0")
        for clone in clones_of():
            staging_drop(source=clone.source, label=label_of(clone.source, clone.schema))
        connections["deploy"].close()


def asked(upgrade: ModuleUpgrade) -> str:
    """Ask for the clone; return its schema."""
    with retailer_context("acme"):
        preview_clone_request(upgrade_id=upgrade.pk, author="maria")
    return f"acme__u{upgrade.pk}__staging"


def kept(upgrade: ModuleUpgrade) -> PreviewClone | None:
    with retailer_context("acme"):
        return PreviewClone.objects.filter(pk=upgrade.pk).first()


def work() -> None:
    """Let a worker do what waits; a clone that was busy for a moment is tried again at once, not after a while."""
    for _ in range(5):
        connections["deploy"].close()
        call_command("work", "--until-empty")
        with connections["deploy"].cursor() as cursor:
            cursor.execute(
                "UPDATE public.procrastinate_jobs SET scheduled_at = NULL"
                " WHERE status = 'todo' AND task_name LIKE 'modules.jobs.preview_clone%' RETURNING id"
            )
            put_off = cursor.fetchall()
        connections["deploy"].close()
        if not put_off:
            return


def test_a_worker_makes_it_and_the_release_is_live_there_alone(upgrade: ModuleUpgrade, admin_url: str) -> None:
    # given: boards are written already, so that the worker's own upkeep has nothing to do in production
    with retailer_context("acme"):
        boards_write()
    before = contents(admin_url, "acme")
    assert before["inventory_levelnote"] == []
    schema = asked(upgrade)
    # when
    work()
    # then
    clone = kept(upgrade)
    assert clone is not None
    assert (clone.status, clone.host, clone.why) == (CloneState.READY, f"staging-u{upgrade.pk}.acme.localhost", "")
    assert clone.expires_at is not None
    assert timedelta(days=6, hours=23) < clone.expires_at - timezone.now() <= timedelta(days=7)
    with retailer_context(schema):
        assert ModuleAdoption.objects.get(module=MODULE).release == "2.0.0"
        assert Order.objects.count() == 40
        assert ModuleUpgrade.objects.get().status == "promoted"
        assert isinstance(send(kind=Kind.MAIL, target="a@b.c", payload={}, perform=lambda: None), Refused)
    assert violations(schema) == []
    after = contents(admin_url, "acme")
    # The worker notes in production when its own jobs are due again.
    assert {table for table in after if before[table] != after[table]} == {"modules_previewclone", "infra_scheduledjob"}


def test_orders_in_the_clone_are_decided_by_the_new_release_and_it_can_go_back_there(upgrade: ModuleUpgrade) -> None:
    schema = asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    with retailer_context(schema):
        module_rollback(module=MODULE, author="maria")
        assert ModuleAdoption.objects.get(module=MODULE).release == "1.0.0"
    with retailer_context("acme"):
        assert upgrade_promote(upgrade_id=upgrade.pk, author="maria") == 2
    assert violations("acme") == []


def test_its_pages_say_what_it_is_and_lead_back(upgrade: ModuleUpgrade) -> None:
    asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    host = f"staging-u{upgrade.pk}.acme.localhost"
    page = Client(headers={"Host": f"{host}:8000"}).get("/admin/login/").content.decode()
    assert f"Preview of Order routing 2.0.0 for upgrade {upgrade.pk}. Acme (preview): a clone made" in page
    assert f'href="http://acme.localhost:8000/admin/upgrades/{upgrade.pk}/preview/"' in page


def test_there_is_one_for_each_upgrade_beside_the_retailers_own(upgrade: ModuleUpgrade) -> None:
    staging_clone(source="acme", orders=1)
    schema = asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk, orders=2)
    asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk, orders=3)
    assert [clone.schema for clone in clones_of("acme")] == ["acme__staging", schema]
    with retailer_context(schema):
        assert Order.objects.count() == 3
    with retailer_context("acme__staging"):
        assert Order.objects.count() == 1
        assert ModuleAdoption.objects.get(module=MODULE).release == "1.0.0"


def test_it_is_dropped_from_the_screen_and_by_its_time(upgrade: ModuleUpgrade) -> None:
    asked(upgrade)
    work()
    with retailer_context("acme"):
        preview_clone_drop_request(upgrade_id=upgrade.pk)
    work()
    assert kept(upgrade) is None
    assert clones_of("acme") == []
    # given: another one, whose time has come
    asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    from tenants.cloning import staging_expire
    from tenants.models import Retailer

    past = timezone.now() - timedelta(hours=1)
    Retailer.objects.using("deploy").filter(environment="staging").update(expires_at=past)
    assert staging_expire() == [f"acme__u{upgrade.pk}__staging"]
    connections["deploy"].close()


@pytest.mark.parametrize("step", STEPS[1:])
def test_cut_short_anywhere_and_run_again_it_is_whole(upgrade: ModuleUpgrade, step: str) -> None:
    schema = asked(upgrade)

    def cut(reached: str) -> None:
        if reached == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        preview_clone_make(schema="acme", upgrade_id=upgrade.pk, on_step=cut)
    assert preview_clone_make(schema="acme", upgrade_id=upgrade.pk) is not None
    clone = kept(upgrade)
    assert clone is not None
    assert clone.status == CloneState.READY
    with retailer_context(schema):
        assert ModuleAdoption.objects.get(module=MODULE).release == "2.0.0"


def test_what_a_promotion_would_refuse_is_refused(upgrade: ModuleUpgrade) -> None:
    with retailer_context("acme"):
        with revise(author="omar", reason="meanwhile"):
            pass
        with pytest.raises(UpgradeRefused, match="changed since the preview: preview again"):
            preview_clone_request(upgrade_id=upgrade.pk, author="maria")
    with retailer_context("acme"):
        assert not PreviewClone.objects.exists()


def test_a_change_while_it_is_made_leaves_no_clone_but_the_reason(
    upgrade: ModuleUpgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(upgrade)

    def change(step: str) -> None:
        if step == "structure":  # the snapshot has been taken by then; the check in the clone is of the plan
            monkeypatch.setattr(preview_clone, "_promote_in", refuse)

    def refuse(*given: Any) -> None:
        message = "the module is held"
        raise UpgradeRefused(message)

    assert preview_clone_make(schema="acme", upgrade_id=upgrade.pk, on_step=change) is None
    clone = kept(upgrade)
    assert clone is not None
    assert (clone.status, clone.why) == (CloneState.FAILED, "the module is held")
    assert clones_of("acme") == []


def test_while_another_holds_the_clone_it_waits_for_its_turn(
    upgrade: ModuleUpgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(upgrade)

    def busy(**given: Any) -> None:
        message = "somebody works in it"
        raise CloneBusy(message)

    monkeypatch.setattr(preview_clone, "staging_clone", busy)
    with pytest.raises(CloneBusy):
        jobs.preview_clone(schema="acme", upgrade_id=upgrade.pk)
    clone = kept(upgrade)
    assert clone is not None
    assert (clone.status, clone.why) == (CloneState.ASKED, "waiting: somebody works in it")


def test_dropped_while_it_waits_it_is_never_made(upgrade: ModuleUpgrade) -> None:
    asked(upgrade)
    with retailer_context("acme"):
        preview_clone_drop_request(upgrade_id=upgrade.pk)
    for _ in range(2):  # the two jobs share a lock: the second is there only when the first has ended
        work()
    assert (kept(upgrade), clones_of("acme")) == (None, [])


def test_no_clone_of_a_clone(upgrade: ModuleUpgrade) -> None:
    schema = asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    with retailer_context(schema), pytest.raises(UpgradeRefused, match="this is a staging clone itself"):
        preview_clone_request(upgrade_id=upgrade.pk, author="maria")


def test_the_command_previews_clones_and_drops(upgrade: ModuleUpgrade) -> None:
    def told(*arguments: str) -> dict[str, Any]:
        out = StringIO()
        call_command("upgrade", *arguments, "--retailer", "acme", "--module", MODULE, "--json", stdout=out)
        found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
        return found

    made = told("preview", "--to", "2.0.0", "--clone", "--author", "maria")
    assert (made["status"], made["replayed"]) == ("ready", 40)
    assert made["cost_before"] == made["cost_after"] == {}
    assert made["clone"]["host"] == f"staging-u{upgrade.pk}.acme.localhost"
    with retailer_context(made["clone"]["schema"]):
        assert ModuleAdoption.objects.get(module=MODULE).release == "2.0.0"
    assert told("drop-clone")["dropped"] == [upgrade.pk]
    assert told("drop-clone")["dropped"] == []
    with retailer_context("acme"), revise(author="omar", reason="a fault") as revision:
        revision.adopt(MODULE, "1.0.0", held=True)
    with pytest.raises(CommandError, match="is held"):
        told("preview", "--to", "2.0.0", "--clone")


def test_the_same_user_enters_it_once_with_a_ticket(upgrade: ModuleUpgrade) -> None:
    # given
    asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    host = f"staging-u{upgrade.pk}.acme.localhost"
    with retailer_context("acme"):
        maria = User.objects.get(username="maria")
        here = Client(headers={"Host": "acme.localhost:8000"})
        here.force_login(maria)
    # when
    leads = here.post(f"/admin/upgrades/{upgrade.pk}/preview/clone/open/")
    # then
    assert leads.status_code == 302
    assert leads["Location"].startswith(f"http://{host}:8000/admin/upgrades/enter/?ticket=")
    path = leads["Location"].partition(":8000")[2]
    there = Client(headers={"Host": f"{host}:8000"})
    entered = there.get(path)
    assert entered["Location"] == "/admin/profile/#order_routing"
    page = there.get("/admin/profile/")
    assert page.status_code == 200
    assert page.wsgi_request.user.get_username() == "maria"
    assert "2.0.0" in page.content.decode()
    # then: nobody else enters with it, and production has no such door
    again = Client(headers={"Host": f"{host}:8000"})
    assert again.get(path)["Location"] == "/admin/login/"
    assert again.get("/admin/upgrades/enter/?ticket=forged")["Location"] == "/admin/login/"
    assert again.get("/admin/profile/").status_code == 302
    assert Client(headers={"Host": "acme.localhost"}).get(path).status_code == 404


def test_a_ticket_into_one_clone_opens_no_other(upgrade: ModuleUpgrade) -> None:
    from oms.web.profile.clones import BadTicket, ticket_for, user_of

    schema = asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    ticket = ticket_for(User(username="maria"), "globex__u1__staging")
    with retailer_context(schema), pytest.raises(BadTicket, match="another clone"):
        user_of(ticket)
    stranger = ticket_for(User(username="nobody"), schema)
    with retailer_context(schema), pytest.raises(BadTicket, match="not yet on the staff"):
        user_of(stranger)


def test_a_dropped_clones_pages_are_gone_cleanly_at_once(upgrade: ModuleUpgrade) -> None:
    # given: this process remembers its host name
    asked(upgrade)
    preview_clone_make(schema="acme", upgrade_id=upgrade.pk)
    host = f"staging-u{upgrade.pk}.acme.localhost"
    visitor = Client(headers={"Host": host}, raise_request_exception=False)
    assert visitor.get("/admin/login/").status_code == 200
    # when: another process drops it
    remembered = dict(registry._remembered)
    staging_drop(source="acme", label=f"u{upgrade.pk}")
    registry._remembered.update(remembered)
    # then
    page = visitor.get("/admin/login/")
    assert page.status_code == 404
    assert "This staging clone is gone" in page.content.decode()
    assert f'href="http://acme.localhost/admin/upgrades/{upgrade.pk}/preview/"' in page.content.decode()
    registry._remembered.update(remembered)
    problem = visitor.get("/api/v1/orders")
    assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")
