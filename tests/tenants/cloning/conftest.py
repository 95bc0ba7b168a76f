"""Production, with everything in it that a clone may or may not have."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone

from fulfilment.inventory.models import StockLevel
from fulfilment.inventory.services import NewAdjustment, adjustments_post, adjustments_report
from modules.services import profile_begin
from oms.infra.accounts.models import User
from oms.infra.database.context import retailer_context
from oms.infra.models import Event, PendingReaction
from oms.web.demo import records
from oms.web.demo.content import DEMO_RETAILERS
from oms.web.services.api_keys import api_key_issue
from orders.models import Channel, Order
from returns.services import NewBlindReturn, blind_returns_record
from tenants.cloning import (
    clones_of,
    staging_drop,
)
from tenants.cloning.services import label_of
from tests.tenants.cloning.schemas import (
    violations,
)


@pytest.fixture(scope="module")
def production(fresh_module: None) -> None:
    """32 orders in every state, a profile, and something in every table that a clone leaves out."""
    with pytest.MonkeyPatch.context() as patch, retailer_context("acme"):
        patch.setattr(records, "ORDERS", 32)
        profile_begin(author="setup", adopt={"order_routing": "1.0.0"})
        records.records_generate(DEMO_RETAILERS[0])
        User.objects.create_user("maria", password="her own words", is_staff=True, is_superuser=True)
        api_key_issue(name="Web shop")
        Session.objects.create(session_key="s", session_data="", expire_date=timezone.now())
        PendingReaction.objects.get_or_create(event=Event.objects.latest("id"))
        _stock_and_returns()
    assert violations("acme") == []


@pytest.fixture
def acme_with_orders(production: None) -> Iterator[None]:
    """Production without a clone, before the test and after it."""
    yield
    for clone in clones_of():
        staging_drop(source=clone.source, label=label_of(clone.source, clone.schema))
    connections["deploy"].close()


def _stock_and_returns() -> None:
    now = timezone.now()
    product = StockLevel.objects.order_by("-on_hand")[0].product
    adjustments_report(
        adjustments=[
            NewAdjustment(
                sku=product.sku, quantity=quantity, unit_value=Decimal(1), reason="counted", description="",
                reference="C1", reported_at=now,
            )
            for quantity in (-3, -1_000_000)
        ],
        actor="maria",
    )  # fmt: skip
    assert adjustments_post(actor="maria") == 1
    blind_returns_record(
        returns=[
            NewBlindReturn(
                channel_id=Channel.objects.get(code="web").pk, customer_id=customer, product_id=product.pk,
                description="", quantity=1, unit_price=Decimal(2), currency="GBP", external_number="R1",
                returned_at=now,
            )
            for customer in (None, Order.objects.latest("id").customer_id)
        ]
    )  # fmt: skip
