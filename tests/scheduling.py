"""One round of the scheduler for tests; as a program it can be made to die (SIGKILL) at a given point.

`python -m tests.scheduling --help`; the parent test runs the workspace that it posts to.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import Engine

from bot.ad_alerts import Notice
from bot.messages import Words
from bot.schedule import Duties, new_holder, post_weekly, tick
from store.books import Books
from store.database import open_engine
from store.schedules import every_schedule
from store.shelf import Shelf
from tests.localslack.running import TOKEN, Ticking
from tests.shop import TOKYO

UPLOAD, BEFORE, AFTER = "upload", "before", "after"


def ticking_from(moment: str) -> Ticking:
    """A clock that starts at this shop-local moment and goes on like a real one."""
    start = datetime.fromisoformat(moment).replace(tzinfo=TOKYO)
    return Ticking(start.timestamp() - time.time())


def clock_of(ticking: Ticking) -> Callable[[], datetime]:
    """The bot's view of that clock."""
    return lambda: datetime.fromtimestamp(ticking(), UTC)


def no_alerts(books: Books, words: Words, *, today: date, as_of: date) -> Sequence[Notice]:
    """An uneventful week."""
    return ()


def duties_for(
    engine: Engine, folder: Path, client: WebClient, clock: Callable[[], datetime], **changed: Any
) -> Duties:
    """Duties over one store, posting through `client`."""
    shelf = Shelf(engine, folder)
    usual: dict[str, Any] = {
        "engine": engine,
        "clock": clock,
        "client_of": lambda team: client,
        "books_of": lambda team: Books(engine, shelf, team, TOKYO),
        "words_of": lambda team: Words("ja"),
        "sync": lambda: None,
        "holder": new_holder(),
        "check_alerts": no_alerts,
    }
    return Duties(**(usual | changed))


class Mortal(WebClient):
    """A client whose process is killed at a chosen point of the delivery."""

    dies = ""

    def files_upload_v2(self, **given: Any) -> Any:
        """Upload a picture."""
        if self.dies == UPLOAD:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().files_upload_v2(**given)

    def chat_postMessage(self, **given: Any) -> Any:
        """Post a message."""
        if self.dies == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = super().chat_postMessage(**given)
        if self.dies == AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def main(words: list[str] | None = None) -> int:
    """One round, or, without lease, one delivery of all that is due."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--slack", required=True)
    parser.add_argument("--pushed", type=float, required=True)
    parser.add_argument("--dies", default="")
    parser.add_argument("--without-lease", action="store_true")
    given = parser.parse_args(words)
    engine = open_engine(given.database)
    client = Mortal(token=TOKEN, base_url=given.slack + "/api/")
    client.dies = given.dies
    duties = duties_for(engine, given.facts, client, clock_of(Ticking(given.pushed)))
    if not given.without_lease:
        tick(duties)
        return 0
    print("ready", flush=True)
    sys.stdin.readline()
    for schedule in every_schedule(engine):
        post_weekly(duties, schedule)
    return 0


if __name__ == "__main__":
    sys.exit(main())
