"""The one scan over all ads against numbers counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.metrics.ad import (
    AdSums,
    Week,
    alerts_through,
    cumulated_by_month,
    last_whole_week,
    measure,
    monday,
    sunday,
    week_name,
    weeks_of,
)
from bot.metrics.intervals import Ratio
from bot.periods import day_number

AS_OF = day_number(date(2026, 6, 30))
SCHEMA = pa.schema(
    [
        *((name, pa.int32()) for name in ("product_id", "d0", "age", "n", "next_age", "orders", "ad_id", "channel")),
        *((name, pa.int64()) for name in ("person_id", "net", "cum_net")),
    ]
)

persons = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(-800, 20),
        st.lists(st.tuples(st.integers(1, 400), st.integers(1, 10**12)), max_size=4, unique_by=lambda p: p[0]),
        st.integers(1, 10**12),
    ),
    min_size=1,
    max_size=30,
)
"""Ad, first day counted from as_of, later purchases (age, net), net of the first purchase."""


def track(people: list[Any]) -> Any:
    """The facts of these persons; everyone stands once more under a product, which must not count twice."""
    rows: list[dict[str, Any]] = []
    for person, (ad, first, later, net) in enumerate(people):
        bought = [(0, net), *sorted(later)]
        total = 0
        for n, (age, amount) in enumerate(bought, start=1):
            total += amount
            entry = {"person_id": person, "d0": AS_OF + first, "age": age, "n": n, "net": amount, "cum_net": total}
            entry |= {"next_age": bought[n][0] if n < len(bought) else None, "orders": 1, "ad_id": ad, "channel": 1}
            rows += [entry | {"product_id": 0}, entry | {"product_id": 9}]
    return ibis.memtable(pa.Table.from_pylist(rows, SCHEMA))


def by_hand(people: list[Any], first_from: int | None = None, first_to: int | None = None) -> dict[int, AdSums]:
    """The sums of each ad, person by person."""
    found: dict[int, AdSums] = {}
    for ad in {person[0] for person in people}:
        mine = [
            (AS_OF + first, [(0, net), *((age, amount) for age, amount in later if first + age <= 0)])
            for number, first, later, net in people
            if number == ad
            and first <= 0
            and (first_from is None or AS_OF + first >= first_from)
            and (first_to is None or AS_OF + first <= first_to)
        ]
        if not mine:
            continue
        year = [(day, [(age, net) for age, net in bought if age <= 365]) for day, bought in mine]
        mature = [bought for day, bought in year if day + 365 <= AS_OF]
        totals = [sum(net for _, net in bought) for bought in mature]
        for_f2 = [bought for day, bought in mine if day + 90 <= AS_OF]
        found[ad] = AdSums(
            new_persons=len(mine),
            recent=sum(day > AS_OF - 28 for day, _ in mine),
            first_sales=sum(bought[0][1] for _, bought in mine),
            year_sales=sum(net for _, bought in year for _, net in bought),
            waiting=sum(day + 365 > AS_OF for day, _ in mine),
            ltv_n=len(mature),
            ltv_total=sum(totals),
            ltv_squares=sum(total**2 for total in totals),
            repeaters=sum(len(bought) > 1 for bought in mature),
            later_sales=sum(totals) - sum(bought[0][1] for bought in mature),
            f2_n=len(for_f2),
            f2_returned=sum(any(0 < age <= 90 for age, _ in bought) for bought in for_f2),
        )
    return found


@settings(max_examples=60)
@given(people=persons)
def test_the_sums_of_every_ad_are_those_counted_by_hand(people: list[Any]) -> None:
    assert dict(measure(track(people), AS_OF).sums) == by_hand(people)


@settings(max_examples=30)
@given(people=persons, start=st.integers(-800, 0), days=st.integers(0, 400))
def test_a_period_counts_only_those_first_acquired_in_it(people: list[Any], start: int, days: int) -> None:
    first, last = AS_OF + start, AS_OF + start + days
    assert dict(measure(track(people), AS_OF, first, last).sums) == by_hand(people, first, last)


@settings(max_examples=30)
@given(people=persons, start=st.integers(-800, 0))
def test_weekly_cohorts_are_people_by_the_week_their_90_days_ended(people: list[Any], start: int) -> None:
    weekly = measure(track(people), AS_OF, AS_OF + start).weekly
    expected: dict[tuple[int, int], list[int]] = {}
    for ad, first, later, _ in people:
        matured = AS_OF + first + 90
        week = (matured - 4) // 7
        if ad == 0 or sunday(week) > date(2026, 6, 30):
            continue
        counts = expected.setdefault((ad, week), [0, 0])
        counts[0] += 1
        counts[1] += any(age <= 90 for age, _ in later)
    found = {(row.ad_id, row.week): [row.mature, row.returned] for row in weekly.itertuples()}
    assert found == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_week_ends_on_sunday_and_counts_when_that_day_is_complete(day: date) -> None:
    week = last_whole_week(day_number(day))
    assert sunday(week) <= day < sunday(week + 1)
    assert sunday(week).weekday() == 6
    assert monday(week) == sunday(week) - timedelta(days=6)
    year, number, _ = monday(week).isocalendar()
    assert week_name(week) == f"{year}-W{number:02}"


def test_later_sales_per_repeater_is_what_one_who_comes_back_still_spends() -> None:
    people = [(1, -500, [(30, 400), (60, 200)], 1000), (1, -500, [], 1000), (1, -500, [(300, 300)], 1000)]
    assert measure(track(people), AS_OF).sums[1].later_sales_per_repeater == Fraction(900, 2)


def test_weeks_without_people_stand_in_the_series_with_nobody() -> None:
    weekly = pd.DataFrame({"ad_id": [1, 1, 2], "week": [5, 8, 5], "mature": [10, 20, 3], "returned": [1, 2, 3]})
    assert weeks_of(weekly, [1], 9) == (
        Week(5, Ratio(1, 10)),
        Week(6, Ratio(0, 0)),
        Week(7, Ratio(0, 0)),
        Week(8, Ratio(2, 20)),
        Week(9, Ratio(0, 0)),
    )
    assert weeks_of(weekly, [1, 2], 5) == (Week(5, Ratio(4, 13)),)
    assert weeks_of(weekly, [3], 9) == ()


def test_without_mature_people_there_is_nothing_to_alert() -> None:
    scan = measure(track([(1, -10, [], 100)]), AS_OF)
    replay = alerts_through(scan.weekly, last_whole_week(AS_OF))
    assert (replay.events, replay.states) == ((), {})


def test_margin_by_month_counts_days_up_to_the_end_of_each_month() -> None:
    months = cumulated_by_month([(0, 1000), (30, 500), (31, 250), (365, 250)], 10, Fraction(1, 2))
    assert months[:2] == pytest.approx([75.0, 87.5])
    assert months[-1] == pytest.approx(100.0)
    assert len(months) == 12


def test_the_last_day_of_a_window_belongs_to_it() -> None:
    people: list[Any] = [(1, -90, [(90, 5)], 10), (1, -91, [(91, 5)], 10), (1, -89, [(10, 5)], 10)]
    assert measure(track(people), AS_OF).sums[1].f2 == Ratio(1, 2)
    people = [(1, -365, [(365, 7)], 10), (1, -366, [(366, 7)], 10), (1, -364, [(10, 7)], 10)]
    ad = measure(track(people), AS_OF).sums[1]
    assert (ad.ltv_n, ad.ltv_total, ad.repeaters, ad.waiting) == (2, 27, 1, 1)


def test_people_who_mature_in_a_week_that_is_not_over_wait_for_its_sunday() -> None:
    # 30 June 2026 is a Tuesday: Sunday was the 28th.
    people: list[Any] = [(1, -92, [], 10), (1, -91, [], 10), (1, -90, [], 10)]
    scan = measure(track(people), AS_OF)
    assert scan.weekly["mature"].tolist() == [1]
    assert scan.sums[1].f2_n == 3
