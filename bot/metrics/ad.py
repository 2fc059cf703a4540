"""All ads in one scan of the facts: sums for their verdicts, and F2 by the week in which people matured.

Only the shop basis counts (product 0): who came through which ad, and everything they bought afterwards.
A week runs from Monday to Sunday and is numbered; a person belongs to the week in which d0 + 90 days lies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum
from fractions import Fraction

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr import types as ir

from bot.metrics.ad_verdict import MATURE_AFTER_DAYS, AdFigures
from bot.metrics.cohort import WHOLE_SHOP
from bot.metrics.intervals import Ratio
from bot.metrics.prepared import Number, Prepared
from bot.metrics.repeat_alert import Replay, replay
from bot.periods import day_of

LTV_WINDOW = MATURE_AFTER_DAYS
F2_WINDOW = 90
RECENT_DAYS = 28
MONTHS = 12
FIRST_MONDAY = 4
"""1970-01-05, counted from 1970-01-01: the first day of week 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdSums:
    """What one ad brought, of persons whose first purchase lies in the period. Money in minor units."""

    new_persons: int
    recent: int
    """Acquired in the last 28 days."""
    first_sales: int
    year_sales: int
    """Net sales within 365 days of everybody acquired, so far."""
    waiting: int
    """Not yet mature for the one-year LTV."""
    ltv_n: int
    ltv_total: int
    ltv_squares: int
    """Mature persons, and Σ and Σ² of their net sales within 365 days."""
    repeaters: int
    later_sales: int
    """Of those mature persons: who bought again within 365 days, and for how much after the first purchase."""
    f2_n: int
    f2_returned: int
    """Persons mature for F2, and those of them with a second purchase within 90 days."""

    @property
    def persons_per_week(self) -> float:
        """How fast the ad acquires people now."""
        return self.recent * 7 / RECENT_DAYS

    @property
    def f2(self) -> Ratio:
        """F2(90) of mature persons."""
        return Ratio(self.f2_returned, self.f2_n)

    @property
    def later_sales_per_repeater(self) -> Fraction | None:
        """What one who comes back spends within the year after the first purchase."""
        return Fraction(self.later_sales, self.repeaters) if self.repeaters else None

    def figures(self, code: str, spend: int | None, margin_rate: Fraction | None, target_profit: int) -> AdFigures:
        """Together with what the ad cost and what the shop earns: everything a verdict needs."""
        return AdFigures(
            code=code,
            spend=spend,
            new_persons=self.new_persons,
            first_sales=self.first_sales,
            year_sales=self.year_sales,
            waiting=self.waiting,
            ltv_n=self.ltv_n,
            ltv_total=self.ltv_total,
            ltv_total_of_squares=self.ltv_squares,
            f2=self.f2,
            margin_rate=margin_rate,
            target_profit=target_profit,
        )


NAMES = [field.name for field in fields(AdSums)]
NOTHING = AdSums(**dict.fromkeys(NAMES, 0))
"""An ad that brought nobody."""


@dataclass(frozen=True)
class Scan:
    """All ads as of one day. Ad 0 is everybody whose ad is unknown."""

    sums: Mapping[int, AdSums]
    weekly: pd.DataFrame
    """ad_id, week, mature, returned: whole weeks only, ads without number 0, whatever period was asked for."""


@dataclass(frozen=True, slots=True)
class Week:
    """The people of one ad (or of several) who matured in one week."""

    week: int
    ratio: Ratio


def weeks_of(weekly: pd.DataFrame, ads: Collection[int], last: int) -> tuple[Week, ...]:
    """F2 by week of maturity from the first week with people to `last`, those without people included."""
    mine = weekly[weekly["ad_id"].isin(list(ads)) & (weekly["week"] <= last)]
    if mine.empty:
        return ()
    sums = mine.groupby("week")[["returned", "mature"]].sum()
    every = sums.reindex(range(int(sums.index.min()), last + 1), fill_value=0)
    return tuple(
        Week(int(week), Ratio(int(returned), int(mature)))
        for week, returned, mature in zip(every.index, every["returned"], every["mature"], strict=True)
    )


def measure(track: ir.Table, as_of: int, first_from: int | None = None, first_to: int | None = None) -> Scan:
    """Sums by ad of persons first acquired between two days (None: no limit), and the weekly cohorts of all time."""
    groups = _groups(track, as_of=as_of, first_from=first_from, first_to=first_to)
    return Scan(_sums(groups.filter(pc.field("inside"))), _weekly(groups, last_whole_week(as_of)))


def alerts_through(weekly: pd.DataFrame, week: int) -> Replay:
    """The weekly checks of all time up to `week`, gone through again: the same facts give the same alerts."""
    first = int(weekly["week"].min()) if len(weekly) else week
    return replay(weekly, range(first, week + 1))


class Phase(IntEnum):
    """How long ago a person was acquired."""

    RECENT = 0
    YOUNG = 1
    MATURE_F2 = 2
    MATURE_LTV = 3


class Purchase(IntEnum):
    """Which purchase a row is; a first one with how soon the second followed."""

    FIRST_OF_NONE = 0
    FIRST_OF_YEAR = 1
    FIRST_OF_F2 = 2
    LATER = 3


