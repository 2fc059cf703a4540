"""Whatever happens to the orders, the bot's numbers are those of the plain computation from the raw rows."""

from __future__ import annotations

import os
import random
import tempfile
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Words
from bot.metrics import ad, cohort_matrix, left_out, ltv, repeat, weekly
from bot.metrics.cohort import Cohort
from bot.metrics.intervals import mean_interval
from bot.metrics.survival import F2Estimate
from bot.periods import day_number, day_of, last_whole_month
from bot.query import parse
from bot.reports import prepare
from store.database import open_engine
from tests import naive
from tests.conftest import new_database
from tests.shop import Shop, row
from tests.spark.history import rows_of

HISTORIES = int(os.environ.get("BANTO_HISTORIES", "4"))
"""So many chance histories are followed; .ci/run asks for more than `make test` has time for."""
SKUS = ["A", "B", "C"]
LAST_DAY = "2026-06-30"
SENTINEL = row("LAST", f"{LAST_DAY}T12:00:00+09:00", "sentinel", sku="Z", status="test")
"""A test order on the last day: it is no purchase, and the data reaches through that day."""
NAMES = [
    row(f"N{n}", "2026-01-01", "n", sku=sku, ad_code=ad, status="test")
    for n, (sku, ad) in enumerate([("A", "AD1"), ("B", "AD2"), ("C", "")])
]
"""Test orders that make all products and ads known, so that every question can be asked."""

instants = st.builds(
    lambda day, hour, minute, zone: f"2026-{1 + day // 28:02}-{1 + day % 28:02}T{hour:02}:{minute:02}:00{zone}",
    st.integers(0, 167),
    st.sampled_from([0, 14, 15, 23]),
    st.sampled_from([0, 30, 59]),
    st.sampled_from(["+09:00", "Z", "", "-05:00"]),
)
lines = st.lists(
    st.tuples(st.sampled_from(SKUS), st.integers(0, 3000), st.integers(1, 3), st.sampled_from([0, 100]), st.booleans()),
    min_size=1,
    max_size=3,
)
states = st.sampled_from(["paid", "shipped", "placed", "cancelled", "returned", "refused", "unpaid", "test", ""])


