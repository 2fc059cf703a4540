"""What every handler is given: values and connections made once in `bot.app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from bot.clock import Clock
from bot.messages import Words
from store.books import Books
from store.progress import Progress
from store.shelves import AnyShelf


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The parts a handler works with.

    `team_of` maps a Slack request to the team whose books it may see; `importing` tells which imports are under way.
    """

    engine: Engine
    shelf: AnyShelf
    clock: Clock
    zone: ZoneInfo
    language: str
    team_of: Callable[[Mapping[str, Any]], str]
    importing: Callable[[], list[Progress]] = list

    def today(self) -> date:
        """The shop-local day."""
        return self.clock().astimezone(self.zone).date()

    def books(self, team: str) -> Books:
        """The team's books, for questions."""
        return Books(self.engine, self.shelf, team, self.zone)

    def words(self, team: str) -> Words:
        """Sentences in the bot's language with the team's currency."""
        return Words(self.language, self.shelf.currency(team))
