"""Two bot processes with data folders of their own share one PostgreSQL: one post, one scheduler, no lost write."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import Engine, select

from store.database import open_engine
from store.facts.snapshot import read_manifest
from store.posts import PostState
from store.schedules import WEEKLY as WEEKLY_KIND
from store.schedules import Schedule, put_schedule
from store.tables import leases, posts, teams
from store.teams import HOME
from tests.forks import Fork
from tests.localslack.running import MANIFEST, PLANNER, PLANS, SECRET, TOKEN, Running, running
from tests.ports import free_port
from tests.postgresql import Cluster, empty_database
from tests.shell import bot, environment, start
from tests.shop import TOKYO, as_csv, row

WEEKLY = "C0WEEKLY1"
TICK = "0.3"
WAIT = 60.0


@dataclass
class BotProcess:
    """One bot: its port, its data folder, its process."""

    port: int
    data: Path
    process: Fork

    @property
    def revision(self) -> int | None:
        """The revision of its facts."""
        manifest = read_manifest(self.data / "facts" / HOME)
        return None if manifest is None else manifest.revision


@dataclass
class Pair:
    """Two bots, the workspace they are in, and the database they share."""

    slack: Running
    database: str
    engine: Engine
    bots: list[BotProcess]
    folder: Path

    def pass_time(self, span: timedelta) -> None:
        """Move the clock of the bots and of the workspace forward."""
        self.slack.time.pushed += span.total_seconds()
        write_clock(self.folder, self.slack.time.pushed)

    def environment(self, data: Path) -> dict[str, str]:
        """That of any process at this store."""
        more = {"SLACK_API_URL": f"{self.slack.url}/api/", "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
        return environment(data, self.database, BANTO_CLOCK_FILE=str(self.folder / "clock.json"), **more)

    def start(self, name: str) -> BotProcess:
        """Start a bot and wait until it is ready."""
        data = self.folder / name
        port = free_port()
        process = Fork("tests.one_bot", str(port), TICK, env=self.environment(data))
        made = BotProcess(port, data, process)
        self.bots.append(made)
        assert process.stdout.readline() == "ready\n"
        self.slack.until(lambda: answers(port), WAIT)
        return made

    def ask(self, bot: BotProcess, text: str) -> str:
        """Type `/ltv TEXT` where this bot gets it; what the asker sees."""
        before = len(self.said())
        command = {
            "command": "/ltv",
            "text": text,
            "team_id": "T0BANTO01",
            "user_id": PLANNER,
            "channel_id": PLANS,
            "trigger_id": "1.2.3",
        }
        body = urllib.parse.urlencode(command)
        at = str(int(time.time()))
        signed = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signed or "",
        }
        address = f"http://127.0.0.1:{bot.port}/slack/events"
        with urllib.request.urlopen(urllib.request.Request(address, body.encode(), headers), timeout=10) as answer:
            assert answer.status == 200
        self.slack.until(lambda: len(self.said()) > before, WAIT)
        return json.dumps(self.said()[-1], ensure_ascii=False)

    def said(self) -> list[Any]:
        """What the asker sees in the channel."""
        return self.slack.seen(PLANNER, PLANS)

    def weekly(self) -> list[Any]:
        """The weekly posts that arrived."""
        return self.slack.seen(PLANNER, WEEKLY)

    def holder(self) -> str | None:
        """Who has the scheduler's lease."""
        with self.engine.connect() as connection:
            found: str | None = connection.execute(select(leases.c.holder)).scalar()
            return found

    def bring(self, *files: Path) -> None:
        """Import files by the command line, all at the same time."""
        envs = [self.environment(self.folder / f"cli{n}") for n in range(len(files))]
        processes = [start(env, "import", str(file)) for env, file in zip(envs, files, strict=True)]
        for process in processes:
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, err


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except OSError:
        return False


def write_clock(folder: Path, pushed: float) -> None:
    draft = folder / "clock.draft"
    draft.write_text(json.dumps({"offset_seconds": pushed}))
    draft.replace(folder / "clock.json")


