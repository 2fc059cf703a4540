"""The week's figures beside those of a week earlier, and which changes are more than chance.

*Prior.* A rate or LTV is compared with the same mature definition seven days earlier: the persons who were mature
then, on the facts of today. Today's facts are used for both sides on purpose, so that a late cancellation, a refund
or a joined customer changes both alike; a difference then comes from people, never from corrections. (A mature
person's window had ended by then, so no later order can have slipped in.)

*Gate.* All mature persons of two years move by tenths of a percent from week to week; what can change is the week
that matured last. So the test looks at the newly matured week against the eight weeks that matured before it: Fisher's
exact test for rates, Welch's test for LTV. Totals of a calendar week (sales, new persons, prices, shares) are held
against the scatter of the eight weeks before (Student's t of one more week). A change is marked where p < .01 *and*
it is at least 10 % of what was usual: small enough to be chance or too small to matter is not marked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir
from scipy import stats

from bot.metrics.cohort import WHOLE_SHOP, mature_at
from bot.metrics.intervals import MINIMUM_N, Interval, Ratio, mean_interval, wilson

F2_WINDOW = 90
LTV_WINDOW = 365
USUAL_WEEKS = 8
CHART_WEEKS = 26
TOP_PRODUCTS = 3
P_LIMIT = 0.01
SMALLEST_CHANGE = 0.10


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The newest week (`recent`) against what was usual in the eight weeks before."""

    recent: float
    usual: float
    n: int
    """Persons or purchases of the newest week."""
    p_value: float

    @property
    def relative(self) -> float | None:
        """The change as a share of what was usual; None where nothing was usual."""
        return self.recent / self.usual - 1 if self.usual else None

    @property
    def notable(self) -> bool:
        """Whether it passes the gate: p < .01 and at least 10 % up or down."""
        change = self.relative
        return change is not None and self.p_value < P_LIMIT and abs(change) >= SMALLEST_CHANGE


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row: the value now and a week earlier. `key` names it; money in minor units.

    `n` counts what the value rests on; `interval` is its 95 % interval where it has one. `shift` is None when there
    are too few people or weeks to test.
    """

    key: str
    now: float | None
    before: float | None
    n: int
    interval: Interval | None = None
    shift: Shift | None = None
    product_id: int = WHOLE_SHOP


@dataclass(frozen=True, kw_only=True)
class WeekOfF2:
    """Persons whose 90 days ended in the week that ends on day `ends`, and those of them who came back."""

    ends: int
    f2: Ratio

    @property
    def interval(self) -> Interval | None:
        """95 % Wilson interval."""
        return wilson(self.f2.numerator, self.f2.denominator)


@dataclass(frozen=True, kw_only=True)
class WeekOfSales:
    """Net sales (minor units) and purchase occasions of the calendar week that ends on day `ends`."""

    ends: int
    new_sales: int
    repeat_sales: int
    new_persons: int
    repeat_occasions: int

    @property
    def net_sales(self) -> int:
        """All net sales of the week."""
        return self.new_sales + self.repeat_sales

    @property
    def occasions(self) -> int:
        """All purchase occasions of the week."""
        return self.new_persons + self.repeat_occasions

    @property
    def price(self) -> float | None:
        """Average purchase price (平均購入単価): net sales per occasion."""
        return self.net_sales / self.occasions if self.occasions else None

    @property
    def repeat_share(self) -> float | None:
        """Share of the net sales that came from persons who had bought before."""
        return self.repeat_sales / self.net_sales if self.net_sales else None


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """The figures of the week which ended on day `ends` (a Sunday), and the weeks before it, oldest first."""

    ends: int
    figures: tuple[Figure, ...]
    f2_weeks: tuple[WeekOfF2, ...]
    sales_weeks: tuple[WeekOfSales, ...]
    immature: int

    @property
    def notable(self) -> list[Figure]:
        """What changed by more than chance, the largest change first."""
        moved = [figure for figure in self.figures if figure.shift is not None and figure.shift.notable]
        return sorted(moved, key=lambda figure: -abs((figure.shift and figure.shift.relative) or 0))


def measure(shop: ir.Table, ends: int) -> Weekly:
    """The figures of the week that ended on day `ends`, from the occasions on the shop basis."""
    f2 = _f2_by_week(shop, ends)
    whole = f2[f2.product_id == WHOLE_SHOP]
    sales = _sales_weeks(shop, ends)
    products = _entry_products(f2)
    figures = [
        _f2_figure("f2", whole, WHOLE_SHOP),
        _ltv_figure(_ltv_by_week(shop, ends)),
        *_sales_figures(sales),
        *(_f2_figure("f2_product", f2[f2.product_id == product], product) for product in products),
    ]
    mine = shop.filter(shop.product_id == WHOLE_SHOP)
    young = mine.filter(mine.n == 1, mine.d0 <= ends, mine.d0 + F2_WINDOW > ends).count()
    return Weekly(
        ends=ends,
        figures=tuple(figures),
        f2_weeks=_f2_weeks(whole, ends),
        sales_weeks=sales[-CHART_WEEKS:],
        immature=int(young.to_pyarrow().as_py()),
    )


def rate_shift(recent: Ratio, usual: Ratio) -> Shift | None:
    """Two rates of different people, by Fisher's exact test; None with fewer than 30 people on either side."""
    if min(recent.denominator, usual.denominator) < MINIMUM_N:
        return None
    table = np.array([[part.numerator, part.denominator - part.numerator] for part in (recent, usual)])
    test = stats.fisher_exact(table)
    return Shift(
        recent=recent.numerator / recent.denominator,
        usual=usual.numerator / usual.denominator,
        n=recent.denominator,
        p_value=float(test.pvalue),
    )


