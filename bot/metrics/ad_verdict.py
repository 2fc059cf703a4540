"""Judging an ad by CPA *and* by what its people are worth: without repeats it is stopped, even if cheap.

Money is in minor units of one currency throughout. CPA = spend ÷ new valid persons; allowable CPA (許容CPA) =
margin LTV - target profit; LTV is that of the mature persons over one year.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from statistics import median

from bot.metrics.intervals import (
    MINIMUM_N,
    Interval,
    Ratio,
    half_width,
    mean_interval,
    sample_variance,
    wilson,
)

MATURE_AFTER_DAYS = 365

PEOPLE_LIMIT = 1_000_000
HORIZON_DAYS = 3650
"""A decision that needs more people or time than this is not promised at all."""


class Kind(StrEnum):
    """What to do with an ad."""

    STOP = "stop"
    STOP_CHEAP_NO_REPEAT = "stop_cheap_no_repeat"
    """安いがリピートしない: a good CPA, but the people do not come back."""
    INCREASE = "increase"
    HOLD = "hold"
    NOT_YET = "not_yet"
    """まだ判断できません: too few mature people."""
    NO_SPEND = "no_spend"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdFigures:
    """What is known of one ad. Its people are those whose first order came from it."""

    code: str
    spend: int | None
    """None when no spend is known, which is not the same as 0."""
    new_persons: int
    first_sales: int
    year_sales: int
    waiting: int
    """Persons acquired but not yet mature for the one-year LTV."""
    ltv_n: int
    ltv_total: int
    ltv_total_of_squares: int
    """Count, sum and sum of squares of the one-year net sales of the mature persons."""
    f2: Ratio
    """Mature persons with a second purchase within 90 days ÷ mature persons."""
    margin_rate: Fraction | None
    """Gross margin ÷ net sales; None when cost is unknown."""
    target_profit: int = 0


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """What an ad is compared with: the median CPA of the ads (None: no CPA is known) and their pooled F2."""

    median_cpa: Fraction | None
    f2: Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on one ad with all of its evidence; ratios are None, or n/a, where they have no meaning."""

    code: str
    kind: Kind
    withheld: bool
    """HOLD instead of INCREASE, because the repeat rate is falling."""
    cpa: Ratio | None
    mr: Ratio | None
    """First-purchase sales ÷ spend."""
    roas: Ratio | None
    """One-year sales of the people acquired ÷ spend."""
    spend_without_persons: int
    ltv: Ratio
    ltv_interval: Interval | None
    margin_ltv: Fraction | None
    margin_interval: Interval | None
    allowable_cpa: Fraction | None
    margin_unknown: bool
    f2: Ratio
    f2_interval: Interval | None
    others_f2: Ratio
    """F2 of all other ads pooled."""
    median_cpa: Fraction | None
    people_needed: int | None
    """HOLD, NOT_YET: further mature people until it can be decided; None when no number would do."""
    decidable_on: date | None
    """The day on which they will be there at the present pace; None when that is not in sight."""


def shop_figures(ads: Iterable[AdFigures]) -> ShopFigures:
    """The comparison for `judge`, from all ads of the shop, the judged one included."""
    listed = list(ads)
    cpas = [Fraction(ad.spend, ad.new_persons) for ad in listed if ad.spend is not None and ad.new_persons > 0]
    return ShopFigures(
        median_cpa=median(cpas) if cpas else None,
        f2=Ratio(sum(ad.f2.numerator for ad in listed), sum(ad.f2.denominator for ad in listed)),
    )


def judge(
    ad: AdFigures,
    shop: ShopFigures,
    *,
    today: date,
    persons_per_week: float,
    falling: bool = False,
    mature_after_days: int = MATURE_AFTER_DAYS,
) -> Verdict:
    """The verdict on one ad. `today` is data_through; `persons_per_week` how fast the ad acquires people now.

    While its repeat rate is under alert (`falling`), INCREASE is withheld: the LTV is that of people who came a year
    ago, before the fall.

    "Cheap but does not repeat" wins over everything else: at least 30 people are mature for F2 (here and in
    the other ads), CPA ≤ the median CPA, and the upper bound of F2 is below half of the F2 of all other ads.
    Then: STOP if the upper bound of the margin LTV < CPA, INCREASE if its lower bound - target profit > CPA,
    else HOLD. With an unknown margin the whole revenue LTV is the most that the margin can be: STOP stays
    possible, INCREASE is never given.
    """
    others_f2 = Ratio(
        shop.f2.numerator - ad.f2.numerator,
        shop.f2.denominator - ad.f2.denominator,
    )
    cpa = None if ad.spend is None else Ratio(ad.spend, ad.new_persons)
    exact_cpa = None if cpa is None else cpa.exact
    ltv = Ratio(ad.ltv_total, ad.ltv_n)
    ltv_interval = mean_interval(ad.ltv_n, ad.ltv_total, ad.ltv_total_of_squares)
    margin_ltv = None if ltv.exact is None or ad.margin_rate is None else ad.margin_rate * ltv.exact
    margin_interval = None if ltv_interval is None or ad.margin_rate is None else ltv_interval.scaled(ad.margin_rate)
    kind = _kind(ad, shop, others_f2, exact_cpa, ltv_interval)
    withheld = falling and kind is Kind.INCREASE
    if withheld:
        kind = Kind.HOLD
    people_needed = None if withheld else _people_needed(ad, kind, exact_cpa)
    return Verdict(
        code=ad.code,
        kind=kind,
        withheld=withheld,
        cpa=cpa,
        mr=None if ad.spend is None else Ratio(ad.first_sales, ad.spend),
        roas=None if ad.spend is None else Ratio(ad.year_sales, ad.spend),
        spend_without_persons=ad.spend if ad.spend is not None and ad.new_persons == 0 else 0,
        ltv=ltv,
        ltv_interval=ltv_interval,
        margin_ltv=margin_ltv,
        margin_interval=margin_interval,
        allowable_cpa=None if margin_ltv is None else margin_ltv - ad.target_profit,
        margin_unknown=ad.margin_rate is None,
        f2=ad.f2,
        f2_interval=wilson(ad.f2.numerator, ad.f2.denominator),
        others_f2=others_f2,
        median_cpa=shop.median_cpa,
        people_needed=people_needed,
        decidable_on=_reached_on(people_needed, ad.waiting, today, persons_per_week, mature_after_days),
    )


