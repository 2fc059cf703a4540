"""The command line as a person uses it: a process of its own, with its own data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OURS = ("SLACK_", "BANTO_", "DATABASE_URL", "PORT")


def environment(data: Path, database: str | None = None, **more: str) -> dict[str, str]:
    """The environment of a process that knows nothing but its data folder (and database)."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {"BANTO_DATA": str(data), "PYTHONPATH": str(ROOT)} | more
    return env if database is None else env | {"DATABASE_URL": database}


def start(env: dict[str, str], *words: str, before: Callable[[], Any] | None = None) -> subprocess.Popen[str]:
    """Start `bot WORDS`; `before` runs in the new process first."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        env=env,
        # Not in the repository, whose .env is a person's own.
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def bot(env: dict[str, str], *words: str, before: Callable[[], Any] | None = None) -> tuple[int, str, str]:
    """Run `bot WORDS` to its end: exit code, what it printed, and its errors."""
    with start(env, *words, before=before) as process:
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err
