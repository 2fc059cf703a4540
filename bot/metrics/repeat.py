"""F2 conversion (F2転換率) and the ladder: who buys a second, third, … time within W days of the first purchase."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr import types as ir

from bot.metrics.cohort import TRUNCATION_DAYS, Cohort, is_immature, is_mature, of_cohort
from bot.metrics.intervals import MINIMUM_N, Interval, Ratio, wilson
from bot.metrics.prepared import Number, Prepared
from bot.metrics.survival import F2Estimate, estimate_f2

DEFAULT_WINDOW = 90
WAITS = ["days", "returned", "persons"]
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
    groups = _counts(track, **asked, data_from=data_from)
    row = {name: int(pc.sum(groups[name]).as_py() or 0) for name in groups.column_names if name not in WAITS}
    reached = [row[f"reached_{n}"] for n in range(1, LADDER_STEPS + 2)]
    rungs = [Rung(n, Ratio(reached[n], reached[n - 1])) for n in range(1, LADDER_STEPS + 1)]
    return Repeat(
        window=window,
        f2=rungs[0].ratio,
        ladder=tuple(rung for rung in rungs if rung.ratio.denominator),
        unknown_ad=row["unknown_ad"],
        maybe_earlier=row["early"],
        left_out_immature=row["young"],
        next_mature_day=pc.min(groups["first_young"]).as_py() + window if row["young"] else None,
        young=_estimate(groups.filter(pc.field("persons") > 0).select(WAITS), window) if row["young"] else None,
    )


def curve(track: ir.Table, cohort: Cohort, window: int, as_of: int) -> list[tuple[int, int]]:
    """(age in days, persons whose second occasion came at that age) of mature persons, ages up to the window."""
    found = _seconds(track, **asdict(cohort), window=window, as_of=as_of)
    return [(row["age"], row["persons"]) for row in found.to_pylist()]


@Prepared
def _counts(
    track: ir.Table, *, window: Number, as_of: Number, data_from: Number | None = None, **cohort: Any
) -> ir.Table:
    """The one scan: counts of the mature and the immature, grouped by how long persons were waited for.

    `persons` are those whose first purchase lies within the last two windows; they have been waited for so many `days`,
    or came back after so many (`returned`). What is counted of others stands in a group without days.
    """
    mine = of_cohort(track, Cohort(**cohort))
    waited = (mine.n == 1) & (mine.d0 <= as_of) & (mine.d0 > as_of - 2 * window)
    mine = mine.mutate(waited=waited, mature=is_mature(mine, window, as_of), young=is_immature(mine, window, as_of))
    mine = mine.filter(mine.waited | mine.mature | mine.young)
    early = ibis.literal(False) if data_from is None else mine.d0 < data_from + TRUNCATION_DAYS
    seen = as_of - mine.d0
    returned = (mine.next_age.notnull() & (mine.next_age <= seen)).fill_null(False)
    return mine.group_by(
        days=ibis.ifelse(mine.waited, ibis.ifelse(returned, mine.next_age, seen), ibis.null()),
        returned=mine.waited & returned,
    ).agg(
        persons=mine.waited.sum(),
        unknown_ad=(mine.mature & (mine.ad_id == 0)).sum(),
        early=(mine.mature & early).sum(),
        young=mine.young.sum(),
        first_young=mine.d0.min(where=mine.young),
        **{f"reached_{n}": (mine.mature & (mine.n >= n)).sum() for n in range(1, LADDER_STEPS + 2)},
    )


@Prepared
def _seconds(track: ir.Table, *, window: Number, as_of: Number, **cohort: Any) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    second = mine.filter(mine.n == 2, mine.d0 + window <= as_of, mine.age <= window)
    return second.group_by("age").agg(persons=second.count()).order_by("age")


def _estimate(waits: pa.Table, window: int) -> F2Estimate:
    """Kaplan–Meier over these waits."""
    counted = waits.to_pandas()
    days = counted["days"].repeat(counted["persons"]).to_numpy()
    flags = counted["returned"].repeat(counted["persons"]).to_numpy(dtype=bool)
    return estimate_f2(days, flags, window)
