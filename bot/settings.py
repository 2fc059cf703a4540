"""What the environment says: read once at the start, checked as a whole, passed on as a value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import list_currencies
from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

Language = Literal["ja", "en"]
SLACK_API_URL = "https://slack.com/api/"


class SettingsError(Exception):
    """The environment cannot be used; `problems` lists every fault, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The configuration of one process. Secrets are left out of `repr`, so a log line can hold it."""

    data: Path
    database_url: str
    zone: ZoneInfo
    currency: str
    language: Language
    slack_api_url: str = SLACK_API_URL
    bot_token: str | None = None
    app_token: str | None = None
    signing_secret: str | None = None
    port: int | None = None
    clock_file: Path | None = None
    engine: str = "duckdb"
    warehouse: Path | None = None

    @property
    def inbox(self) -> Path:
        """The folder whose new CSV files are imported by themselves (a cart's nightly export)."""
        return self.data / "inbox"

    @property
    def facts(self) -> Path:
        """The folder of the facts' snapshots."""
        return self.data / "facts"

    def __repr__(self) -> str:
        return f"Settings(data={str(self.data)!r}, zone={self.zone.key}, currency={self.currency})"


def environment(folder: Path) -> dict[str, str]:
    """The process environment over the `.env` file of `folder`, if there is one."""
    from_file = {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None}
    return from_file | dict(os.environ)


def read_settings(env: Mapping[str, str]) -> Settings:
    """Settings from environment variables; raises SettingsError that names all problems at once."""
    problems: list[str] = []
    data = Path(env.get("BANTO_DATA") or "data").expanduser().resolve()
    clock_file = env.get("BANTO_CLOCK_FILE")
    warehouse = env.get("BANTO_WAREHOUSE")
    settings = Settings(
        data=data,
        database_url=_database_url(env.get("DATABASE_URL"), data, problems),
        zone=_zone(env.get("BANTO_TIMEZONE") or "Asia/Tokyo", problems),
        currency=_currency(env.get("BANTO_CURRENCY") or "JPY", problems),
        language=_language(env.get("BANTO_LANGUAGE") or "ja", problems),
        slack_api_url=_api_url(env.get("SLACK_API_URL") or SLACK_API_URL, problems),
        bot_token=_token(env, "SLACK_BOT_TOKEN", "xoxb-", problems),
        app_token=_token(env, "SLACK_APP_TOKEN", "xapp-", problems),
        signing_secret=env.get("SLACK_SIGNING_SECRET") or None,
        port=_port(env.get("PORT"), problems),
        clock_file=Path(clock_file) if clock_file else None,
        warehouse=Path(warehouse).expanduser().resolve() if warehouse else None,
        engine=_engine(env.get("BANTO_ENGINE") or "duckdb", problems),
    )
    if problems:
        raise SettingsError(problems)
    return settings


def _database_url(value: str | None, data: Path, problems: list[str]) -> str:
    if not value:
        return f"sqlite:///{data / 'banto.sqlite3'}"
    try:
        url = make_url(value)
    except ArgumentError:
        problems.append("DATABASE_URL is not a database address (e.g. postgresql+psycopg://user@host/banto).")
        return ""
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        problems.append(f"DATABASE_URL names {url.get_backend_name()!r}; SQLite and PostgreSQL are supported.")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _zone(value: str, problems: list[str]) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(f"BANTO_TIMEZONE is {value!r}; it must be a zone name such as Asia/Tokyo.")
        return ZoneInfo("Asia/Tokyo")


def _currency(value: str, problems: list[str]) -> str:
    if value.upper() not in list_currencies():
        problems.append(f"BANTO_CURRENCY is {value!r}; it must be an ISO 4217 code such as JPY.")
    return value.upper()


def _language(value: str, problems: list[str]) -> Language:
    if value == "ja":
        return "ja"
    if value == "en":
        return "en"
    problems.append(f"BANTO_LANGUAGE is {value!r}; it must be ja or en.")
    return "ja"


def _api_url(value: str, problems: list[str]) -> str:
    if not value.startswith(("http://", "https://")):
        problems.append(f"SLACK_API_URL is {value!r}; it must start with http:// or https://.")
    return value if value.endswith("/") else value + "/"


def _token(env: Mapping[str, str], name: str, prefix: str, problems: list[str]) -> str | None:
    value = env.get(name) or None
    if value is not None and not value.startswith(prefix):
        problems.append(f"{name} must start with {prefix}")
    return value


def _port(value: str | None, problems: list[str]) -> int | None:
    if not value:
        return None
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    problems.append(f"PORT is {value!r}; it must be a number from 1 to 65535.")
    return None


def _engine(value: str, problems: list[str]) -> str:
    if value != "duckdb" and not value.startswith("sc://"):
        problems.append(f"BANTO_ENGINE is {value!r}; it must be duckdb or a Spark Connect address sc://host:port.")
    return value