def orders(name: str, persons: int) -> str:
    # One bought again long afterwards, so that everybody's window is over.
    bought = [row(f"{name}{n}", f"2025-0{1 + n % 8}-10", f"{name}{n}") for n in range(persons)]
    return as_csv([*bought, row(f"{name}-again", "2025-11-10", f"{name}0")])


@pytest.fixture
def pair(tmp_path: Path, postgresql: Cluster) -> Iterator[Pair]:
    write_clock(tmp_path, 0.0)
    manifest = replace(MANIFEST, scopes=(MANIFEST.scopes or frozenset()) | {"commands"})
    with ExitStack() as stack:
        url = stack.enter_context(empty_database(postgresql.url, migrated=False))
        slack = stack.enter_context(running(tmp_path / "workspace", lambda app: None, manifest=manifest))
        engine = open_engine(url)
        made = Pair(slack, url, engine, [], tmp_path)
        try:
            yield made
        finally:
            for each in made.bots:
                each.process.terminate()
                each.process.communicate(timeout=30)
            engine.dispose()


def test_two_bots_share_one_truth(pair: Pair) -> None:
    first, second = pair.folder / "first.csv", pair.folder / "second.csv"
    first.write_text(orders("a", 300))
    second.write_text(orders("b", 200))
    pair.bring(first)
    bots = [pair.start("one")]
    holder = pair.slack.until(pair.holder, WAIT)
    bots.append(pair.start("two"))
    for each in bots:
        assert "300人" in pair.ask(each, "all window=30")

    # Another process imports two files at once; both bots answer from facts of their own that follow.
    third = pair.folder / "third.csv"
    third.write_text(orders("c", 100))
    pair.bring(second, third)
    for each in bots:
        assert "600人" in pair.ask(each, "all window=30")
    assert bots[0].revision == bots[1].revision == revision(pair.engine)

    # A week that is due is posted once, by the one that has the lease.
    made = datetime.now(UTC) - timedelta(days=8)
    local = made.astimezone(TOKYO)
    plan = Schedule(
        team=HOME,
        kind=WEEKLY_KIND,
        channel=WEEKLY,
        weekday=local.weekday(),
        minute_of_day=local.hour * 60 + local.minute,
        created_by=PLANNER,
        created_at=made,
    )
    put_schedule(pair.engine, plan)
    pair.slack.until(partial(arrived, pair.engine, 1), WAIT)
    assert len(pair.weekly()) == 1
    assert pair.holder() == holder

    # The holder dies; the other one takes over when the lease has run out, and posts the next weeks, each once.
    bots[0].process.kill()
    for weeks in (1, 2):
        pair.pass_time(timedelta(days=7, minutes=10))
        pair.slack.until(partial(arrived, pair.engine, weeks + 1), WAIT)
        assert len(pair.weekly()) == weeks + 1
    assert pair.holder() not in (None, holder)


def revision(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(teams.c.revision)).scalar_one())


def arrived(engine: Engine, number: int) -> bool:
    """Whether so many weekly posts are marked as sent."""
    mine = (posts.c.state == PostState.SENT, posts.c.kind == WEEKLY_KIND)
    with engine.connect() as connection:
        return len(connection.execute(select(posts.c.id).where(*mine)).all()) == number


def test_a_bot_whose_database_server_was_gone_goes_on_when_it_is_back(pair: Pair, postgresql: Cluster) -> None:
    file = pair.folder / "first.csv"
    file.write_text(orders("a", 30))
    pair.bring(file)
    running_bot = pair.start("one")
    assert "30人" in pair.ask(running_bot, "all window=30")

    postgresql.stop()
    try:
        env = pair.environment(pair.folder / "cli0")
        for words in (("ask", "ltv all"), ("import", str(file))):
            code, out, err = bot(env, *words)
            assert (code, out) == (1, "")
            assert "帳簿のデータベースにつながりません" in err
            assert "Traceback" not in err
        code, out, _ = bot(env, "doctor")
        assert code == 1
        assert "The database server cannot be reached" in out
        assert "30人" not in pair.ask(running_bot, "all window=30")
    finally:
        postgresql.start()
    assert "30人" in pair.ask(running_bot, "all window=30")