def mean_shift(recent: tuple[int, int, int], usual: tuple[int, int, int]) -> Shift | None:
    """Two means of different people, each from (n, Σ, Σ²), by Welch's test; None with fewer than 30 on either side."""
    if min(recent[0], usual[0]) < MINIMUM_N:
        return None
    (mean, deviation), (mean0, deviation0) = _moments(*recent), _moments(*usual)
    if deviation == deviation0 == 0:
        p_value = 1.0 if mean == mean0 else 0.0
    else:
        p_value = float(
            stats.ttest_ind_from_stats(mean, deviation, recent[0], mean0, deviation0, usual[0], equal_var=False).pvalue
        )
    return Shift(recent=mean, usual=mean0, n=recent[0], p_value=p_value)


def week_shift(values: Sequence[float | None], n: int) -> Shift | None:
    """The last of nine weekly values against the scatter of the eight before; None when one is missing."""
    known = [value for value in values[-USUAL_WEEKS - 1 :] if value is not None]
    if len(known) < USUAL_WEEKS + 1:
        return None
    *past, recent = known
    usual, deviation = float(np.mean(past)), float(np.std(past, ddof=1))
    # One more week from the same source: its own scatter and that of the mean of the eight.
    spread = deviation * math.sqrt(1 + 1 / USUAL_WEEKS)
    if spread == 0:
        p_value = 1.0 if recent == usual else 0.0
    else:
        p_value = float(2 * stats.t.sf(abs(recent - usual) / spread, USUAL_WEEKS - 1))
    return Shift(recent=recent, usual=usual, n=n, p_value=p_value)


