"""Who a number is about, and the one row per person that says what they had done by the end of the window.

Works on the tracks of facts: product_id, person_id, d0 (index date), age, n, next_age, orders, net, cum_net, ad_id,
channel; integers, days since 1970-01-01, money in minor units. The row with age ≤ W < next_age holds a person's state
at the end of window W: `n` purchase occasions (購入) and `cum_net` net sales since d0.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from ibis.expr import types as ir

from bot.metrics.prepared import Number, Prepared

WHOLE_SHOP = 0
TRUNCATION_DAYS = 90
"""Whoever first appears within so many days of the first imported order may have been a customer before."""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Persons by product (0: the whole shop), channel and ad of their first order (None: any; 0: unknown), and the
    days, since 1970-01-01, between which their first purchase lies."""

    product_id: Number = WHOLE_SHOP
    channel: Number | None = None
    ad_id: Number | None = None
    first_from: Number | None = None
    first_to: Number | None = None


def of_cohort(track: ir.Table, cohort: Cohort) -> ir.Table:
    """All occasions of the persons in the cohort."""
    conditions = [track.product_id == cohort.product_id]
    if cohort.channel is not None:
        conditions.append(track.channel == cohort.channel)
    if cohort.ad_id is not None:
        conditions.append(track.ad_id == cohort.ad_id)
    if cohort.first_from is not None:
        conditions.append(track.d0 >= cohort.first_from)
    if cohort.first_to is not None:
        conditions.append(track.d0 <= cohort.first_to)
    return track.filter(conditions)


def is_mature(track: ir.Table, window: Number, as_of: Number) -> ir.BooleanColumn:
    """True on one row per mature person (d0 + window ≤ as_of): the state at the end of the window."""
    return (track.d0 + window <= as_of) & (track.age <= window) & (track.next_age.isnull() | (track.next_age > window))


def is_immature(track: ir.Table, window: Number, as_of: Number) -> ir.BooleanColumn:
    """True on one row per person who is known by `as_of` but not yet mature."""
    return (track.n == 1) & (track.d0 <= as_of) & (track.d0 + window > as_of)


def mature_at(track: ir.Table, window: Number, as_of: Number) -> ir.Table:
    """One row per mature person: the state at the end of the window."""
    return track.filter(is_mature(track, window, as_of))


def immature(track: ir.Table, window: Number, as_of: Number) -> ir.Table:
    """One row per person who is known by `as_of` but not yet mature."""
    return track.filter(is_immature(track, window, as_of))


def exact_sum(column: ir.NumericColumn, where: ir.BooleanColumn | None = None) -> ir.DecimalScalar:
    """A sum that cannot overflow and is never rounded (engines sum 64-bit integers each in their own way)."""
    return column.cast("decimal(38, 0)").sum(where=where)


def day_reached(track: ir.Table, cohort: Cohort, window: int, as_of: int, missing: int) -> int | None:
    """The day on which `missing` more persons of the cohort will have become mature; None when too few are on the way.

    Where those already waiting do not suffice, the pace of the last window is taken to go on.
    """
    young = _waiting(track, **asdict(cohort), window=window, as_of=as_of).column("d0").to_pylist()
    if missing <= len(young):
        return int(young[missing - 1]) + window
    if not young:
        return None
    pace = len(young) / window
    return as_of + window + math.ceil((missing - len(young)) / pace)


@Prepared
def _waiting(track: ir.Table, *, window: Number, as_of: Number, **cohort: Any) -> ir.Table:
    return immature(of_cohort(track, Cohort(**cohort)), window, as_of).select("d0").order_by("d0")


def one_row(table: pa.Table) -> dict[str, int]:
    """The only row of an aggregation as whole numbers; what has nothing to sum is 0."""
    row = table.to_pylist()[0]
    return {name: int(value or 0) for name, value in row.items()}
