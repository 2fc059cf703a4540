"""Reading raw orders out of the truth: everything, or some persons only, through some day only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import BigInteger, Connection, Engine, Select, or_, select, type_coerce

from store.bulk import insert_batches, number_column, read_batches, temporary
from store.database import reading
from store.identity import components
from store.tables import order_lines, orders

ORDERS = pa.schema(
    [
        ("order_id", pa.int64()),
        ("person_id", pa.int64()),
        ("external_id", pa.string()),
        ("ordered_at", pa.int64()),
        ("day", pa.int32()),
        ("status", pa.int16()),
        ("channel", pa.int16()),
        ("ad_id", pa.int32()),
        ("net", pa.int64()),
        ("refund", pa.int64()),
        ("customer_key", pa.int64()),
        ("email_key", pa.int64()),
    ]
)
BATCH_ROWS = 65_536
LINES = pa.schema([("order_id", pa.int64()), ("product_id", pa.int32()), ("net", pa.int64())])


@dataclass(frozen=True)
class Raw:
    """Raw tables in memory (schemas ORDERS and LINES)."""

    orders: pa.Table
    lines: pa.Table


def export(engine: Engine, team: str, folder: Path) -> None:
    """Write all raw orders and lines of the team, as of one moment, to orders.parquet and lines.parquet in `folder`."""
    every = orders.c.team == team
    lines = select(order_lines.c.order_id, order_lines.c.product_id, order_lines.c.net)
    with engine.connect() as connection:
        others = select(orders.c.id).where(orders.c.team != team).limit(1)
        if connection.execute(others).first() is not None:
            lines = lines.join_from(order_lines, orders).where(every)
    queries = {"orders": (_orders().where(every), ORDERS), "lines": (lines, LINES)}
    read = _read_sqlite if engine.dialect.name == "sqlite" else _read_rows
    for name, (schema, batches) in read(engine, queries):
        with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd", compression_level=1) as out:
            for batch in batches:
                out.write_batch(batch)


Queries = Mapping[str, tuple[Select[Any], pa.Schema]]
Tables = Iterator[tuple[str, tuple[pa.Schema, Iterable[pa.RecordBatch]]]]


def _read_rows(engine: Engine, queries: Queries) -> Tables:
    with reading(engine).connect() as connection:
        for name, (query, schema) in queries.items():
            yield name, (schema, read_batches(connection, query, schema))


def _read_sqlite(engine: Engine, queries: Queries) -> Tables:
    """By Arrow's own SQLite driver, which makes columns without a Python object per cell: six times as fast."""
    address = f"file:{quote(str(engine.url.database))}?mode=ro"
    with adbc.connect(address) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
        for name, (query, schema) in queries.items():
            text = query.compile(engine, compile_kwargs={"render_postcompile": True})
            cursor.execute(str(text), tuple(text.params[p] for p in text.positiontup or ()))
            yield name, (schema, (_typed(batch, schema) for batch in cursor.fetch_record_batch()))


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def of_persons(connection: Connection, team: str, persons: pa.Array, *, through: int | None = None) -> Raw:
    """The orders of these persons and of nobody in particular (unmatched), ordered on day `through` or before."""
    wanted = temporary(connection, "wanted_persons", [number_column("person_id", key=True)])
    insert_batches(connection, wanted, pa.table({"person_id": persons}).to_batches())
    who = or_(orders.c.person_id.in_(select(wanted.c.person_id)), orders.c.person_id.is_(None))
    query = _orders().where(orders.c.team == team, who)
    if through is not None:
        query = query.where(orders.c.day <= through)
    found = pa.Table.from_batches(read_batches(connection, query, ORDERS), ORDERS)
    ids = temporary(connection, "wanted_orders", [number_column("id", key=True)])
    insert_batches(connection, ids, pa.table({"id": found.column("order_id")}).to_batches())
    lines = select(order_lines.c.order_id, order_lines.c.product_id, order_lines.c.net).join_from(
        ids, order_lines, order_lines.c.order_id == ids.c.id
    )
    return Raw(found, pa.Table.from_batches(read_batches(connection, lines, LINES), LINES))


def with_persons_of_these_orders(raw: Raw) -> Raw:
    """The same orders with persons worked out from them alone: links made by other orders do not exist."""
    who = components(raw.orders.select(["customer_key", "email_key"]))
    key = pc.coalesce(raw.orders.column("customer_key"), raw.orders.column("email_key"))
    person = pc.take(who.column("person_id"), pc.index_in(key, who.column("key")))
    at = raw.orders.schema.get_field_index("person_id")
    return Raw(raw.orders.set_column(at, "person_id", person), raw.lines)


def _orders() -> Select[tuple[object, ...]]:
    names = [name for name in ORDERS.names if name != "order_id"]
    # Instants are read as stored, in microseconds.
    return select(
        orders.c.id,
        *(type_coerce(orders.c[n], BigInteger) if n == "ordered_at" else orders.c[n] for n in names),
    )
