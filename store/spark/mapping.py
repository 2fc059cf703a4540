"""warehouse.toml: which tables of a warehouse are our raw orders, as SELECT statements whose columns bear our names.

    through  one row: `day` (DATE, the last shop-local day whose orders are all there), `loaded_at` (TIMESTAMP, when;
             facts are built again when it changes)
    orders   order_id (whole number, once), person_id (whole number or null), external_id (the order's number as
             people know it), ordered_at (TIMESTAMP), day (DATE, shop-local), status and channel (our words), ad_code
             (text; empty: unknown), net and refund (whole numbers of minor units)
    lines    order_id, sku (text), product_name (text), net
    facts    optional: a folder the cluster can write (s3a://…, hdfs://…, file:///…), instead of the data folder

The statements are only ever read from: each runs inside a SELECT of our own.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
from ibis.expr import datatypes as dt
from ibis.expr import types as ir

from store.spark.errors import WarehouseRefused
from store.spark.session import session_of
from store.vocabulary import UNKNOWN, Channel, Status

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

WHOLE, TEXT, DATE, TIME = "a whole number", "a text", "a DATE", "a TIMESTAMP"
COLUMNS = {
    "through": {"day": DATE, "loaded_at": TIME},
    "orders": {
        "order_id": WHOLE,
        "person_id": WHOLE,
        "external_id": TEXT,
        "ordered_at": TIME,
        "day": DATE,
        "status": TEXT,
        "channel": TEXT,
        "ad_code": TEXT,
        "net": WHOLE,
        "refund": WHOLE,
    },
    "lines": {"order_id": WHOLE, "sku": TEXT, "product_name": TEXT, "net": WHOLE},
}
NO_WORD = -1
FORM = 1
"""Grows when the same statements are understood in another way, so that facts are built again."""


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """The three statements, and where the facts go (None: the data folder)."""

    through: str
    orders: str
    lines: str
    facts: str | None = None

    @property
    def fingerprint(self) -> str:
        """Changes with every change of the statements."""
        text = "\0".join((self.through, self.orders, self.lines, str(FORM)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Mapped:
    """The warehouse's tables under our names, checked; statuses and channels in our numbers, days counted from 1970."""

    through: ir.Table
    orders: ir.Table
    lines: ir.Table


