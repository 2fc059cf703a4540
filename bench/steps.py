"""The measured steps, each in a process of its own: `python -m bench.steps STEP LINES FOLDER` prints JSON rows."""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from ibis.expr import types as ir
from sqlalchemy import select

from bench import STORE_LIMIT, peers
from bench.shop import DAYS, FIRST_DAY, write_csv, write_raw
from bench.slack import measure_slack
from bot.metrics import ad, cohort_matrix, ltv, repeat
from bot.metrics.cohort import Cohort
from bot.periods import day_of, last_whole_month
from store.database import migrate, open_engine
from store.facts.duckdb_build import write_parts
from store.order_import import ImportJob, import_orders
from store.shelf import Shelf, open_parts
from store.shelves import open_shelf
from store.tables import products
from store.teams import HOME

AS_OF = FIRST_DAY + DAYS - 1
PRODUCT = 7
CHANGED_ORDERS = 10_000
CHANGES = 3
SAIL_LIMIT = 2_000_000
BUILD = "facts: full build from SQLite"
REPEATS = 7


def emit(name: str, seconds: list[float], *, unit: str = "s", beside: str = "") -> None:
    """One row of the table."""
    # The larger of this process and of the one that reads SQLite for it.
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(each).ru_maxrss for each in who) // 1024
    row = {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}
    print(json.dumps({"name": name, "unit": unit, "beside": beside, "peak_mb": peak} | row), flush=True)


def timed(work: Callable[[], object], repeats: int = REPEATS, warm: int = 2) -> list[float]:
    """Seconds of each repeat after the warm-up."""
    for _ in range(warm):
        work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def job(folder: Path, path: Path) -> ImportJob:
    """An import into the bench's own SQLite."""
    url = f"sqlite:///{folder / 'banto.sqlite3'}"
    migrate(url)
    return ImportJob(
        engine=open_engine(url),
        team=HOME,
        path=path,
        profile="generic",
        currency=None,
        default_currency="JPY",
        zone=ZoneInfo("Asia/Tokyo"),
        now=datetime.combine(day_of(AS_OF + 2), datetime.min.time(), UTC),
        scratch=folder / "scratch",
    )


def shop(lines: int, folder: Path) -> None:
    """The shop as raw columns and, where it goes through the store, as a CSV file."""
    write_raw(lines, folder / "raw")
    if lines <= STORE_LIMIT:
        write_csv(lines, folder / "orders.csv")


def load(lines: int, folder: Path) -> None:
    """CSV → store."""
    if lines > STORE_LIMIT:
        return
    start = time.perf_counter()
    report = import_orders(job(folder, folder / "orders.csv"))
    emit("CSV → SQLite", [report.totals.orders / (time.perf_counter() - start)], unit="orders/s")


def build(lines: int, folder: Path) -> None:
    """All facts from the store, and from raw columns for the steps that follow."""
    made = folder / "facts"
    made.mkdir()
    if lines <= STORE_LIMIT:
        shelf = Shelf(job(folder, folder / "orders.csv").engine, folder / "shelf")
        emit(BUILD, timed(lambda: shelf.rebuild(HOME), 3, 0))
        write_parts(folder / "raw", made)
    else:
        emit("facts: full build from raw columns", timed(lambda: write_parts(folder / "raw", made), 1, 0))


def refresh(lines: int, folder: Path) -> None:
    """The facts after changed orders, three times."""
    if lines > STORE_LIMIT:
        return
    shelf = Shelf(job(folder, folder / "orders.csv").engine, folder / "shelf")
    imported, refreshed, count = [], [], 0
    for turn in range(CHANGES):
        changed = folder / f"changed-{turn}.csv"
        _some_cancelled(folder / "orders.csv", changed, lines, turn)
        start = time.perf_counter()
        count = import_orders(job(folder, changed)).totals.orders
        imported.append(time.perf_counter() - start)
        refreshed += timed(lambda: shelf.refresh(HOME), 1, 0)
    emit(f"CSV → SQLite, {count:,} changed orders", imported)
    emit("facts: refresh after them", refreshed)