def _f2_by_week(shop: ir.Table, ends: int) -> pd.DataFrame:
    """product_id, ago (weeks since their 90 days ended, 0 is the newest), mature, returned."""
    mature = mature_at(shop, F2_WINDOW, ends)
    weeks = mature.mutate(ago=((ends - F2_WINDOW - mature.d0) // 7).cast("int32"))
    counted = weeks.group_by("product_id", "ago").agg(mature=weeks.count(), returned=(weeks.n >= 2).sum())
    return _frame(counted)


def _ltv_by_week(shop: ir.Table, ends: int) -> pd.DataFrame:
    """ago, persons, net_sales, squares of the whole shop's persons by the week in which their year ended."""
    mature = mature_at(shop.filter(shop.product_id == WHOLE_SHOP), LTV_WINDOW, ends)
    weeks = mature.mutate(ago=((ends - LTV_WINDOW - mature.d0) // 7).cast("int32"))
    exact = weeks.cum_net.cast("decimal(38, 0)")
    counted = weeks.group_by("ago").agg(
        persons=weeks.count(), net_sales=weeks.cum_net.sum(), squares=(exact * exact).sum()
    )
    return _frame(counted)


def _sales_weeks(shop: ir.Table, ends: int) -> tuple[WeekOfSales, ...]:
    """The calendar weeks from the first sale to the week that ended on `ends`, without gaps, oldest first."""
    mine = shop.filter(shop.product_id == WHOLE_SHOP)
    dated = mine.mutate(day=mine.d0 + mine.age)
    past = dated.filter(dated.day <= ends, dated.day > ends - 7 * (CHART_WEEKS + 1))
    weeks = past.mutate(ago=((ends - past.day) // 7).cast("int32"), new=past.n == 1)
    counted = weeks.group_by("ago").agg(
        new_sales=ibis.ifelse(weeks.new, weeks.net, 0).sum(),
        repeat_sales=ibis.ifelse(weeks.new, 0, weeks.net).sum(),
        new_persons=weeks.new.sum(),
        repeat_occasions=(~weeks.new).sum(),
    )
    rows = {int(row["ago"]): row for row in counted.to_pyarrow().to_pylist()}
    return tuple(_week_of_sales(rows.get(ago, {}), ends - 7 * ago) for ago in range(max(rows, default=0), -1, -1))


def _week_of_sales(row: dict[str, Any], ends: int) -> WeekOfSales:
    names = ("new_sales", "repeat_sales", "new_persons", "repeat_occasions")
    return WeekOfSales(ends=ends, **{name: int(row.get(name) or 0) for name in names})


def _entry_products(f2: pd.DataFrame) -> list[int]:
    """The products with which most of the persons began who matured in the last nine weeks."""
    recent = f2[(f2.product_id != WHOLE_SHOP) & (f2.ago <= USUAL_WEEKS)]
    persons = recent.groupby("product_id")["mature"].sum().reset_index()
    best = persons.sort_values(["mature", "product_id"], ascending=[False, True])
    return [int(product) for product in best["product_id"].head(TOP_PRODUCTS)]


def _f2_figure(key: str, weeks: pd.DataFrame, product_id: int) -> Figure:
    every, earlier = _ratio(weeks), _ratio(weeks[weeks.ago >= 1])
    newest = _ratio(weeks[weeks.ago == 0])
    usual = _ratio(weeks[weeks.ago.between(1, USUAL_WEEKS)])
    return Figure(
        key=key,
        now=every.value if every.denominator >= MINIMUM_N else None,
        before=earlier.value if earlier.denominator >= MINIMUM_N else None,
        n=every.denominator,
        interval=wilson(every.numerator, every.denominator),
        shift=rate_shift(newest, usual),
        product_id=product_id,
    )


def _ltv_figure(weeks: pd.DataFrame) -> Figure:
    every, earlier = _sums(weeks), _sums(weeks[weeks.ago >= 1])
    newest, usual = _sums(weeks[weeks.ago == 0]), _sums(weeks[weeks.ago.between(1, USUAL_WEEKS)])
    return Figure(
        key="ltv",
        now=every[1] / every[0] if every[0] >= MINIMUM_N else None,
        before=earlier[1] / earlier[0] if earlier[0] >= MINIMUM_N else None,
        n=every[0],
        interval=mean_interval(*every),
        shift=mean_shift(newest, usual),
    )


def _sales_figures(weeks: Sequence[WeekOfSales]) -> list[Figure]:
    if not weeks:
        return []
    last = weeks[-1]
    rows: dict[str, tuple[list[float | None], int]] = {
        "new_persons": ([week.new_persons for week in weeks], last.new_persons),
        "net_sales": ([week.net_sales for week in weeks], last.occasions),
        "price": ([week.price for week in weeks], last.occasions),
        "repeat_share": ([week.repeat_share for week in weeks], last.occasions),
    }
    return [
        Figure(
            key=key,
            now=values[-1],
            before=values[-2] if len(values) > 1 else None,
            n=n,
            shift=week_shift(values, n),
        )
        for key, (values, n) in rows.items()
    ]


def _f2_weeks(whole: pd.DataFrame, ends: int) -> tuple[WeekOfF2, ...]:
    shown = whole[whole.ago < CHART_WEEKS].sort_values("ago", ascending=False)
    return tuple(
        WeekOfF2(ends=ends - 7 * int(ago), f2=Ratio(int(returned), int(mature)))
        for ago, mature, returned in zip(shown.ago, shown.mature, shown.returned, strict=True)
    )


def _ratio(weeks: pd.DataFrame) -> Ratio:
    return Ratio(int(weeks["returned"].sum()), int(weeks["mature"].sum()))


def _sums(weeks: pd.DataFrame) -> tuple[int, int, int]:
    # Python's integers: sums of squares pass 64 bits.
    persons, net_sales, squares = (sum(map(int, weeks[name])) for name in ("persons", "net_sales", "squares"))
    return persons, net_sales, squares


def _moments(n: int, total: int, squares: int) -> tuple[float, float]:
    """Mean and sample standard deviation, exact until the root."""
    return total / n, math.sqrt(max(0, n * squares - total * total) / (n * (n - 1)))


def _frame(table: ir.Table) -> pd.DataFrame:
    return pd.DataFrame(table.to_pyarrow().to_pandas())
