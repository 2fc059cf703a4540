"""Live updates: what happens in the workspace, told to the open pages of those who may see it."""

import asyncio
from collections.abc import Collection

from localslack.team import Json


class Stream:
    """One queue per open page; a page belongs to the person it acts as."""

    def __init__(self) -> None:
        self._pages: dict[asyncio.Queue[Json | None], str] = {}

    def open(self, user: str) -> asyncio.Queue[Json | None]:
        """A queue of events for a new page of this person; None in it means that the server is stopping."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._pages[queue] = user
        return queue

    def close(self, queue: asyncio.Queue[Json | None]) -> None:
        """The page has gone."""
        self._pages.pop(queue, None)

    def tell(self, event: Json, users: Collection[str] | None = None) -> None:
        """Send an event to the pages of these people (None: to all)."""
        for queue, user in self._pages.items():
            if users is None or user in users:
                queue.put_nowait(event)

    def stop(self) -> None:
        """End every page's stream, so that the server can stop."""
        for queue in self._pages:
            queue.put_nowait(None)
