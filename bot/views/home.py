"""The App Home as a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.messages import Words
from bot.metrics.intervals import Interval
from bot.metrics.ltv import Ltv
from bot.metrics.repeat import Repeat
from bot.views.banto import RUNNING_SHOWN, Appointment, appointment
from bot.views.framing import RUN, Again
from bot.views.kit import Block, actions, button, context, divider, escape, fields, header, section

REPORTS = ("ltv", "repeat", "ad")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Today's figures of the whole shop; `synced_at` is shop-local."""

    f2: Repeat
    ltv: Ltv
    through: date
    synced_at: datetime


@dataclass(frozen=True, kw_only=True)
class Home:
    """What the Home tells a person; `figures` is None before the first import.

    `running` says of each import under way how far it is.
    """

    user: str
    today: date
    appointments: Sequence[Appointment]
    figures: Figures | None
    running: Sequence[str]


def with_figures(sheet: Home, figures: Figures) -> Home:
    """The same Home with today's figures."""
    return replace(sheet, figures=figures)


def home(sheet: Home, words: Words) -> Block:
    """The view for views.publish."""
    blocks = [
        header(words("home.title")),
        section(words("home.greeting", user=sheet.user, today=words.day(sheet.today))),
        *(context(escape(line)) for line in sheet.running[:RUNNING_SHOWN]),
        *(_figures(sheet.figures, words) if sheet.figures else [section(words("home.begin"))]),
        divider(),
        section(_planned(sheet, words)),
        context(words("home.help")),
    ]
    return {"type": "home", "blocks": blocks}


def _figures(figures: Figures, words: Words) -> list[Block]:
    f2, ltv = figures.f2, figures.ltv
    shown_f2 = _value(
        words.percent(f2.f2.value),
        None if f2.interval is None else (words.percent(f2.interval.low), words.percent(f2.interval.high)),
        f2.f2.denominator,
        f2.decidable,
        words,
    )
    shown_ltv = _value(
        words.money(None if ltv.ltv is None else float(ltv.ltv)),
        _money_ends(ltv.interval, words),
        ltv.persons,
        ltv.decidable,
        words,
    )
    return [
        fields(
            [
                (words("home.f2", window=f2.window), shown_f2),
                (words("home.ltv", window=ltv.window), shown_ltv),
            ]
        ),
        context(words("home.fresh", through=words.day(figures.through), synced=words.time(figures.synced_at))),
        section(words("home.reports")),
        actions(
            [
                button(words(f"home.button.{name}"), f"{RUN}.{at}", Again(name, "all").value())
                for at, name in enumerate(REPORTS)
            ]
        ),
    ]


def _money_ends(interval: Interval | None, words: Words) -> tuple[str, str] | None:
    return None if interval is None else (words.money(interval.low), words.money(interval.high))


def _value(value: str, ends: tuple[str, str] | None, n: int, decidable: bool, words: Words) -> str:
    if not decidable or ends is None:
        return words("home.too_few", n=words.count(n))
    return words("home.value", value=value, low=ends[0], high=ends[1], n=words.count(n))


def _planned(sheet: Home, words: Words) -> str:
    planned = "\n".join(f"• {appointment(each, words)}" for each in sheet.appointments)
    return f"{words('home.schedules')}\n{planned or words('banto.status.no_schedule')}"