def payback_month(cpa: float, cumulative_margin_per_person_by_month: Sequence[float]) -> int | None:
    """The first month in which the cumulative margin per person has reached the CPA (回収期間).

    The first element is the margin at the end of month 1. None: not within the observed period.
    """
    months = enumerate(cumulative_margin_per_person_by_month, start=1)
    return next((month for month, margin in months if margin >= cpa), None)


def _kind(
    ad: AdFigures,
    shop: ShopFigures,
    others_f2: Ratio,
    cpa: Fraction | None,
    ltv_interval: Interval | None,
) -> Kind:
    if ad.spend is None:
        return Kind.NO_SPEND
    if _cheap_no_repeat(ad.f2, others_f2, cpa, shop.median_cpa):
        return Kind.STOP_CHEAP_NO_REPEAT
    if cpa is None or ltv_interval is None or ad.ltv_n < MINIMUM_N:
        return Kind.NOT_YET
    if ad.margin_rate is None:
        return Kind.STOP if ltv_interval.high < cpa else Kind.HOLD
    margin = ltv_interval.scaled(ad.margin_rate)
    if margin.high < cpa:
        return Kind.STOP
    if margin.low - ad.target_profit > cpa:
        return Kind.INCREASE
    return Kind.HOLD


def _cheap_no_repeat(f2: Ratio, others_f2: Ratio, cpa: Fraction | None, median_cpa: Fraction | None) -> bool:
    if cpa is None or median_cpa is None or cpa > median_cpa:
        return False
    if min(f2.denominator, others_f2.denominator) < MINIMUM_N:
        return False
    interval, others = wilson(f2.numerator, f2.denominator), others_f2.value
    return interval is not None and others is not None and interval.high < others / 2


def _people_needed(ad: AdFigures, kind: Kind, cpa: Fraction | None) -> int | None:
    """NOT_YET: people missing to 30. HOLD: until the interval leaves the CPA, mean and variance unchanged."""
    if kind is Kind.NOT_YET:
        return max(MINIMUM_N - ad.ltv_n, 0)
    variance = sample_variance(ad.ltv_n, ad.ltv_total, ad.ltv_total_of_squares)
    if kind is not Kind.HOLD or cpa is None or variance is None:
        return None
    rate = Fraction(1) if ad.margin_rate is None else ad.margin_rate
    mean = rate * Fraction(ad.ltv_total, ad.ltv_n)
    if mean < cpa:
        distance = cpa - mean
    elif mean - ad.target_profit > cpa and ad.margin_rate is not None:
        distance = mean - ad.target_profit - cpa
    else:
        # Between the CPA and the CPA plus the target profit no number of people brings a decision.
        return None
    total = _people_for_half_width(distance, rate * rate * variance, ad.ltv_n)
    return None if total is None else total - ad.ltv_n


def _people_for_half_width(distance: Fraction, variance: Fraction, n: int) -> int | None:
    """The fewest people, more than n, whose interval at that variance has a half-width below `distance`."""
    # The half-width falls with every person, so that the first number that does can be bisected.
    candidates = range(n + 1, PEOPLE_LIMIT + 1)
    place = bisect_left(candidates, True, key=lambda people: half_width(people, variance) < distance)
    return candidates[place] if place < len(candidates) else None


def _reached_on(
    people_needed: int | None, waiting: int, today: date, persons_per_week: float, mature_after_days: int
) -> date | None:
    """The day on which the last of the people needed is mature.

    Those waiting were acquired at the present pace up to today, so that the people needed mature in turn,
    the last of them `mature_after_days` after the day on which they were or will be acquired.
    """
    if people_needed is None:
        return None
    if persons_per_week > 0:
        days = math.ceil((people_needed - waiting) * 7 / persons_per_week) + mature_after_days
    elif people_needed <= waiting:
        days = mature_after_days
    else:
        return None
    return today + timedelta(days=max(days, 1)) if days <= HORIZON_DAYS else None
