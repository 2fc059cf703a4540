"""Where a process gets the time from: the machine, or a demo workspace whose clock can be moved forward."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.settings import Settings

Clock = Callable[[], datetime]
"""Returns an aware datetime: now."""


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


def following(path: Path) -> Clock:
    """The machine's time moved by the `offset_seconds` that stand in the JSON file `path` (none: not moved)."""

    def now() -> datetime:
        try:
            offset = json.loads(path.read_text())["offset_seconds"]
        except FileNotFoundError:
            offset = 0
        return system_clock() + timedelta(seconds=offset)

    return now


def clock_of(settings: Settings) -> Clock:
    """The clock the settings name."""
    return following(settings.clock_file) if settings.clock_file else system_clock
