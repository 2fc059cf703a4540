"""What happens by itself: weeks that were missed, alerts of missed weeks, jobs that fail, one scheduler at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.ad_alerts import Notice
from bot.messages import Words
from bot.schedule import LEASE, Duties, Scheduler, tick
from bot.views.banto import said
from store.books import Books
from store.leases import take_lease
from store.schedules import Schedule, put_schedule
from store.teams import HOME
from tests.localslack.running import PLANNER, PLANS, Running, running
from tests.scheduling import clock_of, duties_for, ticking_from
from tests.shop import Shop, row

WEEKLY = "C0WEEKLY1"
DAY = 86_400.0


@dataclass
class Office:
    """A workspace and the duties that post to it."""

    slack: Running
    duties: Duties

    def messages(self, channel: str = WEEKLY) -> list[Any]:
        return self.slack.seen(PLANNER, channel)

    def texts(self, channel: str = WEEKLY) -> list[str]:
        return [str(message["text"]) for message in self.messages(channel)]

    def pass_days(self, days: float) -> None:
        self.slack.time.pushed += days * DAY


@pytest.fixture
def office(tmp_path: Path, shop: Shop) -> Iterator[Office]:
    """Sunday 22 November 2026, 10:00; the weekly post is planned for Tuesdays at 8:30."""
    clock = ticking_from("2026-11-22T10:00")
    with running(tmp_path / "workspace", lambda app: None, clock) as slack:
        schedule(shop.engine, WEEKLY, slack)
        yield Office(slack, duties_for(shop.engine, shop.folder / "facts", slack.client, clock_of(clock)))


def schedule(engine: Engine, channel: str, slack: Running) -> None:
    made = Schedule(
        team=HOME,
        kind="weekly",
        channel=channel,
        weekday=1,
        minute_of_day=510,
        created_by=PLANNER,
        created_at=clock_of(slack.time)(),
    )
    put_schedule(engine, made)


def load(shop: Shop, office: Office, last: str) -> None:
    """A few orders, of which the last is of that day."""
    days = ["2026-10-01T10:00", "2026-11-10T10:00", f"{last}T10:00"]
    now = clock_of(office.slack.time)()
    shop.load([row(f"{last}-{n}", day, f"c{n}") for n, day in enumerate(days)], now=now)


def test_the_post_comes_on_tuesday_at_half_past_eight_once(office: Office) -> None:
    tick(office.duties)
    assert office.messages() == []
    office.slack.time.pushed += (2 * 24 - 1.5) * 3600 + 60
    tick(office.duties)
    tick(office.duties)
    assert len(office.texts()) == 1
    assert "まだ注文データがありません" in office.texts()[0]


def test_every_week_brings_one_post(office: Office) -> None:
    for _ in range(4 * 7):
        office.pass_days(1)
        tick(office.duties)
    assert len(office.texts()) == 4


def test_after_weeks_of_silence_the_newest_is_posted_and_the_others_are_named(office: Office, shop: Shop) -> None:
    office.pass_days(24)
    load(shop, office, "2026-12-15")
    tick(office.duties)
    tick(office.duties)
    (message,) = office.messages()
    assert "週報 12/7〜12/13 " in message["text"]
    said_at_the_top = message["blocks"][1]["text"]["text"]
    assert "お届けできなかった週：2026-W48、2026-W49、2026-W50" in said_at_the_top
    assert "予定の 2026/12/15 8:30 より遅れました" in said_at_the_top


def test_a_post_of_last_week_says_so(office: Office, shop: Shop) -> None:
    office.pass_days(8.5)
    load(shop, office, "2026-11-29")
    tick(office.duties)
    (message,) = office.messages()
    assert "（先週分が遅れました：予定は 2026/11/24 8:30）" in message["text"]
    office.pass_days(0.45)
    tick(office.duties)
    assert "遅れ" not in office.texts()[1]
    assert "週報 11/23〜11/29 " in office.texts()[1]


def test_old_data_is_said_loudly(office: Office, shop: Shop) -> None:
    load(shop, office, "2026-11-20")
    office.pass_days(9)
    tick(office.duties)
    (message,) = office.messages()
    assert "データが古いままです（2026年11月20日まで）" in message["blocks"][1]["text"]["text"]


def test_a_failing_job_is_logged_with_a_reference_and_stops_no_other(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("disk full")

    office.pass_days(2.5)
    with caplog.at_level(logging.ERROR):
        tick(Duties(**{**vars(office.duties), "sync": broken}))
    assert len(office.texts()) == 1
    (record,) = [record for record in caplog.records if "sync" in record.getMessage()]
    assert "reference" in record.getMessage()
    assert record.exc_info is not None


def test_what_waits_is_imported_before_the_post(office: Office, shop: Shop) -> None:
    office.pass_days(2.5)
    tick(Duties(**{**vars(office.duties), "sync": lambda: load(shop, office, "2026-11-23")}))
    (text,) = office.texts()
    assert "週報 11/16〜11/22" in text


def test_nothing_happens_while_another_process_holds_the_lease(office: Office, engine: Engine) -> None:
    office.pass_days(2.5)
    now = clock_of(office.slack.time)()
    assert take_lease(engine, LEASE, "another", now, timedelta(seconds=90))
    tick(office.duties)
    assert office.messages() == []
    office.slack.time.pushed += 100
    tick(office.duties)
    assert len(office.messages()) == 1


def test_a_stopped_scheduler_gives_its_lease_back(office: Office, engine: Engine) -> None:
    office.pass_days(2.5)
    with Scheduler(office.duties, every_seconds=0.1):
        office.slack.until(lambda: office.messages(), 20)
    assert take_lease(engine, LEASE, "another", clock_of(office.slack.time)(), timedelta(seconds=90))
    assert len(office.messages()) == 1


@dataclass
class Watch:
    """Alerts by the Sunday that ends their week; remembers which weeks were checked."""

    told: Mapping[str, Sequence[str]]
    checked: list[str] = field(default_factory=list)

    def __call__(self, books: Books, words: Words, *, today: date, as_of: date) -> Sequence[Notice]:
        assert today == as_of + timedelta(days=1)
        self.checked.append(as_of.isoformat())
        codes = self.told.get(as_of.isoformat(), ())
        return [
            Notice(kind=f"alert:{code}", period="2026-W49", message=said(f"{code} が下がっています"), data={"ad": code})
            for code in codes
        ]


def test_each_week_is_checked_once_and_its_alerts_reach_every_weekly_channel_once(office: Office, shop: Shop) -> None:
    schedule(shop.engine, PLANS, office.slack)
    watch = Watch({"2026-11-29": ["FB-1", "FB-2"], "2026-12-06": ["FB-1"]})
    duties = Duties(**{**vars(office.duties), "check_alerts": watch})
    load(shop, office, "2026-11-21")
    tick(duties)
    assert watch.checked == ["2026-11-15"]
    # Three weeks pass without a bot; the data comes all at once.
    office.pass_days(21)
    load(shop, office, "2026-12-12")
    tick(duties)
    tick(duties)
    assert watch.checked == ["2026-11-15", "2026-11-22", "2026-11-29", "2026-12-06"]
    for channel in (WEEKLY, PLANS):
        alerts = [text for text in office.texts(channel) if "下がっています" in text]
        assert alerts == ["FB-1 が下がっています", "FB-2 が下がっています"]


def test_an_alert_that_could_not_be_posted_is_tried_again(office: Office, shop: Shop) -> None:
    watch = Watch({"2026-11-15": ["FB-1"]})
    client = office.slack.client
    broken: dict[str, Any] = {"tries": 0}

    def client_of(team: str) -> Any:
        broken["tries"] += 1
        if broken["tries"] == 1:
            raise ConnectionError("no network")
        return client

    duties = Duties(**{**vars(office.duties), "check_alerts": watch, "client_of": client_of})
    load(shop, office, "2026-11-21")
    for _ in range(4):
        tick(duties)
        office.slack.time.pushed += 360
    assert [text for text in office.texts() if "FB-1" in text] == ["FB-1 が下がっています"]
