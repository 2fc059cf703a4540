"""Questions that are put into SQL once per snapshot of the facts and then asked again with other numbers.

Ibis needs longer to put an expression into SQL than DuckDB needs to answer it from a million rows. So a question is a
function of a table and of numbers. For DuckDB it is called once with parameters in place of the numbers, and the SQL
is kept for as long as the table lives; other engines, and tables in memory, get the expression with the numbers in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import ibis
import pyarrow as pa
from ibis.expr import operations as ops
from ibis.expr import types as ir

Number: TypeAlias = int | ir.IntegerScalar
"""A whole number, or the place of one in a question that is asked often."""

warnings.filterwarnings("ignore", "Arrow output on a DB-API result")

PLACES_FROM = 9_223_372_036_854_000_000
"""Ibis knows no placeholders: while it writes the SQL, parameters have these values, which nothing else has."""


@dataclass(frozen=True)
class _Plan:
    """SQL with named parameters for one connection, and the columns it answers with."""

    backend: Any
    sql: str
    names: tuple[str, ...]
    columns: pa.Schema

    def answer(self, numbers: Mapping[str, int | None]) -> pa.Table:
        given = {name: numbers[name] for name in self.names}
        # Not con.sql(), which has DuckDB plan every question twice. The extra copy it warns of is of a few rows.
        return self.backend.con.execute(self.sql, given).to_arrow_reader().read_all().cast(self.columns)


class Prepared:
    """A question; `build(table, **numbers)` makes the expression, where a number that is None is not asked for."""

    def __init__(self, build: Callable[..., ir.Table]) -> None:
        self.build = build
        self._plans: WeakKeyDictionary[ops.Node, dict[tuple[str, ...], _Plan | None]] = WeakKeyDictionary()

    def __call__(self, table: ir.Table, **numbers: int | None) -> pa.Table:
        """The answer for these numbers."""
        given = tuple(sorted(name for name, number in numbers.items() if number is not None))
        plans = self._plans.setdefault(table.op(), {})
        if given not in plans:
            plans[given] = self._plan(table, given, numbers)
        plan = plans[given]
        return self.build(table, **numbers).to_pyarrow() if plan is None else plan.answer(numbers)

    def _plan(self, table: ir.Table, given: tuple[str, ...], numbers: Mapping[str, int | None]) -> _Plan | None:
        backends, _ = table._find_backends()
        if [one.name for one in backends] != ["duckdb"] or table.op().find(ops.InMemoryTable):
            return None
        parameters = {name: ibis.param("int64") for name in given}
        places = {name: PLACES_FROM + at for at, name in enumerate(given)}
        expression = self.build(table, **dict.fromkeys(numbers) | parameters)
        sql = backends[0].compile(expression, params={parameters[name]: places[name] for name in given})
        used = tuple(name for name in given if str(places[name]) in sql)
        for name in used:
            sql = sql.replace(str(places[name]), f"${name}")
        return _Plan(backends[0], sql, used, expression.schema().to_pyarrow())
