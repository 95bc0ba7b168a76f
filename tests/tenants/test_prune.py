"""Answers to writes are forgotten once nobody will send the write again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from oms.infra import idempotency
from oms.infra.database.context import retailer_context
from oms.infra.idempotency import answers_prune
from oms.infra.models import IdempotentAnswer
from tenants.jobs import ANSWERS_KEPT_DAYS, prune


def answered(key: str, *, days_ago: float) -> None:
    row = IdempotentAnswer.objects.create(caller="shop", key=key, request_digest=b"", status=201, body={})
    IdempotentAnswer.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days_ago))


def left() -> list[str]:
    return list(IdempotentAnswer.objects.order_by("id").values_list("key", flat=True))


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_old_answers_go_and_the_others_stay(acme: None, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(idempotency, "_AT_ONCE", at_once)
    for key, days in (("a", 40), ("b", 31), ("c", 30.5), ("d", 29), ("e", 0)):
        answered(key, days_ago=days)
    assert answers_prune(days=30) == 3
    assert left() == ["d", "e"]
    assert answers_prune(days=30) == 0


def test_the_nightly_job_prunes_its_retailer(fresh: None) -> None:
    for schema in ("acme", "globex"):
        with retailer_context(schema):
            answered("old", days_ago=ANSWERS_KEPT_DAYS + 1)
            answered("new", days_ago=1)
    prune("acme")
    for schema, kept in (("acme", ["new"]), ("globex", ["old", "new"])):
        with retailer_context(schema):
            assert left() == kept
