"""The pictures of ads: real PNGs, always the same, whatever the ads are like."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest

from bot.charts.ad import ranking as draw_ranking
from bot.charts.ad import weekly, weekly_of_many
from bot.messages import Words
from bot.metrics.ad import Week
from bot.metrics.ad_ranking import Ranking
from bot.metrics.intervals import Ratio
from tests.views.test_ad import WEEK, check, ranking

JA, EN = Words("ja"), Words("en")
WEEKS = tuple(Week(WEEK - 60 + n, Ratio(10 - n // 12, 30)) for n in range(61))


def shape(png: bytes) -> tuple[int, ...]:
    pixels = matplotlib.image.imread(io.BytesIO(png), format="png")
    assert float(np.std(pixels)) > 0.05
    return tuple(pixels.shape[:2])


def of_ads(count: int) -> Ranking:
    ads = ranking()
    named = [replace(ad, code=f"{ad.code}-{n}") for n, ad in enumerate((ads.ads * 10)[:count])]
    return Ranking(ads=tuple(named), unknown=ads.unknown, margin_rate=None, target_profit=0)


def test_twenty_ads_have_a_row_each_and_more_are_left_to_the_table() -> None:
    heights = [shape(draw_ranking(of_ads(count), JA))[0] for count in (1, 20, 30)]
    assert heights[0] < heights[1] == heights[2]
    # A row of 45 pixels holds a label of 18.
    assert heights[1] - heights[0] == 19 * 45


@pytest.mark.filterwarnings("error")
def test_the_same_figures_give_the_same_bytes_even_from_many_threads() -> None:
    first = (draw_ranking(ranking(), JA), weekly("A", WEEKS, check(2), WEEK, JA))
    with ThreadPoolExecutor(4) as pool:
        drawn = pool.map(lambda _: (draw_ranking(ranking(), JA), weekly("A", WEEKS, check(2), WEEK, JA)), range(8))
        assert set(drawn) == {first}
    assert first != (draw_ranking(ranking(), EN), weekly("A", WEEKS, check(2), WEEK, EN))


@pytest.mark.parametrize(
    "weeks",
    [(), WEEKS[:1], WEEKS[:5], (Week(WEEK, Ratio(0, 0)),), (Week(WEEK, Ratio(0, 5)),), (Week(WEEK, Ratio(5, 5)),)],
)
@pytest.mark.filterwarnings("error")
def test_few_or_no_weeks_can_be_drawn(weeks: tuple[Week, ...]) -> None:
    assert shape(weekly("<!channel> $x$ 広告", weeks, None, WEEK, JA))[1] == 1080
    nobody = replace(check(2), window=Ratio(0, 0), baseline=Ratio(0, 0))
    assert shape(weekly("A", weeks, nobody, WEEK, JA))[1] == 1080


def test_several_ads_stand_one_above_the_other() -> None:
    series = [("A", WEEKS, check(2)), ("B", WEEKS, None)]
    assert shape(weekly_of_many(series, WEEK, JA))[0] == 2 * shape(weekly("A", WEEKS, check(2), WEEK, JA))[0]
