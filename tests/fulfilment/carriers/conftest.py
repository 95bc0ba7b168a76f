"""Fixtures of the carriers' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfilment.carriers import registry
from modules.services import profile_begin
from oms.infra.database.context import retailer_context
from tests.fulfilment.carriers.far_post import FarPost


@pytest.fixture
def flat(bare: None) -> None:
    """acme begins with release 2.0 of Order Routing; everything is committed."""
    with retailer_context("acme"):
        profile_begin(author="suite", adopt={"order_routing": "2.0.0"})


@pytest.fixture
def far_post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarPost:
    """A carrier that is reached over a network; what it has booked is in a file of its own."""
    carrier = FarPost(tmp_path / "far_post.json")
    found = {**registry.adapters(), "far_post": carrier}
    monkeypatch.setattr(registry, "adapters", lambda: found)
    return carrier
