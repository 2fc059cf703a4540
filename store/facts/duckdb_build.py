"""Facts made by DuckDB in this process: of orders in memory, or of a whole shop, some persons at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr import types as ir

from store.facts.expressions import build
from store.facts.raw import LINES, ORDERS, Raw

LINES_AT_ONCE, MEMORY = 2_000_000, "400MB"
LARGE_SHOP = 30_000_000
LARGE_LINES_AT_ONCE, LARGE_MEMORY = 5_000_000, "1000MB"
"""A large shop is built in larger parts, because each of them reads all lines again."""
PERSONS_FROM = -(2**63)
PERSONS = 2**64


@dataclass(frozen=True)
class _Statements:
    """SQL over tables named orders and lines: what is put by first, in order, and then the facts."""

    kept: Mapping[str, str]
    facts: Mapping[str, str]


def facts_of(raw: Raw) -> dict[str, pa.Table]:
    """The facts of these orders by name, in memory."""
    with duckdb.connect() as connection:
        _put_by(connection, raw)
        return {name: connection.sql(query).to_arrow_table() for name, query in _statements().facts.items()}


@dataclass(frozen=True)
class Carried:
    """Facts in a folder that are taken over as they are, except for everything about some persons."""

    folder: Path
    without: pa.Table
    """Column person_id."""


def write_facts(raw: Raw, folder: Path, carried: Carried | None = None) -> None:
    """The facts of these orders, and those carried over, as Parquet files in `folder`."""
    with duckdb.connect() as connection:
        _put_by(connection, raw)
        _copy(connection, folder, 0, carried)


def write_parts(exported: Path, folder: Path) -> None:
    """The facts of the orders in `exported` (store.facts.raw.export), a range of persons after the other, so that
    memory does not grow with the shop."""
    lines = pq.read_metadata(exported / "lines.parquet").num_rows
    large = lines > LARGE_SHOP
    at_once, memory = (LARGE_LINES_AT_ONCE, LARGE_MEMORY) if large else (LINES_AT_ONCE, MEMORY)
    parts = max(1, -(-lines // at_once))
    for part in range(parts):
        # Persons' numbers are hashes, so equal ranges of numbers hold about as many persons each.
        first, last = PERSONS_FROM + part * PERSONS // parts, PERSONS_FROM + (part + 1) * PERSONS // parts - 1
        mine = f"person_id BETWEEN {first} AND {last}" + (" OR person_id IS NULL" if part == 0 else "")
        config: dict[str, Any] = {"memory_limit": memory, "temp_directory": str(exported / "spill")}
        with duckdb.connect(config=config) as connection:
            # Read once for all that is asked of them.
            connection.read_parquet(str(exported / "orders.parquet")).filter(mine).create("orders")
            connection.read_parquet(str(exported / "lines.parquet")).create_view("lines")
            _put_by(connection)
            _copy(connection, folder, part)


def in_memory(facts: Mapping[str, pa.Table]) -> dict[str, ir.Table]:
    """Facts in memory as expressions."""
    return {name: ibis.memtable(table) for name, table in facts.items()}


def _put_by(connection: duckdb.DuckDBPyConnection, raw: Raw | None = None) -> None:
    """What is needed more than once, made of these orders or of tables that are there already."""
    if raw is not None:
        connection.register("orders", raw.orders)
        connection.register("lines", raw.lines)
    for name, query in _statements().kept.items():
        connection.execute(f"CREATE TEMP TABLE {name} AS {query}")


def _copy(connection: duckdb.DuckDBPyConnection, folder: Path, part: int, carried: Carried | None = None) -> None:
    for name, query in _statements().facts.items():
        facts = connection.sql(query)
        if carried is not None:
            old = connection.read_parquet(str(carried.folder / f"{name}-*.parquet"))
            others = connection.from_arrow(carried.without)
            facts = facts.union(old.join(others, "person_id", how="anti").select(*facts.columns))
        order = [name for name in ("product_id", "person_id") if name in facts.columns]
        facts.order(", ".join(order)).write_parquet(str(folder / f"{name}-{part:02}.parquet"))


@cache
def _statements() -> _Statements:
    """Put into SQL once per process: that takes longer than answering it for a few thousand persons."""
    kept: dict[str, str] = {}

    def keep(name: str, table: ir.Table) -> ir.Table:
        kept[name] = str(ibis.to_sql(table, dialect="duckdb"))
        return ibis.table(table.schema(), name=name)

    orders, lines = (ibis.table(ibis.Schema.from_pyarrow(s), name=n) for n, s in (("orders", ORDERS), ("lines", LINES)))
    made = build(orders, lines, keep).items()
    return _Statements(kept, {name: str(ibis.to_sql(table, dialect="duckdb")) for name, table in made.items()})
