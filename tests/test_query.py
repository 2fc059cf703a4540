"""What a person types is understood, in any order and in Japanese, or asked back in one sentence."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.query import Query, parse


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("product-x", Query(product="product-x")),
        ("", Query(missing=True)),
        ("all", Query()),
        ("全体 180日", Query(window=180)),
        ("window=30 しっとり美容液 30ml", Query(product="しっとり美容液 30ml", window=30)),
        ("A　basis=product", Query(product="A", basis="product")),
        ("A 商品基準", Query(product="A", basis="product")),
        ("all channel=電話 ad=FB-01", Query(channel="phone", ad="FB-01")),
        ("all from=2026-01-01 to=2026/03/31", Query(first_from=date(2026, 1, 1), first_to=date(2026, 3, 31))),
        ("初回2026-02 all", Query(first_from=date(2026, 2, 1), first_to=date(2026, 2, 28))),
        ("all 初回２０２６年１月 ９０日", Query(first_from=date(2026, 1, 1), first_to=date(2026, 1, 31), window=90)),
        ('"A window" window=7', Query(product="A window", window=7)),
        ("A\u200b", Query(product="A")),
    ],
)
def test_words_in_any_order(typed: str, expected: Query) -> None:
    assert parse(typed) == expected


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("all window=0", "query.window"),
        ("all window=many", "query.window"),
        ("all 4000日", "query.window"),
        ("all basis=person", "query.basis"),
        ("all basis=product", "query.basis_all"),
        ("all channel=tiktok", "query.channel"),
        ("all from=yesterday", "query.day"),
        ("all 初回2026-13", "query.day"),
        ("all from=2026-02-01 to=2026-01-01", "query.period"),
        ("all window=30 90日", "query.twice"),
        ("all colour=red", "query.unknown_setting"),
        ("all ad=", "query.value"),
    ],
)
def test_what_cannot_be_is_said(typed: str, key: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(typed)
    assert refused.value.key == key


queries = st.builds(
    Query,
    product=st.none() | st.sampled_from(["product-x", "しっとり 美容液", "A&B", "<!channel>"]),
    window=st.none() | st.integers(1, 3650),
    channel=st.none() | st.sampled_from(["web", "phone", "unknown"]),
    ad=st.none() | st.sampled_from(["FB-01", "ad with space"]),
    first_from=st.none() | st.dates(date(2020, 1, 1), date(2023, 1, 1)),
    first_to=st.none() | st.dates(date(2023, 1, 2), date(2026, 1, 1)),
)


@given(queries)
def test_the_words_of_a_question_ask_it_again(query: Query) -> None:
    assert parse(query.typed()) == query
