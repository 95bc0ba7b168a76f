"""Goods that go from one location to another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone

from fulfilment.inventory.domain.transfers import TRANSFER_LIFE, TransferStatus
from fulfilment.inventory.models import MovementKind, StockAdjustment, Transfer, TransferLine
from fulfilment.inventory.services.ledger import StockChange, levels_open, stock_move
from fulfilment.locations.models import Location
from orders.catalogue.selectors import product_ids


class TransferRefused(ValueError):
    """What was asked of a transfer cannot be done; the message says what could."""


def transfer_draft(
    *,
    number: str,
    source: Location,
    destination: Location,
    units: Mapping[str, int],
    actor: str,
    expected_on: date | None = None,
) -> Transfer:
    """Write down what is to go (units by SKU); nothing moves yet. Raises :class:`TransferRefused`."""
    products = product_ids(units)
    unknown = sorted(set(units) - set(products))
    if unknown or not units or source == destination:
        message = f"there is no product {unknown[0]}" if unknown else "a transfer takes products to another location"
        raise TransferRefused(message)
    levels = levels_open([(source.pk, product) for product in products.values()])
    transfer = Transfer.objects.create(
        number=number, source=source, destination=destination, actor=actor, expected_on=expected_on
    )
    TransferLine.objects.bulk_create(
        TransferLine(
            transfer=transfer, product_id=products[sku], source_level_id=levels[source.pk, products[sku]],
            quantity=quantity,
        )
        for sku, quantity in units.items()
    )  # fmt: skip
    return transfer


def transfer_send(*, transfer_id: int, actor: str) -> Transfer:
    """All of it leaves the source. Raises :class:`TransferRefused`, and
    :class:`~fulfilment.inventory.services.NotEnoughStock` where units are reserved or held by carts.
    """
    transfer = _locked(transfer_id, TransferStatus.SENT)
    now = timezone.now()
    stock_move(
        kind=MovementKind.TRANSFER_OUT,
        changes=[StockChange(line.source_level_id, -line.quantity, 0, transfer.number) for line in _lines(transfer)],
        actor=actor, moved_at=now,
    )  # fmt: skip
    transfer.status, transfer.sent_at = TransferStatus.SENT, now
    transfer.save(update_fields=["status", "sent_at"])
    return transfer


def transfer_receive(*, transfer_id: int, units: Mapping[int, int] | None = None, actor: str) -> Transfer:
    """Units (by line) have arrived, all that are missing by default. Raises :class:`TransferRefused`."""
    transfer = _locked(transfer_id, TransferStatus.RECEIVED)
    lines = _lines(transfer)
    missing = {line.pk: line.quantity - line.received for line in lines}
    came = {key: count for key, count in (missing if units is None else units).items() if count}
    if any(not 0 < count <= missing.get(key, 0) for key, count in came.items()):
        message = f"{transfer.number}: more units would arrive than were sent, or less than none"
        raise TransferRefused(message)
    _arrive(transfer, {line: came[line.pk] for line in lines if line.pk in came}, actor)
    for line in lines:
        line.received += came.get(line.pk, 0)
    TransferLine.objects.bulk_update(lines, ["received"])
    transfer.status = TransferStatus.RECEIVED
    transfer.save(update_fields=["status"])
    return transfer


def transfer_close(*, transfer_id: int, reason: str = "lost in transfer", actor: str) -> Transfer:
    """Nothing more will arrive. What is missing is booked in at the destination and written off there again.

    So the ledger says where units went: whatever left one location came to the other, or is an adjustment with its
    reason. Raises :class:`TransferRefused`.
    """
    transfer = _locked(transfer_id, TransferStatus.CLOSED)
    lines = _lines(transfer)
    lost = {line: line.quantity - line.received for line in lines if line.quantity > line.received}
    _arrive(transfer, lost, actor)
    _write_off(transfer, lost, reason, actor)
    for line, count in lost.items():
        line.lost = count
    TransferLine.objects.bulk_update(lines, ["lost"])
    transfer.status, transfer.closed_at = TransferStatus.CLOSED, timezone.now()
    transfer.save(update_fields=["status", "closed_at"])
    return transfer


def transfer_cancel(*, transfer_id: int) -> Transfer:
    """A draft is not wanted any more. Raises :class:`TransferRefused`."""
    transfer = _locked(transfer_id, TransferStatus.CANCELLED)
    transfer.status = TransferStatus.CANCELLED
    transfer.save(update_fields=["status"])
    return transfer


def _locked(transfer_id: int, to: TransferStatus) -> Transfer:
    transfer = Transfer.objects.select_for_update().get(pk=transfer_id)
    verdict = TRANSFER_LIFE.may(TransferStatus(transfer.status), to)
    if not verdict:
        message = f"{transfer.number}: {verdict.reason}"
        raise TransferRefused(message)
    return transfer


def _lines(transfer: Transfer) -> list[TransferLine]:
    return list(transfer.lines.order_by("id"))


def _levels(transfer: Transfer, lines: Mapping[TransferLine, int]) -> dict[int, int]:
    """The level at the destination, by line."""
    levels = levels_open([(transfer.destination_id, line.product_id) for line in lines])
    return {line.pk: levels[transfer.destination_id, line.product_id] for line in lines}


def _arrive(transfer: Transfer, units: Mapping[TransferLine, int], actor: str) -> None:
    levels = _levels(transfer, units)
    stock_move(
        kind=MovementKind.TRANSFER_IN,
        changes=[StockChange(levels[line.pk], count, 0, transfer.number) for line, count in units.items()],
        actor=actor, moved_at=timezone.now(),
    )  # fmt: skip


def _write_off(transfer: Transfer, units: Mapping[TransferLine, int], reason: str, actor: str) -> None:
    levels = _levels(transfer, units)
    now = timezone.now()
    stock_move(
        kind=MovementKind.ADJUSTMENT,
        changes=[StockChange(levels[line.pk], -count, 0, transfer.number, reason) for line, count in units.items()],
        actor=actor, moved_at=now,
    )  # fmt: skip
    StockAdjustment.objects.bulk_create(
        StockAdjustment(
            product_id=line.product_id, location_id=transfer.destination_id, quantity=-count, reason=reason,
            description=f"sent with {transfer.number}, never arrived", reference=transfer.number, actor=actor,
            reported_at=now, posted_at=now,
        )
        for line, count in units.items()
    )  # fmt: skip
