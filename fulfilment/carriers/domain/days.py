"""Days on which a carrier collects and delivers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from fulfilment.carriers.domain.rates import CarrierService, Contract

#: Nobody keeps holidays for longer than this; the search for a working day ends here.
_LONGEST_REST = 60


class NoWorkingDay(ValueError):
    """The contract's holidays leave no working day within two months."""


def ready_day(service: CarrierService, ready: datetime) -> date:
    """The earliest day on which a parcel may be collected that is ready at a local time: tomorrow after the cut-off."""
    missed = service.cut_off is not None and ready.time() > service.cut_off
    return ready.date() + timedelta(days=1 if missed else 0)


def collection_day(contract: Contract, service: CarrierService, day: date) -> date:
    """The first day from ``day`` on which the carrier collects for the service. Raises :class:`NoWorkingDay`."""
    wanted = set(service.collects) & set(service.weekdays or service.collects)
    return _first_from(day, wanted, contract.holidays)


def delivery_day(contract: Contract, service: CarrierService, collected: date, transit_days: int) -> date:
    """``transit_days`` delivery days after collection; 0 is the day of collection or the first delivery day after it.

    Raises :class:`NoWorkingDay`.
    """
    day = collected if transit_days else _first_from(collected, service.delivers, contract.holidays)
    for _ in range(transit_days):
        day = _first_from(day + timedelta(days=1), service.delivers, contract.holidays)
    return day


def _first_from(day: date, weekdays: Collection[int], holidays: Collection[date]) -> date:
    for waited in range(_LONGEST_REST):
        candidate = day + timedelta(days=waited)
        if candidate.isoweekday() in weekdays and candidate not in holidays:
            return candidate
    message = f"no working day within {_LONGEST_REST} days of {day}; look at the contract's holidays and weekdays"
    raise NoWorkingDay(message)
