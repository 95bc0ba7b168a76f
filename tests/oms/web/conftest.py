"""What tests of the back office share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from modules import profile
from oms.infra.database.context import retailer_context
from tenants import registry


@pytest.fixture
def unbegun(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve acme, whose profile has not begun; everything that the test writes is rolled back.

    Its address is known already, and for as long as a busy machine may take: it cannot be looked up inside a
    transaction that serves acme.
    """
    monkeypatch.setattr(registry, "REMEMBERED_SECONDS", 600.0)
    registry.forget()
    assert registry.retailer_for_host("acme.localhost")
    profile.forget()
    with retailer_context("acme"):
        yield
        transaction.set_rollback(True)
    profile.forget()
    registry.forget()
