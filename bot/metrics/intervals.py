"""Ratios and means with their uncertainty: every number the bot says carries one of these."""

import math
from dataclasses import dataclass
from fractions import Fraction

from scipy import stats

MINIMUM_N = 30
"""Below this many people there is no verdict (まだ判断できません)."""

LEVEL = 0.95
"""The default confidence level of every interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends included, in the unit of what it belongs to."""

    low: float
    high: float

    def scaled(self, factor: float | Fraction) -> "Interval":
        """The interval of the quantity times `factor`."""
        ends = self.low * float(factor), self.high * float(factor)
        return Interval(min(ends), max(ends))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio that keeps both of its parts, so that ratios can be pooled and are never averaged."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """numerator ÷ denominator; None (n/a, which is not 0) when the denominator is 0."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def exact(self) -> Fraction | None:
        """Like `value`, without rounding: for comparisons at a border."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None


def wilson(numerator: int, denominator: int, level: float = LEVEL) -> Interval | None:
    """The Wilson score interval of a rate: `numerator` of `denominator` people.

    None when nobody was observed. ValueError when the numerator is negative or more than the denominator.
    """
    if not 0 <= numerator <= denominator:
        raise ValueError(f"{numerator} of {denominator} is not a rate")
    if denominator == 0:
        return None
    interval = stats.binomtest(int(numerator), int(denominator)).proportion_ci(level, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def sample_variance(n: int, total: int, total_of_squares: int) -> Fraction | None:
    """The unbiased variance (n·Σx² - (Σx)²) ÷ (n·(n - 1)), exact; None when n < 2.

    The sums are integers (minor units), so nothing cancels out however large they are.
    ValueError when no values could have such sums.
    """
    # int(): numpy's 64-bit integers would silently overflow in the products.
    n, total, total_of_squares = int(n), int(total), int(total_of_squares)
    spread = n * total_of_squares - total * total
    if n < 0 or spread < 0 or (n == 0 and (total or total_of_squares)):
        raise ValueError(f"n={n}, sum={total}, sum of squares={total_of_squares} contradict each other")
    return Fraction(spread, n * (n - 1)) if n >= 2 else None


def half_width(n: int, variance: Fraction, level: float = LEVEL) -> float:
    """Half the width of Student's t interval of the mean of n ≥ 2 values with that sample variance."""
    return float(stats.t.ppf((1 + level) / 2, n - 1)) * math.sqrt(variance / n)


def mean_interval(n: int, total: int, total_of_squares: int, level: float = LEVEL) -> Interval | None:
    """Student's t interval of a mean, from the count, the sum and the sum of squares; None when n < 2.

    The unit is that of the values (minor units of money for LTV).
    """
    variance = sample_variance(n, total, total_of_squares)
    if variance is None:
        return None
    half = half_width(n, variance, level)
    mean = int(total) / int(n)
    return Interval(mean - half, mean + half)
