"""The workspace's clock, which a person can move forward to see weeks pass."""

import asyncio
import json
import logging
import os
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

log = logging.getLogger(__name__)

ZONE = ZoneInfo("Asia/Tokyo")
# Three years: further on the sample shop has nothing to tell, and a slip of the finger cannot be taken back.
MAX_STEP = timedelta(days=3 * 366)


class ClockRefused(ValueError):
    """The clock cannot be moved like that; the text is for the person."""


class Clock:
    """Real time plus an offset that only grows. `real` gives seconds since 1970; `save` keeps the offset."""

    def __init__(self, real: Callable[[], float], offset: float, save: Callable[[float], None]) -> None:
        self._real = real
        self._save = save
        self.offset = offset

    def seconds(self) -> float:
        """The workspace's time in seconds since 1970."""
        return self._real() + self.offset

    def now(self) -> datetime:
        """The workspace's time, aware, in the shop's zone."""
        return datetime.fromtimestamp(self.seconds(), ZONE)

    def goal(self, advance_seconds: float | None, now: str | None) -> datetime:
        """The moment that a request to move the clock asks for. Raises ClockRefused."""
        current = self.now()
        try:
            if advance_seconds is not None:
                goal = current + timedelta(seconds=float(advance_seconds))
            else:
                goal = datetime.fromisoformat(now or "")
        except (ValueError, OverflowError, TypeError):
            raise ClockRefused("日時が読めません。2026-12-01T09:00 のように入れてください。") from None
        if goal.tzinfo is None:
            goal = goal.replace(tzinfo=ZONE)
        if goal < current:
            raise ClockRefused("時計は先にしか進められません。今より後の日時を選んでください。")
        if goal - current > MAX_STEP:
            raise ClockRefused("一度に進められるのは3年までです。")
        return goal.astimezone(ZONE)

    def move_to(self, goal: datetime) -> None:
        """Set the clock to `goal` and keep the new offset."""
        self.offset = goal.timestamp() - self._real()
        self._save(self.offset)


def write_clock_file(path: Path, offset: float) -> None:
    """Write {"offset_seconds": n} atomically, so that a reader in another process never sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps({"offset_seconds": offset}), encoding="utf-8")
    os.replace(temporary, path)


async def run_hook(command: str, now: datetime) -> str | None:
    """Run the --on-clock command with `--now ISO` appended; a sentence for the person if it failed."""
    words = [*shlex.split(command), "--now", now.isoformat(timespec="seconds")]
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
    except OSError as error:
        log.error("on-clock command could not start: %s", error)
        return f"時計の後処理を始められませんでした: {error}"
    output, _ = await process.communicate()
    if process.returncode == 0:
        return None
    said = output.decode("utf-8", "replace").strip()
    log.error("on-clock command failed with %s: %s", process.returncode, said)
    last = said.splitlines()[-1] if said else "(出力なし)"
    return f"時計の後処理が失敗しました(終了コード {process.returncode}): {last}"
