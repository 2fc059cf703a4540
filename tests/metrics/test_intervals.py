"""Ratios, Wilson's interval and the interval of a mean."""

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bot.metrics.intervals import Interval, Ratio, mean_interval, sample_variance, wilson

rates = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
amounts = st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=40)


def test_a_ratio_of_nothing_is_not_zero() -> None:
    assert Ratio(0, 0).value is None
    assert Ratio(500_000, 0).exact is None
    assert Ratio(0, 10).value == 0.0
    assert Ratio(1, 3).exact == Fraction(1, 3)


def test_wilson_of_five_of_ten() -> None:
    interval = wilson(5, 10)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2366, 0.7634)


def test_wilson_of_nobody_is_not_available() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 10), (11, 10), (1, 0)])
def test_wilson_refuses_what_is_no_rate(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        wilson(numerator, denominator)


@given(rates)
def test_wilson_contains_the_rate_and_agrees_with_the_formula(rate: tuple[int, int]) -> None:
    k, n = rate
    interval = wilson(k, n)
    assert interval is not None
    p, z = k / n, statistics.NormalDist().inv_cdf(0.975)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert interval.low == pytest.approx(middle - half, abs=1e-9)
    assert interval.high == pytest.approx(middle + half, abs=1e-9)
    assert 0 <= interval.low <= p <= interval.high <= 1


@given(rates, st.integers(2, 10))
def test_wilson_is_narrower_with_more_people_at_the_same_rate(rate: tuple[int, int], times: int) -> None:
    k, n = rate
    few, many = wilson(k, n), wilson(k * times, n * times)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


@given(amounts)
def test_the_mean_interval_agrees_with_one_from_the_single_values(values: list[int]) -> None:
    interval = mean_interval(len(values), sum(values), sum(value * value for value in values))
    assert interval is not None
    half = float(stats.t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.mean(values)
    assert interval.low == pytest.approx(mean - half, rel=1e-9, abs=1e-6)
    assert interval.high == pytest.approx(mean + half, rel=1e-9, abs=1e-6)


@given(amounts)
def test_the_variance_is_exact(values: list[int]) -> None:
    exact = statistics.variance([Fraction(value) for value in values])
    assert sample_variance(len(values), sum(values), sum(value * value for value in values)) == exact


def test_large_amounts_do_not_cancel_out() -> None:
    values = [10**15 + offset for offset in (0, 1, 2)]
    assert sample_variance(3, sum(values), sum(value * value for value in values)) == 1


def test_numpy_integers_do_not_overflow() -> None:
    n, sums = 40_000, (40_000 * 5_000_000, 20_000 * (4_000_000**2 + 6_000_000**2))
    from_numpy = mean_interval(np.int64(n), *map(np.int64, sums))  # type: ignore[arg-type]
    assert from_numpy == mean_interval(n, *sums)
    assert from_numpy is not None
    assert from_numpy.low < 5_000_000 < from_numpy.high


@pytest.mark.parametrize(("n", "total", "squares"), [(0, 0, 0), (1, 500, 250_000)])
def test_a_mean_of_fewer_than_two_has_no_interval(n: int, total: int, squares: int) -> None:
    assert mean_interval(n, total, squares) is None


@pytest.mark.parametrize(("n", "total", "squares"), [(2, 10, 10), (0, 5, 25), (-1, 0, 0)])
def test_impossible_sums_are_refused(n: int, total: int, squares: int) -> None:
    with pytest.raises(ValueError, match="contradict"):
        mean_interval(n, total, squares)


def test_a_negative_factor_turns_the_interval_round() -> None:
    assert Interval(1.0, 3.0).scaled(Fraction(-1, 2)) == Interval(-1.5, -0.5)
