"""The verdict on an ad: CPA and lifetime value together."""

import math
import statistics
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.metrics.ad_verdict import (
    AdFigures,
    Kind,
    ShopFigures,
    Verdict,
    judge,
    payback_month,
    shop_figures,
)
from bot.metrics.intervals import Ratio, half_width, mean_interval, sample_variance

TODAY = date(2026, 6, 30)
SHOP = ShopFigures(median_cpa=Fraction(5000), f2=Ratio(3000, 10_000))


def ad(ltv: list[int] | None = None, **changes: Any) -> AdFigures:
    """An ad with 100 persons at 5,000 each, whose mature persons are worth 20,000 ± 2,000 of sales."""
    values = [18_000, 22_000] * 50 if ltv is None else ltv
    usual = AdFigures(
        code="A",
        spend=500_000,
        new_persons=100,
        first_sales=400_000,
        year_sales=2_000_000,
        waiting=0,
        ltv_n=len(values),
        ltv_total=sum(values),
        ltv_total_of_squares=sum(value * value for value in values),
        f2=Ratio(30, 100),
        margin_rate=Fraction(1, 2),
    )
    return replace(usual, **changes)


def verdict(figures: AdFigures, shop: ShopFigures = SHOP, pace: float = 10.0) -> Verdict:
    return judge(figures, shop, today=TODAY, persons_per_week=pace)


def test_an_ad_whose_people_are_surely_worth_more_is_increased() -> None:
    result = verdict(ad())
    assert result.kind is Kind.INCREASE
    assert result.margin_ltv == 10_000
    assert result.allowable_cpa == 10_000
    assert result.margin_interval is not None
    assert result.margin_interval.low > 5000
    assert (result.mr, result.roas) == (Ratio(400_000, 500_000), Ratio(2_000_000, 500_000))
    assert result.people_needed is None


def test_an_ad_whose_people_are_surely_worth_less_is_stopped() -> None:
    result = verdict(ad(spend=1_200_000))
    assert result.kind is Kind.STOP
    assert result.cpa == Ratio(1_200_000, 100)


def test_nothing_more_is_spent_on_an_ad_whose_people_stop_coming_back() -> None:
    for figures, kind, withheld in (
        (ad(), Kind.HOLD, True),
        (ad(spend=1_200_000), Kind.STOP, False),
        (ad(target_profit=5000), Kind.HOLD, False),
    ):
        result = judge(figures, SHOP, today=TODAY, persons_per_week=10, falling=True)
        assert (result.kind, result.withheld) == (kind, withheld)
    assert not verdict(ad()).withheld


def test_the_target_profit_is_earned_before_more_is_spent() -> None:
    result = verdict(ad(target_profit=5000))
    assert result.kind is Kind.HOLD
    assert result.allowable_cpa == 5000
    assert verdict(ad(target_profit=4000)).kind is Kind.INCREASE


def test_between_cpa_and_target_profit_no_number_of_people_decides() -> None:
    result = verdict(ad(target_profit=6000))
    assert (result.kind, result.people_needed, result.decidable_on) == (Kind.HOLD, None, None)


def test_exactly_at_the_cpa_no_number_of_people_decides() -> None:
    result = verdict(ad(spend=1_000_000))
    assert (result.kind, result.people_needed) == (Kind.HOLD, None)


values = st.lists(st.integers(0, 60_000), min_size=30, max_size=80)


@settings(deadline=None)
@given(values, st.integers(0, 3_000_000), st.sampled_from([Fraction(1, 2), Fraction(3, 5)]))
def test_the_verdict_follows_from_the_interval(ltv: list[int], spend: int, margin: Fraction) -> None:
    result = verdict(ad(ltv, spend=spend, margin_rate=margin))
    interval = mean_interval(len(ltv), sum(ltv), sum(value * value for value in ltv))
    assert interval is not None
    cpa = spend / 100
    assert (result.kind is Kind.STOP) == (interval.high * float(margin) < cpa)
    assert (result.kind is Kind.INCREASE) == (interval.low * float(margin) > cpa)


@settings(deadline=None)
@given(values, st.integers(0, 3_000_000))
def test_hold_names_the_first_number_of_people_that_decides(ltv: list[int], spend: int) -> None:
    result = verdict(ad(ltv, spend=spend))
    if result.kind is not Kind.HOLD or result.people_needed is None:
        return
    variance = sample_variance(len(ltv), sum(ltv), sum(value * value for value in ltv))
    assert variance is not None
    distance = abs(statistics.mean(ltv) / 2 - spend / 100)
    total = len(ltv) + result.people_needed
    assert half_width(total, variance / 4) < distance * (1 + 1e-9)
    assert total == len(ltv) + 1 or half_width(total - 1, variance / 4) >= distance * (1 - 1e-9)


def test_hold_says_when_the_people_needed_will_be_mature() -> None:
    wide = [0] * 25 + [22_000] * 25
    result = verdict(ad(wide, waiting=20), pace=7.0)
    assert result.kind is Kind.HOLD
    assert result.people_needed is not None
    assert result.people_needed > 20
    # One person a day: the last one needed comes in `needed - waiting` days and is mature a year later.
    assert result.decidable_on == TODAY + timedelta(days=result.people_needed - 20 + 365)


