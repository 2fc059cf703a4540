"""Monthly cohorts: counted by calendar month in the shop's zone, months that are not over left out."""

from __future__ import annotations

from datetime import date

import ibis
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from store.facts.expressions import month_of
from tests.shop import Shop, row


def test_persons_are_counted_once_per_month_and_the_running_month_is_not_shown(shop: Shop) -> None:
    shop.load(
        [
            row("1", "2026-08-31T14:59:00Z", "a", price=100),
            row("2", "2026-09-01T00:00:00+09:00", "a", price=10),
            row("3", "2026-09-20", "a", price=1),
            row("4", "2026-08-02", "b", price=1000),
            row("5", "2026-10-01", "b", price=5),
            row("6", "2026-09-05", "c", price=7),
            row("7", "2026-11-02", "c", price=9),
            row("8", "2026-11-10", "z", status="test"),
        ]
    )
    cohorts = shop.ask("cohort all")["result"]["cohorts"]
    assert [(c["month"], c["persons"], c["active"], c["net_sales"]) for c in cohorts] == [
        ("2026-08", 2, [2, 1, 1], ["1100", "11", "5"]),
        ("2026-09", 1, [1, 0], ["7", "0"]),
    ]


def test_a_month_is_whole_when_its_last_day_is(shop: Shop) -> None:
    shop.load([row("1", "2026-09-05", "a"), row("2", "2026-11-10", "z", status="test")])
    assert [len(c["active"]) for c in shop.ask("cohort all", "2026-10-30")["result"]["cohorts"]] == [1]
    assert [len(c["active"]) for c in shop.ask("cohort all", "2026-10-31")["result"]["cohorts"]] == [2]


@given(st.lists(st.dates(date(1600, 1, 1), date(2400, 12, 31)), min_size=1, max_size=30))
def test_months_of_day_numbers_are_those_of_the_calendar(days: list[date]) -> None:
    numbers = pa.table({"day": pa.array([(d - date(1970, 1, 1)).days for d in days], pa.int32())})
    table = ibis.memtable(numbers)
    found = table.select(month=month_of(table.day)).to_pyarrow()["month"].to_pylist()
    assert found == [(d.year - 1970) * 12 + d.month - 1 for d in days]
