"""When a location is open. Pure: hours, exceptions and a moment or a day in; an answer out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``opens`` to before ``closes``, on the clock on the wall; ``closes`` at 00:00 is the end of the day."""

    opens: time
    closes: time

    def holds(self, at: time) -> bool:
        """Whether a time of day lies in it."""
        return self.opens <= at and (at < self.closes or self.closes == MIDNIGHT)


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """The hours of one location. ``weekly`` by weekday (Monday is 0); no weekday at all: always open.

    ``exceptions`` replace the weekday of their date; an empty sequence is a closed day.
    """

    zone: str
    weekly: Mapping[int, Sequence[Interval]] = field(default_factory=dict)
    exceptions: Mapping[date, Sequence[Interval]] = field(default_factory=dict)

    def on(self, day: date) -> Sequence[Interval]:
        """The intervals of a day of the location's own calendar; none: closed."""
        if day in self.exceptions:
            return self.exceptions[day]
        if not self.weekly:
            return (Interval(MIDNIGHT, MIDNIGHT),)
        return self.weekly.get(day.weekday(), ())

    def local(self, moment: datetime) -> datetime:
        """A moment on the location's clock."""
        return moment.astimezone(ZoneInfo(self.zone))

    def is_open_at(self, moment: datetime) -> bool:
        """Whether the doors are open at an aware moment."""
        here = self.local(moment)
        return any(interval.holds(here.time()) for interval in self.on(here.date()))

    def is_open_on(self, day: date) -> bool:
        """Whether it opens at all on a day of its own calendar."""
        return bool(self.on(day))

    def next_open_day(self, day: date, *, within: int = 366) -> date | None:
        """The first day, ``day`` included, on which it opens; None where there is none in so many days."""
        days = (day + timedelta(days=ahead) for ahead in range(within))
        return next((each for each in days if self.is_open_on(each)), None)

    def next_opening(self, moment: datetime, *, within: int = 366) -> datetime | None:
        """The moment itself while it is open, else (in UTC) the next one at which it opens; None for never."""
        if self.is_open_at(moment):
            return moment
        here = self.local(moment)
        for ahead in range(within):
            day = here.date() + timedelta(days=ahead)
            for interval in sorted(self.on(day), key=lambda item: item.opens):
                # In UTC: a clock that is put back passes the same hour twice, and sorts wrongly on the wall.
                opens = datetime.combine(day, interval.opens, here.tzinfo).astimezone(UTC)
                if opens > moment:
                    return opens
        return None