@st.composite
def versions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One state of one order, as rows."""
    order_id = f"O{draw(st.integers(1, 12))}"
    ordered_at = draw(instants)
    version = draw(st.integers(1, 5))
    whole = {
        "customer_id": draw(st.sampled_from(["c1", "c2", "c3", "c4", ""])),
        "email": draw(st.sampled_from(["", "x@example.jp", " X@Example.jp", "y@example.jp", "z@example.jp", "none"])),
        "status": draw(states),
        "channel": draw(st.sampled_from(["web", "phone", ""])),
        "ad_code": draw(st.sampled_from(["", "AD1", "AD2"])),
        "updated_at": f"2026-07-0{version}T00:00:00Z",
    }
    rows = []
    for sku, price, quantity, discount, refunded in draw(lines):
        gross = price * quantity
        refund = gross - min(discount, gross) if refunded else 0
        cells = whole | {"quantity": quantity, "discount": min(discount, gross), "refund": refund}
        customer = str(cells.pop("customer_id"))
        rows.append(row(order_id, ordered_at, customer, sku=sku, price=price, **cells))
    return rows


batches = st.lists(st.lists(versions(), min_size=1, max_size=6), min_size=1, max_size=5)


def without_twins(batch: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """At most one state per order and version in one file, so that a file does not contradict itself."""
    seen: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for rows in batch:
        seen.setdefault((rows[0]["order_id"], rows[0]["updated_at"]), rows)
    return [r for rows in seen.values() for r in rows]


QUESTIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "A": {"product": "A"},
    "A basis=product": {"product": "A", "basis": "product"},
    "all channel=web": {"channel": "web"},
    "all ad=AD1": {"ad": "AD1"},
    "all ad=unknown": {"ad": ""},
}


def check(shop: Shop, rows: list[dict[str, Any]], words: str, window: int, day: str | None = None) -> None:
    """LTV and repeat, everything in them, against the naive computation."""
    as_of = date.fromisoformat(day or LAST_DAY)
    wanted = naive.measure(rows, window, as_of, **QUESTIONS[words])
    query = parse(f"{words} window={window}")
    past = None if day is None else as_of
    asked = prepare("ltv", query, shop.books, Words("ja", "JPY"), today=as_of, as_of=past)
    given = (asked.track, asked.cohort, window, asked.day)
    data_from = day_number(asked.asked.data_from)
    common = {
        "unknown_ad": wanted.unknown_ad,
        "maybe_earlier": wanted.early,
        "left_out_immature": wanted.immature,
        "next_mature_day": None if wanted.next_mature is None else day_number(wanted.next_mature),
    }
    worth = vars_of(ltv.measure(*given, data_from))
    wanted_worth = common | {
        "window": window,
        "persons": wanted.persons,
        "occasions": wanted.occasions,
        "net_sales": wanted.net_sales,
        "squares": wanted.squares,
        "top_persons": -(-wanted.persons // 100),
        "top_sales": wanted.top_sales,
    }
    assert worth == wanted_worth, words
    assert ltv.curve(*given) == sorted(wanted.by_age.items()), words

    again = repeat.measure(*given, data_from)
    assert vars_of(again).items() >= common.items(), words
    assert (again.f2.denominator, again.f2.numerator) == (wanted.persons, wanted.returned), words
    steps = [(rung.ratio.denominator, rung.ratio.numerator) for rung in again.ladder]
    assert steps == [step for step in zip(wanted.ladder, wanted.ladder[1:], strict=False) if step[0]], words
    assert repeat.curve(*given) == sorted(wanted.seconds.items()), words
    assert (again.young is None) == (wanted.immature == 0), words
    if again.young is not None:
        check_provisional(again.young, naive.provisional(wanted.waits, window))


def check_provisional(found: F2Estimate, wanted: tuple[int, int, int, float | None]) -> None:
    *counts, rate = wanted
    assert [found.persons, found.returned, found.at_risk] == counts
    assert found.rate == (None if rate is None else pytest.approx(rate, abs=1e-12))


def vars_of(result: Any) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


def check_the_rest(shop: Shop, rows: list[dict[str, Any]], day: str | None = None) -> None:
    """What is left out, monthly cohorts, all ads and the week's figures against the naive computation."""
    as_of = date.fromisoformat(day or LAST_DAY)
    facts = shop.books.facts(as_of)
    wanted_out = naive.left_out(rows, as_of)
    for sku, number in [(None, 0), *((product.label, product.number) for product in shop.books.products())]:
        assert left_out.count(facts.left_out, number, day_number(as_of)) == wanted_out.get(sku, {}), sku
    last = last_whole_month(as_of)
    wanted = naive.months(rows, as_of, (1970 + last // 12, last % 12 + 1))
    cohorts = cohort_matrix.measure(facts.shop, Cohort(), last)
    assert len(cohorts) == len(wanted)
    for cohort in cohorts:
        months = [(1970 + m // 12, m % 12 + 1) for m in range(cohort.month, last + 1)]
        row = wanted[months[0]]
        assert cohort.persons == row["persons"]
        assert cohort.active == tuple(row["active"].get(month, 0) for month in months)
        assert cohort.net_sales == tuple(row["net_sales"].get(month, 0) for month in months)

    codes = {0: ""} | shop.books.ads()
    for since in (None, as_of - timedelta(days=60)):
        scan = ad.measure(facts.shop, day_number(as_of), None if since is None else day_number(since))
        assert {codes[n]: vars_of(sums) for n, sums in scan.sums.items()} == naive.ads(rows, as_of, since)
        by_week = {
            (codes[w["ad_id"]], ad.monday(w["week"])): (w["mature"], w["returned"])
            for w in scan.weekly.to_dict("records")
        }
        assert by_week == naive.f2_by_week(rows, as_of)

    sunday = as_of - timedelta(days=(as_of.weekday() + 1) % 7)
    found = weekly.measure(shop.books.facts(sunday).shop, day_number(sunday))
    for ago, week in enumerate(reversed(found.sales_weeks)):
        ends = sunday - timedelta(days=7 * ago)
        assert (week.net_sales, week.occasions, week.new_persons) == naive.week(rows, ends, sunday)
    f2, year = naive.measure(rows, weekly.F2_WINDOW, sunday), naive.measure(rows, weekly.LTV_WINDOW, sunday)
    figures = {figure.key: figure for figure in found.figures}
    assert (found.immature, figures["f2"].n, figures["ltv"].n) == (f2.immature, f2.persons, year.persons)
    assert figures["ltv"].interval == mean_interval(year.persons, year.net_sales, year.squares)
    earlier = {week.ends: (week.f2.denominator, week.f2.numerator) for week in found.f2_weeks}
    for end, counted in earlier.items():
        assert counted == naive.matured_in_week(rows, day_of(end), sunday, weekly.F2_WINDOW)
    assert sum(n for n, _ in earlier.values()) == f2.persons


@pytest.mark.usefixtures("database_url")
@settings(max_examples=HISTORIES)
@given(batches, st.sampled_from([1, 30, 90]), st.sampled_from(["2026-03-31", "2026-05-15"]))
def test_numbers_follow_every_change_of_the_orders(
    history: list[list[list[dict[str, Any]]]], window: int, past: str
) -> None:
    check_all_along(history, window, past)


EDGES = [
    date.fromisoformat(day) - timedelta(days=back) for day in (LAST_DAY, "2026-05-15") for back in (0, 28, 30, 60, 90)
]
"""First and last days of the windows that are asked for: a day too many or too few shows there."""


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_of_a_busier_shop(seed: int) -> None:
    chance = random.Random(seed)

    def order(number: int) -> list[dict[str, Any]]:
        day = date(2026, 1, 1) + timedelta(days=int(160 * chance.random() ** 2))
        if chance.random() < 0.3:
            day = chance.choice(EDGES)
        whole = {
            "email": chance.choice(["", "", f"{chance.randrange(12)}@example.jp"]),
            "status": chance.choice(["paid"] * 7 + ["cancelled", "shipped", "test"]),
            "channel": chance.choice(["web", "phone", ""]),
            "ad_code": chance.choice(["", "AD1", "AD2"]),
            "updated_at": f"2026-07-01T00:{chance.randrange(60):02}:00Z",
        }
        at = f"{day}T{chance.choice(['00:30', '14:59', '15:00', '23:30'])}:00Z"
        customer = chance.choice(["", *(f"c{n}" for n in range(15))])
        skus = chance.choices(SKUS, k=chance.randint(1, 3))
        rows = []
        for sku in skus:
            price = chance.randrange(3000)
            refund = chance.choice([0, 0, 0, price // 2, price])
            rows.append(row(f"O{number}", at, customer, sku=sku, price=price, refund=refund, **whole))
        return rows

    history = [[order(chance.randrange(90)) for _ in range(chance.choice([5, 60]))] for _ in range(3)]
    check_all_along(history, 30, "2026-05-15")


def check_all_along(history: list[list[list[dict[str, Any]]]], window: int, past: str) -> None:
    """Load one file after the other and compare everything, at last with the facts that are built anew."""
    with tempfile.TemporaryDirectory() as folder, new_database(Path(folder)) as url:
        shop = Shop(open_engine(url), Path(folder))
        seen = [SENTINEL, *NAMES]
        shop.load(seen)
        for number, batch in enumerate(history, 1):
            rows = without_twins(batch)
            shop.load(rows)
            seen = seen + [r | {"batch": number} for r in rows]
            check(shop, seen, "all", window)
        for words in QUESTIONS:
            check(shop, seen, words, window)
            check(shop, seen, words, window, past)
        check_the_rest(shop, seen)
        check_the_rest(shop, seen, past)
        patched = rows_of(shop.books.facts())
        shop.shelf.rebuild("main")
        assert rows_of(shop.books.facts()) == patched
        for words in ("all", "A"):
            check(shop, seen, words, window)
        shop.engine.dispose()
