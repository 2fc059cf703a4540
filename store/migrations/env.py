"""Alembic's entry: run the migrations on the address that `store.database` passes in."""

from typing import Literal

from alembic import context

from store.database import open_engine
from store.tables import Instant, metadata


def as_stored(kind: str, item: object, autogen: object) -> str | Literal[False]:
    """Migrations name the type a column is stored in, so that they do not change with the code."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Instant) else False


def run() -> None:
    engine = open_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        # All migrations in one transaction, also on SQLite, which Alembic thinks cannot: else a second process gets its
        # turn between two of them and runs the second one twice.
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            render_item=as_stored,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
