"""Questions asked again with other numbers are answered as if each had been put together anew."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.expr import types as ir

from bot.metrics.prepared import Number, Prepared

ROWS = pa.table({"product_id": [7, 7, 7, 8, 9], "age": [0, 30, 400, 5, 90], "net": [1, 20, 300, 4_000, 50_000]})


def total(table: ir.Table, *, product_id: Number, window: Number, to: Number | None = None, **more: Any) -> ir.Table:
    mine = table.filter(table.product_id == product_id, table.age <= window * 2 + 1)
    if to is not None:
        mine = mine.filter(mine.age <= to)
    return mine.agg(net=mine.net.sum(), window=(mine.age * 0 + window).max())


def stored(folder: Path, rows: pa.Table) -> ir.Table:
    """These rows as facts are kept: in a file, under a connection of its own."""
    pq.write_table(rows, folder / "rows.parquet")
    return ibis.duckdb.connect().read_parquet(str(folder / "rows.parquet"))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ir.Table:
    return stored(tmp_path_factory.mktemp("rows"), ROWS)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return Prepared(total)


@given(
    product_id=st.integers(0, 10),
    window=st.integers(-5, 500),
    to=st.none() | st.integers(0, 500),
    unused=st.none() | st.integers(),
)
def test_the_answer_is_that_of_the_expression(
    prepared: Prepared, table: ir.Table, product_id: int, window: int, to: int | None, unused: int | None
) -> None:
    numbers = {"product_id": product_id, "window": window, "to": to, "unused": unused}
    expected = total(table, **numbers).to_pyarrow()
    assert prepared(table, **numbers).to_pylist() == expected.to_pylist()
    in_memory = ibis.memtable(ROWS)
    assert prepared(in_memory, **numbers).to_pylist() == expected.to_pylist()


def test_a_question_is_put_together_once_for_each_set_of_numbers(table: ir.Table) -> None:
    built: list[list[str]] = []

    def build(table: ir.Table, **numbers: Any) -> ir.Table:
        built.append([name for name, number in numbers.items() if number is not None])
        return total(table, **numbers)

    question = Prepared(build)
    answers = [
        question(table, product_id=product_id, window=400, to=to).to_pylist()[0]["net"]
        for to in (None, 10, None, 20)
        for product_id in (7, 8)
    ]
    assert answers == [321, 4_000, 1, 4_000, 321, 4_000, 1, 4_000]
    assert built == [["product_id", "window"], ["product_id", "window", "to"]]


def test_the_same_file_in_another_connection_is_another_table(tmp_path: Path) -> None:
    question = Prepared(total)
    found: list[int] = []

    def ask(net: int) -> None:
        own = stored(tmp_path, pa.table({"product_id": [7], "age": [0], "net": [net]}))
        found.append(question(own, product_id=7, window=1).to_pylist()[0]["net"])

    for net in (1, 2):
        thread = threading.Thread(target=ask, args=(net,))
        thread.start()
        thread.join()
    assert found == [1, 2]


def test_sql_goes_with_the_table(tmp_path: Path) -> None:
    question = Prepared(total)
    own = stored(tmp_path, ROWS)
    question(own, product_id=7, window=1)
    assert len(question._plans) == 1
    del own
    gc.collect()
    assert len(question._plans) == 0
