"""The alert that an ad's people stop coming back: its repeat rate against the ad's own earlier one.

A check looks at the persons who matured in the trailing 8 weeks (the window) and at all who matured before
(the baseline). An ad *falls* when the window lies at least 15 % below the baseline and the drop is
significant: one-sided beta-binomial predictive p-value (so the baseline's own uncertainty counts), controlled
over the ads by Benjamini-Hochberg at q = .05. Two checks in a row confirm an alert; two checks within 5 % of
the baseline end it. Decisions which the rule leaves open:

- An alert freezes the baseline. The drop is measured against it until it is over, however long it lasts, and
  the ad is left out of the Benjamini-Hochberg family meanwhile: it is no question any more, and its tiny
  p-value would make the others look significant.
- After the alert the weeks of the drop (from the start of the window that confirmed it to the last week
  before the first recovered window) never enter a baseline again.
- For 4 weeks after the last notice about an ad (alert or recovery) it is not alerted again; it stays pending.
- Weeks without a check break a row of checks.
- An ad under alert with fewer than 100 people in the window cannot be judged and stays as it is; with nobody
  in the window (the ad was stopped) its alert ends silently.
- All ads fall together: see `shop_falls`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats

from bot.metrics.intervals import Ratio

WINDOW_WEEKS = 8
MINIMUM_PERSONS = 100
"""In the window and in the baseline; with fewer the ad is only watched (観察中)."""
MINIMUM_DROP = Fraction(15, 100)
RECOVERED_WITHIN = Fraction(5, 100)
FALSE_DISCOVERY_RATE = 0.05
COOL_DOWN_WEEKS = 4
SHOP_MINIMUM_ADS = 3
SHOP_SHARE = Fraction(2, 3)
SHOP_DROP = Fraction(10, 100)
SHOP_P = 0.05


class State(StrEnum):
    """Where an ad stands."""

    OK = "ok"
    WATCHING = "watching"
    """観察中: too few people for a test."""
    PENDING = "pending"
    """It fell at the last check and waits for confirmation (or for the end of its cool-down)."""
    ALERTING = "alerting"
    RECOVERING = "recovering"
    """Under alert, but the last check was within 5 % of the baseline."""
    NO_DATA = "no_data"


class EventKind(StrEnum):
    """What people are told."""

    ALERT = "alert"
    RECOVERED = "recovered"
    SHOP_WIDE = "shop_wide"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdCheck:
    """One ad at one weekly check; persons who came back ÷ mature persons, in the window and before it."""

    ad_id: int
    week: int
    window: Ratio
    baseline: Ratio
    p_value: float | None
    """P(so few or fewer come back | the baseline); None when not tested: too few people, or under alert."""
    significant: bool
    """After Benjamini-Hochberg over the ads tested at this check."""

    @property
    def judgeable(self) -> bool:
        """Whether there are enough people on both sides."""
        return min(self.window.denominator, self.baseline.denominator) >= MINIMUM_PERSONS

    @property
    def exact_drop(self) -> Fraction | None:
        """1 - window ÷ baseline; negative when the rate rose; None where there is nothing to compare."""
        before, now = self.baseline.exact, self.window.exact
        return 1 - now / before if before and now is not None else None

    @property
    def drop(self) -> float | None:
        """`exact_drop` as a number to show."""
        return None if self.exact_drop is None else float(self.exact_drop)

    @property
    def falls(self) -> bool:
        """Significant and large enough to matter."""
        return self.significant and self.exact_drop is not None and self.exact_drop >= MINIMUM_DROP

    @property
    def recovers(self) -> bool:
        """Enough people, and within 5 % of the baseline or above it."""
        return self.judgeable and (self.exact_drop is None or self.exact_drop <= RECOVERED_WITHIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdState:
    """What must be remembered of an ad from one weekly check to the next."""

    state: State
    since: int
    """The week in which the state was entered."""
    checked: int
    """The week of the last check."""
    baseline: Ratio | None = None
    """Frozen by an alert, None without one."""
    alerted: int | None = None
    """The week of the alert that is on."""
    shop_wide: bool = False
    """Whether that alert was told as part of a shop-wide notice."""
    noticed: int | None = None
    """The week of the last notice, for the cool-down."""
    excluded: tuple[tuple[int, int], ...] = ()
    """First and last weeks of past drops, which no baseline includes."""

    @property
    def under_alert(self) -> bool:
        """Whether an alert is on."""
        return self.state in (State.ALERTING, State.RECOVERING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A notice, with the check behind it; a shop-wide one has those of all ads below their baselines."""

    kind: EventKind
    week: int
    checks: tuple[AdCheck, ...]


