"""When a weekly post is due: weeks, holidays, outages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import (
    WeeklyPlan,
    day_number,
    day_of,
    iso_week,
    last_sunday,
    monday_of,
    week_from,
    working_day,
)

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def plan(weekday: int = 1, minute: int = 8 * 60 + 30, zone: ZoneInfo = TOKYO) -> WeeklyPlan:
    return WeeklyPlan(weekday=weekday, minute_of_day=minute, zone=zone, is_holiday=jpholiday.is_holiday)


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@given(DAYS)
def test_weeks_and_days_go_there_and_back(day: date) -> None:
    assert day_of(day_number(day)) == day
    assert week_from(iso_week(day)) == monday_of(day)
    assert monday_of(day) <= day < monday_of(day) + timedelta(days=7)
    assert last_sunday(day) <= day < last_sunday(day) + timedelta(days=7)
    assert last_sunday(day).isoweekday() == 7


@pytest.mark.parametrize(
    ("planned", "posted"),
    [
        ("2026-11-24", "2026-11-24"),  # an ordinary Tuesday
        ("2026-11-03", "2026-11-04"),  # 文化の日
        ("2026-09-22", "2026-09-24"),  # Silver Week: Wednesday is a holiday, too
        ("2026-05-04", "2026-05-07"),  # Golden Week with a substitute holiday on the 6th
        ("2027-01-01", "2027-01-04"),  # New Year's Day is a Friday: not on the weekend either
        ("2026-11-28", "2026-11-28"),  # a Saturday chosen on purpose
    ],
)
def test_a_public_holiday_moves_the_post_to_the_next_working_day(planned: str, posted: str) -> None:
    assert working_day(date.fromisoformat(planned), jpholiday.is_holiday) == date.fromisoformat(posted)


def test_nothing_is_due_before_the_hour_and_one_week_at_it() -> None:
    made = tokyo("2026-11-22T10:00")
    assert plan().due(made, tokyo("2026-11-24T08:29")) == []
    (due,) = plan().due(made, tokyo("2026-11-24T08:30"))
    assert (due.period, due.at) == ("2026-W48", tokyo("2026-11-24T08:30"))


def test_the_week_of_a_moved_post_is_that_of_the_planned_day() -> None:
    (due,) = plan(weekday=4).due(tokyo("2026-12-28T00:00"), tokyo("2027-01-05T00:00"))
    assert (due.period, due.at) == ("2026-W53", tokyo("2027-01-04T08:30"))


def test_after_an_outage_all_missed_weeks_are_due_the_newest_first() -> None:
    due = plan().due(tokyo("2026-11-22T10:00"), tokyo("2026-12-16T10:00"))
    assert [each.period for each in due] == ["2026-W51", "2026-W50", "2026-W49", "2026-W48"]


def test_a_schedule_counts_from_its_making() -> None:
    assert plan().due(tokyo("2026-11-24T08:31"), tokyo("2026-11-25T00:00")) == []
    assert plan().next(tokyo("2026-11-24T08:30")).period == "2026-W49"


def test_a_shop_elsewhere_gets_its_post_in_the_morning_also_when_summer_time_ends() -> None:
    at = [plan(zone=NEW_YORK).at(date(2026, 10, 26)), plan(zone=NEW_YORK).at(date(2026, 11, 9))]
    assert [moment.hour for moment in at] == [8, 8]
    assert [moment.astimezone(UTC).hour for moment in at] == [12, 13]


@given(
    st.integers(0, 6),
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 6 * 365 * 24 * 60),
    st.integers(0, 80),
)
def test_every_week_is_due_exactly_once(weekday: int, minute: int, since: int, days: int) -> None:
    some, made = plan(weekday, minute), tokyo("2024-01-01T00:00") + timedelta(minutes=since)
    now = made + timedelta(days=days)
    due = some.due(made, now)
    assert [each.at for each in due] == sorted((each.at for each in due), reverse=True)
    assert len({each.period for each in due}) == len(due)
    assert all(made < each.at <= now for each in due)
    assert some.next(now).at > now
    seen = {each.period for each in due} | {some.next(now).period}
    assert len(seen) == len(due) + 1
    assert abs(len(due) - days / 7) <= 2
