"""The migrations have one head and make exactly the schema that the code describes."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from store.database import _config, migrate, pending_migrations
from store.tables import metadata


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(_config("sqlite://")).get_heads()) == 1


def test_the_migrated_schema_is_the_one_in_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(engine: Engine, database_url: str) -> None:
    migrate(database_url)
    assert not pending_migrations(engine)


def test_all_migrations_are_one_transaction(tmp_path: Path) -> None:
    """Another process that waits for its turn must not get it between two of them, and run the second one twice."""
    commits: list[Connection] = []

    def noted(connection: Connection) -> None:
        commits.append(connection)

    event.listen(Engine, "commit", noted)
    try:
        migrate(f"sqlite:///{tmp_path / 'banto.sqlite3'}")
    finally:
        event.remove(Engine, "commit", noted)
    assert len(commits) == 1
