"""The week's figures against a naive count, and the gate that keeps chance out of the headline."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.metrics.intervals import Ratio
from bot.metrics.weekly import Figure, Weekly, mean_shift, measure, rate_shift, week_shift

ENDS = 20_772
PRODUCTS = (0, 7, 9)


def track(people: int, seed: int, rate: float = 0.3, fallen_from: int | None = None) -> pd.DataFrame:
    """Occasions of made-up persons on the shop basis: some come back within 90 days, some much later."""
    dice = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        d0 = int(ENDS - dice.integers(0, 460))
        chance = rate / 2 if fallen_from is not None and d0 >= fallen_from else rate
        ages = [0]
        if dice.random() < chance:
            ages.append(int(dice.integers(1, 91)))
        if dice.random() < 0.2:
            ages.append(int(dice.integers(91, 360)))
        ages = sorted(set(ages))
        nets = [int(dice.integers(500, 9000)) for _ in ages]
        for product in (0, PRODUCTS[1 + person % 2]):
            for at, age in enumerate(ages):
                rows.append(
                    {
                        "product_id": product,
                        "person_id": person,
                        "d0": d0,
                        "age": age,
                        "n": at + 1,
                        "next_age": ages[at + 1] if at + 1 < len(ages) else None,
                        "orders": 1,
                        "net": nets[at],
                        "cum_net": sum(nets[: at + 1]),
                        "ad_id": 0,
                        "channel": 1,
                    }
                )
    frame = pd.DataFrame(rows)
    frame["next_age"] = frame["next_age"].astype("Int32")
    return frame


def of(weekly: Weekly, key: str) -> Figure:
    return next(figure for figure in weekly.figures if figure.key == key)


@pytest.fixture(scope="module")
def occasions() -> pd.DataFrame:
    return track(1500, 3)


def naive_f2(frame: pd.DataFrame, day: int, product: int = 0) -> tuple[int, int]:
    mine = frame[(frame.product_id == product) & (frame.d0 + 90 <= day)]
    back = mine[(mine.age > 0) & (mine.age <= 90)].person_id.nunique()
    return back, mine.person_id.nunique()


def test_f2_and_ltv_are_those_of_mature_people_now_and_a_week_earlier(occasions: pd.DataFrame) -> None:
    weekly = measure(ibis.memtable(occasions), ENDS)
    back, people = naive_f2(occasions, ENDS)
    assert of(weekly, "f2").now == pytest.approx(back / people)
    assert of(weekly, "f2").n == people
    earlier = naive_f2(occasions, ENDS - 7)
    assert of(weekly, "f2").before == pytest.approx(earlier[0] / earlier[1])
    year = occasions[(occasions.product_id == 0) & (occasions.d0 + 365 <= ENDS) & (occasions.age <= 365)]
    ltv = of(weekly, "ltv")
    assert ltv.now == pytest.approx(year.net.sum() / year.person_id.nunique())
    totals = year.groupby("person_id").net.sum()
    standard_error = float(np.std(totals, ddof=1)) / len(totals) ** 0.5
    assert ltv.interval is not None
    assert ltv.interval.high - float(totals.mean()) == pytest.approx(1.97 * standard_error, rel=0.01)


def test_the_weeks_sales_are_counted_by_the_day_of_purchase(occasions: pd.DataFrame) -> None:
    weekly = measure(ibis.memtable(occasions), ENDS)
    shop = occasions[occasions.product_id == 0]
    day = shop.d0 + shop.age
    for at, week in enumerate(reversed(weekly.sales_weeks)):
        mine = shop[(day > ENDS - 7 * (at + 1)) & (day <= ENDS - 7 * at)]
        assert week.net_sales == mine.net.sum()
        assert week.new_persons == (mine.n == 1).sum()
        assert week.repeat_sales == mine[mine.n > 1].net.sum()
        assert week.occasions == len(mine)
    assert of(weekly, "net_sales").now == weekly.sales_weeks[-1].net_sales
    assert of(weekly, "net_sales").before == weekly.sales_weeks[-2].net_sales


def test_what_happens_after_the_week_does_not_exist(occasions: pd.DataFrame) -> None:
    through = ENDS - 21
    known = occasions[occasions.d0 + occasions.age <= through].copy()
    known["next_age"] = known["next_age"].where(known.d0 + known["next_age"].fillna(0) <= through)
    assert measure(ibis.memtable(occasions), through) == measure(ibis.memtable(known), through)


def test_the_newly_matured_weeks_add_up_to_all_mature_people(occasions: pd.DataFrame) -> None:
    weekly = measure(ibis.memtable(occasions), ENDS)
    back, people = naive_f2(occasions[occasions.d0 + 90 > ENDS - 7 * 26], ENDS)
    assert sum(week.f2.denominator for week in weekly.f2_weeks) == people
    assert sum(week.f2.numerator for week in weekly.f2_weeks) == back


def test_an_unchanged_shop_has_nothing_to_tell_and_a_fallen_one_says_so() -> None:
    calm = measure(ibis.memtable(track(6000, 11)), ENDS)
    assert [figure.key for figure in calm.notable] == []
    fallen = measure(ibis.memtable(track(20_000, 11, rate=0.5, fallen_from=ENDS - 97)), ENDS)
    moved = {figure.key: figure.shift for figure in fallen.notable}
    assert "f2" in moved
    shift = moved["f2"]
    assert shift is not None
    assert shift.recent < shift.usual


def test_few_people_get_no_value_and_no_verdict() -> None:
    few = measure(ibis.memtable(track(12, 5)), ENDS)
    assert of(few, "f2").now is None
    assert of(few, "f2").shift is None
    assert of(few, "ltv").now is None


def test_an_empty_week_is_a_week_with_nothing_in_it() -> None:
    frame = track(40, 5)
    empty = frame[frame.d0 + frame.age <= ENDS - 7]
    assert measure(ibis.memtable(empty), ENDS).sales_weeks[-1].net_sales == 0


def test_no_orders_at_all_is_no_error() -> None:
    nothing = measure(ibis.memtable(track(3, 1).iloc[:0].astype({"next_age": "Int32"})), ENDS)
    assert of(nothing, "f2").now is None
    assert nothing.notable == []


@pytest.mark.parametrize(
    ("recent", "usual", "notable"),
    [
        ((60, 300), (720, 2400), True),  # 20 % after 30 %: neither chance nor small
        ((84, 300), (720, 2400), False),  # 28 %: small
        ((6, 30), (720, 2400), False),  # 20 % of only thirty people: chance
        ((9450, 30_000), (72_000, 240_000), False),  # far from chance, but 5 % is too little to matter
    ],
)
def test_only_what_is_neither_chance_nor_small_is_marked(
    recent: tuple[int, int], usual: tuple[int, int], notable: bool
) -> None:
    shift = rate_shift(Ratio(*recent), Ratio(*usual))
    assert shift is not None
    assert shift.notable is notable


def test_an_ordinary_week_is_not_marked_and_an_extraordinary_one_is() -> None:
    usual = [100, 104, 96, 99, 103, 98, 101, 99]
    assert week_shift([*usual, 106], 106) is not None
    assert not week_shift([*usual, 106], 106).notable  # type: ignore[union-attr]
    assert week_shift([*usual, 130], 130).notable  # type: ignore[union-attr]
    assert week_shift([*usual[1:], 130], 130) is None
    assert week_shift([0] * 9, 0).notable is False  # type: ignore[union-attr]


@given(st.lists(st.integers(0, 10_000), min_size=30, max_size=60), st.integers(1, 9))
def test_the_mean_test_does_not_depend_on_the_unit(values: list[int], factor: int) -> None:
    def sums(scale: int) -> tuple[int, int, int]:
        scaled = [value * scale for value in values]
        return len(scaled), sum(scaled), sum(value * value for value in scaled)

    yen = mean_shift(sums(1), (40, 40 * 3000, 40 * 3000**2 + 40 * 500**2))
    sen = mean_shift(sums(factor), (40, factor * 40 * 3000, factor**2 * (40 * 3000**2 + 40 * 500**2)))
    assert yen is not None
    assert sen is not None
    assert sen.p_value == pytest.approx(yen.p_value, rel=1e-6, abs=1e-12)
    assert 0 <= yen.p_value <= 1
