"""What happens by itself: every few seconds one process imports what is waiting and posts what is due."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Protocol

import jpholiday
from apscheduler.schedulers.background import BackgroundScheduler
from slack_sdk import WebClient
from sqlalchemy import Engine

from bot.ad_alerts import Notice, check_alerts
from bot.clock import Clock
from bot.delivery import Courier, deliver, settle
from bot.messages import Words
from bot.periods import Planned, WeeklyPlan, iso_week, last_sunday, week_from
from bot.reports import Answer
from bot.weekly import Occasion, weekly
from store.books import Books
from store.database import reading
from store.leases import release_lease, take_lease
from store.posts import PostKey, PostState, claim_post, find_post, last_period, mark_sent, unfinished_posts
from store.schedules import WEEKLY, Schedule, every_schedule
from store.teams import coverage
from store.trouble import trouble_of

log = logging.getLogger(__name__)
LEASE = "scheduler"
LEASE_LASTS = timedelta(seconds=90)


ALERT_CHECK = "alert-check"
EVERY_CHANNEL = "-"
"""In place of a channel, where a post stands for work that is done once for the team."""


class CheckAlerts(Protocol):
    """Says what is to be posted, each notice once, when the week that ended last before `as_of` is checked."""

    def __call__(self, books: Books, words: Words, *, today: date, as_of: date) -> Sequence[Notice]: ...


@dataclass(frozen=True, kw_only=True)
class Duties:
    """What the scheduler works with; all of it is passed in.

    `client_of`, `books_of` and `words_of` take a team; `sync` imports what is waiting; `holder` names this process.
    """

    engine: Engine
    clock: Clock
    client_of: Callable[[str], WebClient]
    books_of: Callable[[str], Books]
    words_of: Callable[[str], Words]
    sync: Callable[[], object]
    holder: str
    check_alerts: CheckAlerts = check_alerts


def new_holder() -> str:
    """A name for this process that no other has."""
    return f"scheduler-{secrets.token_hex(8)}"


def plan_of(schedule: Schedule, books: Books) -> WeeklyPlan:
    """The schedule in the shop's zone, moved on by Japanese public holidays."""
    return WeeklyPlan(
        weekday=schedule.weekday,
        minute_of_day=schedule.minute_of_day,
        zone=books.zone,
        is_holiday=jpholiday.is_holiday,
    )


def tick(duties: Duties) -> None:
    """One round, if no other process holds the lease. A job that fails is logged and stops none of the others."""
    if not take_lease(duties.engine, LEASE, duties.holder, duties.clock(), LEASE_LASTS):
        return
    # One moment for the whole round: what falls due while it imports is posted in the next, with that day's data.
    moment = duties.clock()
    duties = replace(duties, clock=lambda: moment)
    _guarded("sync", duties.sync)
    schedules = [schedule for schedule in every_schedule(duties.engine) if schedule.kind == WEEKLY]
    for schedule in schedules:
        _guarded(f"weekly {schedule.channel}", partial(post_weekly, duties, schedule))
    for team in dict.fromkeys(schedule.team for schedule in schedules):
        mine = [schedule for schedule in schedules if schedule.team == team]
        _guarded(f"alerts {team}", partial(post_alerts, duties, team, mine))


def post_weekly(duties: Duties, schedule: Schedule) -> None:
    """Post the newest week that is due; older ones that were missed are named in it, not posted one by one."""
    books = duties.books_of(schedule.team)
    due = plan_of(schedule, books).due(schedule.created_at, duties.clock())
    if not due:
        return
    newest, *older = due
    courier = _courier(duties, schedule)
    _settle_older(courier, schedule, newest)
    sent = last_period(duties.engine, schedule.team, schedule.channel, WEEKLY) or ""
    if sent > newest.period:
        # The clock was moved back; a week older than one that was posted is not posted after it.
        return
    missed = tuple(sorted(planned.period for planned in older if planned.period > sent))
    occasion = Occasion(period=newest.period, planned_at=newest.at, missed=missed)

    def compose() -> Answer:
        return weekly(books, duties.engine, courier.words, now=duties.clock(), occasion=occasion)

    deliver(courier, _key(schedule, WEEKLY, newest.period), compose)


