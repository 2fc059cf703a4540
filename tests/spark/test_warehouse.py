"""A warehouse that already holds the orders: the same numbers through a mapping, and clear words about a wrong one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from sqlalchemy import func, insert, select

from store.books import Books
from store.database import migrate, open_engine
from store.facts import raw
from store.shelves import open_shelf
from store.spark.errors import WarehouseRefused
from store.spark.session import connect, session_of
from store.tables import ads, products
from store.tables import orders as orders_table
from store.teams import HOME, open_team
from tests.shop import NOW, TOKYO
from tests.spark.conftest import Both
from tests.spark.history import LAST_DAY, QUESTIONS, asked

EXPORT = """
    COPY (
        SELECT 1000000 + o.order_id AS slip, o.person_id AS who, o.external_id AS slip_name,
            make_timestamp(o.ordered_at) AS at, DATE '1970-01-01' + o.day::INTEGER AS sold_on,
            ['placed', 'Paid', 'SHIPPED', 'cancelled', 'returned', 'refused', 'unpaid', 'test'][o.status] AS state,
            [NULL, 'web', 'phone', 'dm', 'catalogue', 'fax', 'postcard', 'store', 'mall'][o.channel + 1] AS way,
            a.code AS ad, o.net::DECIMAL(38, 0) AS sales, o.refund AS paid_back
        FROM '{raw}/orders.parquet' o LEFT JOIN ads a ON a.id = o.ad_id
    ) TO '{folder}/slips.parquet';
    COPY (
        SELECT 1000000 + l.order_id AS slip, p.sku AS item, p.name AS label, l.net AS sales
        FROM '{raw}/lines.parquet' l JOIN products p ON p.id = l.product_id
    ) TO '{folder}/items.parquet';
"""
MAPPING = """
through = "SELECT DATE '{through}' AS day, TIMESTAMP '{loaded_at}' AS loaded_at"
orders = '''
    SELECT slip AS order_id, who AS person_id, slip_name AS external_id, at AS ordered_at, sold_on AS day,
        state AS status, way AS channel, ad AS ad_code, sales AS net, paid_back AS refund
    FROM parquet.`{folder}/slips.parquet`
'''
lines = '''
    SELECT slip AS order_id, item AS sku, label AS product_name, sales AS net FROM parquet.`{folder}/items.parquet`;
'''
"""


@dataclass
class Warehouse:
    """A warehouse of Parquet files, a mapping, and a fresh data folder for the bot that reads it."""

    files: Path
    data: Path
    url: str

    def say(self, text: str = MAPPING, **words: Any) -> None:
        """Write the mapping; words replace parts of it."""
        given = {"folder": self.files, "through": LAST_DAY, "loaded_at": "2026-07-01 03:00:00"} | words
        (self.data / "warehouse.toml").write_text(text.format(**given), encoding="utf-8")

    def books(self) -> Books:
        """The books of a bot that has just been started."""
        database = f"sqlite:///{self.data / 'banto.sqlite3'}"
        migrate(database)
        engine = open_engine(database)
        with engine.begin() as connection:
            open_team(connection, HOME, currency="JPY", zone="Asia/Tokyo")
        self.engine = engine
        return Books(engine, open_shelf(engine, self.data, self.url), HOME, TOKYO)


@pytest.fixture
def warehouse_on(both: Both, tmp_path: Path) -> Callable[[str], Warehouse]:
    """The generated shop's orders as a warehouse would have them."""

    def made(url: str) -> Warehouse:
        files, data = tmp_path / "warehouse", tmp_path / "data"
        files.mkdir()
        data.mkdir()
        raw_files = tmp_path / "raw"
        raw_files.mkdir()
        raw.export(both.shop.engine, HOME, raw_files)
        with duckdb.connect() as connection, both.shop.engine.connect() as truth:
            for table in (products, ads):
                rows = [dict(row) for row in truth.execute(select(table)).mappings()]
                connection.register(table.name, pa.Table.from_pylist(rows))
            connection.execute(EXPORT.format(raw=raw_files, folder=files))
        warehouse = Warehouse(files, data, url)
        warehouse.say()
        return warehouse

    return made


@pytest.fixture
def warehouse(warehouse_on: Callable[[str], Warehouse], sail_url: str) -> Warehouse:
    """The same on Sail."""
    return warehouse_on(sail_url)


