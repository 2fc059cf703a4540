"""Messages of `/banto`: help, status, schedules, and posts opened again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.commands import COMMANDS
from bot.messages import Words
from bot.views.kit import (
    Block,
    Message,
    button,
    context,
    escape,
    fields,
    header,
    section,
    table,
)

OPEN_POST = "banto.post.open"
RUNNING_SHOWN = 2
PROFILES = ("generic", "ad_spend")
"""Import formats that have a name in the reader's language."""
"""Slack takes ten fields; one import runs at a time, another may wait for it."""


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A weekly schedule as it is shown; `next` is shop-local."""

    channel: str
    weekday: int
    minute_of_day: int
    created_by: str
    next: datetime


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The last import; `at` is shop-local."""

    file_name: str
    profile: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class State:
    """All that `/banto status` tells. Money in minor units, the margin in thousandths.

    `running` says of each import under way how far it is.
    """

    running: Sequence[str]
    data_from: date | None
    data_through: date | None
    imported: Imported | None
    orders: int
    persons: int
    products: int
    snapshot: str | None
    appointments: Sequence[Appointment]
    margin_permille: int | None
    target_profit: int
    owner: str | None
    version: str


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A post that arrived, as it is listed; `at` is shop-local."""

    id: int
    kind: str
    period: str
    channel: str
    at: datetime
    snapshot: str | None
    result: Mapping[str, Any]


def said(text: str) -> Message:
    """One sentence."""
    return Message(text=text, blocks=[section(text)])


def help_text(words: Words) -> Message:
    """All commands, one line each."""
    rows = [[f"{each.name} {each.usage}", each.description[words.language]] for each in COMMANDS]
    headings = [words("banto.help.column.command"), words("banto.help.column.does")]
    lines = "\n".join(f"`{each.name}` {each.description[words.language]}" for each in COMMANDS)
    return Message(
        text=f"{words('banto.help.title')}\n{lines}",
        blocks=[
            header(words("banto.help.title")),
            section(words("banto.help.intro")),
            table(headings, rows, ["left", "left"]),
            section(words("banto.help.words")),
            context(words("banto.help.mention")),
        ],
    )


def status(state: State, words: Words) -> Message:
    """Where things stand."""
    none = words("banto.status.none")
    pairs = [
        *((words("banto.status.running"), escape(line)) for line in state.running[:RUNNING_SHOWN]),
        (words("banto.status.data"), _covered(state, words) or none),
        (words("banto.status.imported"), _imported(state, words) or none),
        (words("banto.status.counts"), _counts(state, words)),
        (words("banto.status.snapshot"), state.snapshot or none),
        (words("banto.status.margin"), _money(state, words)),
        (
            words("banto.status.owner"),
            f"<@{state.owner}>" if state.owner else words("banto.status.owner_none"),
        ),
        (words("banto.status.version"), state.version),
    ]
    planned = "\n".join(f"• {appointment(each, words)}" for each in state.appointments)
    planned = planned or words("banto.status.no_schedule")
    return Message(
        text=f"{words('banto.status.title')}: {_covered(state, words) or none}",
        blocks=[
            header(words("banto.status.title")),
            fields(pairs),
            section(f"*{words('banto.status.schedules')}*\n{planned}"),
        ],
    )


def appointment(each: Appointment, words: Words) -> str:
    """One schedule in a line."""
    return words("banto.status.schedule", channel=each.channel, **_when(each, words))


def scheduled(each: Appointment, words: Words, *, new: bool) -> Message:
    """A schedule just made (told to the channel) or as it stands (told to the asker)."""
    key = "weekly.here" if new else "weekly.state"
    return said(words(key, user=each.created_by, **_when(each, words)))


def posts(listed: Sequence[Posted], words: Words) -> Message:
    """The last posts, each with a button that opens it."""
    if not listed:
        return said(words("banto.posts.none"))
    blocks: list[Block] = [header(words("banto.posts.title"))]
    blocks += [
        section(_line(post, words), button(words("banto.posts.open"), OPEN_POST, str(post.id))) for post in listed
    ]
    return Message(text=words("banto.posts.title"), blocks=blocks)


def reopened(post: Posted, words: Words) -> Message:
    """The post with the very numbers that were posted."""
    note = words(
        "banto.posts.as_posted",
        time=words.time(post.at),
        channel=post.channel,
        snapshot=post.snapshot or words("banto.status.none"),
    )
    return Message(text=str(post.result["text"]), blocks=[*post.result["blocks"], context(note)])


def clock_time(minute_of_day: int) -> str:
    """8:30."""
    hour, minute = divmod(minute_of_day, 60)
    return f"{hour}:{minute:02d}"


def percent_of(permille: int) -> str:
    """Thousandths as 62.5%, or 60% where there is no fraction."""
    return f"{permille // 10}%" if permille % 10 == 0 else f"{permille / 10:.1f}%"


def _when(each: Appointment, words: Words) -> dict[str, str]:
    return {
        "weekday": words(f"weekday.{each.weekday}"),
        "time": clock_time(each.minute_of_day),
        "next": words.time(each.next),
    }


def _covered(state: State, words: Words) -> str | None:
    if state.data_from is None or state.data_through is None:
        return None
    return words("banto.status.data_value", first=words.day(state.data_from), through=words.day(state.data_through))


def _imported(state: State, words: Words) -> str | None:
    if state.imported is None:
        return None
    done = state.imported
    return words(
        "banto.status.imported_value",
        time=words.time(done.at),
        file=escape(done.file_name),
        profile=_profile(done.profile, words),
    )


def _profile(name: str, words: Words) -> str:
    return words(f"banto.profile.{name}") if name in PROFILES else escape(name)


def _counts(state: State, words: Words) -> str:
    return words(
        "banto.status.counts_value",
        orders=words.count(state.orders),
        persons=words.count(state.persons),
        products=words.count(state.products),
    )


def _money(state: State, words: Words) -> str:
    if state.margin_permille is None:
        return words("banto.status.margin_none")
    return words(
        "banto.status.margin_value",
        margin=percent_of(state.margin_permille),
        profit=words.money(state.target_profit),
    )


def _line(post: Posted, words: Words) -> str:
    kind = words("banto.kind.weekly" if post.kind == "weekly" else "banto.kind.alert")
    return words("banto.posts.line", kind=kind, period=post.period, channel=post.channel, time=words.time(post.at))
