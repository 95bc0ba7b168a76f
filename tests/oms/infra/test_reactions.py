"""Reactions to events: together where they can be, and one that fails keeps nobody else waiting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from oms.infra import events
from oms.infra.database.context import retailer_context
from oms.infra.events import DomainEvent, handles, handles_together, record
from oms.infra.jobs import ReactionsFailed, react
from oms.infra.models import Event, PendingReaction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(DomainEvent):
    NAME: ClassVar[str] = "t.together.v1"
    SUBJECT_KIND: ClassVar[str] = "thing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Single(DomainEvent):
    NAME: ClassVar[str] = "t.single.v1"
    SUBJECT_KIND: ClassVar[str] = "thing"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which subjects each call of a handler was given. "bad" cannot be handled."""
    monkeypatch.setattr(events, "_handlers", defaultdict(list))
    monkeypatch.setattr(events, "_types", {})
    monkeypatch.setattr(events, "_together", set())
    made: list[str] = []

    @handles_together(Together)
    def all_of_them(given: Sequence[Together]) -> None:
        made.append("+".join(event.subject for event in given))
        if any(event.subject == "bad" for event in given):
            raise ValueError("bad")

    @handles(Single)
    def each(event: Single) -> None:
        made.append(event.subject)

    return made


def happen(*what: DomainEvent) -> None:
    with retailer_context("acme"):
        record(what)


def of(kind: type[DomainEvent], *subjects: str) -> list[DomainEvent]:
    return [kind(subject=subject, occurred_at=NOON, actor="test") for subject in subjects]


def left() -> list[tuple[str, int, str]]:
    with retailer_context("acme"):
        return list(PendingReaction.objects.values_list("event__subject", "attempts", "last_error"))


def test_events_of_a_name_are_handled_together_where_that_is_cheaper(fresh: None, calls: list[str]) -> None:
    happen(*of(Together, "1", "2"), *of(Single, "a", "b"), *of(Together, "3"))
    react("acme")
    assert calls == ["1+2+3", "a", "b"]
    assert left() == []


def test_no_more_than_so_many_share_a_transaction(
    fresh: None, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.infra.jobs._TOGETHER", 2)
    happen(*of(Together, "1", "2", "3"))
    react("acme")
    assert calls == ["1+2", "3"]


def test_one_that_fails_is_left_with_its_error_and_the_others_are_done(fresh: None, calls: list[str]) -> None:
    happen(*of(Together, "1", "bad", "2"))
    # when
    with pytest.raises(ReactionsFailed, match="1 reactions failed in acme"):
        react("acme")
    # then
    assert calls == ["1+bad+2", "1", "bad", "2"]
    assert left() == [("bad", 1, "ValueError: bad")]
    # when: tried again, beside one that is new
    happen(*of(Together, "3"))
    with pytest.raises(ReactionsFailed):
        react("acme")
    # then
    assert left() == [("bad", 2, "ValueError: bad")]
    with retailer_context("acme"):
        assert Event.objects.filter(name=Together.NAME).count() == 4


def test_one_that_fails_alone_is_asked_once(fresh: None, calls: list[str]) -> None:
    happen(*of(Together, "bad"))
    with pytest.raises(ReactionsFailed):
        react("acme")
    assert calls == ["bad"]
    assert left() == [("bad", 1, "ValueError: bad")]
