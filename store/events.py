"""Events that Slack has delivered: it may deliver one several times."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete

from store.database import insert_or_ignore
from store.tables import seen_events

KEPT = timedelta(days=7)
"""Slack gives up redelivering within an hour or so; a week is plenty."""


def first_sight(engine: Engine, event_id: str, now: datetime) -> bool:
    """Remember the event; False when it was seen before, by whichever process."""
    with engine.begin() as connection:
        connection.execute(delete(seen_events).where(seen_events.c.seen_at < now - KEPT))
        new = insert_or_ignore(connection, seen_events).values(event_id=event_id, seen_at=now)
        return connection.execute(new).rowcount == 1
