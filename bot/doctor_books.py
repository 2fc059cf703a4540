"""What `bot doctor` finds about the books: the database, the clock that wrote it, and the facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from store import order_import, shelf
from store.database import faults, open_engine, pending_migrations, reading
from store.facts.snapshot import Manifest, SnapshotUnusable, read_manifest, verify
from store.scratch import abandoned
from store.shelves import mapping_file
from store.tables import imports, posts, sources, teams
from store.teams import HOME, coverage
from store.trouble import NewerSchema, Trouble, trouble_of

WAIT_SECONDS = 2.0
"""A database that is locked for longer than this is worth a word."""
CLOCK_SKEW = timedelta(minutes=10)
DAMAGED = "The database is damaged: {}. Restore a backup (`bot restore FILE`) into a new one."
SAID = {
    Trouble.BUSY: "Another process is writing the database (an import?). Whoever wants to write has to wait for it.",
    Trouble.AWAY: "The database server cannot be reached. Start it, or check DATABASE_URL.",
    Trouble.DISK_FULL: "The database cannot be written, because its disk is full.",
    Trouble.READ_ONLY: "The database cannot be opened for writing. Give this user the right.",
    Trouble.DAMAGED: "The database is damaged. Restore a backup (`bot restore FILE`) into a new one.",
}


def database(settings: Settings, now: datetime) -> Iterator[str]:
    """Whether the database can be read and written, has the right schema, and was written by a sane clock."""
    try:
        engine = open_engine(settings.database_url, WAIT_SECONDS)
        try:
            own = mapping_file(settings.data, settings.engine, settings.warehouse) is None
            yield from _other_books(engine, settings)
            yield from _state(engine, now, own_orders=own)
        finally:
            engine.dispose()
    except NewerSchema as error:
        yield f"The database was written by a newer version of Banto ({error}). Update Banto."
    except (SQLAlchemyError, OSError) as error:
        trouble = trouble_of(error)
        yield SAID[trouble] if trouble else f"The database cannot be used: {str(error).splitlines()[0]}"


def _other_books(engine: Engine, settings: Settings) -> Iterator[str]:
    """Whether facts and zone are those of other books than the database's."""
    kept = None
    if not pending_migrations(engine):
        with reading(engine).connect() as connection:
            kept = connection.execute(select(teams.c.revision, teams.c.zone).where(teams.c.team == HOME)).first()
    current = _current(settings.facts / HOME)
    if current is not None and current.revision > (kept.revision if kept else 0):
        yield (
            "The facts were built from a database with more imports than this one. Was it moved, or is its disk not "
            "there? Check DATABASE_URL and BANTO_DATA before importing; if it is lost, restore a backup "
            "(`bot restore FILE`)."
        )
    if kept is not None and kept.zone != settings.zone.key:
        yield f"BANTO_TIMEZONE is {settings.zone.key}, but the days of the books are those of {kept.zone}. Set it back."


def _state(engine: Engine, now: datetime, *, own_orders: bool) -> Iterator[str]:
    if pending_migrations(engine):
        yield "The database does not have this version's schema. Run `bot migrate`."
        return
    with reading(engine).connect() as connection:
        if own_orders and coverage(connection, HOME) is None:
            yield "No orders have been imported yet. Run `bot import ORDERS.csv`."
        written = [
            connection.execute(select(func.max(column))).scalar()
            for column in (imports.c.imported_at, sources.c.synced_at, posts.c.claimed_at)
        ]
    newest = max((at for at in written if at is not None), default=None)
    if newest is not None and newest > now + CLOCK_SKEW:
        yield (
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, but something was recorded at {newest:%Y-%m-%d %H:%M} UTC. "
            "Either the clock is behind or it was ahead. Set it right; what was recorded then is dated wrongly."
        )
    # Leaves nothing behind, but shows whether a writer would get its turn.
    with engine.connect() as connection:
        connection.execute(select(1))
    yield from map(DAMAGED.format, faults(engine))


def facts(settings: Settings) -> Iterator[str]:
    """Whether the facts' snapshot is whole, file by file."""
    folder = settings.facts / HOME
    try:
        current = read_manifest(folder)
        for name in current.folders if current else ():
            verify(folder / name)
    except (SnapshotUnusable, OSError) as error:
        yield f"The facts cannot be used: {error}. They are built anew at the next question."


def notes(settings: Settings) -> Iterator[str]:
    """What mends itself and is only said."""
    current = _current(settings.facts / HOME)
    if current is not None and current.rebuilt is not None:
        yield f"The facts ({current.base}) were built anew, because of the earlier ones: {current.rebuilt}."
    for what, folder, prefix, when in (
        ("import", settings.data / "scratch", order_import.SCRATCH, "the next import"),
        ("build of the facts", settings.facts / HOME, shelf.SCRATCH, "the next build"),
    ):
        left = abandoned(folder, prefix)
        if left:
            size = sum(f.stat().st_size for d in left for f in d.rglob("*") if f.is_file()) >> 20
            yield f"An interrupted {what} left {len(left)} folder(s), {size} MB, in {folder}; {when} removes them."


def _current(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except (SnapshotUnusable, OSError):
        return None