NO_STATES: Mapping[int, AdState] = MappingProxyType({})


class _History:
    """Sums of the weekly table by ad and range of weeks."""

    def __init__(self, weekly: pd.DataFrame) -> None:
        table = weekly.groupby(["ad_id", "week"], as_index=False)[["mature", "returned"]].sum()
        if ((table["returned"] < 0) | (table["returned"] > table["mature"])).any():
            raise ValueError("more people returned than are mature")
        ads, rows = np.unique(table["ad_id"].to_numpy(np.int64), return_inverse=True)
        weeks = table["week"].to_numpy(np.int64)
        self._first = int(weeks.min()) if len(weeks) else 0
        self._length = int(weeks.max()) - self._first + 1 if len(weeks) else 0
        self._rows = {int(ad): row for row, ad in enumerate(ads)}
        # Running totals with a leading 0: the sum of a range is the difference of two of them.
        self._totals = np.zeros((2, len(ads), self._length + 1), dtype=np.int64)
        for part, column in enumerate(("mature", "returned")):
            self._totals[part, rows, weeks - self._first + 1] = table[column].to_numpy(np.int64)
        self._totals = self._totals.cumsum(axis=2)

    @property
    def ads(self) -> Iterable[int]:
        return self._rows

    @property
    def first_week(self) -> int:
        return self._first

    def ratio(self, ad: int, first: int, last: int) -> Ratio:
        """Returned ÷ mature over the weeks from `first` to `last`, both included."""
        if ad not in self._rows or last < first:
            return Ratio(0, 0)
        low = min(max(first - self._first, 0), self._length)
        high = min(max(last - self._first + 1, 0), self._length)
        mature, returned = self._totals[:, self._rows[ad], high] - self._totals[:, self._rows[ad], low]
        return Ratio(int(returned), int(mature))


def check(weekly: pd.DataFrame, week: int, states: Mapping[int, AdState] = NO_STATES) -> tuple[AdCheck, ...]:
    """The weekly check of all ads, ordered by ad.

    `weekly` has the columns ad_id, week (index of the week in which the persons matured, consecutive
    integers), mature and returned (persons); later weeks than `week` are not looked at. `states` (those
    after the previous check) matter only to ads that are or were under alert. ValueError when more
    returned than are mature.
    """
    return _check(_History(weekly), week, states)


def _check(history: _History, week: int, states: Mapping[int, AdState]) -> tuple[AdCheck, ...]:
    checks = [_compare(history, ad, week, states.get(ad)) for ad in sorted({*history.ads, *states})]
    tested = [
        number
        for number, each in enumerate(checks)
        if each.judgeable and not (each.ad_id in states and states[each.ad_id].under_alert)
    ]
    if tested:
        p_values = predictive_p_values([checks[number] for number in tested])
        adjusted = stats.false_discovery_control(p_values, method="bh")
        for number, p_value, rate in zip(tested, p_values, adjusted, strict=True):
            significant = bool(rate <= FALSE_DISCOVERY_RATE)
            checks[number] = replace(checks[number], p_value=p_value, significant=significant)
    return tuple(checks)


