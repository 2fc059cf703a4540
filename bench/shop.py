"""Generated shops of any size: seeded, vectorised, with the shape of mail order (most buy once, few buy often)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from store.facts.raw import LINES, ORDERS

CHUNK_ORDERS = 1_000_000
FIRST_DAY = 19_700
DAYS = 1_000
PRODUCTS = 30
ADS = 20
LINES_PER_ORDER = 2
ORDERS_PER_PERSON = 2
MICROSECONDS_A_DAY = 86_400_000_000
TOKYO_MICROSECONDS = 9 * 3600 * 1_000_000


def chunks(lines: int, seed: int = 1) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(orders, lines) in pieces, in the schemas of store.facts.raw; every person's orders lie in one piece."""
    orders_left = lines // LINES_PER_ORDER
    first_order, first_person, piece = 1, 1, 0
    while orders_left > 0:
        count = min(orders_left, CHUNK_ORDERS)
        rng = np.random.default_rng([seed, piece])
        yield _chunk(rng, count, first_order, first_person)
        first_order += count
        first_person += max(count // ORDERS_PER_PERSON, 1)
        orders_left -= count
        piece += 1


def _chunk(rng: np.random.Generator, count: int, first_order: int, first_person: int) -> tuple[pa.Table, pa.Table]:
    persons = max(count // ORDERS_PER_PERSON, 1)
    # Squaring a uniform number gives few people many orders and most people one.
    person = (rng.random(count) ** 2 * persons).astype(np.int64)
    start = rng.integers(0, DAYS, persons)
    gap = rng.exponential(60, count).astype(np.int64)
    day = np.minimum(start[person] + gap * (rng.random(count) < 0.75), DAYS - 1) + FIRST_DAY
    at = day * MICROSECONDS_A_DAY + rng.integers(0, MICROSECONDS_A_DAY, count) - TOKYO_MICROSECONDS
    status = np.where(rng.random(count) < 0.03, 4, 2).astype(np.int16)
    order_id = np.arange(first_order, first_order + count)
    of_order = np.repeat(order_id, LINES_PER_ORDER)
    net = rng.integers(5, 90, len(of_order)) * 100
    # Keys look like hashes, as in the real store: spread over the whole 64-bit range.
    key = (person + first_person) * np.int64(-7046029254386353131)
    orders = pa.table(
        {
            "order_id": order_id,
            "person_id": key,
            "external_id": pc.binary_join_element_wise("B", pa.array(order_id).cast(pa.string()), ""),
            "ordered_at": at,
            "day": day.astype(np.int32),
            "status": status,
            "channel": rng.integers(0, 9, count).astype(np.int16),
            "ad_id": rng.integers(0, ADS + 1, persons)[person].astype(np.int32),
            "net": net.reshape(-1, LINES_PER_ORDER).sum(axis=1),
            "refund": np.zeros(count, np.int64),
            "customer_key": key,
            "email_key": key ^ np.int64(0x5555555555555555),
        },
        schema=ORDERS,
    )
    product = rng.integers(1, PRODUCTS + 1, len(of_order)).astype(np.int32)
    return orders, pa.table({"order_id": of_order, "product_id": product, "net": net}, schema=LINES)


def write_raw(lines: int, folder: Path) -> None:
    """orders.parquet and lines.parquet as `store.facts.raw.export` would write them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        pq.ParquetWriter(folder / "orders.parquet", ORDERS, compression="zstd", compression_level=1) as orders,
        pq.ParquetWriter(folder / "lines.parquet", LINES, compression="zstd", compression_level=1) as items,
    ):
        for some_orders, some_lines in chunks(lines):
            orders.write_table(some_orders)
            items.write_table(some_lines)


def write_csv(lines: int, path: Path) -> None:
    """The same shop as a CSV of the generic profile."""
    writer: pacsv.CSVWriter | None = None
    for orders, items in chunks(lines):
        rows = items.join(orders.drop_columns(["net"]), "order_id")
        stamp = pc.strftime(pa.array(rows["ordered_at"]).cast(pa.timestamp("us", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
        person = pc.utf8_lpad(rows["person_id"].cast(pa.string()), 20, "0")
        table = pa.table(
            {
                "order_id": rows["external_id"],
                "ordered_at": pc.replace_substring_regex(stamp, r"\.\d+", ""),
                "customer_id": pc.binary_join_element_wise("C", person, ""),
                "sku": pc.binary_join_element_wise("SKU", rows["product_id"].cast(pa.string()), "-"),
                "quantity": pa.array(np.ones(rows.num_rows, np.int64)),
                "unit_price": rows["net"],
                "email": pc.binary_join_element_wise(person, "@example.jp", ""),
                "status": pc.if_else(pc.equal(rows["status"], 4), "cancelled", "paid"),
                "ad_code": pc.if_else(
                    pc.equal(rows["ad_id"], 0),
                    "",
                    pc.binary_join_element_wise("AD", rows["ad_id"].cast(pa.string()), "-"),
                ),
            }
        ).sort_by("order_id")
        writer = writer or pacsv.CSVWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
