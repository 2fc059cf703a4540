"""The bot's real handlers against a real workspace on loopback, with a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from slack_bolt import App
from sqlalchemy import Engine

from bot.errors import UserError
from handlers import panel
from handlers.deps import Deps
from localslack.manifest import Command, Manifest
from store.shelf import Shelf
from tests.localslack.running import PLANNER, PLANS, Running, running

TEAM = "T0BANTO01"
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SCOPES = frozenset({"chat:write", "commands", "files:read", "files:write", "im:write"})


@dataclass
class Office:
    """A workspace with the bot in it, and short words for what people do there."""

    slack: Running
    deps: Deps

    def command(self, text: str, user: str = PLANNER, channel: str = PLANS) -> None:
        """Type a command into a channel."""
        self.slack.do("command", user, channel=channel, text=text)

    def submit(self, values: Mapping[str, Any], user: str = PLANNER) -> dict[str, str]:
        """Fill and submit the open modal; the errors under its fields."""
        self.modal(user)
        given = {f"{block}/value": value for block, value in values.items()}
        answer = self.slack.do("submit", user, values=given)
        return dict(answer.get("errors") or {})

    def press(self, message: Mapping[str, Any], action_id: str, user: str = PLANNER) -> None:
        """Press a button of a message."""
        self.slack.do("action", user, channel=message["channel"], ts=message["ts"], action_id=action_id)

    def modal(self, user: str = PLANNER) -> Any:
        """The modal that is (or will soon be) open."""
        return self.slack.until(lambda: self.slack.views(user))[-1]

    def messages(self, user: str = PLANNER, channel: str = PLANS) -> list[dict[str, Any]]:
        """What a person sees in a channel, each message with its channel."""
        return [{**message, "channel": channel} for message in self.slack.seen(user, channel)]

    def message(self, holds: str | Callable[[str], bool], user: str = PLANNER, channel: str = PLANS) -> dict[str, Any]:
        """The newest message which says that, waiting for it; its `shown` is all of its words."""
        says: Callable[[str], bool] = holds if callable(holds) else lambda words: holds in words

        def found() -> dict[str, Any] | None:
            for message in reversed(self.messages(user, channel)):
                if says(words_of(message)):
                    return {**message, "shown": words_of(message)}
            return None

        return dict(self.slack.until(found))

    def private(self, message: Mapping[str, Any]) -> bool:
        """Whether only one person sees the message."""
        return bool(message.get("is_ephemeral"))


def words_of(thing: Any) -> str:
    """All texts in a message or modal, with its fallback text."""
    if isinstance(thing, Mapping):
        own = [value for key, value in thing.items() if key == "text" and isinstance(value, str)]
        return "\n".join([*own, *(words_of(value) for value in thing.values())])
    if isinstance(thing, list):
        return "\n".join(words_of(each) for each in thing)
    return ""


def buttons_of(message: Mapping[str, Any]) -> list[str]:
    """The action ids of a message's buttons."""
    return [
        element["action_id"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def team_of(body: Mapping[str, Any]) -> str:
    """The team of a payload; people of other companies get none."""
    team = body.get("team_id") or body["team"]["id"]
    if body.get("user", {}).get("team_id", team) != team:
        raise UserError("panel.error.not_found")
    return str(team)


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Iterator[Office]:
    """The workspace with `/panel` in it, at ten in the morning of 22 November 2026."""
    deps = Deps(
        engine=engine,
        shelf=Shelf(engine, tmp_path / "facts"),
        clock=lambda: NOW,
        zone=ZoneInfo("Asia/Tokyo"),
        language="ja",
        team_of=team_of,
    )

    def register(app: App) -> None:
        panel.register(app, deps)

    manifest = Manifest(commands=(Command("/panel", "パネル", "", False),), scopes=SCOPES)
    with running(tmp_path / "workspace", register, manifest=manifest) as slack:
        yield Office(slack, deps)
