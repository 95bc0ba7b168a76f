"""When a location can have a parcel ready that it is asked for now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from fulfilment.locations.domain.hours import MIDNIGHT, OpeningTimes


@dataclass(frozen=True, slots=True)
class Ready:
    """A moment on the location's own clock (without zone); ``why`` says what keeps it until then, empty: nothing."""

    at: datetime
    why: str


def ready(times: OpeningTimes, now: datetime, *, full: bool = False) -> Ready | None:
    """When work that comes at ``now`` (aware) is ready; None where the location does not open within a year.

    Work that comes before the last closing of a day is done that day, unless the day is ``full``; what comes later, or
    on a closed day, is done on the next day on which the location opens, from its first opening on.
    """
    here = times.local(now).replace(tzinfo=None)
    today = times.on(here.date())
    if not today:
        why = "closed on the day"
    elif not any(interval.closes == MIDNIGHT or here.time() < interval.closes for interval in today):
        why = f"came after closing at {max(interval.closes for interval in today):%H:%M}"
    elif full:
        why = "the day is full"
    else:
        opens = min(interval.opens for interval in today)
        return Ready(max(here, datetime.combine(here.date(), opens)), "")
    day = times.next_open_day(here.date() + timedelta(days=1))
    if day is None:
        return None
    opens = min((interval.opens for interval in times.on(day)), default=time(0))
    return Ready(datetime.combine(day, opens), why)
