"""What a panel's figures say: verdict, formula, uncertainty, advice and the price ladder."""

from __future__ import annotations

from fractions import Fraction

from bot.messages import Words
from bot.messages.figures import ends, figure, money, rate
from bot.metrics.panel import PanelResult
from bot.views import kit
from bot.views.kit import Block, Picture


def result_blocks(result: PanelResult, words: Words) -> list[Block]:
    """Verdict, formula with the figures, uncertainty and what to do next."""
    verdict = words("panel.verdict.passes" if result.passes else "panel.verdict.fails")
    threshold = words.count(result.threshold)
    gate = words("panel.gate", threshold=threshold)
    return [
        kit.header(words("panel.result", verdict=verdict, index=figure(result.index, words))),
        kit.section(f"{formula(result, words)}\n{gate}"),
        kit.fields(
            [
                (words("panel.label.interval"), words("panel.interval", **ends(result.interval, words))),
                (words("panel.label.probability", threshold=threshold), words.percent(result.probability, 0)),
                (words("panel.label.needed"), needed(result, words)),
                (words("panel.label.rate"), rate(Fraction(result.would_buy, result.asked), words)),
            ]
        ),
        kit.section(words("panel.label.advice") + "\n" + advice(result, words)),
    ]


def ladder(result: PanelResult, words: Words) -> Block:
    """Which price would pass if as many people bought as today."""
    rows = [
        (
            money(rung.price, words) + (words("panel.ladder.here") if rung.price == result.price else ""),
            words("panel.ladder.needed", needed=rung.needed, asked=result.asked) if rung.needed else kit.EMPTY_CELL,
            figure(rung.index, words),
            words("panel.ladder.passes" if rung.passes else "panel.ladder.fails"),
        )
        for rung in result.ladder
    ]
    headings = [words(f"panel.ladder.heading.{name}") for name in ("price", "needed", "index", "verdict")]
    return kit.table(headings, rows, ["right", "right", "right", "left"])


def formula(result: PanelResult, words: Words) -> str:
    """The index with the actual figures (¥4,000 times 5 of 10 is 2,000)."""
    return words(
        "panel.formula",
        price=money(result.price, words),
        would_buy=result.would_buy,
        asked=result.asked,
        index=figure(result.index, words),
    )


def needed(result: PanelResult, words: Words) -> str:
    """Needs k of n, or that no number of people is enough."""
    if result.needed is None:
        return words("panel.needed.never", threshold=words.count(result.threshold))
    return words("panel.needed", needed=result.needed, asked=result.asked, rate=rate(result.needed_rate, words))


def advice(result: PanelResult, words: Words) -> str:
    """What to do next, in one sentence or two."""
    if not result.can_pass:
        return words("panel.advice.price", threshold=words.count(result.threshold))
    if result.ask_more is None:
        return words("panel.advice.border")
    if result.ask_more:
        return words("panel.advice.ask_more", people=words.count(result.ask_more))
    return words("panel.advice.clear_pass" if result.passes else "panel.advice.clear_fail")


def picture(result: PanelResult, words: Words, png: bytes) -> Picture:
    """The drawn chart with what a screen reader says about it."""
    alt = words(
        "panel.chart.alt",
        index=figure(result.index, words),
        threshold=words.count(result.threshold),
        **ends(result.interval, words),
    )
    return Picture(name="panel.png", alt=alt, png=png)