def _some_cancelled(path: Path, changed: Path, lines: int, turn: int) -> None:
    """About CHANGED_ORDERS orders of two lines each, cancelled; others in each turn."""
    step = max(lines // CHANGED_ORDERS // 2, CHANGES) * 2
    with path.open() as rows, changed.open("w") as out:
        out.write(next(rows))
        for at, row in enumerate(rows):
            if at % step // 2 == turn:
                out.write(row.replace('"paid"', '"cancelled"'))


def asked(shop: ir.Table, product_basis: ir.Table, number: int) -> list[tuple[str, Callable[[], object]]]:
    """Every kind of question, of facts on whichever engine; `number` is the product's."""
    whole, product = Cohort(), Cohort(product_id=number)
    last_month = last_whole_month(day_of(AS_OF))
    return [
        ("LTV of a product", lambda: ltv.measure(shop, product, 365, AS_OF)),
        ("LTV of a product, product basis", lambda: ltv.measure(product_basis, product, 365, AS_OF)),
        ("LTV of the whole shop", lambda: ltv.measure(shop, whole, 365, AS_OF)),
        ("repeat of a product", lambda: repeat.measure(shop, product, 90, AS_OF)),
        ("LTV of a product, window of 137 days", lambda: ltv.measure(shop, product, 137, AS_OF)),
        ("cohort matrix of the whole shop", lambda: cohort_matrix.measure(shop, whole, last_month)),
        ("all ads with weekly cohorts", lambda: ad.measure(shop, AS_OF)),
    ]


def questions(lines: int, folder: Path) -> None:
    """Every kind of question, warm."""
    tables = open_parts(folder / "facts")
    for name, ask in asked(tables.shop, tables.product, PRODUCT):
        emit(name, timed(ask))


def spark(lines: int, folder: Path) -> None:
    """The same on a Spark Connect server: the one that BENCH_SPARK names, or else Sail in this process."""
    url = os.environ.get("BENCH_SPARK")
    if lines > (SAIL_LIMIT if url is None else STORE_LIMIT):
        return
    with ExitStack() as running:
        if url is None:
            from pysail.spark import SparkConnectServer

            server = SparkConnectServer("127.0.0.1", 0)
            server.start(background=True)
            running.callback(server.stop)
            url = f"sc://127.0.0.1:{server.listening_address[1]}"
        where = os.environ.get("BENCH_SPARK_NAME", "Sail")
        engine = job(folder, folder / "orders.csv").engine
        shelf = open_shelf(engine, folder, url)
        emit(f"{where}: full build from SQLite", timed(lambda: shelf.rebuild(HOME), 2, 1), beside=BUILD)
        with engine.connect() as connection:
            number = connection.execute(select(products.c.id).where(products.c.sku == f"SKU-{PRODUCT}")).scalar_one()
        facts = shelf.facts(HOME)
        for name, ask in asked(facts.shop, facts.product, number):
            emit(f"{where}: {name}", timed(ask), beside=name)


def scan(lines: int, folder: Path) -> None:
    """The floor: reading at memory speed the columns that the LTV of the whole shop needs."""
    rows = open_parts(folder / "facts").shop.count().to_pyarrow().as_py()
    columns = [np.ones(rows, np.int32) for _ in range(5)] + [np.ones(rows, np.int64)]
    name = "floor: sum of the needed columns in memory"
    emit(name, timed(lambda: [c.sum() for c in columns]), beside="LTV of the whole shop")


STEPS: dict[str, Callable[[int, Path], None]] = {
    "shop": shop,
    "load": load,
    "build": build,
    "refresh": refresh,
    "questions": questions,
    "scan": scan,
    "pandas": lambda lines, folder: emit(
        "pandas from raw: LTV of a product",
        timed(peers.pandas_ltv(folder / "raw", PRODUCT, 365, AS_OF), 3, 1),
        beside="LTV of a product",
    ),
    "polars": lambda lines, folder: emit(
        "Polars from raw: LTV of a product",
        timed(peers.polars_ltv(folder / "raw", PRODUCT, 365, AS_OF), 3, 1),
        beside="LTV of a product",
    ),
    "lifetimes": lambda lines, folder: emit(
        "lifetimes from raw: frequency and recency of all",
        timed(peers.lifetimes_summary(folder / "raw", AS_OF), 1, 0),
        beside="repeat of a product",
    ),
    "spark": spark,
    "slack": lambda lines, folder: measure_slack(folder, emit) if lines <= STORE_LIMIT else None,
}

if __name__ == "__main__":
    STEPS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