def _settle_older(courier: Courier, schedule: Schedule, newest: Planned) -> None:
    """An older week whose process died before posting is missed now; one that did arrive counts as sent."""
    for post in unfinished_posts(courier.engine):
        mine = (post.key.team, post.key.channel, post.key.kind) == (schedule.team, schedule.channel, WEEKLY)
        if mine and post.key.period < newest.period:
            settle(courier, post)


def post_alerts(duties: Duties, team: str, schedules: Sequence[Schedule]) -> None:
    """Check each complete week once, also those that were missed, and post its notices to every weekly channel."""
    books, words = duties.books_of(team), duties.words_of(team)
    for sunday in _unchecked_weeks(duties, books):
        keys = []
        # A week is checked as it would have been on the day after it, however late the bot comes to it.
        for notice in duties.check_alerts(books, words, today=sunday + timedelta(days=1), as_of=sunday):
            for schedule in schedules:
                keys.append(_key(schedule, notice.kind, notice.period))
                deliver(_courier(duties, schedule), keys[-1], partial(_alert, notice))
        if any(_open(duties.engine, key) for key in keys):
            # Not all have arrived: the same week is gone through again, which repeats nothing.
            return
        done = PostKey(team=team, channel=EVERY_CHANNEL, kind=ALERT_CHECK, period=iso_week(sunday))
        claimed = claim_post(duties.engine, done, duties.holder, duties.clock())
        claimed = claimed or find_post(duties.engine, done)
        if claimed is not None:
            mark_sent(duties.engine, claimed, None, duties.clock())


def _alert(notice: Notice) -> Answer:
    return Answer("alert", notice.message, notice.data)


def _unchecked_weeks(duties: Duties, books: Books) -> list[date]:
    """The Sundays, oldest first, whose weeks the data holds and which were not checked; the newest if none ever was."""
    with reading(duties.engine).connect() as connection:
        covered = coverage(connection, books.team)
    if covered is None:
        return []
    today = duties.clock().astimezone(books.zone).date()
    newest = last_sunday(min(covered.data_through, today - timedelta(days=1)))
    checked = last_period(duties.engine, books.team, EVERY_CHANNEL, ALERT_CHECK)
    if checked is None:
        return [newest]
    first = week_from(checked) + timedelta(days=13)
    return [first + timedelta(days=7 * at) for at in range((newest - first).days // 7 + 1)]


def _open(engine: Engine, key: PostKey) -> bool:
    found = find_post(engine, key)
    return found is not None and found.state is PostState.CLAIMED


def _courier(duties: Duties, schedule: Schedule) -> Courier:
    owner = duties.books_of(schedule.team).settings().owner
    return Courier(
        engine=duties.engine,
        client=duties.client_of(schedule.team),
        clock=duties.clock,
        words=duties.words_of(schedule.team),
        holder=duties.holder,
        tell=owner or schedule.created_by,
    )


def _key(schedule: Schedule, kind: str, period: str) -> PostKey:
    return PostKey(team=schedule.team, channel=schedule.channel, kind=kind, period=period)


def _guarded(name: str, job: Callable[[], object]) -> None:
    """Run one job; what goes wrong is logged with a reference and the next job runs all the same."""
    try:
        job()
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            log.exception("scheduled job %r failed, reference %s", name, secrets.token_hex(4))
        else:
            log.warning("scheduled job %r waits for the store (%s): %s", name, trouble, str(error).partition("\n")[0])


class Scheduler:
    """Calls `tick` every few seconds in a thread of its own while the `with` block lasts."""

    def __init__(self, duties: Duties, every_seconds: float = 20) -> None:
        self._duties = duties
        self._scheduler = BackgroundScheduler(timezone=UTC)
        # Machine time drives the rounds; what is due is decided by the duties' clock, which a demo can move.
        self._scheduler.add_job(
            lambda: _guarded("tick", lambda: tick(duties)),
            "interval",
            seconds=every_seconds,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
        )

    def __enter__(self) -> Scheduler:
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Waits for the round that is going on, and lets another process begin at once.
        self._scheduler.shutdown(wait=True)
        release_lease(self._duties.engine, LEASE, self._duties.holder)