def _compare(history: _History, ad: int, week: int, state: AdState | None) -> AdCheck:
    start = week - WINDOW_WEEKS + 1
    if state is not None and state.baseline is not None:
        baseline = state.baseline
    else:
        baseline = _baseline(history, ad, start - 1, () if state is None else state.excluded)
    return AdCheck(
        ad_id=ad,
        week=week,
        window=history.ratio(ad, start, week),
        baseline=baseline,
        p_value=None,
        significant=False,
    )


def _baseline(history: _History, ad: int, last: int, excluded: tuple[tuple[int, int], ...]) -> Ratio:
    """All weeks up to `last` without the excluded ranges, which are in order and apart from each other."""
    returned = mature = 0
    start = history.first_week
    for first_out, last_out in (*excluded, (last + 1, last + 1)):
        part = history.ratio(ad, start, min(first_out - 1, last))
        returned, mature = returned + part.numerator, mature + part.denominator
        start = last_out + 1
    return Ratio(returned, mature)


def predictive_p_values(checks: Sequence[AdCheck]) -> list[float]:
    """P(X ≤ returned in the window) for X beta-binomial: the prediction from the baseline, Jeffreys prior."""
    returned, mature = np.array([(each.window.numerator, each.window.denominator) for each in checks]).T
    before = np.array([(each.baseline.numerator, each.baseline.denominator) for each in checks]).T
    p_values = stats.betabinom.cdf(returned, mature, before[0] + 0.5, before[1] - before[0] + 0.5)
    # The sum of the probabilities can exceed 1 by a rounding error.
    return [min(max(float(each), 0.0), 1.0) for each in p_values]


def shop_falls(checks: Sequence[AdCheck], confirmed: Collection[int]) -> bool:
    """Whether the ads fall together, so that the cause lies in the shop and not in the `confirmed` ads.

    At least 3 ads can be judged; at least two thirds of them are more than 5 % below their baselines; and
    the others without the confirmed ones, pooled, fell too: by at least 10 % of what their own baselines
    predict, with p < .05. (Pooling predictions instead of rates keeps a changed ad mix out of it.)
    """
    judged = [each for each in checks if each.judgeable]
    below = sum(1 for each in judged if not each.recovers)
    if len(judged) < SHOP_MINIMUM_ADS or below < SHOP_SHARE * len(judged):
        return False
    rest = [each for each in judged if each.ad_id not in confirmed]
    if not rest:
        return True
    size = np.array([each.window.denominator for each in rest])
    before = np.array([(each.baseline.numerator, each.baseline.denominator) for each in rest]).T
    predicted = stats.betabinom(size, before[0] + 0.5, before[1] - before[0] + 0.5)
    expected, spread = float(np.sum(predicted.mean())), float(np.sqrt(np.sum(predicted.var())))
    returned = sum(each.window.numerator for each in rest)
    large = returned <= float(1 - SHOP_DROP) * expected
    return bool(large and stats.norm.cdf((returned - expected) / spread) < SHOP_P)


def step(
    states: Mapping[int, AdState],
    checks: Iterable[AdCheck],
    week: int,
    suppressed: Collection[int] = (),
) -> tuple[dict[int, AdState], tuple[Event, ...]]:
    """The states after the check of `week`, and what is to be told.

    Ads in `suppressed` (stale data, stock-out, a changed offer) are not alerted: they stay pending. A week
    that an ad has been through already changes nothing and tells nothing, so that a retry is harmless. When
    the ads fall together one shop-wide notice replaces their alerts, also those of the ads that follow.
    """
    fresh = [each for each in checks if each.ad_id not in states or states[each.ad_id].checked < week]
    after = dict(states)
    events: list[Event] = []
    confirmed: list[AdCheck] = []
    for each in fresh:
        before = states.get(each.ad_id)
        new = _next(before, each, week, each.ad_id in suppressed)
        if new.alerted == week:
            confirmed.append(each)
        elif new.noticed == week:
            events.append(Event(kind=EventKind.RECOVERED, week=week, checks=(each,)))
        after[each.ad_id] = new
    if confirmed and shop_falls(fresh, {each.ad_id for each in confirmed}):
        below = tuple(each for each in fresh if each.judgeable and not each.recovers)
        for each in confirmed:
            after[each.ad_id] = replace(after[each.ad_id], shop_wide=True)
        if not _told_shop_wide(states.values(), below, week):
            events.append(Event(kind=EventKind.SHOP_WIDE, week=week, checks=below))
    else:
        events += [Event(kind=EventKind.ALERT, week=week, checks=(each,)) for each in confirmed]
    return after, tuple(events)


