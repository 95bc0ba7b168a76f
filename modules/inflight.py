"""Which modules have work in flight, and who knows about it."""

from __future__ import annotations

from modules.contracts.inflight import InFlight

_registered: dict[str, InFlight] = {}


def in_flight_work(work: InFlight) -> None:
    """Register the work of a module. Called as the application starts."""
    _registered[work.module] = work


def in_flight_of(module: str) -> InFlight | None:
    """The work of a module; None where nothing of it carries a release."""
    return _registered.get(module)
