"""One moment of the truth: what is written meanwhile is not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import CompoundSelect, Connection, Engine, Select, Table
from sqlalchemy.dialects import sqlite

from store.bulk import insert_batches, number_column, read_batches, temporary
from store.database import reading
from store.facts.sqlite_columns import write_columns

Query: TypeAlias = Select[Any] | CompoundSelect[Any]


class Moment:
    """What may be asked of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batches(self, query: Query, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of `query` as columns of `schema`, in the query's order."""
        return read_batches(self._connection, query, schema)

    def numbers(self, name: str, values: pa.Array) -> Table:
        """These numbers as a temporary table with the column `number`."""
        made = temporary(self._connection, name, [number_column("number", key=True)])
        insert_batches(self._connection, made, pa.table({"number": values}).to_batches())
        return made

    def read_numbers(self, query: Query) -> pa.Array:
        """The only column of `query`, whole numbers."""
        schema = pa.schema([("number", pa.int64())])
        found = pa.Table.from_batches(self.batches(query, schema), schema)
        return found.column("number").combine_chunks()


@contextmanager
def moment(engine: Engine) -> Iterator[Moment]:
    """The truth as it is now, until the end of the block."""
    with reading(engine).connect() as connection:
        yield Moment(connection)
        connection.rollback()


def write_moment(engine: Engine, queries: Mapping[Path, tuple[Query, pa.Schema]], *, scattered: bool = False) -> None:
    """Write the answers of these queries as columns of a schema to Parquet files, all as of one moment.

    `scattered` says that the rows lie all over the database.
    """
    if engine.dialect.name == "sqlite":
        text = {file: (_sqlite(query), schema) for file, (query, schema) in queries.items()}
        write_columns(Path(str(engine.url.database)), text, scattered=scattered)
        return
    with moment(engine) as now:
        for file, (query, schema) in queries.items():
            with pq.ParquetWriter(file, schema, compression="lz4") as out:
                for batch in now.batches(query, schema):
                    out.write_batch(batch)


def _sqlite(query: Query) -> tuple[str, list[Any]]:
    text = query.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    return str(text), [text.params[name] for name in text.positiontup or ()]
