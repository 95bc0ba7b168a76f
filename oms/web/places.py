"""Locations that people and partners name when they change an order."""

from __future__ import annotations

from collections.abc import Sequence

from fulfilment.locations.models import Location
from orders.domain.change import Action, ChangeRefused, Fault, SplitLine


def refuse_unknown_places(actions: Sequence[Action]) -> None:
    """Raise :class:`~orders.domain.change.ChangeRefused` where units are to leave from a location that is not there.

    It stands here since orders know locations by their codes alone.
    """
    named = {action.ship_from for action in actions if isinstance(action, SplitLine) and action.ship_from}
    if not named:
        return
    known = set(Location.objects.filter(code__in=named).values_list("code", flat=True))
    faults = [
        Fault(at, f"there is no location {action.ship_from}")
        for at, action in enumerate(actions)
        if isinstance(action, SplitLine) and action.ship_from and action.ship_from not in known
    ]
    if faults:
        raise ChangeRefused(faults)
