"""The repeat alert: what is tested, when people are told, and how often that is wrong."""

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.metrics.intervals import Ratio
from bot.metrics.repeat_alert import (
    AdCheck,
    AdState,
    Event,
    EventKind,
    State,
    check,
    predictive_p_values,
    replay,
    shop_falls,
    step,
)

HISTORY = 30


def weekly(rates: Mapping[int, Sequence[float]], persons: int = 100) -> pd.DataFrame:
    """So many mature persons per ad and week, of whom exactly the given share came back."""
    rows = [
        (ad, week, persons, round(rate * persons)) for ad, series in rates.items() for week, rate in enumerate(series)
    ]
    return pd.DataFrame(rows, columns=["ad_id", "week", "mature", "returned"])


def told(events: Sequence[Event]) -> list[tuple[EventKind, int, tuple[int, ...]]]:
    return [(event.kind, event.week, tuple(each.ad_id for each in event.checks)) for event in events]


def states_by_week(table: pd.DataFrame, ad: int, weeks: range) -> dict[int, AdState]:
    return {week: replay(table, range(HISTORY, week + 1)).states[ad] for week in weeks}


STEADY = [0.30] * 80
DROP = [0.30] * HISTORY + [0.15] * 50
DIP = [0.30] * HISTORY + [0.15] * 12 + [0.30] * 40


def only(checks: tuple[AdCheck, ...]) -> AdCheck:
    assert len(checks) == 1
    return checks[0]


def test_the_window_is_eight_weeks_and_the_baseline_everything_before() -> None:
    table = weekly({1: [0.4] * 10 + [0.2] * 8 + [0.9] * 5}, persons=50)
    one = only(check(table, week=17))
    assert one.window == Ratio(80, 400)
    assert one.baseline == Ratio(200, 500)
    assert one.drop == pytest.approx(0.5)
    assert one.falls


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 25), st.integers(0, 60), st.integers(0, 60)),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 30),
)
def test_the_sums_agree_with_naive_ones(rows: list[tuple[int, int, int, int]], week: int) -> None:
    rows = [(ad, when, max(a, b), min(a, b)) for ad, when, a, b in rows]
    table = pd.DataFrame(rows, columns=["ad_id", "week", "mature", "returned"])
    for one in check(table, week):
        mine = [row for row in rows if row[0] == one.ad_id and row[1] <= week]
        window = [row for row in mine if row[1] > week - 8]
        before = [row for row in mine if row[1] <= week - 8]
        assert one.window == Ratio(sum(row[3] for row in window), sum(row[2] for row in window))
        assert one.baseline == Ratio(sum(row[3] for row in before), sum(row[2] for row in before))


def made(returned: int, mature: int, returned_before: int = 300, mature_before: int = 1000, ad: int = 1) -> AdCheck:
    return AdCheck(
        ad_id=ad,
        week=50,
        window=Ratio(returned, mature),
        baseline=Ratio(returned_before, mature_before),
        p_value=None,
        significant=returned / mature < returned_before / mature_before,
    )


@settings(deadline=None)
@given(st.integers(0, 120), st.integers(0, 300))
def test_the_p_value_is_the_sum_of_the_predictive_probabilities(k: int, before: int) -> None:
    def log_beta(a: float, b: float) -> float:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    n, m = 120, 300
    a, b = before + 0.5, m - before + 0.5
    naive = sum(math.comb(n, x) * math.exp(log_beta(x + a, n - x + b) - log_beta(a, b)) for x in range(k + 1))
    assert predictive_p_values([made(k, n, before, m)]) == [pytest.approx(naive, abs=1e-9)]


def test_a_small_baseline_makes_a_drop_less_certain() -> None:
    large, small = predictive_p_values([made(40, 200, 900, 3000), made(40, 200, 30, 100)])
    assert large < 0.01 < small


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=12))
def test_significance_is_that_of_benjamini_and_hochberg(lowered: list[int]) -> None:
    series = {ad: [0.30] * HISTORY + [0.30 - amount / 100] * 8 for ad, amount in enumerate(lowered, start=1)}
    checks = check(weekly(series), HISTORY + 7)
    ranked = sorted(one.p_value for one in checks if one.p_value is not None)
    assert len(ranked) == len(lowered)
    passing = [p for rank, p in enumerate(ranked, start=1) if p <= 0.05 * rank / len(ranked)]
    for one in checks:
        assert one.p_value is not None
        assert one.significant == (one.p_value <= max(passing, default=-1.0))
        assert not one.significant or one.p_value <= 0.05


