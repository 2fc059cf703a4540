"""`bot backup` and `bot restore`: all books in one SQLite file, whichever database they are kept in.

The file is a Banto database like any other, with its schema version in it, so that it can also be opened and looked
at. A backup of SQLite is SQLite's own online copy; one of PostgreSQL is filled table by table. Restoring always goes
table by table, in one transaction, into either database.

Two things stay as they are when books are restored: posts that the backup does not know (or the bot would post them
again), and what only concerns running processes (leases, events seen).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    types,
    update,
)

from store.database import insert_or_ignore, migrate, open_engine, pending_migrations, reading
from store.orders import forget_touched
from store.tables import Instant, leases, metadata, posts, seen_events, teams, touched

ROWS_AT_ONCE = 20_000
OF_PROCESSES = (leases, seen_events)
RESTORED = tuple(t for t in metadata.sorted_tables if t not in OF_PROCESSES)
SQLITE_HEADER = b"SQLite format 3\0"


class NoBackup(Exception):
    """The file is not there, is there already, or is no backup; `key` names the sentence that says so."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def backup(engine: Engine, file: Path) -> tuple[int, str]:
    """Write all books as of one moment to a new `file`; (rows, schema version). The bot may go on working.

    Raises NoBackup when the file is there already or its folder is not. A backup that is interrupted leaves no file of
    that name.
    """
    if file.exists():
        raise NoBackup("backup.exists")
    if not file.parent.is_dir():
        raise NoBackup("backup.no_folder")
    with _draft(file.parent) as draft:
        if engine.dialect.name == "sqlite":
            _copy_sqlite(engine, draft)
        else:
            migrate(_address(draft))
            with _opened(draft) as target, reading(engine).connect() as books, target.begin() as out:
                for table in metadata.sorted_tables:
                    _copy(table, books, out)
        rows, version = _count(draft)
        _as_one_file(draft)
        draft.rename(file)
    return rows, version


def restore(engine: Engine, file: Path, now: datetime) -> int:
    """Put the books of `file` in place of those of the (migrated) database, all or nothing; the number of rows.

    Raises NoBackup, and NewerSchema when a newer version wrote the backup. The facts are built anew by every process.
    """
    if not file.is_file():
        raise NoBackup("backup.missing")
    with _draft(Path(tempfile.gettempdir())) as draft:
        with file.open("rb") as stream:
            if stream.read(len(SQLITE_HEADER)) != SQLITE_HEADER:
                raise NoBackup("backup.no_backup")
        shutil.copyfile(file, draft)
        _check(draft)
        with _opened(draft) as source:
            if pending_migrations(source):
                migrate(_address(draft))
            with reading(source).connect() as books, engine.begin() as out:
                return _replace(books, out, now)


def _replace(books: Connection, out: Connection, now: datetime) -> int:
    if out.dialect.name == "postgresql":
        names = ", ".join(table.name for table in RESTORED)
        out.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    before = out.execute(select(func.max(teams.c.revision))).scalar() or 0
    for table in reversed(RESTORED):
        if table is not posts:
            out.execute(delete(table))
    rows = sum(_copy(table, books, out, keep=table is posts) for table in RESTORED)
    if out.dialect.name == "postgresql":
        _number_on(out)
    # No snapshot of facts, of this or any other database, carries a number as high as this: numbers grow by one with
    # each import, and a restored database begins at the seconds of its clock.
    revision = max(before, out.execute(select(func.max(teams.c.revision))).scalar() or 0, int(now.timestamp())) + 1
    out.execute(update(teams).values(revision=revision))
    out.execute(delete(touched))
    for team in out.execute(select(teams.c.team)).scalars().all():
        forget_touched(out, team, revision)
    return rows


def _copy(table: Table, source: Connection, target: Connection, *, keep: bool = False) -> int:
    """Append the rows of `table`; with `keep`, rows whose keys the target has already stay as they are there."""
    stored = _as_stored(table)
    rows = 0
    result = source.execute(
        select(stored).order_by(*stored.primary_key.columns), execution_options={"stream_results": True}
    )
    put = insert_or_ignore(target, stored) if keep else insert(stored)
    for part in result.mappings().partitions(ROWS_AT_ONCE):
        target.execute(put, [dict(row) for row in part])
        rows += len(part)
    return rows


def _as_stored(table: Table) -> Table:
    """The same table with instants as the numbers they are kept as, which is quicker to copy."""
    columns = [Column(c.name, _stored_type(c.type), primary_key=c.primary_key) for c in table.columns]
    return Table(table.name, MetaData(), *columns)


def _stored_type(kind: types.TypeEngine[Any]) -> types.TypeEngine[Any]:
    if isinstance(kind, Instant):
        return BigInteger()
    return JSON(none_as_null=True) if isinstance(kind, JSON) else kind


def _number_on(connection: Connection) -> None:
    """PostgreSQL goes on numbering after the highest number that was copied."""
    for table in RESTORED:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(sequence, highest, False)))


def _copy_sqlite(engine: Engine, draft: Path) -> None:
    books = engine.raw_connection()
    try:
        with closing(sqlite3.connect(draft)) as target:
            # In one step, so that a writer in between does not make it begin again.
            books.driver_connection.backup(target)  # type: ignore[union-attr]
    finally:
        books.close()


def _count(draft: Path) -> tuple[int, str]:
    with _opened(draft) as engine, reading(engine).connect() as connection:
        tables = metadata.sorted_tables
        rows = sum(connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables)
    with _opened(draft) as engine:
        return rows, _version(engine)


def _as_one_file(draft: Path) -> None:
    """Without the journal beside it, so that the one file can be copied anywhere."""
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())


def _check(draft: Path) -> None:
    try:
        with closing(sqlite3.connect(draft)) as connection:
            sound = connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    except sqlite3.DatabaseError:
        sound, known = False, None
    if not sound or known is None:
        raise NoBackup("backup.no_backup")


def _version(engine: Engine) -> str:
    with reading(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


@contextmanager
def _draft(parent: Path) -> Iterator[Path]:
    """A file that only its owner can read: backups hold the keys of the hashes."""
    with tempfile.TemporaryDirectory(dir=parent, prefix=".banto-backup-") as folder:
        draft = Path(folder) / "draft.sqlite3"
        draft.touch(mode=0o600)
        yield draft


@contextmanager
def _opened(file: Path) -> Iterator[Engine]:
    engine = open_engine(_address(file))
    try:
        yield engine
    finally:
        engine.dispose()


def _address(file: Path) -> str:
    return f"sqlite:///{file}"
