"""Questions in plain words, as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mention import Doubtful, Understood, interpret
from store.books import Named

TODAY = date(2026, 11, 24)
PRODUCTS = (
    Named(1, "X-01", "product-x"),
    Named(2, "BIY-030", "しっとり美容液 30ml"),
    Named(3, "AO-1", "青汁"),
    Named(4, "T7", "お試し 30日セット"),
)
ADS = (Named(1, "FB-SKIN-02", "FB-SKIN-02"),)


def finder(things: tuple[Named, ...]):  # type: ignore[no-untyped-def]
    def find(text: str) -> Named | list[Named]:
        wanted = text.casefold()
        for thing in things:
            if wanted in (thing.label.casefold(), thing.name.casefold()):
                return thing
        return [thing for thing in things if wanted in thing.name.casefold()]

    return find


def heard(text: str) -> Understood | Doubtful:
    return interpret(text, finder(PRODUCTS), finder(ADS), TODAY)


@pytest.mark.parametrize(
    ("text", "report", "typed"),
    [
        ("<@U0BANTO01> product-xの今年のLTVは？", "ltv", "X-01 from=2026-01-01 to=2026-11-24"),
        ("<@U0BANTO01> repeat of product-x", "repeat", "X-01"),
        ("What is the repeat rate of product-x this year?", "repeat", "X-01 from=2026-01-01 to=2026-11-24"),
        ("青汁のリピート率を教えてください", "repeat", "AO-1"),
        ("しっとり美容液 30ml の先月のＦ２転換率は？", "repeat", "BIY-030 from=2026-10-01 to=2026-10-31"),
        ("2026年1月の product-x のLTV", "ltv", "X-01 from=2026-01-01 to=2026-01-31"),
        ("去年の全体のLTVは？", "ltv", "all from=2025-01-01 to=2025-12-31"),
        ("ltv x-01", "ltv", "X-01"),
        ("今月のLTVは", "ltv", "all from=2026-11-01 to=2026-11-24"),
        ("広告の成績を見せて", "ad", "all"),
        ("FB-SKIN-02の広告の判定は？", "ad", "FB-SKIN-02"),
        ("広告どれを止めるべき？", "ad", "all"),
        ("どの広告を止めたほうがいいですか", "ad", "all"),
        ("which ads should we stop?", "ad", "all"),
        ("What is the LTV of product-x in 180 days?", "ltv", "X-01 window=180"),
        ("product-xの180日LTVは？", "ltv", "X-01 window=180"),
        ("2026年1月に買った人の30日以内のリピート率", "repeat", "all window=30 from=2026-01-01 to=2026-01-31"),
        ("お試し 30日セットのLTV", "ltv", "T7"),
        ("先週のリピート率", "repeat", "all from=2026-11-16 to=2026-11-22"),
        ("今週の週報見せて", "weekly", "all from=2026-11-23 to=2026-11-24"),
        ("座談会の数字", "panel", "all"),
    ],
)
def test_what_is_meant_is_understood(text: str, report: str, typed: str) -> None:
    understood = heard(text)
    assert isinstance(understood, Understood)
    assert understood.report == report
    assert understood.query.typed() == typed


@pytest.mark.parametrize(
    ("text", "report", "subject", "near"),
    [
        ("美容液のリピート率", "repeat", "美容液", ["BIY-030"]),
        ("product-yのLTV", "ltv", "product-y", []),
        ("product-xを見せて", None, "product-x", ["X-01"]),
        ("product-xのLTVとリピート率", None, "product-x", ["X-01"]),
        ("hello", None, "hello", []),
        ("", None, None, []),
    ],
)
def test_what_is_not_clear_is_asked_back(text: str, report: str | None, subject: str | None, near: list[str]) -> None:
    doubtful = heard(text)
    assert isinstance(doubtful, Doubtful)
    assert (doubtful.report, doubtful.subject, [each.label for each in doubtful.near]) == (report, subject, near)


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    understood = heard(text)
    if understood.first_from is not None and understood.first_to is not None:
        assert understood.first_from <= understood.first_to
    assert understood.report in (None, "ltv", "repeat", "ad", "weekly", "panel")
