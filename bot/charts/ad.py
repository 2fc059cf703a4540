"""Ads as pictures: CPA against LTV for all of them, and the weekly F2 of one against its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.charts import GREY, INDIGO, INK, LABEL_SIZE, PALE, VERMILION, new_figure, plain_axes, png
from bot.messages import Words
from bot.metrics.ad import Week, sunday
from bot.metrics.ad_ranking import RankedAd, Ranking
from bot.metrics.ad_verdict import Kind
from bot.metrics.intervals import Interval, Ratio, wilson
from bot.metrics.repeat_alert import WINDOW_WEEKS, AdCheck
from bot.views.kit import cut

ROWS = 20
CODE_CHARACTERS = 18
TITLE_CHARACTERS = 32
ROW_INCHES = 0.3
FRAME_INCHES = 1.5
WEEKLY_INCHES = 3.8
GREEN = "#2f8f5b"
DARK_RED = "#7a2318"
COLOURS = {
    Kind.STOP: VERMILION,
    Kind.STOP_CHEAP_NO_REPEAT: DARK_RED,
    Kind.INCREASE: GREEN,
    Kind.HOLD: INDIGO,
    Kind.NOT_YET: GREY,
    Kind.NO_SPEND: GREY,
}
LEGEND = (
    (Kind.STOP, VERMILION),
    (Kind.STOP_CHEAP_NO_REPEAT, DARK_RED),
    (Kind.INCREASE, GREEN),
    (Kind.HOLD, INDIGO),
    (Kind.NOT_YET, GREY),
)


def ranking(result: Ranking, words: Words) -> bytes:
    """A bar of LTV with its interval and a mark at the CPA for each ad, the dearest above."""
    ads = result.ads[:ROWS]
    figure = new_figure(FRAME_INCHES + ROW_INCHES * len(ads))
    axes = figure.add_subplot()
    margin = result.margin_rate is not None
    plain_axes(axes, words("ad.chart.title.margin" if margin else "ad.chart.title.revenue"))
    rate = result.margin_rate or Fraction(1)
    for row, ad in enumerate(ads):
        _ad_row(axes, row, ad, rate)
    axes.set_yticks(range(len(ads)), [_plain(ad.code, CODE_CHARACTERS) for ad in ads])
    axes.set_ylim(len(ads) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, at: words.money(value)))
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    kinds = {ad.verdict.kind for ad in ads}
    shown = {COLOURS[kind] for kind in kinds}
    handles: list[object] = [
        Patch(color=colour, label=words(f"ad.chart.{kind.value}")) for kind, colour in LEGEND if colour in shown
    ]
    handles += axes.plot([], [], "D", color=INK, markersize=6, label=words("ad.chart.cpa"))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=LABEL_SIZE,
        labelcolor=INK,
        handletextpad=0.5,
        columnspacing=1.4,
    )
    return png(figure)


def weekly(name: str, weeks: Sequence[Week], check: AdCheck | None, last: int, words: Words) -> bytes:
    """F2 by the week in which people matured; the check's window is marked against its baseline band."""
    figure = new_figure(WEEKLY_INCHES)
    weekly_axes(figure.add_subplot(), name, weeks, check, last, words)
    return png(figure)


def weekly_of_many(series: Sequence[tuple[str, Sequence[Week], AdCheck | None]], last: int, words: Words) -> bytes:
    """The same for several ads, one above the other."""
    figure = new_figure(WEEKLY_INCHES * len(series))
    for number, (name, weeks, check) in enumerate(series, start=1):
        weekly_axes(figure.add_subplot(len(series), 1, number), name, weeks, check, last, words)
    return png(figure)