def test_a_drop_under_fifteen_percent_does_not_fall_however_significant() -> None:
    one = only(check(weekly({1: [0.30] * HISTORY + [0.26] * 8}, persons=5000), HISTORY + 7))
    assert one.significant
    assert not one.falls
    exactly = only(check(weekly({1: [0.20] * HISTORY + [0.17] * 8}, persons=5000), HISTORY + 7))
    assert exactly.falls


def test_a_rise_is_no_reason_for_an_alert() -> None:
    assert replay(weekly({1: [0.20] * HISTORY + [0.40] * 30}), range(HISTORY, HISTORY + 30)).events == ()


def test_the_alert_comes_at_the_second_check_in_a_row() -> None:
    table = weekly({1: DROP, 2: STEADY})
    result = replay(table, range(HISTORY, 60))
    assert [(kind, ads) for kind, _, ads in told(result.events)] == [(EventKind.ALERT, (1,))]
    week = result.events[0].week
    before = states_by_week(table, 1, range(week - 2, week + 1))
    assert [state.state for state in before.values()] == [State.OK, State.PENDING, State.ALERTING]
    assert result.states[2].state is State.OK


def test_a_single_bad_check_is_forgotten() -> None:
    states = {1: AdState(state=State.PENDING, since=49, checked=49)}
    after, events = step(states, check(weekly({1: STEADY}), 50), 50)
    assert after[1].state is State.OK
    assert events == ()


def test_two_bad_checks_with_a_missed_week_between_are_not_in_a_row() -> None:
    table = weekly({1: DROP})
    states = {1: AdState(state=State.PENDING, since=48, checked=48)}
    after, events = step(states, check(table, 50), 50)
    assert (after[1].state, events) == (State.PENDING, ())
    after, events = step(after, check(table, 51), 51)
    assert (after[1].state, len(events)) == (State.ALERTING, 1)


def test_a_retried_week_changes_nothing_and_tells_nothing_again() -> None:
    table = weekly({1: DROP})
    week = replay(table, range(HISTORY, 60)).events[0].week
    states = replay(table, range(HISTORY, week)).states
    after, events = step(states, check(table, week, states), week)
    assert len(events) == 1
    assert step(after, check(table, week, after), week) == (after, ())


def test_a_long_drop_is_not_absorbed_by_its_baseline() -> None:
    result = replay(weekly({1: DROP}), range(HISTORY, 80))
    assert len(result.events) == 1
    assert result.states[1].state is State.ALERTING
    assert result.states[1].baseline == result.events[0].checks[0].baseline
    assert only(result.checks).drop == pytest.approx(0.5, abs=0.03)


def test_recovery_needs_two_checks_within_five_percent_of_the_frozen_baseline() -> None:
    table = weekly({1: DIP})
    result = replay(table, range(HISTORY, 80))
    assert [event.kind for event in result.events] == [EventKind.ALERT, EventKind.RECOVERED]
    end = result.events[1].week
    states = states_by_week(table, 1, range(end - 2, end + 1))
    assert [state.state for state in states.values()] == [State.ALERTING, State.RECOVERING, State.OK]
    drop = result.events[1].checks[0].drop
    assert drop is not None
    assert drop <= 0.05


def test_a_relapse_while_recovering_goes_back_to_alerting_without_a_notice() -> None:
    table = weekly({1: DIP})
    end = replay(table, range(HISTORY, 80)).events[1].week
    states = replay(table, range(HISTORY, end)).states
    assert states[1].state is State.RECOVERING
    after, events = step(states, check(weekly({1: DROP}), end, states), end)
    assert (after[1].state, events) == (State.ALERTING, ())


def test_the_weeks_of_a_past_drop_stay_out_of_the_baseline() -> None:
    result = replay(weekly({1: DIP}), range(HISTORY, 80))
    # Without them all weeks but the few bad ones before the first window that showed the drop are at 30 %.
    baseline = only(result.checks).baseline.value
    naive = only(check(weekly({1: DIP}), 79)).baseline.value
    assert baseline is not None
    assert naive is not None
    assert naive < 0.277
    assert baseline > 0.295


