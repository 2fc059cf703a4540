"""The panel's picture: a real PNG, always the same one, from any thread."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import matplotlib.image
import numpy as np
import pytest

from bot.charts.panel import draw
from bot.messages import Words
from bot.metrics.panel import PanelResult, measure

JA, EN = Words("ja"), Words("en")


def result(price: int = 4000, would_buy: int = 5, asked: int = 10) -> PanelResult:
    return measure(price=Decimal(price), asked=asked, would_buy=would_buy, agreed=asked)


def test_the_picture_is_1080_pixels_wide_and_not_empty() -> None:
    pixels = matplotlib.image.imread(io.BytesIO(draw(result(), JA)), format="png")
    assert pixels.shape[:2] == (990, 1080)
    assert float(np.std(pixels)) > 0.05


def test_the_same_result_gives_the_same_bytes_even_from_many_threads() -> None:
    first = draw(result(), JA)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: draw(result(), JA), range(16)))
    assert set(drawn) == {first}


def test_another_result_gives_another_picture() -> None:
    assert len({draw(result(would_buy=buyers), JA) for buyers in (4, 5, 6)}) == 3
    assert draw(result(), JA) != draw(result(), EN)


@pytest.mark.parametrize(
    ("price", "would_buy", "asked"),
    [(1, 0, 1), (1500, 10, 10), (999_999_999, 100, 100), (20_000, 1, 10), (4000, 0, 10)],
)
@pytest.mark.filterwarnings("error")
def test_extreme_panels_can_be_drawn_without_missing_letters(price: int, would_buy: int, asked: int) -> None:
    assert draw(result(price, would_buy, asked), JA).startswith(b"\x89PNG")