def without_time(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers without the moment of the import, which a warehouse has of its own."""
    return {q: {name: value for name, value in a.items() if name != "synced_at"} for q, a in answers.items()}


def test_the_mapped_warehouse_gives_the_same_numbers(
    both: Both, warehouse_on: Callable[[str], Warehouse], spark_url: str
) -> None:
    books = warehouse_on(spark_url).books()
    wanted = without_time(asked(both.duckdb, QUESTIONS))
    got = without_time(asked(books, QUESTIONS))
    for question, said in wanted.items():
        assert got[question] == said, question
    assert [p.label for p in books.products()] == [p.label for p in both.duckdb.products()]
    assert sorted(books.ads().values()) == sorted(both.duckdb.ads().values())


def test_the_warehouse_is_only_read(warehouse: Warehouse) -> None:
    before = {file.name: file.read_bytes() for file in warehouse.files.iterdir()}
    warehouse.books().facts()
    assert {file.name: file.read_bytes() for file in warehouse.files.iterdir()} == before
    with warehouse.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(orders_table)).scalar() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE lake",
        "INSERT INTO lake VALUES (2)",
        "INSERT OVERWRITE lake SELECT 2 AS one",
        "TRUNCATE TABLE lake",
        "CREATE TABLE pond AS SELECT 1 AS one",
        "FROM lake INSERT INTO lake SELECT one",
        "WITH two AS (SELECT 2 AS one) INSERT INTO lake SELECT one FROM two",
        "SELECT 1) x; DROP TABLE lake; SELECT * FROM (SELECT 1",
        "SELECT 1); DROP TABLE lake --",
        "SELECT 1) INSERT INTO lake SELECT (2",
    ],
)
def test_a_statement_that_would_write_is_refused(warehouse: Warehouse, tmp_path: Path, statement: str) -> None:
    session = session_of(connect(warehouse.url))
    session.sql(f"CREATE TABLE lake USING parquet LOCATION '{tmp_path / 'lake'}' AS SELECT 1 AS one")
    before, _, _ = MAPPING.partition("lines = ")
    warehouse.say(f"{before}lines = {json.dumps(statement)}")
    with pytest.raises(WarehouseRefused, match="lines cannot be run"):
        warehouse.books().facts()
    rows = session.sql("SELECT one FROM lake").collect()
    session.sql("DROP TABLE lake")
    assert [row.one for row in rows] == [1]


def test_facts_follow_a_new_load_and_a_new_mapping(warehouse: Warehouse) -> None:
    first = warehouse.books().facts()
    assert warehouse.books().facts().snapshot == first.snapshot
    warehouse.say(loaded_at="2026-07-02 03:00:00")
    second = warehouse.books().facts()
    assert second.snapshot != first.snapshot
    assert second.synced_at.isoformat() == "2026-07-02T03:00:00+00:00"
    web_only = MAPPING.replace("slips.parquet`", "slips.parquet` WHERE way = 'web'")
    warehouse.say(web_only, loaded_at="2026-07-02 03:00:00")
    third = warehouse.books().facts()
    assert third.shop.count().to_pyarrow().as_py() < second.shop.count().to_pyarrow().as_py()


@pytest.mark.parametrize(
    ("part", "instead", "said"),
    [
        ("sales AS net, paid", "paid", "orders lacks net"),
        ("slip AS order_id, who", "slip_name AS order_id, who", "orders.order_id is string, it must be a whole number"),
        ("sales AS net FROM", "sales / 3 AS net FROM", "lines.net is .*, it must be a whole number"),
        ("sold_on AS day", "at AS day", "orders.day is timestamp.*, it must be a DATE"),
        ("state AS status", "'done' AS status", "orders have a status that is none of placed, paid"),
        ("way AS channel", "'pigeon' AS channel", "orders have a channel that is none of web, phone"),
        ("slip AS order_id, who", "1 AS order_id, who", "rows of orders repeat an order_id"),
        ("item AS sku", "'' AS sku", "lines have no order_id, sku or net"),
        ("sold_on AS day", "CAST(NULL AS DATE) AS day", "orders have no order_id, day, ordered_at or net"),
    ],
)
def test_what_would_make_wrong_numbers_is_named(warehouse: Warehouse, part: str, instead: str, said: str) -> None:
    warehouse.say(MAPPING.replace(part, instead))
    with pytest.raises(WarehouseRefused, match=said):
        warehouse.books().facts()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("through = ", "cannot be read"),
        ("orders = 'SELECT 1'\ntable = 'x'", "through is missing; lines is missing; table is not known"),
        ("through = 1\norders = 'SELECT 1'\nlines = 'SELECT 1'", "through must be a text"),
    ],
)
def test_a_file_that_is_no_mapping_is_told_as_a_whole(warehouse: Warehouse, text: str, said: str) -> None:
    warehouse.say(text)
    with pytest.raises(WarehouseRefused, match=said):
        warehouse.books().facts()


def test_imported_orders_and_a_warehouse_do_not_mix(warehouse: Warehouse) -> None:
    books = warehouse.books()
    with warehouse.engine.begin() as connection:
        numbers = {c.name: 1 for c in orders_table.c if not c.nullable} | {"team": HOME}
        words = {"ordered_at": NOW, "updated_at": NOW, "source": "csv", "external_id": "1"}
        connection.execute(insert(orders_table).values(numbers | words))
    with pytest.raises(WarehouseRefused, match="would not count"):
        books.facts()
