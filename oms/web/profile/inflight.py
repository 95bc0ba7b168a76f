"""What has happened under a release since it went live: what a rollback leaves to finish, and what it cannot undo."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from fulfilment.requests.models import Shipment
from modules.models import Decision, ModuleUpgrade, ProfileRevision
from orders.models import Order, OrderStatus

#: Where an order keeps the release of a module that it finishes on.
_PINNED = {"order_management": "release", "order_routing": "routing_release"}
_FINAL = (OrderStatus.COMPLETE, OrderStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class StatusCount:
    """Orders of one status."""

    word: str
    sentence: str
    count: int


@dataclass(frozen=True, slots=True)
class InFlight:
    """Orders that finish on a release, and what has left since it went live."""

    pinned: bool
    statuses: tuple[StatusCount, ...]
    unfinished: int
    shipments: int
    decisions: int

    @property
    def orders(self) -> int:
        """All orders that finish on the release."""
        return sum(item.count for item in self.statuses)


def since_promotion(upgrade: ModuleUpgrade) -> InFlight:
    """What has happened under the newer release of an upgrade that was promoted."""
    assert upgrade.promoted_revision is not None
    field = _PINNED.get(upgrade.module)
    revision = ProfileRevision.objects.get(number=upgrade.promoted_revision)
    decisions = Decision.objects.filter(
        module=upgrade.module, release=upgrade.to_release, revision__gte=revision.number
    ).count()
    if field is None:
        return InFlight(False, (), 0, 0, decisions)
    orders = Order.objects.filter(**{field: upgrade.to_release})
    counts = dict(orders.order_by().values_list("status").annotate(Count("id")))
    statuses = tuple(_status(OrderStatus(status), counts[status]) for status in OrderStatus.values if status in counts)
    unfinished = sum(count for status, count in counts.items() if status not in _FINAL)
    shipments = Shipment.objects.filter(
        shipped_at__gte=revision.created_at, **{f"request__order__{field}": upgrade.to_release}
    ).count()
    return InFlight(True, statuses, unfinished, shipments, decisions)


def _status(status: OrderStatus, count: int) -> StatusCount:
    word, _, sentence = str(status.label).partition(": ")
    return StatusCount(word, sentence, count)