def test_no_second_alert_within_four_weeks_of_the_last_notice() -> None:
    table = weekly({1: DROP})
    cooling = AdState(state=State.OK, since=48, checked=49, noticed=49)
    states = {1: cooling}
    weeks_told = []
    for week in range(50, 60):
        states, events = step(states, check(table, week, states), week)
        weeks_told += [event.week for event in events]
    assert weeks_told == [53]


def test_a_suppressed_ad_stays_pending_and_is_told_afterwards() -> None:
    table = weekly({1: DROP})
    states = {1: AdState(state=State.PENDING, since=49, checked=49)}
    states, events = step(states, check(table, 50, states), 50, suppressed={1})
    assert (states[1].state, events) == (State.PENDING, ())
    states, events = step(states, check(table, 51, states), 51)
    assert [event.kind for event in events] == [EventKind.ALERT]


def test_few_people_are_only_watched() -> None:
    table = weekly({1: DROP}, persons=12)
    result = replay(table, range(HISTORY, 60))
    assert result.states[1].state is State.WATCHING
    assert only(result.checks).p_value is None
    assert result.events == ()


def test_a_young_ad_is_watched_until_its_baseline_is_large_enough() -> None:
    states = states_by_week(weekly({1: STEADY}, persons=50), 1, range(HISTORY, HISTORY + 1))
    assert states[HISTORY].state is State.OK
    young = replay(weekly({1: [0.3] * 12}, persons=50), range(12))
    assert young.states[1].state is State.OK
    assert replay(weekly({1: [0.3] * 12}, persons=50), range(9)).states[1].state is State.WATCHING


def test_an_ad_without_people_has_no_data() -> None:
    table = weekly({1: [0.3] * 20})
    result = replay(table, range(10, 40))
    assert result.states[1].state is State.NO_DATA
    assert only(result.checks).drop is None


def test_stopping_an_ad_ends_its_alert_silently() -> None:
    result = replay(weekly({1: DROP[:45]}), range(HISTORY, 70))
    assert [event.kind for event in result.events] == [EventKind.ALERT]
    assert result.states[1].state is State.NO_DATA
    assert result.states[1].baseline is None


def test_all_ads_falling_together_give_one_notice_for_the_shop() -> None:
    result = replay(weekly({ad: DROP for ad in range(1, 6)}), range(HISTORY, 80))
    assert [(kind, ads) for kind, _, ads in told(result.events)] == [(EventKind.SHOP_WIDE, (1, 2, 3, 4, 5))]
    assert {state.state for state in result.states.values()} == {State.ALERTING}


def test_ads_that_follow_a_shop_wide_fall_are_not_told_again() -> None:
    later = [0.30] * HISTORY + [0.22] * 6 + [0.15] * 44
    result = replay(weekly({1: DROP, 2: DROP, 3: DROP, 4: later, 5: later}), range(HISTORY, 80))
    assert [event.kind for event in result.events] == [EventKind.SHOP_WIDE]
    assert all(state.shop_wide for state in result.states.values())


def test_one_falling_ad_among_many_is_its_own_notice() -> None:
    series = {1: DROP} | {ad: STEADY for ad in range(2, 9)}
    result = replay(weekly(series), range(HISTORY, 80))
    assert [(kind, ads) for kind, _, ads in told(result.events)] == [(EventKind.ALERT, (1,))]


def test_half_of_the_ads_falling_hard_is_not_the_shop() -> None:
    checks = [made(180 if ad <= 5 else 300, 1000, ad=ad) for ad in range(1, 11)]
    assert not shop_falls(checks, confirmed={1})
    assert shop_falls([made(180, 1000, ad=ad) for ad in range(1, 11)], confirmed={1})


def shop_wide(alerted: int) -> AdState:
    return AdState(
        state=State.ALERTING,
        since=alerted,
        checked=49,
        alerted=alerted,
        noticed=alerted,
        shop_wide=True,
        baseline=Ratio(300, 1000),
    )


