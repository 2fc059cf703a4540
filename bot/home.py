"""The App Home: today's figures, where to go, and how to begin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine

from bot.imports import progress_line
from bot.messages import Words
from bot.metrics import ltv, repeat
from bot.query import parse
from bot.reports import prepare
from bot.status import appointments
from bot.views import home as view
from bot.views.kit import Block
from store.books import Books
from store.progress import Progress
from store.schedules import schedules_of
from store.shelf import NoOrders


def home(books: Books, engine: Engine, words: Words, user: str, now: datetime, importing: Sequence[Progress]) -> Block:
    """The view to publish for this person."""
    today = now.astimezone(books.zone).date()
    sheet = view.Home(
        user=user,
        today=today,
        appointments=appointments(schedules_of(engine, books.team), books, now),
        figures=None,
        running=[progress_line(each, words) for each in importing],
    )
    try:
        books.facts()
    except NoOrders:
        return view.home(sheet, words)
    asked_f2 = prepare("repeat", parse("all"), books, words, today=today)
    asked_ltv = prepare("ltv", parse("all"), books, words, today=today)
    figures = view.Figures(
        f2=repeat.measure(asked_f2.track, asked_f2.cohort, asked_f2.asked.window, asked_f2.day),
        ltv=ltv.measure(asked_ltv.track, asked_ltv.cohort, asked_ltv.asked.window, asked_ltv.day),
        through=asked_f2.asked.as_of,
        synced_at=asked_f2.asked.synced_at,
    )
    return view.home(view.with_figures(sheet, figures), words)
