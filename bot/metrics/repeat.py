"""F2 conversion (F2転換率) and the ladder: who buys a second, third, … time within W days of the first purchase."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
from ibis.expr import types as ir

from bot.metrics.cohort import TRUNCATION_DAYS, Cohort, is_immature, is_mature, of_cohort, one_row
from bot.metrics.intervals import MINIMUM_N, Interval, Ratio, wilson
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
    mine = of_cohort(track, cohort)
    mature, young = is_mature(mine, window, as_of), is_immature(mine, window, as_of)
    early = (mine.d0 < (data_from or 0) + TRUNCATION_DAYS) if data_from is not None else ibis.literal(False)
    row = one_row(
        mine.agg(
            unknown_ad=(mature & (mine.ad_id == 0)).sum(),
            early=(mature & early).sum(),
            young=young.sum(),
            first_young=mine.d0.min(where=young),
            **{f"reached_{n}": (mature & (mine.n >= n)).sum() for n in range(1, LADDER_STEPS + 2)},
        )
    )
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
        young=_estimate(mine, window, as_of) if row["young"] else None,
    )


def curve(track: ir.Table, cohort: Cohort, window: int, as_of: int) -> list[tuple[int, int]]:
    """(age in days, persons whose second occasion came at that age) of mature persons, ages up to the window."""
    mine = of_cohort(track, cohort)
    second = mine.filter(mine.n == 2, mine.d0 + window <= as_of, mine.age <= window)
    counted = second.group_by("age").agg(persons=second.count()).order_by("age")
    return [(r["age"], r["persons"]) for r in counted.to_pyarrow().to_pylist()]


def _estimate(mine: ir.Table, window: int, as_of: int) -> F2Estimate:
    """Kaplan–Meier over everybody whose first purchase lies within the last two windows."""
    first = mine.filter(mine.n == 1, mine.d0 <= as_of, mine.d0 > as_of - 2 * window)
    seen = as_of - first.d0
    returned = first.next_age.notnull() & (first.next_age <= seen)
    counted = (
        first.select(
            returned=returned.fill_null(False),
            days=ibis.ifelse(returned.fill_null(False), first.next_age, seen),
        )
        .group_by("days", "returned")
        .agg(persons=lambda t: t.count())
        .to_pyarrow()
        .to_pandas()
    )
    days = counted["days"].repeat(counted["persons"]).to_numpy()
    flags = counted["returned"].repeat(counted["persons"]).to_numpy(dtype=bool)
    return estimate_f2(days, flags, window)
