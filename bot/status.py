"""What `/banto status` and the App Home tell about the books."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy import Engine

from bot.imports import progress_line
from bot.messages import Words
from bot.schedule import plan_of
from bot.views.banto import Appointment, Imported, State
from store.books import Books
from store.census import count_books
from store.progress import Progress
from store.schedules import WEEKLY, Schedule, schedules_of


def read_status(engine: Engine, books: Books, words: Words, now: datetime, importing: Sequence[Progress]) -> State:
    """The state of the team's books at `now`, with the imports under way."""
    census, settings = count_books(engine, books.team), books.settings()
    covered, last = census.covered, census.last_import
    return State(
        running=[progress_line(each, words) for each in importing],
        data_from=None if covered is None else covered.data_from,
        data_through=None if covered is None else covered.data_through,
        imported=None
        if last is None
        else Imported(file_name=last.file_name, profile=last.profile, at=last.imported_at.astimezone(books.zone)),
        orders=census.orders,
        persons=census.persons,
        products=census.products,
        snapshot=None if covered is None else books.facts().snapshot,
        appointments=appointments(schedules_of(engine, books.team), books, now),
        margin_permille=settings.margin_permille,
        target_profit=settings.target_profit,
        owner=settings.owner,
        version=version(),
    )


def appointments(schedules: Sequence[Schedule], books: Books, now: datetime) -> list[Appointment]:
    """Weekly schedules with their next post."""
    return [
        Appointment(
            channel=schedule.channel,
            weekday=schedule.weekday,
            minute_of_day=schedule.minute_of_day,
            created_by=schedule.created_by,
            next=plan_of(schedule, books).next(now).at,
        )
        for schedule in schedules
        if schedule.kind == WEEKLY
    ]


def version() -> str:
    """The bot's version, also when it runs from its source folder without being installed."""
    try:
        return metadata.version("banto")
    except metadata.PackageNotFoundError:
        project = Path(__file__).resolve().parent.parent / "pyproject.toml"
        found: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
        return found
