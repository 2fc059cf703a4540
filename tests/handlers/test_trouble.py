"""Trouble with the store is said in Slack as a sentence that helps, not as a number of an unknown fault."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from slack_bolt import App

from handlers import banto
from handlers.deps import Deps
from localslack.manifest import Command, Manifest
from store.database import migrate, open_engine
from store.shelf import Shelf
from store.teams import HOME, open_team
from tests.localslack.running import PLANNER, PLANS, Running, running

SCOPES = frozenset({"chat:write", "commands", "im:write"})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "banto.sqlite3"
    migrate(f"sqlite:///{file}")
    with open_engine(f"sqlite:///{file}").begin() as connection:
        open_team(connection, HOME, currency="JPY", zone="Asia/Tokyo")
    return file


@pytest.fixture
def slack(tmp_path: Path, database: Path) -> Iterator[Running]:
    """A workspace whose bot waits a tenth of a second for other writers."""
    deps = Deps(
        engine=open_engine(f"sqlite:///{database}", 0.1),
        shelf=Shelf(open_engine(f"sqlite:///{database}", 0.1), tmp_path / "facts"),
        clock=lambda: datetime(2026, 11, 22, 1, 0, tzinfo=UTC),
        zone=ZoneInfo("Asia/Tokyo"),
        language="ja",
        team_of=lambda body: HOME,
    )

    def register(app: App) -> None:
        banto.register(app, deps)

    manifest = Manifest(commands=(Command("/banto", "番頭", "", False),), scopes=SCOPES)
    with running(tmp_path / "workspace", register, manifest=manifest) as workspace:
        yield workspace


def test_a_locked_store_is_said_and_works_again_afterwards(slack: Running, database: Path) -> None:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    slack.do("command", PLANNER, channel=PLANS, text="/banto margin 60")
    message = slack.until(lambda: slack.seen(PLANNER, PLANS))[-1]
    assert "いま取り込み中です。少し待ってから" in message["text"]
    assert message["is_ephemeral"]
    writer.execute("ROLLBACK")
    slack.do("command", PLANNER, channel=PLANS, text="/banto margin 60")
    slack.until(lambda: len(slack.seen(PLANNER, PLANS)) > 1)
    assert "取り込み中" not in slack.seen(PLANNER, PLANS)[-1]["text"]
