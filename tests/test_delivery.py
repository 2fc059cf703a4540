"""Exactly one post, whatever dies: real processes, killed for real, against a workspace on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.schedule import tick
from store.posts import PostKey, PostState, find_post
from store.schedules import Schedule, put_schedule
from store.team_settings import set_owner
from store.teams import HOME
from tests.forks import Fork
from tests.localslack.running import ADS, MANIFEST, OUTSIDER, OWNER, PLANNER, TOKEN, Running, running
from tests.scheduling import AFTER, BEFORE, UPLOAD, Mortal, clock_of, duties_for, ticking_from
from tests.shop import Shop, row

WEEKLY = "C0WEEKLY1"
GENERAL = "C0GENERAL"
"""The bot is not in this channel."""
DM = "D0OWNER01"
SIX_MINUTES = 360.0
KEY = PostKey(team=HOME, channel=WEEKLY, kind="weekly", period="2026-W48")


@dataclass
class Stage:
    """A workspace, a store with a few orders, and a schedule that is due."""

    slack: Running
    shop: Shop
    database: str

    def process(self, *more: str) -> Fork:
        """A scheduler process of its own."""
        words = ["--database", self.database, "--facts", str(self.shop.folder / "facts")]
        words += ["--slack", self.slack.url, "--pushed", str(self.slack.time.pushed), *more]
        return Fork("tests.scheduling", *words, env=os.environ)

    def run(self, *more: str) -> int:
        """Run a process to its end."""
        with self.process(*more) as process:
            process.communicate(timeout=60)
            return process.wait(10)

    def round(self, client: Any = None) -> None:
        """A round in this process."""
        clock = clock_of(self.slack.time)
        tick(duties_for(self.shop.engine, self.shop.folder / "facts", client or self.slack.client, clock))

    def messages(self, channel: str = WEEKLY, user: str = PLANNER) -> list[Any]:
        """What arrived."""
        return self.slack.seen(user, channel)

    def state(self, key: PostKey = KEY) -> PostState:
        """How far the post has come."""
        post = find_post(self.shop.engine, key)
        assert post is not None
        return post.state


def orders() -> list[dict[str, Any]]:
    days = [f"2026-{month:02d}-{day:02d}T10:00" for month in range(5, 12) for day in (3, 12, 20)]
    days = [*days * 4, "2026-11-23T10:00"]
    return [row(f"o{n}", day, f"c{n % 40}", price=3000 + n) for n, day in enumerate(days)]


@pytest.fixture
def stage(tmp_path: Path, shop: Shop, database_url: str, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Tuesday 24 November 2026, 8:31, one minute after the post was due; the owner is known."""
    scopes = getattr(request, "param", MANIFEST.scopes)
    shop.load(orders(), now=clock_of(ticking_from("2026-11-24T08:00"))())
    set_owner(shop.engine, HOME, OWNER)
    schedule(shop.engine, WEEKLY)
    manifest = replace(MANIFEST, scopes=scopes)
    clock = ticking_from("2026-11-24T08:31")
    with running(tmp_path / "workspace", lambda app: None, clock, manifest=manifest) as slack:
        yield Stage(slack, shop, database_url)


def schedule(engine: Engine, channel: str) -> None:
    put_schedule(
        engine,
        Schedule(
            team=HOME,
            kind="weekly",
            channel=channel,
            weekday=1,
            minute_of_day=510,
            created_by=PLANNER,
            created_at=clock_of(ticking_from("2026-11-22T10:00"))(),
        ),
    )


@pytest.mark.parametrize(("dies", "arrived"), [(UPLOAD, 0), (BEFORE, 0), (AFTER, 1)])
def test_a_process_killed_on_the_way_neither_loses_nor_doubles_the_post(stage: Stage, dies: str, arrived: int) -> None:
    assert stage.run("--dies", dies) == -9
    assert len(stage.messages()) == arrived
    assert stage.state() is PostState.CLAIMED

    assert stage.run() == 0
    assert len(stage.messages()) == arrived, "the lease or the claim still belongs to the dead process"

    stage.slack.time.pushed += SIX_MINUTES
    assert stage.run() == 0
    (message,) = stage.messages()
    assert message["text"].startswith("週報 11/16〜11/22 ")
    post = find_post(stage.shop.engine, KEY)
    assert post is not None
    assert (post.state, post.message_ts) == (PostState.SENT, message["ts"])
    assert post.result is not None
    assert post.result["data"]["period"] == "2026-W48"
    assert [block["type"] for block in message["blocks"]].count("image") == 2

    stage.slack.time.pushed += SIX_MINUTES
    assert stage.run() == 0
    assert len(stage.messages()) == 1


