"""`bot doctor`: what is missing or wrong, in plain words."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy import make_url

from bot import doctor_books as books
from bot.clock import clock_of
from bot.settings import Settings
from bot.speaker import web_client
from store.shelves import check_engine
from store.spark.errors import EngineUnreachable, WarehouseRefused

FREE_BYTES = 500 << 20
MANIFEST = Path(__file__).resolve().parent.parent / "app_manifest.yml"


def examine(settings: Settings) -> int:
    """Print every finding; 1 when something has to be mended."""
    now = clock_of(settings)()
    problems = [
        *_folder(settings),
        *books.database(settings, now),
        *books.facts(settings),
        *_engine(settings),
        *_fonts(),
        *_slack(settings),
    ]
    for problem in problems:
        print(f"✗ {problem}")
    for note in books.notes(settings):
        print(f"· {note}")
    print(f"{len(problems)} thing(s) to mend." if problems else "Everything is in order.")
    return 1 if problems else 0


def _folder(settings: Settings) -> Iterator[str]:
    folder = settings.data
    if not os.access(_existing(folder), os.W_OK):
        yield f"The data folder {folder} cannot be written. Give this user the right, or set BANTO_DATA."
    for what, place in (("the data folder", folder), ("the database's folder", _of_database(settings))):
        if place is None:
            continue
        free = shutil.disk_usage(_existing(place)).free
        if free < FREE_BYTES:
            yield f"Only {free >> 20} MB are free in {what}; at least {FREE_BYTES >> 20} MB are needed."


def _existing(folder: Path) -> Path:
    """The folder, or what there is of the way to it."""
    return next(p for p in (folder, *folder.parents) if p.exists())


def _of_database(settings: Settings) -> Path | None:
    """Where an SQLite database lies, when that is not in the data folder."""
    where = make_url(settings.database_url)
    if where.get_backend_name() != "sqlite" or not where.database:
        return None
    folder = Path(where.database).parent
    return None if folder.resolve() == settings.data.resolve() else folder


def _engine(settings: Settings) -> Iterator[str]:
    try:
        check_engine(settings.data, settings.engine, settings.warehouse)
    except EngineUnreachable as error:
        yield f"BANTO_ENGINE: {error}. Questions cannot be answered until it is there (docs/scaling.md)."
    except WarehouseRefused as error:
        yield f"The warehouse cannot be read. {error}"


def _fonts() -> Iterator[str]:
    try:
        from bot.charts import new_figure, png

        png(new_figure(1))
    except (ImportError, RuntimeError) as error:
        yield f"Charts cannot be drawn with Japanese labels: {error}. Run `make setup`."


def _slack(settings: Settings) -> Iterator[str]:
    if settings.bot_token is None:
        yield "SLACK_BOT_TOKEN is not set, so there is no Slack workspace (the demo works without it)."
        return
    if settings.app_token is None and settings.signing_secret is None:
        yield "Neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP) is set."
    try:
        answer = web_client(settings.bot_token, settings.slack_api_url).auth_test()
    except SlackApiError as error:
        yield f"Slack refuses SLACK_BOT_TOKEN: {error.response.get('error')}."
        return
    except (SlackClientError, OSError) as error:
        yield f"Slack cannot be reached at {settings.slack_api_url}: {error}"
        return
    granted = {s.strip() for s in str(answer.headers.get("x-oauth-scopes", "")).split(",") if s.strip()}
    wanted = set(yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"])
    if granted and (missing := sorted(wanted - granted)):
        yield f"The Slack app lacks scopes: {', '.join(missing)}. Update it from app_manifest.yml and reinstall it."