def read_warehouse(file: Path) -> Warehouse:
    """The statements of the file. Raises WarehouseRefused."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseRefused(f"{file.name} cannot be read: {error}") from error
    problems = [f"{name} is missing" for name in COLUMNS if not said.get(name)]
    problems += [f"{name} is not known" for name in said if name not in (*COLUMNS, "facts")]
    problems += [f"{name} must be a text" for name, value in said.items() if not isinstance(value, str)]
    if problems:
        raise WarehouseRefused(f"{file.name}: {'; '.join(problems)}.")
    return Warehouse(**said)


def open_warehouse(backend: Backend, warehouse: Warehouse) -> Mapped:
    """The three tables, after their columns were checked without reading a row. Raises WarehouseRefused."""
    problems: list[str] = []
    tables = {name: _table(backend, name, getattr(warehouse, name), problems) for name in COLUMNS}
    if problems:
        raise WarehouseRefused(f"warehouse.toml: {'; '.join(problems)}.")
    through, orders, lines = (table for table in tables.values() if table is not None)
    return Mapped(
        through.select(day=through.day.epoch_days(), loaded_at=through.loaded_at.epoch_seconds()),
        orders.mutate(
            order_id=orders.order_id.cast("int64"),
            person_id=orders.person_id.cast("int64"),
            external_id=orders.external_id.cast("string"),
            day=orders.day.epoch_days().cast("int32"),
            status=_number(orders.status, {s.name: int(s) for s in Status}),
            channel=_number(
                orders.channel,
                {"": UNKNOWN, "CATALOGUE": int(Channel.CATALOG)} | {c.name: int(c) for c in Channel},
            ),
            ad_code=orders.ad_code.cast("string").fill_null("").strip(),
            net=orders.net.cast("int64"),
            refund=orders.refund.cast("int64").fill_null(0),
        ),
        lines.select(
            order_id=lines.order_id.cast("int64"),
            sku=lines.sku.cast("string").fill_null("").strip(),
            product_name=lines.product_name.cast("string").fill_null("").strip(),
            net=lines.net.cast("int64"),
        ),
    )


def check_rows(mapped: Mapped) -> None:
    """Read the rows once and refuse what would make wrong numbers. Raises WarehouseRefused."""
    orders, lines = mapped.orders, mapped.lines
    found = orders.agg(
        rows=orders.count(),
        different=orders.order_id.nunique(),
        nameless=_count(orders.order_id.isnull()),
        incomplete=_count(
            orders.order_id.isnull() | orders.day.isnull() | orders.net.isnull() | orders.ordered_at.isnull()
        ),
        status=_count(orders.status == NO_WORD),
        channel=_count(orders.channel == NO_WORD),
    )
    row = {name: int(count or 0) for name, count in found.to_pyarrow().to_pylist()[0].items()}
    bad_lines = lines.agg(n=_count(lines.order_id.isnull() | (lines.sku == "") | lines.net.isnull()))
    problems = [
        (row["incomplete"], "{n} orders have no order_id, day, ordered_at or net"),
        (
            row["rows"] - row["different"] - row["nameless"],
            "{n} rows of orders repeat an order_id (a join that multiplies rows?)",
        ),
        (
            row["status"],
            f"{{n}} orders have a status that is none of {', '.join(s.name.lower() for s in Status)}",
        ),
        (
            row["channel"],
            f"{{n}} orders have a channel that is none of {', '.join(c.name.lower() for c in Channel)}",
        ),
        (bad_lines.to_pyarrow().to_pylist()[0]["n"], "{n} lines have no order_id, sku or net"),
    ]
    said = [sentence.format(n=int(count)) for count, sentence in problems if count]
    if said:
        raise WarehouseRefused(f"warehouse.toml: {'; '.join(said)}.")


def _table(backend: Backend, name: str, statement: str, problems: list[str]) -> ir.Table | None:
    from pyspark.errors import PySparkException

    view = f"banto_warehouse_{name}"
    try:
        # Inside a SELECT nothing but a query is grammatical, so that a slip cannot change the warehouse.
        frame = session_of(backend).sql(f"SELECT * FROM (\n{statement.strip().rstrip(';')}\n)")
        frame.createOrReplaceTempView(view)
        table = backend.table(view)
    except PySparkException as error:
        problems.append(f"{name} cannot be run: {str(error).partition(chr(10))[0][:200]}")
        return None
    wanted = COLUMNS[name]
    if missing := [column for column in wanted if column not in table.columns]:
        problems.append(f"{name} lacks {', '.join(missing)}")
        return None
    for column, kind in wanted.items():
        if not _is(table[column].type(), kind):
            problems.append(f"{name}.{column} is {table[column].type()}, it must be {kind}")
    return table.select(*wanted)


def _is(kind: dt.DataType, wanted: str) -> bool:
    if wanted == WHOLE:
        return bool(kind.is_integer() or (kind.is_decimal() and kind.scale == 0))
    if wanted == DATE:
        return bool(kind.is_date())
    if wanted == TIME:
        return bool(kind.is_timestamp())
    return bool(kind.is_string() or kind.is_null() or kind.is_integer())


def _number(column: ir.Column, words: dict[str, int]) -> ir.IntegerColumn:
    said = column.cast("string").fill_null("").strip().upper()
    return said.cases(
        *((word, ibis.literal(n, "int16")) for word, n in words.items()), else_=ibis.literal(NO_WORD, "int16")
    )


def _count(condition: ir.BooleanColumn) -> ir.IntegerScalar:
    return condition.fill_null(False).cast("int64").sum()
