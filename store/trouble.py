"""What can befall the place where the books are kept, told apart from faults of the program.

Every library says it in its own way; `trouble_of` knows SQLite's and PostgreSQL's codes, the system's error numbers
and the words of DuckDB and of Arrow's driver for SQLite.
"""

from __future__ import annotations

import errno
import re
import sqlite3
from enum import StrEnum

import duckdb
import psycopg
from sqlalchemy.exc import DBAPIError, TimeoutError

from store.facts.sqlite_columns import NotRead
from store.spark.errors import EngineUnreachable, WarehouseRefused


class NewerSchema(Exception):
    """The database or a backup was written by a newer version of Banto."""


class Trouble(StrEnum):
    """Why the store cannot be used at the moment; nothing was half-recorded."""

    BUSY = "busy"
    AWAY = "away"
    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    DAMAGED = "damaged"
    NEWER = "newer"
    ENGINE = "engine"
    WAREHOUSE = "warehouse"


SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_FULL: Trouble.DISK_FULL,
    # A write or sync that the system refused; a disk that is full says so here, too.
    sqlite3.SQLITE_IOERR: Trouble.DISK_FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Trouble.READ_ONLY,
    sqlite3.SQLITE_PERM: Trouble.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
}
PRIMARY_CODE = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""
POSTGRESQL = {
    "53100": Trouble.DISK_FULL,
    "53300": Trouble.BUSY,
    "55P03": Trouble.BUSY,
    "40001": Trouble.BUSY,
    "40P01": Trouble.BUSY,
    "25006": Trouble.READ_ONLY,
    "57P01": Trouble.AWAY,
    "57P02": Trouble.AWAY,
    "57P03": Trouble.AWAY,
}
SYSTEM = {
    errno.ENOSPC: Trouble.DISK_FULL,
    errno.EDQUOT: Trouble.DISK_FULL,
    errno.EFBIG: Trouble.DISK_FULL,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EACCES: Trouble.READ_ONLY,
    errno.EPERM: Trouble.READ_ONLY,
}
DUCKDB = (
    (re.compile(r"No space left|File too large|max_temp_directory_size|[Dd]isk full"), Trouble.DISK_FULL),
    (re.compile(r"Permission denied|Read-only file system"), Trouble.READ_ONLY),
)
SQLITE_BY_ARROW = (
    (re.compile(r"database (table )?is locked"), Trouble.BUSY),
    (re.compile(r"not a database|malformed"), Trouble.DAMAGED),
    (re.compile(r"disk is full|disk I/O error"), Trouble.DISK_FULL),
    (re.compile(r"unable to open|readonly database"), Trouble.READ_ONLY),
)
"""Arrow's driver passes SQLite's sentences on, without its codes."""


def trouble_of(error: BaseException) -> Trouble | None:
    """The trouble behind an error, or None when the error is something else."""
    seen: BaseException | None = error
    while seen is not None:
        found = _kind(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def _kind(error: BaseException) -> Trouble | None:
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _kind(error.orig)
    if isinstance(error, EngineUnreachable):
        return Trouble.ENGINE
    if isinstance(error, WarehouseRefused):
        return Trouble.WAREHOUSE
    if isinstance(error, NewerSchema):
        return Trouble.NEWER
    if isinstance(error, TimeoutError):
        return Trouble.BUSY
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", -1) & PRIMARY_CODE)
    if isinstance(error, psycopg.Error):
        # Without a code the server did not answer at all.
        lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
        state = error.sqlstate or ""
        return Trouble.AWAY if lost or state.startswith("08") else POSTGRESQL.get(state)
    if isinstance(error, duckdb.Error | NotRead):
        sentences = DUCKDB if isinstance(error, duckdb.Error) else SQLITE_BY_ARROW
        return next((trouble for words, trouble in sentences if words.search(str(error))), None)
    if isinstance(error, OSError):
        return SYSTEM.get(error.errno or 0)
    return None
