"""Days, weeks and months of the shop's calendar. Days are shop-local; a day number counts from 1970-01-01."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
WEEK = timedelta(days=7)
SATURDAY, SUNDAY = 5, 6

IsHoliday = Callable[[date], bool]
"""Says whether a day is a public holiday."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day `number` days after 1970-01-01."""
    return EPOCH + timedelta(days=number)


def last_whole_month(day: date) -> int:
    """The last calendar month (months since 1970-01) that is over at the end of `day`."""
    after = day + timedelta(days=1)
    return (after.year - 1970) * 12 + after.month - 2


def monday_of(day: date) -> date:
    """The first day of the ISO week of `day`."""
    return day - timedelta(days=day.weekday())


def last_sunday(day: date) -> date:
    """The last Sunday that is not after `day`: the end of the last complete week when `day` is complete."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def iso_week(day: date) -> str:
    """The ISO week of a day, 2026-W48."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_from(period: str) -> date:
    """The Monday of an ISO week such as 2026-W48."""
    return date.fromisoformat(f"{period}-1")


def working_day(day: date, is_holiday: IsHoliday) -> date:
    """`day` itself unless it is a public holiday: then the next day that is neither holiday nor weekend.

    A weekend that somebody chose on purpose stays.
    """
    if not is_holiday(day):
        return day
    while is_holiday(day) or day.weekday() in (SATURDAY, SUNDAY):
        day += timedelta(days=1)
    return day


@dataclass(frozen=True, kw_only=True)
class WeeklyPlan:
    """Once a week on `weekday` (0 is Monday) at `minute_of_day`, shop-local; moved on by public holidays."""

    weekday: int
    minute_of_day: int
    zone: ZoneInfo
    is_holiday: IsHoliday

    def at(self, monday: date) -> datetime:
        """The aware moment planned for the ISO week which begins on `monday`."""
        day = working_day(monday + timedelta(days=self.weekday), self.is_holiday)
        hour, minute = divmod(self.minute_of_day, 60)
        return datetime.combine(day, time(hour, minute), self.zone)

    def due(self, since: datetime, now: datetime) -> list[Planned]:
        """What was planned after `since` and is due at `now`, the newest first."""
        monday = monday_of(now.astimezone(self.zone).date())
        found = []
        # A holiday can move a plan into the week after its own, never further back than its own.
        while (planned := self.at(monday)) > since:
            if planned <= now:
                found.append(Planned(iso_week(monday), planned))
            monday -= WEEK
        return found

    def next(self, now: datetime) -> Planned:
        """The first plan after `now`."""
        monday = monday_of(now.astimezone(self.zone).date()) - WEEK
        while self.at(monday) <= now:
            monday += WEEK
        return Planned(iso_week(monday), self.at(monday))


@dataclass(frozen=True)
class Planned:
    """One run of a weekly plan: `period` is the ISO week of the planned day before holidays moved it."""

    period: str
    at: datetime
