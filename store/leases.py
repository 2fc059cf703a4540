"""A right that one process holds for a while, so that of several schedulers only one works at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, or_

from store.database import upsert_into
from store.tables import leases


def take_lease(engine: Engine, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Take or prolong the lease until `now` + `lasts`; False while another holder's has not run out.

    A lease that would run much longer than any can was taken when the clock was ahead; it does not count. (Clocks of
    two machines may differ by as much as `lasts`.)
    """
    with engine.begin() as connection:
        put = upsert_into(connection, leases)
        done = connection.execute(
            put.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": put.excluded.holder, "until": put.excluded.until},
                where=or_(leases.c.holder == holder, leases.c.until <= now, leases.c.until > now + 2 * lasts),
            ).values(name=name, holder=holder, until=now + lasts)
        )
        return done.rowcount == 1


def release_lease(engine: Engine, name: str, holder: str) -> None:
    """Give the lease back, if `holder` has it, so that nobody has to wait for its end."""
    with engine.begin() as connection:
        connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
