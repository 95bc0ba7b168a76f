"""Holds that nobody has decided in time end by themselves, as their rule says."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from orders.domain.change import ChangeRefused
from orders.models import HoldStatus, OrderHold
from orders.models.hold import AtExpiry
from orders.services.hold_reject import hold_reject
from orders.services.holds import NoSuchHold, hold_release
from orders.services.order_change_money import MoneyMoving

logger = logging.getLogger(__name__)
ACTOR = "order management"


def holds_expire(*, at_most: int = 500) -> int:
    """End the holds whose time has come; return how many ended.

    Each in a savepoint of its own: one that cannot end now (money is moving, its release lets nothing be cancelled)
    stays, and is tried again. Safe to repeat.
    """
    due = OrderHold.objects.filter(status=HoldStatus.ACTIVE, expires_at__lte=timezone.now()).order_by("expires_at")
    ended = 0
    for hold in due.select_related("order")[:at_most]:
        try:
            with transaction.atomic():
                if hold.at_expiry == AtExpiry.CANCEL:
                    reason = f"nobody decided the hold {hold.code} in time"
                    hold_reject(order_number=hold.order.number, code=hold.code, reason=reason, actor=ACTOR)
                else:
                    hold_release(order_number=hold.order.number, code=hold.code, actor=ACTOR)
        except NoSuchHold:  # somebody decided it a moment ago
            continue
        except (ChangeRefused, MoneyMoving) as fault:
            logger.warning("hold %s of %s did not end: %s", hold.code, hold.order.number, fault)
        else:
            ended += 1
    return ended
