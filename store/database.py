"""Opening the database: SQLite in WAL mode or PostgreSQL, and the upsert that both speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite

from store.trouble import NewerSchema

BUSY_SECONDS = 30.0
CONNECT_SECONDS = 10
FAULTS_NAMED = 3
MIGRATING = 0x62616E746F
"""Number of the advisory lock that one migrating process holds on PostgreSQL."""


def open_engine(url: str, wait_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine for `url`, which waits so long for another writer (then: store.trouble.Trouble.BUSY).

    SQLite gets WAL, foreign keys and real transactions, and its folder is made. A PostgreSQL server that was gone is
    connected to again by itself.
    """
    where = make_url(url)
    if where.get_backend_name() != "sqlite":
        given = {"connect_timeout": CONNECT_SECONDS, "options": f"-c lock_timeout={round(wait_seconds * 1000)}"}
        return create_engine(url, pool_pre_ping=True, connect_args=given)
    if where.database and where.database != ":memory:":
        Path(where.database).parent.mkdir(parents=True, exist_ok=True)
    # An address may say its own: sqlite:///FILE?timeout=120
    engine = create_engine(url, connect_args={} if "timeout" in where.query else {"timeout": wait_seconds})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # The driver's own transaction handling is switched off so that the BEGIN below is the only one. A writer
        # takes its turn at once instead of failing when a read transaction is upgraded; readers (see `reading`)
        # never wait for a writer.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "temp_store=FILE",
            "cache_size=-131072",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN" if connection.get_execution_options().get("read_only") else "BEGIN IMMEDIATE"
        )

    return engine


def reading(engine: Engine) -> Engine:
    """The same database for questions only, each transaction seeing one moment of the truth.

    On SQLite they do not wait for an import that is being written.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.execution_options(read_only=True)


def faults(engine: Engine) -> list[str]:
    """What SQLite finds wrong when it reads the whole file; a PostgreSQL server watches over its own."""
    if engine.dialect.name != "sqlite":
        return []
    with reading(engine).connect() as connection:
        found = connection.exec_driver_sql(f"PRAGMA quick_check({FAULTS_NAMED})").scalars().all()
    return [fault for fault in found if fault != "ok"]


def upsert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this connection's dialect that knows ON CONFLICT, and whose result says how many rows it wrote."""
    made = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    return made.execution_options(preserve_rowcount=True)


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """An INSERT that leaves rows alone whose key is already there."""
    return upsert_into(connection, table).on_conflict_do_nothing()


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; doing it twice, or from two processes, changes nothing.

    A database that has it already is only read, so that this does not wait for an import that is being written.
    Raises NewerSchema.
    """
    engine = open_engine(url)
    try:
        if pending_migrations(engine):
            with _migrating(engine):
                command.upgrade(_config(url), "head")
    finally:
        engine.dispose()


def pending_migrations(engine: Engine) -> bool:
    """Whether the database's schema is older than this version's. Raises NewerSchema when a newer version made it."""
    scripts = ScriptDirectory.from_config(_config(engine.url.render_as_string(hide_password=False)))
    with reading(engine).connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    known = {script.revision for script in scripts.walk_revisions()}
    if found - known:
        raise NewerSchema(f"schema {', '.join(sorted(found - known))} is unknown to this version")
    return found != set(scripts.get_heads())


@contextmanager
def _migrating(engine: Engine) -> Iterator[None]:
    """On PostgreSQL one process migrates and the others wait for it; on SQLite the first write does the same."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        yield


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    return config
