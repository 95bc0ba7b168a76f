"""When a location is open: a pure rule of hours, exceptions and zones."""

from datetime import UTC, date, datetime, time

import pytest

from fulfilment.locations.domain.hours import MIDNIGHT, Interval, OpeningTimes

DAY = Interval(time(9), time(18))
LATE = Interval(time(20), MIDNIGHT)
WEEK = dict.fromkeys(range(6), (DAY,))  # closed on Sundays


def test_without_hours_it_is_always_open():
    times = OpeningTimes("UTC")

    assert times.is_open_at(datetime(2026, 12, 25, 3, tzinfo=UTC))
    assert times.next_open_day(date(2026, 12, 25)) == date(2026, 12, 25)


@pytest.mark.parametrize(("hour", "minute", "is_open"), [(7, 59, False), (8, 0, True), (16, 59, True), (17, 0, False)])
def test_hours_are_the_clock_on_its_wall(hour, minute, is_open):
    # given: Paris in winter is an hour ahead of UTC, so 9 to 18 there is 8 to 17 in UTC
    times = OpeningTimes("Europe/Paris", WEEK)

    assert times.is_open_at(datetime(2026, 1, 5, hour, minute, tzinfo=UTC)) is is_open


def test_an_interval_may_end_at_midnight():
    times = OpeningTimes("UTC", {0: (DAY, LATE)})

    assert times.is_open_at(datetime(2026, 1, 5, 23, 59, tzinfo=UTC))
    assert not times.is_open_at(datetime(2026, 1, 6, 0, 0, tzinfo=UTC))


def test_an_exception_replaces_the_weekday():
    times = OpeningTimes("UTC", WEEK, {date(2026, 1, 5): (), date(2026, 1, 11): (LATE,)})

    assert not times.is_open_on(date(2026, 1, 5))  # a Monday
    assert times.is_open_on(date(2026, 1, 11))  # a Sunday
    assert not times.is_open_at(datetime(2026, 1, 11, 12, tzinfo=UTC))


def test_the_next_open_day_skips_closed_ones():
    times = OpeningTimes("UTC", WEEK, {date(2026, 1, 5): ()})

    assert times.next_open_day(date(2026, 1, 4)) == date(2026, 1, 6)
    assert OpeningTimes("UTC", {0: ()}).next_open_day(date(2026, 1, 5)) is None


def test_the_next_opening_is_now_while_it_is_open():
    times = OpeningTimes("America/New_York", WEEK)
    saturday_evening = datetime(2026, 1, 10, 23, 30, tzinfo=UTC)  # 18:30 there

    assert times.next_opening(datetime(2026, 1, 10, 15, tzinfo=UTC)) == datetime(2026, 1, 10, 15, tzinfo=UTC)
    assert times.next_opening(saturday_evening) == datetime(2026, 1, 12, 14, tzinfo=UTC)


def test_a_clock_that_is_put_back_opens_once():
    # given: in New York 1:30 comes twice on 1 November 2026
    times = OpeningTimes("America/New_York", {6: (Interval(time(1, 30), time(3)),)})

    assert times.next_opening(datetime(2026, 11, 1, 5, 0, tzinfo=UTC)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
