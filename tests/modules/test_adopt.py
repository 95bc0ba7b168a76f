"""Taking up a module; the only document of its kind; when somebody was faster."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from modules.models import ModuleAdoption, Origin, ProfileDocument, ProfileRevision
from modules.profile import current_profile
from modules.selectors import head_number
from modules.services import OnlyDocument, StaleEdit, UnknownKind, profile_restore, revise
from modules.services.adopt import module_adopt
from modules.services.refused import UpgradeRefused
from modules.services.upgrade import module_rollback
from modules.services.verify import profile_verify
from oms.infra.database.context import retailer_context
from oms.infra.models import Event
from tests.modules.test_upgrade_moves import command

MODULE = "order_routing"


@pytest.fixture
def without(fresh: None) -> None:
    """A profile that has given order routing up."""
    with retailer_context("acme"), revise(author="maria", reason="not yet") as revision:
        for where in current_profile().raw(MODULE):
            revision.drop(MODULE, where.kind, where.key)
        revision.adopt(MODULE, None)


def test_a_module_begins_with_the_documents_of_its_release(without: None) -> None:
    with retailer_context("acme"):
        number = module_adopt(module=MODULE, author="maria", to="1.1.0")
        assert number == head_number() == 3
        written = ProfileRevision.objects.get(number=number)
        assert (written.origin, written.author, written.adopted[MODULE]) == (Origin.PROMOTION, "maria", "1.1.0")
        [document] = ProfileDocument.objects.filter(module=MODULE)
        assert (document.kind, document.key, document.schema_release) == ("routing_strategy", "default", "1.1.0")
        event = Event.objects.get(name="module.promoted.v1")
        assert (event.payload["before"], event.payload["after"]) == ("", "1.1.0")
        assert profile_verify() == []


def test_the_newest_is_adopted_where_none_is_named(without: None) -> None:
    assert command("adopt")["release"] == "3.0.2"
    with retailer_context("acme"):
        assert ModuleAdoption.objects.get(module=MODULE).release == "3.0.2"
        # it was reached by no promotion of an upgrade: going back needs a revision
        with pytest.raises(UpgradeRefused, match="name the revision"):
            module_rollback(module=MODULE, author="maria")


@pytest.mark.parametrize(
    ("module", "to", "why"),
    [
        ("order_management", None, r"order_management \S+ is adopted already: begin an upgrade"),
        (MODULE, "9.9.9", r"has no order_routing 9\.9\.9"),
        (MODULE, "new", "'new' is not a version"),
        ("juggling", None, "there is no module juggling"),
    ],
)
def test_what_cannot_be_adopted_says_why(without: None, module: str, to: str | None, why: str) -> None:
    with retailer_context("acme"):
        before = head_number()
        with pytest.raises(UpgradeRefused, match=why):
            module_adopt(module=module, author="maria", to=to)
        assert head_number() == before


def test_the_only_document_of_a_kind_is_not_deleted(fresh: None) -> None:
    with retailer_context("acme"):
        with (
            pytest.raises(OnlyDocument, match="restore its defaults instead"),
            revise(author="maria", reason="away with it") as revision,
        ):
            revision.delete(MODULE, "routing_strategy", "default")
        assert head_number() == 1
        with revise(author="maria", reason="ours") as revision:
            revision.put(MODULE, "routing_strategy", "default", {"name": "Ours"})
        with revise(author="maria", reason="as delivered") as revision:
            revision.restore_defaults(MODULE, "routing_strategy", "default")
        assert ProfileDocument.objects.get(kind="routing_strategy").body["name"] == "Nearest location"
        with pytest.raises(UnknownKind, match="delivers no routing_strategy 'mine'"):
            with revise(author="maria", reason="x") as revision:
                revision.restore_defaults(MODULE, "routing_strategy", "mine")


def test_going_back_before_a_module_was_adopted_removes_its_documents(without: None) -> None:
    with retailer_context("acme"):
        module_adopt(module=MODULE, author="maria")
        profile_restore(to=2, author="maria")
        assert not ProfileDocument.objects.filter(module=MODULE).exists()


def test_who_was_faster_is_told_in_the_zone_of_whoever_looks() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    last = ProfileRevision(number=2, author="omar", reason="stores", created_at=at)
    with timezone.override("Europe/London"):
        told = str(StaleEdit(1, [last]))
    assert (
        told == "changed by omar at 23:30 on 01 July 2026 since you opened it (revision 2, “stores”); "
        "you opened revision 1"
    )
