"""One moment of the truth, read in columns: what is written meanwhile is not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import quote

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
from sqlalchemy import Connection, Engine, MetaData, Select, Table
from sqlalchemy.engine import Dialect

from store.bulk import insert_batches, number_column, read_batches, temporary
from store.database import reading

BATCH_ROWS = 65_536


class Moment(Protocol):
    """What may be asked of it."""

    def batches(self, query: Select[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of `query` as columns of `schema`, in the query's order."""

    def numbers(self, name: str, values: pa.Array) -> Table:
        """These numbers as a temporary table with the column `number`."""


@contextmanager
def moment(engine: Engine) -> Iterator[Moment]:
    """The truth as it is now, until the end of the block."""
    if engine.dialect.name == "sqlite":
        # Arrow's own driver makes columns without a Python object per cell: six times as fast.
        with adbc.connect(f"file:{quote(str(engine.url.database))}?mode=ro") as connection:
            yield _Columns(connection, engine.dialect)
        return
    with reading(engine).connect() as connection:
        yield _Rows(connection)
        connection.rollback()


class _Columns:
    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def batches(self, query: Select[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        text = query.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True})
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
            cursor.execute(str(text), tuple(text.params[p] for p in text.positiontup or ()))
            for batch in cursor.fetch_record_batch():
                columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def numbers(self, name: str, values: pa.Array) -> Table:
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, pa.table({"number": values}), mode="create", temporary=True)
        return Table(name, MetaData(), number_column("number"))


class _Rows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batches(self, query: Select[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        return read_batches(self._connection, query, schema)

    def numbers(self, name: str, values: pa.Array) -> Table:
        made = temporary(self._connection, name, [number_column("number", key=True)])
        insert_batches(self._connection, made, pa.table({"number": values}).to_batches())
        return made


def read_numbers(moment: Moment, query: Select[Any]) -> pa.Array:
    """The only column of `query`, whole numbers."""
    schema = pa.schema([("number", pa.int64())])
    found = pa.Table.from_batches(moment.batches(query, schema), schema)
    return found.column("number").combine_chunks()
