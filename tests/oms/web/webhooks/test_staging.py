"""A staging clone tells nobody anything, and says what it would have told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from oms.infra.database.context import retailer_context
from oms.infra.models import OutboundRefusal
from oms.infra.verification import all_invariants, check
from oms.web.webhooks.models import Attempt, Delivery, Endpoint, EndpointSecret
from oms.web.webhooks.services.deliver import deliveries_perform
from tenants.cloning import staging_clone
from tests.factories.orders import order_placed
from tests.factories.webhooks import endpoint_made, looked

CLONE = "acme__staging"


@pytest.mark.parametrize("full", [False, True])
def test_what_a_clone_would_have_told_is_listed(fresh: None, full: bool) -> None:
    # given
    with retailer_context("acme"):
        endpoint_made("https://partner.example/hooks")
        order_placed(number="1", placed_at=timezone.now())
    looked()
    staging_clone(source="acme", full=full)
    with retailer_context(CLONE):
        assert Endpoint.objects.count() == 1
        assert not EndpointSecret.objects.exists()
        assert not Delivery.objects.exists()
    # when it looks for the first time, and then something happens in it
    looked(CLONE)
    with retailer_context(CLONE):
        order_placed(number="2", placed_at=timezone.now())
    looked(CLONE)
    done = deliveries_perform(schema=CLONE)
    # then
    assert (done.calls, done.refused) == (0, 1)
    with retailer_context(CLONE):
        [refusal] = OutboundRefusal.objects.all()
        assert (refusal.kind, refusal.target) == ("webhook", "https://partner.example/hooks")
        assert refusal.payload["type"] == "order.captured"
        assert not Attempt.objects.exists()
        assert [item.name for item in all_invariants() if item.name.startswith("webhook") and check(item)] == []
    with retailer_context("acme"):
        assert list(Delivery.objects.values_list("status", flat=True)) == ["waiting"]
