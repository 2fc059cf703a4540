"""F2 conversion (F2転換率) and the ladder: who buys a second, third, … time within W days of the first purchase."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from bot.metrics.cohort import TRUNCATION_DAYS, Cohort, is_immature, is_mature, of_cohort, one_row
from bot.metrics.intervals import MINIMUM_N, Interval, Ratio, wilson
from bot.metrics.prepared import Number, Prepared
from bot.metrics.survival import F2Estimate, estimate_f2

DEFAULT_WINDOW = 90
LADDER_STEPS = 6
"""The ladder shows 1→2 to 6→7."""


@dataclass(frozen=True)
class Rung:
    """Of the persons with at least `step` occasions within the window, those with one more."""

    step: int
    ratio: Ratio

    @property
    def interval(self) -> Interval | None:
        """95 % Wilson interval."""
        return wilson(self.ratio.numerator, self.ratio.denominator)


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """F2(W): mature persons with a second occasion within W ÷ mature persons.

    On the product basis the same product again, on the shop basis anything. `maybe_earlier` counts the mature who
    appeared so early in the data that they may have been customers before it. `young` is a provisional (暫定)
    Kaplan–Meier estimate that includes those whose window has not ended.
    """

    window: int
    f2: Ratio
    ladder: tuple[Rung, ...]
    unknown_ad: int
    left_out_immature: int
    next_mature_day: int | None
    young: F2Estimate | None
    maybe_earlier: int = 0

    @property
    def interval(self) -> Interval | None:
        """95 % Wilson interval of F2."""
        return wilson(self.f2.numerator, self.f2.denominator)

    @property
    def decidable(self) -> bool:
        """Whether there are enough people for a verdict."""
        return self.f2.denominator >= MINIMUM_N


def measure(track: ir.Table, cohort: Cohort, window: int, as_of: int, data_from: int | None = None) -> Repeat:
    """F2 and the ladder of the cohort's mature persons as of day `as_of`; `data_from` is the first day with an order.

    Days are counted from 1970-01-01.
    """
    asked = {**asdict(cohort), "window": window, "as_of": as_of}
    row = one_row(_counts(track, **asked, data_from=data_from))
    reached = [row[f"reached_{n}"] for n in range(1, LADDER_STEPS + 2)]
    rungs = [Rung(n, Ratio(reached[n], reached[n - 1])) for n in range(1, LADDER_STEPS + 1)]
    return Repeat(
        window=window,
        f2=rungs[0].ratio,
        ladder=tuple(rung for rung in rungs if rung.ratio.denominator),
        unknown_ad=row["unknown_ad"],
        maybe_earlier=row["early"],
        left_out_immature=row["young"],
        next_mature_day=row["first_young"] + window if row["young"] else None,
        young=_estimate(_waits(track, **asked), window) if row["young"] else None,
    )


def curve(track: ir.Table, cohort: Cohort, window: int, as_of: int) -> list[tuple[int, int]]:
    """(age in days, persons whose second occasion came at that age) of mature persons, ages up to the window."""
    found = _seconds(track, **asdict(cohort), window=window, as_of=as_of)
    return [(row["age"], row["persons"]) for row in found.to_pylist()]


@Prepared
def _counts(
    track: ir.Table, *, window: Number, as_of: Number, data_from: Number | None = None, **cohort: Any
) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    mine = mine.filter(is_mature(mine, window, as_of) | is_immature(mine, window, as_of))
    young = mine.d0 + window > as_of
    early = ibis.literal(False) if data_from is None else mine.d0 < data_from + TRUNCATION_DAYS
    return mine.agg(
        unknown_ad=(~young & (mine.ad_id == 0)).sum(),
        early=(~young & early).sum(),
        young=young.sum(),
        first_young=mine.d0.min(where=young),
        **{f"reached_{n}": (~young & (mine.n >= n)).sum() for n in range(1, LADDER_STEPS + 2)},
    )


@Prepared
def _seconds(track: ir.Table, *, window: Number, as_of: Number, **cohort: Any) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    second = mine.filter(mine.n == 2, mine.d0 + window <= as_of, mine.age <= window)
    return second.group_by("age").agg(persons=second.count()).order_by("age")


@Prepared
def _waits(track: ir.Table, *, window: Number, as_of: Number, **cohort: Any) -> ir.Table:
    """Persons by how long they have been waited for, or when they came back (days, returned), of everybody whose
    first purchase lies within the last two windows."""
    mine = of_cohort(track, Cohort(**cohort))
    first = mine.filter(mine.n == 1, mine.d0 <= as_of, mine.d0 > as_of - 2 * window)
    seen = as_of - first.d0
    returned = (first.next_age.notnull() & (first.next_age <= seen)).fill_null(False)
    waits = first.select(returned=returned, days=ibis.ifelse(returned, first.next_age, seen))
    return waits.group_by("days", "returned").agg(persons=waits.count())


def _estimate(waits: pa.Table, window: int) -> F2Estimate:
    """Kaplan–Meier over these waits."""
    counted = waits.to_pandas()
    days = counted["days"].repeat(counted["persons"]).to_numpy()
    flags = counted["returned"].repeat(counted["persons"]).to_numpy(dtype=bool)
    return estimate_f2(days, flags, window)
