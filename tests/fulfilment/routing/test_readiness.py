"""When a location can have a parcel ready: by its hours, its closed days and the room in its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from fulfilment.locations.domain.hours import Interval, OpeningTimes
from fulfilment.routing.domain.readiness import Ready, ready

#: Monday to Friday from nine to five in New York, on Wednesday over midnight; closed on Thursday 5 March 2026.
HOURS = OpeningTimes(
    "America/New_York",
    {**dict.fromkeys((0, 1, 3, 4), (Interval(time(9), time(17)),)), 2: (Interval(time(9), time(0)),)},
    {date(2026, 3, 5): ()},
)


@pytest.mark.parametrize(
    ("utc", "at", "why"),
    [
        # Monday noon there: at once
        (datetime(2026, 3, 2, 17, 0), datetime(2026, 3, 2, 12, 0), ""),
        # before it opens: when it opens
        (datetime(2026, 3, 2, 11, 0), datetime(2026, 3, 2, 9, 0), ""),
        # the last minute counts, closing itself does not: the same moment is still Monday in UTC
        (datetime(2026, 3, 2, 21, 59), datetime(2026, 3, 2, 16, 59), ""),
        (datetime(2026, 3, 2, 22, 0), datetime(2026, 3, 3, 9, 0), "came after closing at 17:00"),
        # late on Wednesday there, Thursday in UTC: it is open to midnight
        (datetime(2026, 3, 5, 4, 30), datetime(2026, 3, 4, 23, 30), ""),
        # Thursday is closed
        (datetime(2026, 3, 5, 15, 0), datetime(2026, 3, 6, 9, 0), "closed on the day"),
        # Friday evening, over the weekend on which clocks go forward
        (datetime(2026, 3, 6, 23, 0), datetime(2026, 3, 9, 9, 0), "came after closing at 17:00"),
    ],
)
def test_work_is_ready_by_the_clock_of_the_location(utc: datetime, at: datetime, why: str) -> None:
    assert ready(HOURS, utc.replace(tzinfo=UTC)) == Ready(at, why)


def test_a_full_day_is_passed_over() -> None:
    noon = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    # Thursday is closed, so it is Friday
    assert ready(HOURS, noon, full=True) == Ready(datetime(2026, 3, 6, 9, 0), "the day is full")


def test_without_hours_it_is_always_open() -> None:
    night = datetime(2026, 3, 4, 23, 59, tzinfo=UTC)
    assert ready(OpeningTimes("UTC"), night) == Ready(datetime(2026, 3, 4, 23, 59), "")
    assert ready(OpeningTimes("UTC"), night, full=True) == Ready(datetime(2026, 3, 5, 0, 0), "the day is full")


def test_a_location_that_never_opens_is_never_ready() -> None:
    assert ready(OpeningTimes("UTC", {0: ()}), datetime(2026, 3, 4, tzinfo=UTC)) is None
