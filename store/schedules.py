"""What is posted by itself, where and when: one schedule per team, kind and channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Select, and_, delete, select

from store.database import upsert_into
from store.tables import schedules

WEEKLY = "weekly"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A weekly appointment, shop-local: `weekday` 0 is Monday. It counts from `created_at`, the last change."""

    team: str
    kind: str
    channel: str
    weekday: int
    minute_of_day: int
    created_by: str
    created_at: datetime


def put_schedule(engine: Engine, schedule: Schedule) -> None:
    """Record the schedule, in place of the channel's earlier one of that kind."""
    with engine.begin() as connection:
        put = upsert_into(connection, schedules)
        changed = {name: put.excluded[name] for name in ("weekday", "minute_of_day", "created_by", "created_at")}
        connection.execute(
            put.on_conflict_do_update(index_elements=["team", "kind", "channel"], set_=changed).values(vars(schedule))
        )


def remove_schedule(engine: Engine, team: str, kind: str, channel: str) -> bool:
    """Forget the channel's schedule; False when there was none."""
    where = and_(schedules.c.team == team, schedules.c.kind == kind, schedules.c.channel == channel)
    with engine.begin() as connection:
        return connection.execute(delete(schedules).where(where)).rowcount > 0


def schedules_of(engine: Engine, team: str) -> list[Schedule]:
    """The team's schedules."""
    return _read(engine, _all().where(schedules.c.team == team))


def every_schedule(engine: Engine) -> list[Schedule]:
    """The schedules of all teams."""
    return _read(engine, _all())


def _all() -> Select[tuple[object, ...]]:
    columns = [column for column in schedules.c if column.name != "id"]
    return select(*columns).order_by(schedules.c.team, schedules.c.id)


def _read(engine: Engine, query: Select[tuple[object, ...]]) -> list[Schedule]:
    def rows(connection: Connection) -> list[Schedule]:
        return [Schedule(**row) for row in connection.execute(query).mappings()]

    with engine.connect().execution_options(read_only=True) as connection:
        return rows(connection)