def weekly_axes(axes: Axes, name: str, weeks: Sequence[Week], check: AdCheck | None, last: int, words: Words) -> None:
    """One ad's weekly F2, the trailing eight weeks as a line."""
    plain_axes(axes, words("ad.weekly.title", ad=_plain(name, TITLE_CHARACTERS)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, at: words.percent(value, 0)))
    axes.set_ylabel(words("ad.weekly.y"), fontsize=LABEL_SIZE, color=INK)
    axes.set_xlabel(words("ad.weekly.x"), fontsize=LABEL_SIZE, color=INK)
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.8)
    shown = [each for each in weeks if each.ratio.denominator]
    if not shown:
        axes.text(0.5, 0.5, words("ad.weekly.none"), ha="center", transform=axes.transAxes, color=INK)
        axes.set_yticks([])
        axes.set_xticks([])
        return
    at = [each.week for each in shown]
    rates = [each.ratio.numerator / each.ratio.denominator for each in shown]
    biggest = max(each.ratio.denominator for each in shown)
    sizes = [8 + 42 * each.ratio.denominator / biggest for each in shown]
    axes.scatter(at, rates, s=sizes, color=GREY, alpha=0.6, linewidth=0, label=words("ad.weekly.week"))
    trailing = _trailing(weeks)
    axes.plot(
        [week for week, _ in trailing],
        [rate for _, rate in trailing],
        color=INDIGO,
        linewidth=2,
        label=words("ad.weekly.trailing"),
    )
    if check is not None and check.baseline.denominator:
        _baseline(axes, check, weeks[0].week, last, words)
    axes.set_ylim(0, min(1.0, max(_top(rates, sizes), max(rate for _, rate in trailing)) * 1.25 or 1.0))
    axes.set_xlim(weeks[0].week - 1, last + 1.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, pos: _week_label(value, words)))
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.24),
        ncols=4,
        frameon=False,
        fontsize=LABEL_SIZE - 1,
        labelcolor=INK,
    )


def _plain(name: str, limit: int) -> str:
    """A name cut to `limit` whose dollar signs do not begin a formula."""
    return cut(name, limit).replace("$", r"\$")


def _ad_row(axes: Axes, row: int, ad: RankedAd, rate: Fraction) -> None:
    verdict = ad.verdict
    colour = COLOURS[verdict.kind]
    if verdict.ltv.denominator:
        ltv = float(rate) * verdict.ltv.numerator / verdict.ltv.denominator
        axes.barh(row, ltv, height=0.62, color=colour, alpha=0.55, linewidth=0)
        interval = verdict.ltv_interval
        if interval is not None:
            ends = interval.scaled(rate)
            axes.plot([max(ends.low, 0), ends.high], [row, row], color=colour, linewidth=2)
    cpa = None if verdict.cpa is None else verdict.cpa.value
    if cpa is not None:
        axes.plot([cpa], [row], "D", color=INK, markersize=6, markeredgecolor="white", markeredgewidth=0.8)


def _baseline(axes: Axes, check: AdCheck, first: int, last: int, words: Words) -> None:
    band = wilson(check.baseline.numerator, check.baseline.denominator)
    window: Interval | None = wilson(check.window.numerator, check.window.denominator)
    start = last - WINDOW_WEEKS + 1
    before = check.baseline.numerator / check.baseline.denominator
    assert band is not None  # there is somebody in the baseline
    axes.axvspan(start - 0.5, last + 0.5, color=PALE, zorder=0, label=words("ad.weekly.window"))
    axes.fill_between([first - 1, last + 1.5], band.low, band.high, color=GREEN, alpha=0.22, linewidth=0)
    axes.axhline(before, color=GREEN, linewidth=1.4, linestyle="--", label=words("ad.weekly.baseline"))
    if window is not None:
        now = check.window.numerator / check.window.denominator
        axes.errorbar(
            [last],
            [now],
            yerr=[[now - window.low], [window.high - now]],
            color=VERMILION,
            capsize=4,
            fmt="o",
            markersize=6,
        )


def _trailing(weeks: Sequence[Week]) -> list[tuple[int, float]]:
    """The rate of each week and the seven before it, pooled; from the eighth week on."""
    points = []
    for end in range(min(WINDOW_WEEKS, len(weeks)), len(weeks) + 1):
        part = weeks[max(end - WINDOW_WEEKS, 0) : end]
        pooled = Ratio(sum(each.ratio.numerator for each in part), sum(each.ratio.denominator for each in part))
        if pooled.value is not None:
            points.append((part[-1].week, pooled.value))
    return points


def _top(rates: Sequence[float], sizes: Sequence[float]) -> float:
    """The highest rate but for the weeks of very few people, which would flatten all others."""
    big = [rate for rate, size in zip(rates, sizes, strict=True) if size >= np.median(sizes)]
    return max(big)


def _week_label(value: float, words: Words) -> str:
    day = sunday(round(value))
    return f"{day.year % 100:02}/{day.month}/{day.day}" if words.language == "ja" else day.strftime("%d %b %y")