def _told_shop_wide(states: Iterable[AdState], below: Sequence[AdCheck], week: int) -> bool:
    """Whether this fall has been told: an ad joined it lately, or most of the ads now below belong to it."""
    alerted = [each.alerted for each in states if each.shop_wide and each.alerted is not None]
    return any(week - each <= WINDOW_WEEKS for each in alerted) or 2 * len(alerted) >= len(below)


def _next(before: AdState | None, now: AdCheck, week: int, suppressed: bool) -> AdState:
    """The next state of one ad, as if it were the only one."""
    old = before or AdState(state=State.NO_DATA, since=week, checked=week - 1)
    consecutive = old.checked == week - 1
    if old.under_alert:
        return _next_under_alert(old, now, week, consecutive)
    if now.window.denominator == 0:
        return _entered(old, State.NO_DATA, week)
    if not now.judgeable:
        return _entered(old, State.WATCHING, week)
    if not now.falls:
        return _entered(old, State.OK, week)
    cooling = old.noticed is not None and week - old.noticed < COOL_DOWN_WEEKS
    if old.state is not State.PENDING or not consecutive or cooling or suppressed:
        return _entered(old, State.PENDING, week)
    return replace(
        _entered(old, State.ALERTING, week),
        baseline=now.baseline,
        alerted=week,
        noticed=week,
        shop_wide=False,
    )


def _next_under_alert(old: AdState, now: AdCheck, week: int, consecutive: bool) -> AdState:
    if now.window.denominator == 0:
        return _ended(old, State.NO_DATA, week, last_bad_week=week)
    if not now.judgeable:
        return replace(old, checked=week)
    if not now.recovers:
        return _entered(old, State.ALERTING, week)
    if old.state is State.ALERTING or not consecutive:
        return _entered(old, State.RECOVERING, week)
    first_good_window = old.checked - WINDOW_WEEKS + 1
    return replace(_ended(old, State.OK, week, last_bad_week=first_good_window - 1), noticed=week)


def _entered(old: AdState, state: State, week: int) -> AdState:
    return replace(old, state=state, since=old.since if old.state is state else week, checked=week)


def _ended(old: AdState, state: State, week: int, *, last_bad_week: int) -> AdState:
    """The alert is over: its weeks are kept out of later baselines."""
    excluded = old.excluded
    if old.alerted is not None and old.alerted - WINDOW_WEEKS + 1 <= last_bad_week:
        excluded = (*excluded, (old.alerted - WINDOW_WEEKS + 1, last_bad_week))
    ended = _entered(old, state, week)
    return replace(ended, baseline=None, alerted=None, shop_wide=False, excluded=excluded)


@dataclass(frozen=True, slots=True)
class Replay:
    """All checks of a range of weeks: the states after the last one, and every notice in order."""

    states: dict[int, AdState]
    events: tuple[Event, ...]
    checks: tuple[AdCheck, ...]
    """Those of the last week."""


def replay(weekly: pd.DataFrame, weeks: Iterable[int], states: Mapping[int, AdState] = NO_STATES) -> Replay:
    """`check` and `step` over ascending weeks, beginning at `states`, with the sums prepared only once."""
    history = _History(weekly)
    current: dict[int, AdState] = dict(states)
    events: list[Event] = []
    checks: tuple[AdCheck, ...] = ()
    for week in weeks:
        checks = _check(history, week, current)
        current, told = step(current, checks, week)
        events += told
    return Replay(current, tuple(events), checks)
