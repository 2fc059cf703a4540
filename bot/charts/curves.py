"""How LTV and the share of returned customers grow with the days since the first purchase."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.asked import Asked
from bot.charts import GREY, INDIGO, INK, LABEL_SIZE, VERMILION, new_figure, plain_axes, png
from bot.messages import Words
from bot.metrics.ltv import Ltv
from bot.metrics.repeat import Repeat
from bot.views.framing import about
from bot.views.kit import cut

HEIGHT = 3.6
TITLE_CHARACTERS = 44


def ltv(result: Ltv, steps: Sequence[tuple[int, int]], asked: Asked, words: Words) -> bytes:
    """Cumulated net sales per person by age; `steps` are (age, net sales at that age), ascending."""
    days, total = _cumulated(steps, asked.window)
    axes, figure = _axes(words("ltv.chart.title", about=cut(about(asked, words, escaped=False), TITLE_CHARACTERS)))
    per_person = total / result.persons
    axes.plot(days, per_person, color=INDIGO, linewidth=2.2, drawstyle="steps-post")
    axes.fill_between(days, per_person, step="post", color=INDIGO, alpha=0.08)
    end = float(per_person[-1])
    axes.plot([asked.window], [end], "o", color=VERMILION, markersize=7, clip_on=False)
    _label_end(axes, words.money(end), asked.window, end)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, at: words.money(value)))
    _finish(axes, words("ltv.chart.y"), words("chart.age"), asked.window, end)
    return png(figure)


def repeat(result: Repeat, steps: Sequence[tuple[int, int]], asked: Asked, words: Words) -> bytes:
    """Share of persons with a second purchase by age; `steps` are (age, persons), ascending."""
    days, total = _cumulated(steps, asked.window)
    axes, figure = _axes(words("repeat.chart.title", about=cut(about(asked, words, escaped=False), TITLE_CHARACTERS)))
    share = total / result.f2.denominator
    axes.plot(days, share, color=INDIGO, linewidth=2.2, drawstyle="steps-post")
    axes.fill_between(days, share, step="post", color=INDIGO, alpha=0.08)
    end = float(share[-1])
    interval = result.interval
    if interval is not None:
        axes.errorbar(
            [asked.window],
            [end],
            yerr=[[end - interval.low], [interval.high - end]],
            color=VERMILION,
            capsize=4,
            fmt="o",
            markersize=7,
            clip_on=False,
        )
    _label_end(axes, words.percent(end), asked.window, end)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, at: words.percent(value, 0)))
    _finish(axes, words("repeat.chart.y"), words("chart.age"), asked.window, end)
    return png(figure)


def _cumulated(steps: Sequence[tuple[int, int]], window: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.zeros(window + 1)
    for age, amount in steps:
        at[age] += amount
    return np.arange(window + 1), np.cumsum(at)


def _axes(title: str):  # type: ignore[no-untyped-def]
    figure = new_figure(HEIGHT)
    axes = figure.add_subplot()
    plain_axes(axes, title)
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.8)
    return axes, figure


def _label_end(axes: Axes, text: str, x: float, y: float) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(-10, 8),
        textcoords="offset points",
        ha="right",
        color=VERMILION,
        fontsize=LABEL_SIZE + 1.5,
    )


def _finish(axes: Axes, y_label: str, x_label: str, window: int, top: float) -> None:
    axes.set_xlim(0, window * 1.02)
    axes.set_ylim(0, top * 1.22 if top else 1)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.set_xlabel(x_label, fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(y_label, fontsize=LABEL_SIZE, color=INK)
