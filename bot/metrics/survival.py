"""F2 of a young cohort (暫定, provisional): Kaplan-Meier, because the impatient plain rate is too low.

People whose window is not over yet count for the days they were observed, instead of counting as lost.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from bot.metrics.intervals import LEVEL, MINIMUM_N, Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Estimate:
    """A provisional F2(W). `rate` is None where the people were not observed long enough to say anything."""

    window: int
    persons: int
    returned: int
    """People seen to come back within the window."""
    at_risk: int
    """People still under observation, and not back before, on the last day of the window."""
    rate: float | None
    interval: Interval | None
    enough: bool
    """Whether at least 30 people reach the end of the window: below that the estimate is not to be shown."""


def estimate_f2(
    durations: Sequence[int] | npt.NDArray[np.int64],
    returned: Sequence[bool] | npt.NDArray[np.bool_],
    window: int,
    level: float = LEVEL,
) -> F2Estimate:
    """The Kaplan-Meier estimate of F2(window): the share of people with a second purchase by that day.

    `durations` are whole days since the first purchase: to the second purchase where `returned` is true,
    otherwise to the last observed day (data_through). A person who buys again on the day on which others
    go out of sight was seen first. The interval is Greenwood's on the log-log scale; when nobody or
    everybody came back Greenwood says nothing, and it is Wilson's of the people whose outcome is known.
    """
    days = np.asarray(durations, dtype=np.int64)
    back = np.asarray(returned, dtype=np.bool_)
    if days.shape != back.shape or days.ndim != 1:
        raise ValueError("durations and returned must be two lists of the same length")
    if window < 1 or (days < 0).any():
        raise ValueError("days and window must not be negative")

    within = back & (days <= window)
    at_risk = int((days >= window).sum())
    persons, came = len(days), int(within.sum())
    rate: float | None = None
    interval: Interval | None = None
    if came and (at_risk or _everybody_left_returned(days, within)):
        rate, interval = _kaplan_meier(np.minimum(days, window), within, level)
    elif at_risk:
        rate = 0.0
    if rate is not None and interval is None:
        known = at_risk if rate == 0.0 else came
        interval = wilson(0 if rate == 0.0 else known, known, level)
    return F2Estimate(
        window=window,
        persons=persons,
        returned=came,
        at_risk=at_risk,
        rate=rate,
        interval=interval,
        enough=at_risk >= MINIMUM_N,
    )


def _everybody_left_returned(days: npt.NDArray[np.int64], within: npt.NDArray[np.bool_]) -> bool:
    """Nobody is left on the last observed day who did not come back: the rate is 1 whatever follows."""
    return bool(within[days == days.max()].all())


def _kaplan_meier(
    days: npt.NDArray[np.int64], event: npt.NDArray[np.bool_], level: float
) -> tuple[float, Interval | None]:
    """One minus the survival function at the end, and its interval (None where Greenwood has none)."""
    # scipy.stats.ecdf says the same, but warns about every day before the first event.
    times, events = np.unique(days[event], return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), times)
    survival = float(np.prod(1 - events / at_risk))
    if survival <= 0:
        return 1.0, None
    greenwood = float(np.sum(events / (at_risk * (at_risk - events))))
    spread = float(stats.norm.ppf((1 + level) / 2)) * math.sqrt(greenwood) / math.log(survival)
    return 1 - survival, Interval(1 - survival ** math.exp(spread), 1 - survival ** math.exp(-spread))
