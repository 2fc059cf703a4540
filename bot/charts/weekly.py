"""The two pictures of the weekly post: F2 of the weeks that matured, and net sales of new and returning customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bot.charts import GREY, INDIGO, INK, LABEL_SIZE, VERMILION, new_figure, plain_axes, png
from bot.messages import Words
from bot.metrics.weekly import F2_WINDOW, Weekly
from bot.periods import day_of

HEIGHT = 3.4
LABELLED = 7
"""So many weeks carry a date under the axis."""


def f2(result: Weekly, words: Words) -> bytes:
    """F2 of the persons whose 90 days ended in each week, with its 95 % Wilson band."""
    figure, axes = _axes(words("weekly.chart.f2.title", window=F2_WINDOW))
    weeks = [week for week in result.f2_weeks if week.f2.denominator]
    at = np.arange(len(weeks))
    rates = np.array([week.f2.value for week in weeks], dtype=float)
    bands = [interval for week in weeks if (interval := week.interval) is not None]
    axes.fill_between(
        at,
        [band.low for band in bands],
        [band.high for band in bands],
        color=INDIGO,
        alpha=0.14,
        linewidth=0,
        label=words("weekly.chart.f2.band"),
    )
    axes.plot(at, rates, color=INDIGO, linewidth=2.2, label=words("weekly.chart.f2.line"))
    axes.plot(at[-1:], rates[-1:], "o", color=VERMILION, markersize=7)
    axes.annotate(
        words.percent(float(rates[-1])),
        (float(at[-1]), float(rates[-1])),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        color=VERMILION,
        fontsize=LABEL_SIZE + 1,
    )
    axes.set_ylim(0, max(band.high for band in bands) * 1.25)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: words.percent(value, 0)))
    axes.set_ylabel(words("weekly.chart.f2.y"), fontsize=LABEL_SIZE, color=INK)
    axes.set_xlabel(words("weekly.chart.f2.x"), fontsize=LABEL_SIZE, color=INK)
    _dates(axes, [day_of(week.ends) for week in weeks], words)
    _legend(axes)
    return png(figure)


def sales(result: Weekly, words: Words) -> bytes:
    """Net sales of each calendar week, those of new customers under those of returning ones."""
    figure, axes = _axes(words("weekly.chart.sales.title"))
    weeks = result.sales_weeks
    at = np.arange(len(weeks))
    new = np.array([week.new_sales for week in weeks], dtype=float)
    repeat = np.array([week.repeat_sales for week in weeks], dtype=float)
    axes.bar(at, new, color=VERMILION, width=0.78, label=words("weekly.chart.sales.new"))
    axes.bar(at, repeat, bottom=new, color=INDIGO, width=0.78, label=words("weekly.chart.sales.repeat"))
    axes.set_ylim(0, max(float((new + repeat).max()), 1) * 1.25)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: words.money(value)))
    axes.set_ylabel(words("weekly.chart.sales.y"), fontsize=LABEL_SIZE, color=INK)
    axes.set_xlabel(words("weekly.chart.sales.x"), fontsize=LABEL_SIZE, color=INK)
    _dates(axes, [day_of(week.ends) for week in weeks], words)
    _legend(axes)
    return png(figure)


def _axes(title: str) -> tuple[Figure, Axes]:
    figure = new_figure(HEIGHT)
    axes = figure.add_subplot()
    plain_axes(axes, title)
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _dates(axes: Axes, days: Sequence[date], words: Words) -> None:
    """Dates under some of the weeks, the newest always among them."""
    step = max(1, -(-len(days) // LABELLED))
    places = range(len(days) - 1, -1, -step)
    axes.set_xticks(list(places), [words.short_day(days[place]) for place in places])
    axes.set_xlim(-0.7, max(len(days) - 0.3, 1))


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", ncols=2, frameon=False, fontsize=LABEL_SIZE - 1, labelcolor=INK)
