"""The picture of a panel: its index with the interval against the gate, and the rate needed at each price."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from bot.charts import GREY, INDIGO, INK, LABEL_SIZE, PALE, VERMILION, new_figure, plain_axes, png
from bot.messages import Words
from bot.messages.figures import ends, figure, money, rate
from bot.metrics.panel import PanelResult

HEIGHT_INCHES = 6.6
CURVE_POINTS = 200
TICKS = 5


def draw(result: PanelResult, words: Words) -> bytes:
    """One PNG of two parts; dark blue is at or above the gate, red is below it."""
    drawing = new_figure(HEIGHT_INCHES)
    above, below = drawing.subplots(2, 1, gridspec_kw={"height_ratios": [1, 2.6]})
    _index(above, result, words)
    _needed_rate(below, result, words)
    return png(drawing)


def _index(axes: Axes, result: PanelResult, words: Words) -> None:
    plain_axes(axes, words("panel.chart.title"))
    colour = INDIGO if result.passes else VERMILION
    index, low, high = float(result.index), result.interval.low, result.interval.high
    right = max(high, result.threshold) * 1.12
    axes.set_xlim(0, right)
    axes.set_ylim(-1, 1.2)
    axes.axvspan(result.threshold, right, color=PALE, zorder=0)
    axes.axvline(result.threshold, color=GREY, linestyle="--", linewidth=1.5)
    gate_at_the_edge = result.threshold > right * 0.7
    axes.text(
        result.threshold,
        -0.9,
        f" {words('panel.chart.gate', threshold=words.count(result.threshold))} ",
        fontsize=LABEL_SIZE,
        color=INK,
        ha="right" if gate_at_the_edge else "left",
    )
    axes.plot([low, high], [0, 0], color=colour, linewidth=3, solid_capstyle="butt")
    axes.plot([low, low, np.nan, high, high], [-0.2, 0.2, np.nan, -0.2, 0.2], color=colour, linewidth=3)
    axes.plot([index], [0], "o", color=colour, markersize=12, clip_on=False)
    label = f"{figure(result.index, words)}   {words('panel.chart.interval', **ends(result.interval, words))}"
    near_the_edge = index > right * 0.6
    axes.text(
        right if near_the_edge else max(index, low),
        0.42,
        label,
        fontsize=LABEL_SIZE + 1,
        color=colour,
        ha="right" if near_the_edge else "left",
    )
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.count(value)))


def _needed_rate(axes: Axes, result: PanelResult, words: Words) -> None:
    plain_axes(axes, words("panel.chart.ladder"))
    prices = [float(rung.price) for rung in result.ladder]
    today = result.would_buy / result.asked
    curve = np.linspace(min(prices), max(prices), CURVE_POINTS)
    required = result.threshold / curve
    axes.fill_between(curve, required, 1.0, where=(required <= 1.0).tolist(), color=PALE, zorder=0)
    axes.plot(curve, required, color=GREY, linewidth=2, label=words("panel.chart.needed"))
    axes.axhline(today, color=INK, linewidth=1, linestyle=":")
    for passes, colour, key in ((True, INDIGO, "passes"), (False, VERMILION, "fails")):
        chosen = [float(rung.price) for rung in result.ladder if rung.passes is passes]
        if chosen:
            label = words(f"panel.chart.{key}")
            axes.plot(
                chosen,
                [today] * len(chosen),
                "o",
                color=colour,
                markersize=8,
                label=label,
                clip_on=False,
                zorder=3,
            )
    axes.plot(
        [float(result.price)],
        [today],
        "o",
        color=INDIGO if result.passes else VERMILION,
        markersize=13,
        markeredgecolor="white",
        markeredgewidth=2,
        clip_on=False,
        zorder=4,
        label=words(
            "panel.chart.today",
            rate=rate(Fraction(result.would_buy, result.asked), words),
            would_buy=result.would_buy,
            asked=result.asked,
        ),
    )
    axes.set_ylim(0, 1.05)
    axes.set_ylabel(words("panel.chart.rate"), fontsize=LABEL_SIZE, color=INK)
    axes.set_xlabel(words("panel.chart.price"), fontsize=LABEL_SIZE, color=INK)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.xaxis.set_major_locator(MaxNLocator(TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: money(Decimal(round(value)), words)))
    # Under the axes, because the points lie at any height.
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.2),
        ncols=2,
        frameon=False,
        fontsize=LABEL_SIZE,
        labelcolor=INK,
    )
