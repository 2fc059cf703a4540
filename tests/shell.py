"""The command line as a person uses it: a process of its own, with its own data folder."""

from __future__ import annotations

import os
from pathlib import Path

from tests.forks import Fork

ROOT = Path(__file__).parents[1]
OURS = ("SLACK_", "BANTO_", "DATABASE_URL", "PORT")


def environment(data: Path, database: str | None = None, **more: str) -> dict[str, str]:
    """The environment of a process that knows nothing but its data folder (and database)."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {"BANTO_DATA": str(data), "PYTHONPATH": str(ROOT)} | more
    return env if database is None else env | {"DATABASE_URL": database}


def start(env: dict[str, str], *words: str, file_limit: int | None = None) -> Fork:
    """Start `bot WORDS`; no file of it may become larger than `file_limit` bytes."""
    # Not in the repository, whose .env is a person's own.
    return Fork("bot", *words, env=env, cwd="/", file_limit=file_limit)


def bot(env: dict[str, str], *words: str, file_limit: int | None = None) -> tuple[int, str, str]:
    """Run `bot WORDS` to its end: exit code, what it printed, and its errors."""
    with start(env, *words, file_limit=file_limit) as process:
        out, err = process.communicate(timeout=120)
        return process.wait(10), out, err
