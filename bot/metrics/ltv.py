"""Lifetime value: LTV = average purchase price (購入単価) × purchases per customer (購入回数), within W days."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import ibis
from ibis.expr import types as ir

from bot.metrics.cohort import TRUNCATION_DAYS, Cohort, exact_sum, is_immature, is_mature, mature_at, of_cohort, one_row
from bot.metrics.intervals import MINIMUM_N, Interval, mean_interval
from bot.metrics.prepared import Number, Prepared

DEFAULT_WINDOW = 365
TOP_SHARE = 100
"""The top 1 % are the persons ÷ 100, rounded up."""


@dataclass(frozen=True, kw_only=True)
class Ltv:
    """LTV(W) of mature persons, one-time buyers included. Money in minor units, net of tax and shipping.

    `left_out_immature` counts persons whose window has not ended; `unknown_ad` those mature whose ad is unknown;
    `maybe_earlier` those mature who appeared so early in the data that they may have been customers before it;
    `top_sales` is what the best 1 % of the persons (`top_persons`) bought.
    """

    window: int
    persons: int
    occasions: int
    net_sales: int
    squares: int
    top_persons: int
    top_sales: int
    unknown_ad: int
    left_out_immature: int
    next_mature_day: int | None
    maybe_earlier: int = 0

    @property
    def average_purchase_price(self) -> Fraction | None:
        """Net sales per occasion (平均購入単価)."""
        return Fraction(self.net_sales, self.occasions) if self.occasions else None

    @property
    def purchases_per_person(self) -> Fraction | None:
        """Occasions per person (平均購入回数)."""
        return Fraction(self.occasions, self.persons) if self.persons else None

    @property
    def ltv(self) -> Fraction | None:
        """Net sales per person: exactly price × purchases."""
        return Fraction(self.net_sales, self.persons) if self.persons else None

    @property
    def interval(self) -> Interval | None:
        """95 % interval of the mean (Student's t from n, Σ, Σ²)."""
        return mean_interval(self.persons, self.net_sales, self.squares)

    @property
    def top_share(self) -> float | None:
        """Share of the net sales that came from the best 1 % of the persons."""
        return self.top_sales / self.net_sales if self.net_sales else None

    @property
    def decidable(self) -> bool:
        """Whether there are enough people for a verdict."""
        return self.persons >= MINIMUM_N


def measure(track: ir.Table, cohort: Cohort, window: int, as_of: int, data_from: int | None = None) -> Ltv:
    """LTV of the cohort's mature persons as of day `as_of`; `data_from` is the first day with an order.

    Days are counted from 1970-01-01.
    """
    asked = {**asdict(cohort), "window": window, "as_of": as_of}
    row = one_row(_sums(track, **asked, data_from=data_from))
    top = -(-row["persons"] // TOP_SHARE)
    return Ltv(
        window=window,
        persons=row["persons"],
        occasions=row["occasions"],
        net_sales=row["net_sales"],
        squares=row["squares"],
        top_persons=top,
        top_sales=one_row(_best(track, **asked, top=top))["sales"],
        unknown_ad=row["unknown_ad"],
        maybe_earlier=row["early"],
        left_out_immature=row["young"],
        next_mature_day=row["first_young"] + window if row["young"] else None,
    )


def curve(track: ir.Table, cohort: Cohort, window: int, as_of: int) -> list[tuple[int, int]]:
    """(age in days, net sales of the mature persons at that age), ages up to the window, ascending."""
    found = _by_age(track, **asdict(cohort), window=window, as_of=as_of)
    return [(row["age"], int(row["net_sales"])) for row in found.to_pylist()]


@Prepared
def _sums(
    track: ir.Table, *, window: Number, as_of: Number, data_from: Number | None = None, **cohort: Any
) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    mine = mine.filter(is_mature(mine, window, as_of) | is_immature(mine, window, as_of))
    young = mine.d0 + window > as_of
    spent = mine.cum_net.cast("decimal(38, 0)")
    early = ibis.literal(False) if data_from is None else mine.d0 < data_from + TRUNCATION_DAYS
    return mine.agg(
        persons=(~young).sum(),
        occasions=mine.n.sum(where=~young),
        net_sales=exact_sum(mine.cum_net, ~young),
        squares=(spent * spent).sum(where=~young),
        unknown_ad=(~young & (mine.ad_id == 0)).sum(),
        early=(~young & early).sum(),
        young=young.sum(),
        first_young=mine.d0.min(where=young),
    )


@Prepared
def _best(track: ir.Table, *, window: Number, as_of: Number, top: Number, **cohort: Any) -> ir.Table:
    """Net sales of the `top` persons who bought most."""
    mature = mature_at(of_cohort(track, Cohort(**cohort)), window, as_of)
    best = mature.select("cum_net", place=ibis.row_number().over(order_by=ibis.desc(mature.cum_net)))
    best = best.filter(best.place < top)
    return best.agg(sales=exact_sum(best.cum_net))


@Prepared
def _by_age(track: ir.Table, *, window: Number, as_of: Number, **cohort: Any) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    inside = mine.filter(mine.d0 + window <= as_of, mine.age <= window)
    return inside.group_by("age").agg(net_sales=exact_sum(inside.net)).order_by("age")