@pytest.mark.parametrize(
    ("members", "alerted", "expected"),
    [
        ({1}, 49, []),
        ({1, 2, 3}, 20, []),
        ({1}, 20, [EventKind.SHOP_WIDE]),
    ],
    ids=["just told", "most of the ads belong to it", "a new fall after an old one"],
)
def test_a_shop_wide_fall_is_told_once(members: set[int], alerted: int, expected: list[EventKind]) -> None:
    checks = [made(180, 1000, ad=ad) for ad in range(1, 6)]
    states = {ad: AdState(state=State.OK, since=1, checked=49) for ad in range(1, 6)}
    states |= {ad: shop_wide(alerted) for ad in members}
    states[5] = AdState(state=State.PENDING, since=49, checked=49)
    after, events = step(states, checks, 50)
    assert [event.kind for event in events] == expected
    assert after[5].shop_wide


def test_two_ads_are_too_few_to_speak_of_the_shop() -> None:
    result = replay(weekly({1: DROP, 2: DROP}), range(HISTORY, 80))
    assert [event.kind for event in result.events] == [EventKind.ALERT, EventKind.ALERT]


def test_an_ad_under_alert_does_not_make_the_others_look_significant() -> None:
    table = weekly({1: DROP, 2: STEADY})
    states = replay(table, range(HISTORY, 60)).states
    checks = check(table, 60, states)
    assert [one.p_value is None for one in checks] == [True, False]


def test_replay_is_check_and_step_week_by_week() -> None:
    table = shop(np.random.default_rng(5), rates={1: 0.15}, ads=4, weeks=80)
    states: dict[int, AdState] = {}
    events: list[Event] = []
    for week in range(HISTORY, 80):
        states, new = step(states, check(table, week, states), week)
        events += new
    result = replay(table, range(HISTORY, 80))
    assert events
    assert (result.states, list(result.events)) == (states, events)
    middle = replay(table, range(HISTORY, 50))
    assert replay(table, range(50, 80), middle.states).states == states


def test_no_ads_give_no_checks() -> None:
    empty = pd.DataFrame({"ad_id": [], "week": [], "mature": [], "returned": []})
    assert check(empty, 10) == ()
    assert replay(empty, range(5)).states == {}


def test_more_returned_than_mature_is_refused() -> None:
    table = pd.DataFrame({"ad_id": [1], "week": [0], "mature": [5], "returned": [6]})
    with pytest.raises(ValueError, match="more people returned"):
        check(table, 0)


def shop(rng: np.random.Generator, rates: Mapping[int, float], ads: int = 10, weeks: int = 104) -> pd.DataFrame:
    """Ads of 25 to 30 persons a week at 30 %; the ads named in `rates` change to theirs halfway."""
    chance = np.full((ads, weeks), 0.3)
    for ad, rate in rates.items():
        chance[ad, weeks // 2 :] = rate
    mature = rng.integers(25, 31, size=chance.shape)
    ad_id, week = np.indices(chance.shape)
    return pd.DataFrame(
        {
            "ad_id": ad_id.ravel(),
            "week": week.ravel(),
            "mature": mature.ravel(),
            "returned": rng.binomial(mature, chance).ravel(),
        }
    )


def test_unchanged_ads_are_rarely_accused_in_a_year_of_weekly_checks() -> None:
    rng = np.random.default_rng(20260630)
    shops, accused = 60, 0
    for _ in range(shops):
        events = replay(shop(rng, {}), range(52, 104)).events
        assert all(event.kind is not EventKind.SHOP_WIDE for event in events)
        accused += len({event.checks[0].ad_id for event in events if event.kind is EventKind.ALERT})
    assert 0.02 <= accused / (10 * shops) <= 0.09


def test_a_true_drop_from_thirty_to_twenty_percent_is_found_in_about_eight_weeks() -> None:
    rng = np.random.default_rng(7)
    delays = []
    shops = 60
    for _ in range(shops):
        events = replay(shop(rng, {0: 0.2}), range(52, 104)).events
        weeks = [week for kind, week, ads in told(events) if kind is EventKind.ALERT and ads == (0,)]
        delays += [week - 51 for week in weeks[:1]]
    assert len(delays) / shops >= 0.95
    assert 4 <= statistics.median(delays) <= 10
