"""What tests of the back office share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from modules import profile
from oms.infra.database.context import retailer_context
from tenants.registry import retailer_for_host


@pytest.fixture
def unbegun() -> Iterator[None]:
    """Serve acme, whose profile has not begun; everything that the test writes is rolled back.

    Its address is known already: it cannot be looked up inside a transaction that serves acme.
    """
    assert retailer_for_host("acme.localhost")
    profile.forget()
    with retailer_context("acme"):
        yield
        transaction.set_rollback(True)
    profile.forget()
