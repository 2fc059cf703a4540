"""A clock that was ahead and is set right again: nothing is posted twice, nobody waits for a time to come."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import doctor_books
from bot.schedule import tick
from bot.settings import read_settings
from store.leases import take_lease
from store.posts import PostKey, PostState, find_post
from store.schedules import Schedule, put_schedule
from store.tables import sources
from store.teams import HOME, day_of
from tests.localslack.running import PLANNER, TOKEN, Running, Ticking, running
from tests.scheduling import AFTER, Mortal, clock_of, duties_for, ticking_from
from tests.shop import NOW, TOKYO, Shop, row

WEEKLY = "C0WEEKLY1"
ROOT = Path(__file__).parents[1]
HOUR = 3600.0


@pytest.fixture
def slack(tmp_path: Path, shop: Shop) -> Iterator[Running]:
    """Tuesday 24 November 2026, 8:31; the weekly post is due since a minute."""
    clock = ticking_from("2026-11-24T08:31")
    now = clock_of(clock)()
    shop.load([row(f"o{n}", f"2026-1{n % 2}-0{1 + n % 9}", f"c{n}") for n in range(40)], now=now)
    made = datetime(2026, 11, 22, 10, tzinfo=TOKYO)
    put_schedule(
        shop.engine,
        Schedule(
            team=HOME,
            kind="weekly",
            channel=WEEKLY,
            weekday=1,
            minute_of_day=510,
            created_by=PLANNER,
            created_at=made,
        ),
    )
    with running(tmp_path / "workspace", lambda app: None, clock) as workspace:
        yield workspace


def messages(slack: Running) -> list[Any]:
    return slack.seen(PLANNER, WEEKLY)


def round_in(shop: Shop, slack: Running, *, ahead: float = 0, client: Any = None) -> None:
    """A round of a bot whose clock is so many seconds ahead of Slack's."""
    clock = clock_of(Ticking(slack.time.pushed + ahead))
    tick(duties_for(shop.engine, shop.folder / "facts", client or slack.client, clock))


def test_a_lease_taken_while_the_clock_was_ahead_does_not_count(shop: Shop) -> None:
    lasts = timedelta(seconds=90)
    assert take_lease(shop.engine, "scheduler", "a", NOW + timedelta(hours=1), lasts)
    assert take_lease(shop.engine, "scheduler", "b", NOW, lasts)
    assert not take_lease(shop.engine, "scheduler", "a", NOW + timedelta(seconds=30), lasts)


def test_two_machines_whose_clocks_differ_a_little_respect_each_others_lease(shop: Shop) -> None:
    lasts = timedelta(seconds=90)
    assert take_lease(shop.engine, "scheduler", "a", NOW + timedelta(seconds=60), lasts)
    assert not take_lease(shop.engine, "scheduler", "b", NOW, lasts)


def posted_for(shop: Shop, period: str) -> str | None:
    """The message of the week in which it was due."""
    post = find_post(shop.engine, PostKey(team=HOME, channel=WEEKLY, kind="weekly", period=period))
    return None if post is None else post.message_ts


def test_no_older_week_is_posted_after_a_newer_one(shop: Shop, slack: Running) -> None:
    round_in(shop, slack, ahead=7 * 24 * HOUR)
    (message,) = messages(slack)
    assert posted_for(shop, "2026-W49") == message["ts"]
    slack.time.pushed += 60
    round_in(shop, slack)
    assert len(messages(slack)) == 1
    slack.time.pushed += 14 * 24 * HOUR
    round_in(shop, slack)
    assert posted_for(shop, "2026-W50") == messages(slack)[-1]["ts"]


def test_a_post_made_by_a_clock_that_was_ahead_is_found_and_not_repeated(
    shop: Shop, slack: Running, database_url: str
) -> None:
    words = ["--database", database_url, "--facts", str(shop.folder / "facts"), "--slack", slack.url]
    words += ["--pushed", str(slack.time.pushed + HOUR), "--dies", AFTER]
    died = subprocess.run([sys.executable, "-m", "tests.scheduling", *words], cwd=ROOT, check=False)
    assert died.returncode == -9
    assert len(messages(slack)) == 1

    round_in(shop, slack)
    assert len(messages(slack)) == 1
    post = find_post(shop.engine, PostKey(team=HOME, channel=WEEKLY, kind="weekly", period="2026-W48"))
    assert post is not None
    assert (post.state, post.message_ts) == (PostState.SENT, messages(slack)[0]["ts"])


class Refused(Mortal):
    """Slack does not take the message."""

    def chat_postMessage(self, **given: Any) -> Any:
        """Post nothing."""
        raise ConnectionError("no answer")


def test_a_post_that_did_not_arrive_is_tried_again_when_the_clock_is_set_right(shop: Shop, slack: Running) -> None:
    round_in(shop, slack, ahead=HOUR, client=Refused(token=TOKEN, base_url=slack.url + "/api/"))
    assert messages(slack) == []
    round_in(shop, slack)
    assert len(messages(slack)) == 1


def test_a_day_that_was_thought_complete_is_taken_back_by_the_next_import(shop: Shop) -> None:
    tomorrow = NOW + timedelta(days=1)
    today = NOW.astimezone(TOKYO).date().isoformat()
    shop.load([row("1", "2026-11-01", "c1"), row("2", today, "c2")], now=tomorrow)
    assert through(shop) == date(2026, 11, 22)
    shop.load([row("3", "2026-11-02", "c3")])
    assert through(shop) == date(2026, 11, 21)


def through(shop: Shop) -> date:
    with shop.engine.connect() as connection:
        return day_of(connection.execute(select(sources.c.data_through)).scalar_one())


def test_the_doctor_sees_that_the_clock_is_behind_the_books(shop: Shop) -> None:
    shop.load([row("1", "2026-11-01", "c1")])
    url = shop.engine.url.render_as_string(hide_password=False)
    settings = read_settings({"BANTO_DATA": str(shop.folder), "DATABASE_URL": url})
    assert list(doctor_books.database(settings, NOW)) == []
    (found,) = doctor_books.database(settings, NOW - timedelta(days=2))
    assert "The clock says 2026-11-20 03:00 UTC, but something was recorded at 2026-11-22 03:00 UTC" in found
