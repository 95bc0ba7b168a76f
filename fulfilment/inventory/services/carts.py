"""Soft reservations: what carts hold for a while, so that nobody is promised it twice.

They are taken at levels, as hard ones are, behind the same locks. What has run out counts no longer from that moment
on, whether or not the job has been there to give it back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from fulfilment.inventory.models import SoftPart, SoftReservation, SoftState
from fulfilment.inventory.selectors.carts import LIVE_CARTS, Candidate, candidates
from fulfilment.inventory.services.ledger import levels_lock
from fulfilment.locations.models import Location
from orders.catalogue.models import Product
from orders.models import Channel

Named = TypeVar("Named", bound=Model)

#: Others may take the chosen units between the look and the lock; then it is chosen again, at most so often.
_ATTEMPTS = 24
#: How many are given back in one transaction, and how long an ended one is still answered for.
_AT_ONCE = 500
_KEPT_DAYS = 7


class CartRefused(ValueError):
    """Base of what keeps a cart from holding stock. Nothing was changed."""


class CannotPromise(CartRefused):
    """Fewer units can be promised than were asked for; ``available`` says how many."""

    def __init__(self, available: int) -> None:
        self.available = available
        super().__init__(f"only {available} can be promised" if available else "nothing of it can be promised now")


class UnknownName(CartRefused):
    """A SKU, location or channel is not known; ``field`` says which of them."""

    def __init__(self, field: str, name: str) -> None:
        self.field = field
        super().__init__(f"there is no {field} {name}")


class CartKeyReused(CartRefused):
    """The key has named another reservation before."""


class CartContention(RuntimeError):
    """Others kept taking the units that were chosen. Nothing was changed; asking again is safe."""


class CartEnded(CartRefused):
    """The reservation holds nothing any more; take a new one under another key."""


def cart_reserve(
    *,
    key: str,
    sku: str,
    quantity: int,
    expires_at: datetime,
    actor: str,
    location: str = "",
    channel: str = "",
) -> SoftReservation:
    """Hold units for a cart until ``expires_at``: at a location, or without one wherever the channel sells.

    All of them or none. The same key again gives the same reservation as it stands now. Raises
    :class:`CannotPromise`, :class:`UnknownName`, :class:`CartKeyReused`, :class:`CartContention`.
    """
    wanted = SoftReservation(
        key=key, product=_known(Product.objects.filter(sku=sku).first(), "sku", sku), quantity=quantity,
        location=_known(Location.objects.filter(code=location).first(), "location", location) if location else None,
        channel=_known(Channel.objects.filter(code=channel).first(), "channel", channel) if channel else None,
        expires_at=expires_at, actor=actor,
    )  # fmt: skip
    for _ in range(_ATTEMPTS):
        with transaction.atomic():
            taken = _take_key(wanted)
            if taken is not None:
                return _same(taken, wanted)
            if _take(wanted):
                return wanted
            transaction.set_rollback(True)  # lets go of the levels, so that locks are taken in order again
    message = f"others took {sku} {_ATTEMPTS} times in a row; nothing was held, ask again"
    raise CartContention(message)


def cart_extend(*, key: str, expires_at: datetime) -> SoftReservation:
    """Hold a live reservation for longer (or shorter). Raises :class:`CartEnded`, :class:`UnknownName`."""
    cart = _locked(key)
    parts = _lock_levels([cart.pk])
    if cart.state != SoftState.LIVE or cart.expires_at <= timezone.now():
        raise CartEnded(_over(cart))
    cart.expires_at = expires_at
    cart.save(update_fields=["expires_at"])
    SoftPart.objects.filter(pk__in=[part.pk for part in parts]).update(expires_at=expires_at)
    return cart


def cart_release(*, key: str) -> SoftReservation:
    """Give back what a reservation holds; once it has ended, nothing more. Raises :class:`UnknownName`."""
    cart = _locked(key)
    if cart.state == SoftState.LIVE:
        ended = SoftState.EXPIRED if cart.expires_at <= timezone.now() else SoftState.RELEASED
        _give_back([cart.pk], ended)
        cart.state = ended
    return cart


def carts_convert(*, keys: Collection[str]) -> list[tuple[int, int]]:
    """Free what carts hold for the hard reservation that the caller makes in the same transaction.

    The levels stay locked until that ends, so nobody else comes between. Returns (level, units). Raises
    :class:`CartEnded` where one has run out, :class:`UnknownName`.
    """
    found = list(SoftReservation.objects.filter(key__in=keys).select_for_update().order_by("id"))
    missing = sorted(set(keys) - {cart.key for cart in found})
    if missing:
        raise UnknownName("reservation", missing[0])
    parts = _lock_levels([cart.pk for cart in found])
    now = timezone.now()
    for cart in found:
        if cart.state != SoftState.LIVE or cart.expires_at <= now:
            raise CartEnded(_over(cart))
    _give_back([cart.pk for cart in found], SoftState.CONVERTED)
    return [(part.level_id, part.quantity) for part in parts]


def carts_expire() -> int:
    """Give back the next reservations whose time has run out; return how many (0: none is left).

    Ended ones are forgotten after seven days.
    """
    now = timezone.now()
    due = SoftReservation.objects.filter(state=SoftState.LIVE, expires_at__lte=now).order_by("id")
    keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_AT_ONCE])
    _give_back(keys, SoftState.EXPIRED)
    if not keys:
        ended = SoftReservation.objects.exclude(state=SoftState.LIVE)
        ended.filter(created_at__lt=now - timedelta(days=_KEPT_DAYS)).delete()
    return len(keys)


def _known(found: Named | None, field: str, name: str) -> Named:
    if found is None:
        raise UnknownName(field, name)
    return found


def _take_key(wanted: SoftReservation) -> SoftReservation | None:
    """Insert the reservation; the one that has the key already, where there is one (its transaction is awaited)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_softreservation"
            " (key, product_id, location_id, channel_id, quantity, state, expires_at, actor)"
            " VALUES (%s, %s, %s, %s, %s, 'live', %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id",
            [
                wanted.key, wanted.product_id, wanted.location_id, wanted.channel_id, wanted.quantity,
                wanted.expires_at, wanted.actor,
            ],
        )  # fmt: skip
        row = cursor.fetchone()
    if row is None:
        return SoftReservation.objects.get(key=wanted.key)
    wanted.pk = row[0]
    return None


