"""Stock that is expected from suppliers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from fulfilment.inventory.models import IncomingSupply, MovementKind
from fulfilment.inventory.services.ledger import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from oms.kernel.verdict import Verdict
from orders.catalogue.models import Product


class SupplyRefused(ValueError):
    """What was asked of expected supply cannot be done; the message says what could."""


def supply_announce(
    *, location: Location, product: Product, quantity: int, expected_on: date, reference: str, actor: str
) -> IncomingSupply:
    """Write down that units are expected. It is promised to nobody until it is accepted.

    The same reference for the same location and product again is the same announcement; its quantity and day are
    brought up to date while it is not accepted. Raises :class:`SupplyRefused`.
    """
    supply, created = IncomingSupply.objects.select_for_update().get_or_create(
        reference=reference, location=location, product=product,
        defaults={"quantity": quantity, "expected_on": expected_on, "actor": actor},
    )  # fmt: skip
    if not created and (supply.quantity, supply.expected_on) != (quantity, expected_on):
        if supply.accepted_at or supply.closed_at:
            message = f"{reference} is accepted or closed already; announce the change under a reference of its own"
            raise SupplyRefused(message)
        supply.quantity, supply.expected_on = quantity, expected_on
        supply.save(update_fields=["quantity", "expected_on"])
    return supply


def may_accept(supply: IncomingSupply) -> Verdict:
    """Whether it may be promised from now on."""
    if supply.closed_at:
        return Verdict.no("It is closed: nothing more of it is expected.")
    return Verdict.no("It is accepted already.") if supply.accepted_at else Verdict.yes()


def may_receive(supply: IncomingSupply) -> Verdict:
    """Whether units of it may still arrive."""
    if supply.closed_at:
        return Verdict.no("It is closed: receive what came besides as an adjustment.")
    return Verdict.yes() if supply.accepted_at else Verdict.no("Accept it first.")


def supply_accept(*, supply_id: int) -> IncomingSupply:
    """Promise it from its day on. Raises :class:`SupplyRefused`."""
    supply = _locked(supply_id, may_accept)
    supply.accepted_at = timezone.now()
    supply.save(update_fields=["accepted_at"])
    return supply


def supply_receive(*, supply_id: int, units: int, actor: str) -> IncomingSupply:
    """Units of it have come: they go to the ledger. With the last one it is closed. Raises :class:`SupplyRefused`."""
    supply = _locked(supply_id, may_receive)
    missing = supply.quantity - supply.received
    if not 0 < units <= missing:
        message = f"{missing} units are still expected; {units} cannot be received of them"
        raise SupplyRefused(message)
    now = timezone.now()
    pair = (supply.location_id, supply.product_id)
    stock_move(
        kind=MovementKind.RECEIPT, changes=[StockChange(levels_open([pair])[pair], units, 0, supply.reference)],
        actor=actor, moved_at=now,
    )  # fmt: skip
    supply.received += units
    supply.closed_at = now if supply.received == supply.quantity else None
    supply.save(update_fields=["received", "closed_at"])
    return supply


def supply_close(*, supply_id: int) -> IncomingSupply:
    """Expect nothing more of it. Closing it twice closes it once."""
    supply = _locked(supply_id, lambda _: Verdict.yes())
    if not supply.closed_at:
        supply.closed_at = timezone.now()
        supply.save(update_fields=["closed_at"])
    return supply


def _locked(supply_id: int, may: Callable[[IncomingSupply], Verdict]) -> IncomingSupply:
    supply = IncomingSupply.objects.select_for_update().get(pk=supply_id)
    verdict = may(supply)
    if not verdict:
        raise SupplyRefused(verdict.reason)
    return supply
