"""Rows of an ad spend CSV (profile `ad_spend`) → checked rows, one per day, platform and ad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import get_currency_precision

from store.sources.cells import Reader
from store.sources.csv_file import LINE_COLUMN, CsvFile
from store.sources.orders_csv import local_days
from store.sources.refusals import FileRefused, Refusal, Refusals
from store.teams import day_number

PLATFORM_LIMIT = 80
ROWS = pa.schema(
    [
        ("line", pa.int64()),
        ("day", pa.int32()),
        ("platform", pa.string()),
        ("code", pa.string()),
        ("cost", pa.int64()),
        ("impressions", pa.int64()),
        ("clicks", pa.int64()),
    ]
)
"""`day` is shop-local days since 1970-01-01, `cost` minor units without tax, `line` the data row from 1."""
KEYS = ["day", "platform", "code"]


@dataclass(frozen=True, kw_only=True)
class SpendReading:
    """What reading a file needs to know: the shop's zone and currency, and today."""

    zone: ZoneInfo
    currency: str
    today: date


def read_spend(file: CsvFile, reading: SpendReading, progress: Callable[[int], None] = lambda rows: None) -> pa.Table:
    """All checked rows (schema ROWS). Raises FileRefused after the whole file was read, naming every fault."""
    refusals = Refusals()
    checked: list[pa.RecordBatch] = []
    rows = 0
    for batch in file.batches():
        found = _check(batch, reading, refusals)
        if found is not None:
            checked.append(found)
        rows += batch.num_rows
        progress(rows)
    if refusals.total == 0:
        table = pa.Table.from_batches(checked, ROWS)
        _refuse_twice(table, refusals)
    if refusals.total:
        raise FileRefused([_with_file_line(file, each) for each in refusals.found], refusals.total)
    return table


def _with_file_line(file: CsvFile, refusal: Refusal) -> Refusal:
    return refusal if refusal.line is None else replace(refusal, line=file.file_line(refusal.line))


def _check(batch: pa.RecordBatch, reading: SpendReading, refusals: Refusals) -> pa.RecordBatch | None:
    before = refusals.total
    read = Reader(batch, batch.column(LINE_COLUMN), refusals)
    day = local_days(read.instant("date", reading.zone, required=True), reading.zone)
    future = pc.fill_null(pc.greater(day, day_number(reading.today)), False)
    read.refuse("date", future, "import.refused.future", hint=reading.today.isoformat())
    columns = {
        "line": batch.column(LINE_COLUMN),
        "day": day,
        "platform": read.text("platform", PLATFORM_LIMIT),
        "code": read.required("ad_code"),
        "cost": read.money("cost", get_currency_precision(reading.currency), required=True),
        "impressions": read.whole("impressions"),
        "clicks": read.whole("clicks"),
    }
    if refusals.total > before:
        return None
    return pa.RecordBatch.from_arrays([columns[name].cast(ROWS.field(name).type) for name in ROWS.names], schema=ROWS)


def _refuse_twice(table: pa.Table, refusals: Refusals) -> None:
    """Two rows for the same day, platform and ad: neither adding them up nor choosing one would be safe."""
    grouped = table.group_by(KEYS).aggregate([("line", "count"), ("line", "max")])
    repeated = grouped.filter(pc.greater(grouped.column("line_count"), 1)).sort_by("line_max")
    for row in repeated.to_pylist():
        shown = f"{row['platform']} {row['code']}".strip()
        refusals.add(Refusal("import.refused.spend_twice", row["line_max"], "ad_code", shown[:60]))