def _same(taken: SoftReservation, wanted: SoftReservation) -> SoftReservation:
    fields = ("product_id", "location_id", "channel_id", "quantity")
    if any(getattr(taken, name) != getattr(wanted, name) for name in fields):
        message = f"the key {wanted.key} has named another reservation before; give each one a key of its own"
        raise CartKeyReused(message)
    return taken


_TAKE = f"""
UPDATE inventory_stocklevel l SET soft_reserved = l.soft_reserved + d.units
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS d(id, units, floor)
WHERE l.id = d.id AND l.on_hand - l.reserved - {LIVE_CARTS} - d.floor >= d.units
RETURNING l.id
"""


def _take(wanted: SoftReservation) -> bool:
    """Hold the units at levels; False where somebody else was quicker. Raises :class:`CannotPromise`."""
    offered = candidates(
        wanted.product_id,
        channel_id=wanted.channel_id,
        channel=wanted.channel.code if wanted.channel else "",
        location=wanted.location.code if wanted.location else "",
    )
    available = sum(item.units for item in offered)
    if available < wanted.quantity:
        raise CannotPromise(available)
    chosen = sorted(_choose(offered, wanted.quantity), key=lambda pair: pair[0].level_id)
    levels_lock([item.level_id for item, _ in chosen])
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            [
                [item.level_id for item, _ in chosen], [units for _, units in chosen],
                [item.floor for item, _ in chosen],
            ],
        )  # fmt: skip
        if len(cursor.fetchall()) < len(chosen):
            return False
    SoftPart.objects.bulk_create(
        SoftPart(reservation=wanted, level_id=item.level_id, quantity=units, expires_at=wanted.expires_at)
        for item, units in chosen
    )
    return True


def _choose(offered: Sequence[Candidate], quantity: int) -> list[tuple[Candidate, int]]:
    """From the levels with the most units, as few as suffice."""
    chosen = []
    for item in offered:
        units = min(item.units, quantity)
        chosen.append((item, units))
        quantity -= units
        if not quantity:
            break
    return chosen


def _locked(key: str) -> SoftReservation:
    found = SoftReservation.objects.select_for_update().filter(key=key).first()
    if found is None:
        raise UnknownName("reservation", key)
    return found


def _lock_levels(cart_ids: Collection[int]) -> list[SoftPart]:
    """The parts of carts that are locked; their levels, locked too."""
    parts = list(SoftPart.objects.filter(reservation__in=cart_ids).order_by("level_id", "id"))
    levels_lock({part.level_id for part in parts})
    return parts


def _give_back(cart_ids: Collection[int], state: SoftState) -> None:
    if not cart_ids:
        return
    parts = _lock_levels(cart_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stocklevel l SET soft_reserved = l.soft_reserved - d.units FROM ("
            " SELECT level_id, sum(quantity) AS units FROM inventory_softpart WHERE id = ANY(%s) GROUP BY level_id"
            ") d WHERE l.id = d.level_id",
            [[part.pk for part in parts]],
        )
        cursor.execute("DELETE FROM inventory_softpart WHERE reservation_id = ANY(%s)", [list(cart_ids)])
    SoftReservation.objects.filter(pk__in=cart_ids).update(state=state)


def _over(cart: SoftReservation) -> str:
    ended = "its time ran out" if cart.state in (SoftState.LIVE, SoftState.EXPIRED) else f"it was {cart.state}"
    return f"the reservation {cart.key} holds nothing any more: {ended}"
