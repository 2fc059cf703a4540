"""Many rows into a table at once: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Column, Connection, Executable, Table, Text, delete
from sqlalchemy.schema import CreateTable, MetaData


def temporary(connection: Connection, name: str, columns: list[Column[object]]) -> Table:
    """An empty table that only this connection sees; it is emptied when it is already there."""
    table = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])
    connection.execute(CreateTable(table, if_not_exists=True))
    connection.execute(delete(table))
    return table


def insert_batches(
    connection: Connection,
    table: Table,
    batches: Iterable[pa.RecordBatch],
    constants: Mapping[str, object] | None = None,
) -> int:
    """Append all rows: the columns that table and batch both have, and `constants`, the same in every row.

    Returns the number of rows.
    """
    same = dict(constants or {})
    prepare = connection.dialect.identifier_preparer
    rows = 0
    cursor: Any = connection.connection.cursor()
    for batch in batches:
        shared = [name for name in batch.schema.names if name in table.c]
        names = [*same, *shared]
        into = f"{prepare.format_table(table)} ({', '.join(prepare.quote(n) for n in names)})"
        columns = [repeat(value, batch.num_rows) for value in same.values()]
        records = zip(*columns, *(batch.column(name).to_pylist() for name in shared), strict=True)
        rows += batch.num_rows
        if connection.dialect.name == "sqlite":
            cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * len(names))})", records)
        else:
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for record in records:
                    copy.write_row(record)
    cursor.close()
    return rows


def number_column(name: str, *, key: bool = False) -> Column[object]:
    """A 64-bit column of a temporary table."""
    return Column(name, BigInteger, primary_key=key, autoincrement=False)


def text_column(name: str, *, key: bool = False) -> Column[object]:
    """A text column of a temporary table."""
    return Column(name, Text, primary_key=key)


def read_batches(
    connection: Connection, query: Executable, schema: pa.Schema, chunk: int = 100_000
) -> Iterator[pa.RecordBatch]:
    """The rows of `query` in pieces, as columns of `schema` in the query's order."""
    # An option of this statement, not of the connection, whose other statements must not become server cursors.
    result = connection.execute(query, execution_options={"stream_results": True})
    while rows := result.fetchmany(chunk):
        columns = zip(*rows, strict=True)
        yield pa.RecordBatch.from_arrays(
            [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
        )