@pytest.mark.parametrize(
    ("n", "waiting", "pace", "days"),
    [
        (20, 0, 7.0, 375),
        (20, 100, 7.0, 275),
        (29, 400, 7.0, 1),
        (20, 10, 0.0, 365),
        (20, 9, 0.0, None),
        (20, 0, 0.001, None),
    ],
)
def test_below_thirty_there_is_no_verdict_but_a_date(n: int, waiting: int, pace: float, days: int | None) -> None:
    result = verdict(ad([20_000] * n, waiting=waiting), pace=pace)
    assert result.kind is Kind.NOT_YET
    assert result.people_needed == 30 - n
    assert result.decidable_on == (None if days is None else TODAY + timedelta(days=days))


def test_cheap_but_nobody_repeats_wins_over_everything_else() -> None:
    assert verdict(ad(f2=Ratio(2, 100))).kind is Kind.STOP_CHEAP_NO_REPEAT
    assert verdict(ad([20_000] * 3, f2=Ratio(2, 100))).kind is Kind.STOP_CHEAP_NO_REPEAT
    assert verdict(ad(f2=Ratio(2, 100), margin_rate=None)).kind is Kind.STOP_CHEAP_NO_REPEAT


@pytest.mark.parametrize(
    ("changes", "shop"),
    [
        ({"spend": 500_100, "f2": Ratio(2, 100)}, SHOP),
        ({"f2": Ratio(9, 100)}, SHOP),
        ({"f2": Ratio(0, 29)}, SHOP),
        ({"f2": Ratio(2, 100)}, ShopFigures(Fraction(5000), Ratio(22, 129))),
        ({"f2": Ratio(2, 100)}, ShopFigures(None, SHOP.f2)),
    ],
)
def test_cheap_no_repeat_needs_a_good_cpa_a_sure_difference_and_enough_people(
    changes: dict[str, Any], shop: ShopFigures
) -> None:
    assert verdict(ad(**changes), shop).kind is Kind.INCREASE


def test_the_ad_itself_is_not_among_the_others() -> None:
    ads = [ad(code="A", f2=Ratio(5, 1000)), ad(code="B", f2=Ratio(60, 300))]
    result = verdict(ads[0], shop_figures(ads))
    assert result.others_f2 == Ratio(60, 300)
    assert result.kind is Kind.STOP_CHEAP_NO_REPEAT


def test_the_comparison_leaves_out_ads_without_a_cpa() -> None:
    ads = [
        ad(spend=100_000),
        ad(spend=300_000),
        ad(spend=None),
        ad(spend=900_000, new_persons=0),
    ]
    assert shop_figures(ads).median_cpa == 2000
    assert shop_figures(ads).f2 == Ratio(120, 400)
    assert shop_figures([]).median_cpa is None


def test_without_spend_there_is_no_cpa_and_no_verdict() -> None:
    result = verdict(ad(spend=None, f2=Ratio(2, 100)))
    assert result.kind is Kind.NO_SPEND
    assert (result.cpa, result.mr, result.roas) == (None, None, None)


def test_spend_without_persons_is_shown_apart_and_its_cpa_is_not_zero() -> None:
    result = verdict(ad([], new_persons=0, f2=Ratio(0, 0)))
    assert result.kind is Kind.NOT_YET
    assert result.cpa is not None
    assert result.cpa.value is None
    assert result.spend_without_persons == 500_000
    assert (result.ltv.value, result.margin_ltv, result.f2_interval) == (None, None, None)


def test_an_unknown_margin_still_stops_what_even_revenue_cannot_pay() -> None:
    assert verdict(ad(spend=2_500_000, margin_rate=None)).kind is Kind.STOP


def test_an_unknown_margin_never_increases() -> None:
    result = verdict(ad(spend=100_000, margin_rate=None))
    assert result.kind is Kind.HOLD
    assert result.margin_unknown
    assert (result.margin_ltv, result.margin_interval, result.allowable_cpa) == (None, None, None)
    assert result.people_needed is None


def test_an_unknown_margin_can_become_a_stop_with_more_people() -> None:
    result = verdict(ad([0, 40_000] * 20, spend=2_200_000, margin_rate=None))
    assert result.kind is Kind.HOLD
    assert result.people_needed is not None
    variance = Fraction(40 * 20 * 40_000**2 - (20 * 40_000) ** 2, 40 * 39)
    expected = (1.96 * math.sqrt(variance) / 2000) ** 2
    assert 40 + result.people_needed == pytest.approx(expected, rel=0.02)


def test_payback_is_the_first_month_that_has_earned_the_cpa() -> None:
    assert payback_month(5000, [2000, 4999, 5000, 7000]) == 3
    assert payback_month(5000, [6000]) == 1
    assert payback_month(5000, [2000, 4000]) is None
    assert payback_month(5000, []) is None
