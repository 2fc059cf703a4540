"""`ad_spend` files: what is written, what is refused, and which import wins."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from store.sources.refusals import FileRefused
from store.spend_import import SpendReport
from store.tables import ad_spend, ads, imports
from tests.ads import load_spend
from tests.shop import Shop

TODAY = date(2026, 11, 22)
LONG_AGO = date(2020, 1, 1)


def total(shop: Shop, code: str) -> int:
    """What the ad cost in all, minor units."""
    by_number = shop.books.spend(TODAY, LONG_AGO)
    return {name: by_number.get(number, 0) for number, name in shop.books.ads().items()}.get(code, 0)


def refusals(shop: Shop, text: str, **job: str) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(FileRefused) as refused:
        load_spend(shop, text, **job)
    return [(r.reason.rsplit(".", 1)[1], r.line, r.column) for r in refused.value.refusals]


def test_the_report_says_what_the_file_held(shop: Shop) -> None:
    text = "date,ad_code,platform,cost,impressions,clicks,memo\n"
    text += '2026-11-01,A,meta,"¥12,000",1000,12,x\n2026/11/2,B,,500,,,\n'
    report = load_spend(shop, text)
    assert (report.rows, report.ads, report.cost, report.written) == (2, 2, 12_500, 2)
    assert (report.first_day, report.last_day) == (date(2026, 11, 1), date(2026, 11, 2))
    assert report.unused_headings == ("memo",)
    assert not report.seen_before
    assert (total(shop, "A"), total(shop, "B")) == (12_000, 500)


def test_the_newest_import_wins_by_day_platform_and_ad(shop: Shop) -> None:
    load_spend(shop, "date,ad_code,platform,cost\n2026-11-01,A,meta,100\n2026-11-01,A,google,10\n2026-11-02,A,meta,1\n")
    report = load_spend(shop, "date,ad_code,platform,cost\n2026-11-01,A,meta,300\n2026-11-01,A,google,10\n")
    assert report.written == 1
    assert total(shop, "A") == 311


def test_the_same_file_twice_changes_nothing(shop: Shop) -> None:
    text = "date,ad_code,cost\n2026-11-01,A,100\n"
    load_spend(shop, text)
    again = load_spend(shop, text)
    assert (again.written, again.seen_before, total(shop, "A")) == (0, True, 100)


def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    report = load_spend(shop, "date,ad_code,cost\n2026-11-01,A,100\n", dry_run=True)
    assert (report.cost, report.written) == (100, None)
    with shop.engine.connect() as connection:
        assert connection.execute(select(ad_spend)).all() == []
        assert connection.execute(select(imports)).all() == []
        assert connection.execute(select(ads)).all() == []


def test_every_bad_cell_is_named_and_nothing_is_written(shop: Shop) -> None:
    text = "date,ad_code,cost,clicks\n2026-11-01,A,100,1\n2027-01-01,A,1.5,x\n,B,-3,\n2026-11-01,,abc,2\n"
    assert sorted(refusals(shop, text)) == sorted(
        [
            ("future", 3, "date"),
            ("missing_value", 4, "date"),
            ("missing_value", 5, "ad_code"),
            ("fraction", 3, "cost"),
            ("too_small", 4, "cost"),
            ("number", 5, "cost"),
            ("whole", 3, "clicks"),
        ]
    )
    assert total(shop, "A") == 0


def test_one_day_platform_and_ad_twice_in_a_file_is_refused(shop: Shop) -> None:
    text = "date,ad_code,cost\n2026-11-01,A,100\n2026-11-02,A,100\n2026-11-01,A,50\n"
    assert refusals(shop, text) == [("spend_twice", 4, "ad_code")]


def test_the_books_keep_one_currency(shop: Shop) -> None:
    load_spend(shop, "date,ad_code,cost\n2026-11-01,A,100\n")
    assert refusals(shop, "date,ad_code,cost\n2026-11-01,A,100\n", currency="USD") == [("other_currency", None, None)]


def test_cents_are_minor_units(shop: Shop) -> None:
    report: SpendReport = load_spend(shop, "date,ad_code,cost\n2026-11-01,A,1.25\n", default_currency="USD")
    assert (report.currency, report.cost, total(shop, "A")) == ("USD", 125, 125)


files = st.lists(
    st.dictionaries(
        st.tuples(st.integers(1, 4), st.sampled_from(["meta", ""]), st.sampled_from(["A", "B"])),
        st.integers(0, 10**9),
        min_size=1,
    ),
    min_size=1,
    max_size=4,
)


@given(files=files)
def test_after_any_files_the_last_word_on_each_key_counts(
    shop: Shop, files: list[dict[tuple[int, str, str], int]]
) -> None:
    with shop.engine.begin() as connection:
        connection.execute(delete(ad_spend))
    expected: dict[tuple[int, str, str], int] = {}
    for file in files:
        lines = [f"2026-11-0{day},{code},{platform},{cost}" for (day, platform, code), cost in file.items()]
        load_spend(shop, "\n".join(["date,ad_code,platform,cost", *lines]) + "\n")
        expected |= file
    for code in ("A", "B"):
        assert total(shop, code) == sum(cost for (_, _, ad), cost in expected.items() if ad == code)
