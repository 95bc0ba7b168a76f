"""The profile: revisions, stale edits, restore to the byte, comparison, export and import."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from django.db import connections

from modules.domain.canonical import canonical
from modules.domain.differences import differences
from modules.domain.documents import Document, Reference
from modules.models import ModuleAdoption, Origin, ProfileDocument, ProfileRevision
from modules.profile import current_profile, profile_at
from modules.selectors import documents_at, head_number
from modules.services import (
    InvalidDocument,
    StaleEdit,
    UnknownKind,
    profile_begin,
    profile_restore,
    revise,
    snapshot_name,
)
from modules.services.exchange import BadExport, profile_export, profile_import
from modules.services.verify import profile_verify
from oms.infra.database.context import retailer_context
from tests.factories.locations import LocationFactory

MODULE, KIND = "order_routing", "location_policy"


@pytest.fixture
def begun(bare: None) -> None:
    with retailer_context("acme"):
        profile_begin(author="setup", adopt={"order_routing": "2.0.0"})
        for code in ("LON", "MAN", "a/b ünd", *(f"L{number}" for number in range(10))):
            LocationFactory.create(code=code)


def policy(code: str, threshold: int) -> None:
    with retailer_context("acme"), revise(author="maria", reason=f"{code} keeps {threshold}") as revision:
        revision.put(MODULE, KIND, code, {"threshold": threshold})


def content(number: int) -> bytes:
    profile = profile_at(number)
    return canonical({
        "adopted": dict(profile.adopted),
        "documents": {
            str(where): {"body": document.body, "complement": document.complement}
            for where, document in profile.raw().items()
        },
    })  # fmt: skip


def test_a_revision_says_who_changed_what_and_why(begun: None) -> None:
    policy("LON", 3)
    with retailer_context("acme"):
        newest = ProfileRevision.objects.first()
        assert newest is not None
        assert (newest.number, newest.parent, newest.author, newest.reason, newest.origin) == (
            2, 1, "maria", "LON keeps 3", Origin.EDIT,
        )  # fmt: skip
        assert current_profile().documents(MODULE, KIND)["LON"].threshold == 3
        assert profile_verify() == []


def test_a_block_that_raises_leaves_no_revision(begun: None) -> None:
    with retailer_context("acme"):
        with pytest.raises(ZeroDivisionError), revise(author="maria", reason="x") as revision:
            revision.put(MODULE, KIND, "LON", {"threshold": 3})
            raise ZeroDivisionError
        assert (head_number(), ProfileDocument.objects.filter(key="LON").count()) == (1, 0)


def test_writing_what_is_there_changes_nothing(begun: None) -> None:
    policy("LON", 3)
    policy("LON", 3)
    with retailer_context("acme"):
        assert ProfileDocument.objects.get(key="LON").revision == 2
        assert ProfileDocument.history.filter(key="LON").count() == 1


def test_a_body_that_does_not_fit_is_refused_by_field(begun: None) -> None:
    with retailer_context("acme"):
        with pytest.raises(InvalidDocument) as refused, revise(author="maria", reason="x") as revision:
            revision.put(MODULE, KIND, "LON", {"threshold": -1, "enabled": "perhaps"})
        assert {fault.path for fault in refused.value.faults} == {("threshold",), ("enabled",)}
        with pytest.raises(UnknownKind), revise(author="maria", reason="x") as revision:
            revision.put(MODULE, "no_such_kind", "LON", {})
        assert head_number() == 1


def test_fields_that_the_release_does_not_know_are_kept(begun: None) -> None:
    with retailer_context("acme"):
        with revise(author="maria", reason="x") as revision:
            revision.put(MODULE, KIND, "LON", {"threshold": 1, "of_tomorrow": {"deep": [1, 2]}})
        assert documents_at(2)[Reference(MODULE, KIND, "LON")].body["of_tomorrow"] == {"deep": [1, 2]}


def test_an_editor_who_opened_an_older_revision_is_told_who_was_first(begun: None) -> None:
    policy("LON", 3)
    with retailer_context("acme"):
        with pytest.raises(StaleEdit, match=r"changed by maria at .* \(revision 2, “LON keeps 3”\)"):
            with revise(author="omar", reason="late", expected=1) as revision:
                revision.put(MODULE, KIND, "LON", {"threshold": 9})
        with revise(author="omar", reason="on top", expected=2) as revision:
            revision.put(MODULE, KIND, "LON", {"threshold": 9})
        assert head_number() == 3


def test_two_editors_at_once_take_turns(begun: None) -> None:
    first_is_in, second_tries = threading.Event(), threading.Event()
    outcomes: list[str] = []

    def second() -> None:
        try:
            first_is_in.wait(10)
            second_tries.set()
            with retailer_context("acme"), revise(author="omar", reason="x", expected=1) as revision:
                revision.put(MODULE, KIND, "MAN", {"threshold": 1})
            outcomes.append("written")
        except StaleEdit:
            outcomes.append("stale")
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    thread.start()
    with retailer_context("acme"), revise(author="maria", reason="x", expected=1) as revision:
        revision.put(MODULE, KIND, "LON", {"threshold": 1})
        first_is_in.set()
        second_tries.wait(10)
    thread.join(20)
    assert outcomes == ["stale"]
    with retailer_context("acme"):
        assert head_number() == 2


def test_any_earlier_state_comes_back_to_the_byte(begun: None) -> None:
    chance = random.Random(3)
    with retailer_context("acme"):
        states = {1: content(1)}
        for number in range(2, 42):
            with revise(author="x", reason="x") as revision:
                for _ in range(chance.randrange(1, 4)):
                    code = f"L{chance.randrange(6)}"
                    if chance.random() < 0.25:
                        revision.delete(MODULE, KIND, code)
                    else:
                        revision.put(MODULE, KIND, code, {"threshold": chance.randrange(50), "note": "é" * number})
            states[number] = content(number)
        for number in chance.sample(sorted(states), 15):
            assert content(number) == states[number]
            assert content(profile_restore(to=number, author="x")) == states[number]
        assert profile_verify() == []


def test_a_broken_chain_is_found(begun: None, admin_url: str) -> None:
    import psycopg

    policy("LON", 3)
    policy("LON", 4)
    with psycopg.connect(admin_url) as superuser:  # what no other role can do
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("ALTER TABLE acme.modules_historicalprofiledocument DISABLE TRIGGER ALL")
        superuser.execute(
            "UPDATE acme.modules_historicalprofiledocument SET body = '{\"threshold\": 5}' WHERE revision = 2"
        )
        superuser.execute("ALTER TABLE acme.modules_historicalprofiledocument ENABLE TRIGGER ALL")
    with retailer_context("acme"):
        assert [(item.revision, item.reason) for item in profile_verify()] == [
            (2, "its content is not what its digest was made of")
        ]


def test_differences_are_told_in_words() -> None:
    where = Reference("m", "k", "LON")
    before = {
        where: Document({"threshold": 3, "open": True, "days": ["mon"]}),
        Reference("m", "k", "OLD"): Document({}),
    }
    after = {
        where: Document({"threshold": 4, "open": True, "days": ["mon", "tue"]}),
        Reference("m", "k", "NEW"): Document({}),
    }
    assert [item.sentence for item in differences(before, after)] == [
        "m/k/LON: days → 2 is now “tue”",
        "m/k/LON: threshold changed from 3 to 4",
        "m/k/NEW was added",
        "m/k/OLD was removed",
    ]


def test_a_profile_travels_as_text_files(begun: None, tmp_path: Path) -> None:
    policy("LON", 3)
    policy("a/b ünd", 4)
    folder = tmp_path / "mine"
    with retailer_context("acme"):
        profile_export(folder=folder)
        before = content(3)
        policy_file = folder / MODULE / KIND / "LON.yaml"
        assert policy_file.read_text() == "body:\n  threshold: 3\n"
        assert profile_import(folder=folder, author="git", reason="same").changed == ()
        policy_file.write_text("body:\n  threshold: 8\n")
        (folder / MODULE / KIND / "a%2Fb ünd.yaml").unlink(missing_ok=True)
        done = profile_import(folder=folder, author="git", reason="edited")
        assert Reference(MODULE, KIND, "LON") in done.changed
        assert current_profile().documents(MODULE, KIND)["LON"].threshold == 8
        assert content(profile_restore(to=3, author="x")) == before


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("profile.yaml", None, "is missing"),
        ("profile.yaml", "adopted: 3", "must name a release for each module"),
        (f"{MODULE}/{KIND}/LON.yaml", "body: [1]", "must hold `body`"),
        (f"{MODULE}/{KIND}/LON.yaml", "{", "not readable YAML"),
        (f"{MODULE}/{KIND}/LON.yaml", "body: {threshold: -4}", "threshold"),
    ],
)
def test_a_bad_folder_changes_nothing(begun: None, tmp_path: Path, name: str, text: str | None, message: str) -> None:
    policy("LON", 3)
    with retailer_context("acme"):
        profile_export(folder=tmp_path)
        if text is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_text(text)
        with pytest.raises((BadExport, InvalidDocument), match=message):
            profile_import(folder=tmp_path, author="x", reason="x")
        assert head_number() == 2


def test_a_revision_gets_a_name(begun: None) -> None:
    with retailer_context("acme"):
        assert snapshot_name(name="before Black Friday", author="maria", revision=1).revision == 1


def test_adoptions_are_part_of_the_profile(begun: None) -> None:
    with retailer_context("acme"):
        with revise(author="x", reason="hold") as revision:
            revision.adopt("order_routing", "2.0.0", held=True)
        assert ModuleAdoption.objects.get(module="order_routing").held
        profile_restore(to=1, author="x")
        assert not ModuleAdoption.objects.get(module="order_routing").held
        assert profile_verify() == []


def test_a_profile_that_is_not_committed_is_not_remembered(begun: None) -> None:
    with pytest.raises(ZeroDivisionError), retailer_context("acme"):
        with revise(author="x", reason="x") as revision:
            revision.put(MODULE, KIND, "LON", {"threshold": 1})
        assert "LON" in current_profile().documents(MODULE, KIND)
        raise ZeroDivisionError
    policy("MAN", 2)
    with retailer_context("acme"):
        assert sorted(current_profile().documents(MODULE, KIND)) == ["MAN"]
