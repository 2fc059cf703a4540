"""Columns of an SQLite database into Parquet files. A program of its own: `write_columns` starts it and waits for it.

Arrow's driver makes columns without a Python object per cell, six times as fast as rows. But it brings a copy of SQLite
with it, and two copies in one process let go of each other's locks, so that another process could write into the middle
of a write (https://www.sqlite.org/howtocorrupt.html, "Multiple copies of SQLite linked into the same application").
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

if __name__ == "__main__":
    # Arrow takes numpy along where it finds it, which would double the time that this program needs to start.
    sys.modules["numpy"] = None  # type: ignore[assignment]

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 65_536
FAILED = 3


class NotRead(Exception):
    """The database could not be read; the text is SQLite's own sentence."""


def write_columns(
    database: Path, queries: Mapping[Path, tuple[tuple[str, list[Any]], pa.Schema]], *, scattered: bool = False
) -> None:
    """Write the answer of each query (SQL, parameters) as columns of a schema to a file, all as of one moment.

    `scattered` says that the rows lie all over the database: then its file is mapped into memory, a third faster.

    Raises NotRead, and OSError when a file cannot be written.
    """
    asked = {
        "database": str(database),
        "scattered": scattered,
        "queries": [
            {"file": str(file), "sql": sql, "given": given, "columns": {f.name: str(f.type) for f in schema}}
            for file, ((sql, given), schema) in queries.items()
        ],
    }
    # Nothing of the program is needed there, so that it starts in an eighth of a second.
    command = [sys.executable, "-P", __file__]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode == FAILED:
        number, said = json.loads(done.stdout)
        raise NotRead(said) if number is None else OSError(number, said)
    if done.returncode:
        raise NotRead(done.stderr.strip() or f"the reading process ended with {done.returncode}")


def _main(asked: dict[str, Any]) -> int:
    # Not the driver's DB-API, which loads pandas.
    import adbc_driver_manager as adbc
    import adbc_driver_sqlite

    try:
        with (
            adbc_driver_sqlite.connect(f"file:{quote(asked['database'])}?mode=ro") as database,
            adbc.AdbcConnection(database) as connection,
        ):
            if asked["scattered"]:
                with adbc.AdbcStatement(connection) as statement:
                    statement.set_sql_query("PRAGMA mmap_size=1099511627776")
                    statement.execute_query()
            connection.set_autocommit(False)
            for query in asked["queries"]:
                with adbc.AdbcStatement(connection) as statement:
                    _write(statement, **query)
    except adbc.Error as error:
        print(json.dumps([None, str(error)]))
        return FAILED
    except OSError as error:
        print(json.dumps([error.errno, str(error)]))
        return FAILED
    return 0


def _write(statement: Any, file: str, sql: str, given: list[Any], columns: dict[str, str]) -> None:
    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
    statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
    statement.set_sql_query(sql)
    if given:
        row = pa.RecordBatch.from_arrays([pa.array([value]) for value in given], [str(n) for n in range(len(given))])
        schema_capsule, row_capsule = row.__arrow_c_array__()
        statement.bind(row_capsule, schema_capsule)
    answer, _ = statement.execute_query()
    with (
        # Every number and every text comes but once or twice: dictionaries would cost more than all the rest.
        pq.ParquetWriter(file, schema, compression="lz4", use_dictionary=False) as out,
        ThreadPoolExecutor(1) as writer,
    ):
        written: Future[None] | None = None
        for batch in pa.RecordBatchReader.from_stream(answer):
            cast = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            if written is not None:
                written.result()
            # Written while the next is read.
            written = writer.submit(out.write_batch, pa.RecordBatch.from_arrays(cast, schema=schema))
        if written is not None:
            written.result()


if __name__ == "__main__":
    sys.exit(_main(json.load(sys.stdin)))
