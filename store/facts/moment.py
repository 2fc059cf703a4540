"""One moment of the truth: what is written meanwhile is not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Select, Table

from store.bulk import insert_batches, number_column, read_batches, temporary
from store.database import reading


class Moment:
    """What may be asked of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batches(self, query: Select[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of `query` as columns of `schema`, in the query's order."""
        return read_batches(self._connection, query, schema)

    def numbers(self, name: str, values: pa.Array) -> Table:
        """These numbers as a temporary table with the column `number`."""
        made = temporary(self._connection, name, [number_column("number", key=True)])
        insert_batches(self._connection, made, pa.table({"number": values}).to_batches())
        return made

    def read_numbers(self, query: Select[Any]) -> pa.Array:
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
