"""The same question asked of the raw orders with other tools, as an analyst would write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

VALID = [1, 2, 3]


def pandas_ltv(raw: Path, product: int, window: int, as_of: int) -> Callable[[], float]:
    """LTV of an entry product; the raw columns are already in memory."""
    orders = pd.read_parquet(raw / "orders.parquet", columns=["order_id", "person_id", "day", "status", "net"])
    lines = pd.read_parquet(raw / "lines.parquet", columns=["order_id", "product_id"])

    def ask() -> float:
        bought = orders[orders.status.isin(VALID) & (orders.net > 0)]
        bought = bought.assign(d0=bought.groupby("person_id").day.transform("min"))
        first = bought[bought.day == bought.d0]
        with_product = lines[lines.product_id == product].order_id
        people = first[first.order_id.isin(with_product)].person_id.unique()
        mine = bought[
            bought.person_id.isin(people) & (bought.d0 + window <= as_of) & (bought.day <= bought.d0 + window)
        ]
        return float(mine.net.sum() / mine.person_id.nunique())

    return ask


def polars_ltv(raw: Path, product: int, window: int, as_of: int) -> Callable[[], float]:
    """The same with Polars' lazy frames over the Parquet files."""
    import polars as pl

    def ask() -> float:
        orders = pl.scan_parquet(raw / "orders.parquet").filter(pl.col("status").is_in(VALID), pl.col("net") > 0)
        orders = orders.with_columns(d0=pl.col("day").min().over("person_id"))
        lines = pl.scan_parquet(raw / "lines.parquet").filter(pl.col("product_id") == product)
        people = orders.filter(pl.col("day") == pl.col("d0")).join(lines, on="order_id", how="semi")
        mine = orders.join(people, on="person_id", how="semi").filter(
            pl.col("d0") + window <= as_of, pl.col("day") <= pl.col("d0") + window
        )
        found = mine.select(pl.col("net").sum() / pl.col("person_id").n_unique()).collect()
        return float(found.item())

    return ask


def lifetimes_summary(raw: Path, as_of: int) -> Callable[[], Any]:
    """Frequency, recency and T of every person, the nearest that lifetimes offers to F2."""
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pd.read_parquet(raw / "orders.parquet", columns=["person_id", "day"])
    orders["date"] = pd.to_datetime(orders["day"], unit="D")
    end = pd.Timestamp(as_of, unit="D")
    return lambda: summary_data_from_transaction_data(orders, "person_id", "date", observation_period_end=end)
