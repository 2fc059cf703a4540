"""The provisional F2 of young cohorts."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bot.metrics.survival import estimate_f2

people = st.lists(st.tuples(st.integers(0, 120), st.booleans()), min_size=1, max_size=60)


def naive_kaplan_meier(observed: list[tuple[int, bool]], window: int) -> Fraction:
    survival = Fraction(1)
    for day in range(window + 1):
        at_risk = sum(1 for duration, _ in observed if duration >= day)
        events = sum(1 for duration, back in observed if back and duration == day)
        if events:
            survival *= 1 - Fraction(events, at_risk)
    return 1 - survival


@given(people, st.integers(1, 100))
def test_the_estimate_agrees_with_a_naive_loop(observed: list[tuple[int, bool]], window: int) -> None:
    result = estimate_f2([day for day, _ in observed], [back for _, back in observed], window)
    if result.rate is None:
        assert all(day < window for day, _ in observed)
        assert not all(back for _, back in observed)
        return
    assert result.rate == pytest.approx(float(naive_kaplan_meier(observed, window)))
    assert result.interval is not None
    assert result.interval.low <= result.rate + 1e-9
    assert result.rate - 1e-9 <= result.interval.high <= 1


@given(st.lists(st.one_of(st.none(), st.integers(1, 200)), min_size=1, max_size=80))
def test_with_nobody_censored_it_is_the_plain_ratio(second_purchases: list[int | None]) -> None:
    durations = [400 if day is None else day for day in second_purchases]
    result = estimate_f2(durations, [day is not None for day in second_purchases], 90)
    plain = sum(1 for day in second_purchases if day is not None and day <= 90) / len(second_purchases)
    assert result.rate == pytest.approx(plain)


def young_cohort(seed: int, persons: int = 2000) -> tuple[np.ndarray, np.ndarray, float]:
    """People acquired evenly over 120 days up to today, 30 % of whom return within 90 days."""
    rng = np.random.default_rng(seed)
    returns = np.where(rng.random(persons) < 0.3, rng.integers(1, 91, persons), 10_000)
    observed = rng.integers(0, 121, persons)
    durations, returned = np.minimum(returns, observed), returns <= observed
    return durations, returned, float(returned.sum() / persons)


def test_the_plain_rate_of_a_young_cohort_is_a_false_drop_and_the_estimate_is_not() -> None:
    durations, returned, plain = young_cohort(seed=1)
    result = estimate_f2(durations, returned, 90)
    assert plain < 0.22
    assert result.rate == pytest.approx(0.3, abs=0.03)
    assert result.enough


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        durations, returned, _ = young_cohort(seed, persons=300)
        interval = estimate_f2(durations, returned, 90).interval
        covered += interval is not None and interval.low <= 0.3 <= interval.high
    assert 182 <= covered <= 198


def test_the_interval_is_the_one_of_scipy() -> None:
    durations, returned, _ = young_cohort(seed=3)
    sample = stats.CensoredData(uncensored=durations[returned] * 1.0, right=durations[~returned] * 1.0)
    with pytest.warns(RuntimeWarning, match="undefined at some observations"):
        bounds: Any = stats.ecdf(sample).sf.confidence_interval(method="log-log")
    result = estimate_f2(durations, returned, int(durations.max()))
    assert result.interval is not None
    assert result.interval.low == pytest.approx(1 - bounds.high.probabilities[-1])
    assert result.interval.high == pytest.approx(1 - bounds.low.probabilities[-1])


def test_a_return_on_the_last_day_of_the_window_counts_and_the_day_after_does_not() -> None:
    result = estimate_f2([90, 91], [True, True], 90)
    assert (result.rate, result.returned, result.at_risk) == (0.5, 1, 2)


def test_nothing_is_claimed_about_days_that_nobody_has_reached() -> None:
    result = estimate_f2([5, 20, 30], [True, False, False], 90)
    assert result.rate is None
    assert result.interval is None
    assert (result.persons, result.returned, result.enough) == (3, 1, False)


@pytest.mark.parametrize(("at_the_end", "enough"), [(29, False), (30, True)])
def test_enough_means_thirty_people_at_the_end_of_the_window(at_the_end: int, enough: bool) -> None:
    durations = [90] * at_the_end + [10] * 5
    result = estimate_f2(durations, [False] * at_the_end + [True] * 5, 90)
    assert result.at_risk == at_the_end
    assert result.enough is enough


def test_nobody_back_yet_still_has_an_upper_bound() -> None:
    result = estimate_f2([90] * 40, [False] * 40, 90)
    assert result.rate == 0
    assert result.interval is not None
    assert result.interval.low == 0
    assert 0.05 < result.interval.high < 0.12


def test_everybody_back() -> None:
    result = estimate_f2([1, 2, 3], [True, True, True], 90)
    assert result.rate == 1
    assert result.interval is not None
    assert result.interval.high == 1
    assert result.interval.low < 0.5


def test_no_people_give_no_rate() -> None:
    assert estimate_f2([], [], 90).rate is None


@pytest.mark.parametrize(
    ("durations", "returned", "window"), [([1], [True, False], 90), ([-1], [True], 90), ([1], [True], 0)]
)
def test_impossible_input_is_refused(durations: list[int], returned: list[bool], window: int) -> None:
    with pytest.raises(ValueError, match="must"):
        estimate_f2(durations, returned, window)
