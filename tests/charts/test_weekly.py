"""The pictures of the weekly post: drawn for every shop, always alike."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from bot.charts import weekly as charts
from bot.messages import Words
from bot.metrics.intervals import Ratio
from bot.metrics.weekly import Weekly, WeekOfF2, WeekOfSales

ENDS = 20_779
JA, EN = Words("ja"), Words("en")


def result(weeks: int, sales: int = 2_000_000) -> Weekly:
    return Weekly(
        ends=ENDS,
        figures=(),
        f2_weeks=tuple(WeekOfF2(ends=ENDS - 7 * at, f2=Ratio(90 + at, 300)) for at in reversed(range(weeks))),
        sales_weeks=tuple(
            WeekOfSales(ends=ENDS - 7 * at, new_sales=sales, repeat_sales=2 * sales, new_persons=9, repeat_occasions=9)
            for at in reversed(range(weeks))
        ),
        immature=0,
    )


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("weeks", [2, 8, 26])
@pytest.mark.parametrize("words", [JA, EN])
def test_both_pictures_are_drawn_wide_and_the_same_each_time(weeks: int, words: Words) -> None:
    for draw in (charts.f2, charts.sales):
        png = draw(result(weeks), words)
        assert size(png)[0] == 1080
        assert png == draw(result(weeks), words)


def test_a_week_without_mature_people_and_one_without_sales_are_no_error() -> None:
    gap = result(9)
    gap = replace(gap, f2_weeks=(WeekOfF2(ends=ENDS - 70, f2=Ratio(0, 0)), *gap.f2_weeks))
    assert size(charts.f2(gap, JA))[0] == 1080
    assert size(charts.sales(result(3, sales=0), JA))[0] == 1080


def test_different_weeks_give_different_pictures() -> None:
    assert charts.f2(result(8), JA) != charts.f2(result(9), JA)
    assert charts.sales(result(8), JA) != charts.sales(result(8, sales=1_000_000), JA)
