"""Lifetime value: LTV = average purchase price (購入単価) × purchases per customer (購入回数), within W days."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import ibis
from ibis.expr import types as ir

from bot.metrics.cohort import TRUNCATION_DAYS, Cohort, exact_sum, is_immature, is_mature, of_cohort, one_row
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
    return Ltv(
        window=window,
        persons=row["persons"],
        occasions=row["occasions"],
        net_sales=row["net_sales"],
        squares=row["squares"],
        top_persons=-(-row["persons"] // TOP_SHARE),
        top_sales=row["top_sales"],
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
    """The one scan: persons by what they bought for, because many bought for the same sum; then sums over those groups.

    Of the mature, those who bought for most come first: the best are the first groups, the last of them in part.
    """
    mine = of_cohort(track, Cohort(**cohort))
    mine = mine.filter(is_mature(mine, window, as_of) | is_immature(mine, window, as_of))
    early = ibis.literal(False) if data_from is None else mine.d0 < data_from + TRUNCATION_DAYS
    young = mine.d0 + window > as_of
    alike = mine.group_by(young=young, spent=ibis.ifelse(young, 0, mine.cum_net)).agg(
        persons=mine.count(),
        occasions=mine.n.sum().cast("int64"),
        unknown_ad=mine.count(where=mine.ad_id == 0),
        early=mine.count(where=early),
        first=mine.d0.min(),
    )
    in_order = ibis.window(order_by=[alike.young, ibis.desc(alike.spent)], preceding=None, following=0)
    alike = alike.mutate(
        through=alike.persons.sum().over(in_order).cast("int64"),
        mature=alike.persons.sum(where=~alike.young).over(ibis.window()).cast("int64"),
    )
    top = (alike.mature + TOP_SHARE - 1) // TOP_SHARE
    among_best = ibis.greatest(0, ibis.least(alike.persons, top - (alike.through - alike.persons)))
    persons, spent = (column.cast("decimal(38, 0)") for column in (alike.persons, alike.spent))
    old = ~alike.young
    return alike.agg(
        persons=alike.persons.sum(where=old),
        occasions=alike.occasions.sum(where=old),
        net_sales=(persons * spent).sum(where=old),
        squares=(persons * spent * spent).sum(where=old),
        top_sales=exact_sum(among_best * alike.spent, old),
        unknown_ad=alike.unknown_ad.sum(where=old),
        early=alike.early.sum(where=old),
        young=alike.persons.sum(where=alike.young),
        first_young=alike["first"].min(where=alike.young),
    )


@Prepared
def _by_age(track: ir.Table, *, window: Number, as_of: Number, **cohort: Any) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    inside = mine.filter(mine.d0 + window <= as_of, mine.age <= window)
    return inside.group_by("age").agg(net_sales=exact_sum(inside.net)).order_by("age")