@Prepared
def _groups(track: ir.Table, *, as_of: Number, first_from: Number | None, first_to: Number | None) -> ir.Table:
    """The one scan: purchases within a year of the first, grouped by all that the sums depend on.

    What a group is decides where it counts, because that is several times faster than a condition in each sum.
    The squares are those of a person's total, as the growth of the square with each purchase.
    """
    known = track.filter(track.product_id == WHOLE_SHOP, track.d0 + track.age <= as_of, track.age <= LTV_WINDOW)
    inside = ibis.literal(True)
    if first_from is not None:
        inside = inside & (known.d0 >= first_from)
    if first_to is not None:
        inside = inside & (known.d0 <= first_to)
    growth = (2 * known.cum_net - known.net).cast("decimal(38, 0)") * known.net.cast("decimal(38, 0)")
    return known.group_by(
        "ad_id",
        week=((known.d0 + F2_WINDOW - FIRST_MONDAY) / 7).floor().cast("int32"),
        phase=ibis.cases(
            (known.d0 + LTV_WINDOW <= as_of, int(Phase.MATURE_LTV)),
            (known.d0 + F2_WINDOW <= as_of, int(Phase.MATURE_F2)),
            (known.d0 <= as_of - RECENT_DAYS, int(Phase.YOUNG)),
            else_=int(Phase.RECENT),
        ),
        purchase=ibis.cases(
            (known.n > 1, int(Purchase.LATER)),
            (known.next_age <= F2_WINDOW, int(Purchase.FIRST_OF_F2)),
            (known.next_age <= LTV_WINDOW, int(Purchase.FIRST_OF_YEAR)),
            else_=int(Purchase.FIRST_OF_NONE),
        ),
        inside=inside,
    ).agg(rows=known.count(), net=known.net.sum().cast("int64"), squares=growth.sum())


def _weekly(groups: pa.Table, last: int) -> pd.DataFrame:
    first = groups.filter(
        (pc.field("phase") >= Phase.MATURE_F2)
        & (pc.field("purchase") < Purchase.LATER)
        & (pc.field("week") <= last)
        & (pc.field("ad_id") > 0)
    )
    soon = pc.equal(first["purchase"], int(Purchase.FIRST_OF_F2))
    counted = pa.table(
        {
            "ad_id": first["ad_id"],
            "week": first["week"],
            "mature": first["rows"],
            "returned": pc.if_else(soon, first["rows"], 0),
        }
    )
    sums = counted.group_by(["ad_id", "week"]).aggregate([("mature", "sum"), ("returned", "sum")])
    ordered = sums.rename_columns(["ad_id", "week", "mature", "returned"]).sort_by(
        [("ad_id", "ascending"), ("week", "ascending")]
    )
    weekly: pd.DataFrame = ordered.to_pandas()
    return weekly


def _sums(groups: pa.Table) -> dict[int, AdSums]:
    """What each ad brought, from its groups: a group counts wherever its phase and purchase say."""
    kinds = groups.group_by(["ad_id", "phase", "purchase"]).aggregate(
        [(name, "sum") for name in ("rows", "net", "squares")]
    )
    found: dict[int, dict[str, int]] = {}
    for kind in kinds.to_pylist():
        rows, net, phase, purchase = kind["rows_sum"], kind["net_sum"], kind["phase"], kind["purchase"]
        first, mature = purchase < Purchase.LATER, phase == Phase.MATURE_LTV
        for_f2 = first and phase >= Phase.MATURE_F2
        counts = {
            "new_persons": first * rows,
            "recent": (first and phase == Phase.RECENT) * rows,
            "first_sales": first * net,
            "year_sales": net,
            "waiting": (first and not mature) * rows,
            "ltv_n": (first and mature) * rows,
            "ltv_total": mature * net,
            "ltv_squares": mature * int(kind["squares_sum"]),
            "repeaters": (first and mature and purchase > Purchase.FIRST_OF_NONE) * rows,
            "later_sales": (mature and not first) * net,
            "f2_n": for_f2 * rows,
            "f2_returned": (for_f2 and purchase == Purchase.FIRST_OF_F2) * rows,
        }
        mine = found.setdefault(kind["ad_id"], dict.fromkeys(NAMES, 0))
        for name, number in counts.items():
            mine[name] += number
    return {ad: AdSums(**sums) for ad, sums in found.items()}


def monday(week: int) -> date:
    """The day on which a week begins."""
    return day_of(FIRST_MONDAY + 7 * week)


def last_whole_week(as_of: int) -> int:
    """The last week whose Sunday is not after `as_of`."""
    return (as_of - FIRST_MONDAY - 6) // 7


def sunday(week: int) -> date:
    """The day on which a week ends."""
    return day_of(FIRST_MONDAY + 7 * week + 6)


def week_name(week: int) -> str:
    """A week as 2026-W48 (ISO 8601)."""
    year, number, _ = sunday(week).isocalendar()
    return f"{year}-W{number:02}"


def cumulated_by_month(by_age: list[tuple[int, int]], persons: int, rate: Fraction) -> list[float]:
    """Margin per person at the end of each of twelve months; `by_age` are (age in days, net sales at that age).

    Month m ends 365·m/12 days after the first purchase, rounded down.
    """
    ends = [LTV_WINDOW * month // MONTHS for month in range(1, MONTHS + 1)]
    return [float(rate * sum(net for age, net in by_age if age <= end) / persons) for end in ends]
