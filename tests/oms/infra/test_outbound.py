"""The outbound door: open in production once a transaction has committed, shut in a staging clone."""

from __future__ import annotations

import pytest
from django.db import transaction

from oms.infra import outbound
from oms.infra.database.context import platform_context, registry_context, retailer_context
from oms.infra.models import OutboundRefusal
from oms.infra.outbound import Accepted, Kind, NobodyServed, Refused, send


@pytest.fixture
def left() -> list[str]:
    """What left the house."""
    return []


@pytest.fixture
def in_a_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema that is served is told to be a clone's (a real one is cloned in tests/tenants)."""
    monkeypatch.setattr(outbound, "served_schema", lambda: "acme__staging")


def mail(left: list[str], to: str = "a@b.example") -> Accepted | Refused:
    return send(kind=Kind.MAIL, target=to, payload={"subject": "Shipped"}, perform=lambda: left.append(to))


def test_in_production_it_leaves_once_the_transaction_has_committed(fresh: None, left: list[str]) -> None:
    with retailer_context("acme"):
        assert mail(left) == Accepted(Kind.MAIL, "a@b.example")
        assert left == []
    assert left == ["a@b.example"]
    with retailer_context("acme"):
        assert not OutboundRefusal.objects.exists()


def test_what_is_undone_does_not_leave(fresh: None, left: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), retailer_context("acme"):
        mail(left)
        raise ZeroDivisionError
    with retailer_context("acme"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            mail(left, "undone@b.example")
            raise ZeroDivisionError
        mail(left, "kept@b.example")
    assert left == ["kept@b.example"]


def test_a_failure_outside_neither_undoes_the_transaction_nor_keeps_others_in(
    fresh: None, left: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ConnectionError

    with retailer_context("acme"):
        send(kind=Kind.WEBHOOK, target="https://partner.example/", payload={}, perform=fail)
        mail(left)
    assert left == ["a@b.example"]
    assert "ConnectionError" in caplog.text


@pytest.mark.parametrize("kind", list(Kind))
def test_in_a_clone_it_is_refused_and_written_down(acme: None, in_a_clone: None, left: list[str], kind: Kind) -> None:
    answer = send(kind=kind, target="+4420", payload={"text": ["Ready", 3]}, perform=lambda: left.append("left"))
    assert isinstance(answer, Refused)
    assert (answer.kind, answer.target) == (kind, "+4420")
    assert answer.reason == f"acme__staging is a staging clone: no {kind} leaves it"
    row = OutboundRefusal.objects.get()
    assert (row.pk, row.kind, row.target, row.payload, row.reason) == (
        answer.refusal_id, kind, "+4420", {"text": ["Ready", 3]}, answer.reason,
    )  # fmt: skip
    assert transaction.get_connection().run_on_commit == []


def test_in_a_clone_nothing_leaves_after_the_commit_either(fresh: None, in_a_clone: None, left: list[str]) -> None:
    with retailer_context("acme"):
        mail(left)
    assert left == []
    with retailer_context("acme"):
        assert OutboundRefusal.objects.count() == 1


def test_while_nobody_is_served_nothing_leaves(left: list[str]) -> None:
    with pytest.raises(NobodyServed, match=r"mail to a@b\.example: open retailer_context\(\)"):
        mail(left)
    for context in (platform_context, registry_context):
        with pytest.raises(NobodyServed), context():
            mail(left)
    assert left == []