def test_a_process_that_dies_twice_is_followed_by_one_that_posts_once(stage: Stage) -> None:
    for _ in range(2):
        assert stage.run("--dies", BEFORE) == -9
        stage.slack.time.pushed += SIX_MINUTES
    assert stage.run() == 0
    assert len(stage.messages()) == 1
    assert stage.state() is PostState.SENT


def test_four_processes_at_once_post_once(stage: Stage) -> None:
    processes = [stage.process("--without-lease") for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert len(stage.messages()) == 1
    assert stage.state() is PostState.SENT


@pytest.mark.parametrize("stage", [(MANIFEST.scopes or frozenset()) - {"channels:history"}], indirect=True)
def test_where_the_history_cannot_be_read_nothing_is_posted_twice_and_the_owner_hears_of_it(
    stage: Stage,
) -> None:
    assert stage.run("--dies", AFTER) == -9
    stage.slack.time.pushed += SIX_MINUTES
    stage.round()
    stage.slack.time.pushed += SIX_MINUTES
    stage.round()
    assert len(stage.messages()) == 1
    assert stage.state() is PostState.FAILED
    (told,) = stage.messages(DM, OWNER)
    assert "届いたか確かめられません" in told["text"]


def test_a_channel_without_the_bot_is_told_to_the_owner_once(stage: Stage) -> None:
    schedule(stage.shop.engine, GENERAL)
    for _ in range(4):
        stage.round()
        stage.slack.time.pushed += SIX_MINUTES
    assert stage.state(replace(KEY, channel=GENERAL)) is PostState.FAILED
    assert len(stage.messages()) == 1, "the other channel is not concerned"
    (told,) = stage.messages(DM, OWNER)
    assert f"<#{GENERAL}>" in told["text"]
    assert "2026-W48" in told["text"]


def test_a_channel_that_other_companies_have_joined_gets_no_figures_and_the_owner_hears_of_it(stage: Stage) -> None:
    schedule(stage.shop.engine, ADS)
    for _ in range(2):
        stage.round()
        stage.slack.time.pushed += SIX_MINUTES
    (told,) = stage.messages(DM, OWNER)
    assert f"<#{ADS}> には社外の人がいる" in told["text"]
    assert stage.messages(ADS, OUTSIDER) == []
    assert stage.state(replace(KEY, channel=ADS)) is PostState.FAILED
    assert len(stage.messages()) == 1


class Refused(Mortal):
    """A client that Slack answers with an error whenever it posts to the weekly channel."""

    tries = 0

    def chat_postMessage(self, **given: Any) -> Any:
        """Post, if it is not there."""
        if given["channel"] == WEEKLY:
            self.tries += 1
            raise ConnectionError("no answer")
        return super().chat_postMessage(**given)


def test_after_three_attempts_the_owner_is_told_and_no_more_are_made(stage: Stage) -> None:
    client = Refused(token=TOKEN, base_url=stage.slack.url + "/api/")
    for _ in range(6):
        stage.round(client)
        stage.slack.time.pushed += SIX_MINUTES
    assert client.tries == 3
    assert stage.state() is PostState.FAILED
    (told,) = stage.messages(DM, OWNER)
    assert "3回失敗しました" in told["text"]


def test_without_an_owner_whoever_made_the_schedule_is_told(stage: Stage) -> None:
    set_owner(stage.shop.engine, HOME, "")
    client = Refused(token=TOKEN, base_url=stage.slack.url + "/api/")
    for _ in range(4):
        stage.round(client)
        stage.slack.time.pushed += SIX_MINUTES
    assert len(stage.messages("D0PLAN001", PLANNER)) == 1


def test_a_claim_of_a_living_process_is_left_alone(stage: Stage) -> None:
    assert stage.run("--dies", BEFORE) == -9
    stage.slack.time.pushed += timedelta(minutes=4).total_seconds()
    stage.round()
    assert stage.messages() == []
    assert stage.state() is PostState.CLAIMED
