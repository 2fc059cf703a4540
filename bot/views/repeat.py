"""F2 conversion and the ladder as a message and as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.repeat import Repeat
from bot.periods import day_of
from bot.views.framing import about, buttons, footer, not_yet, too_young
from bot.views.kit import Block, Message, header, section, table
from bot.views.plain import interval_json


def answer(result: Repeat, asked: Asked, words: Words, *, decidable_on: date | None = None) -> Message:
    """The answer to `/repeat`."""
    title = words("repeat.title", about=about(asked, words, escaped=False), window=asked.window)
    n = result.f2.denominator
    body = [section(_headline(result, words))] if result.decidable else [section(not_yet(n, decidable_on, words))]
    if result.decidable:
        body.append(_ladder(result, words))
    young = result.young
    if young is not None and young.enough and young.rate is not None and young.interval is not None:
        low, high = words.percent(young.interval.low), words.percent(young.interval.high)
        body.append(
            section(
                words(
                    "repeat.young",
                    rate=words.percent(young.rate),
                    low=low,
                    high=high,
                    n=words.count(young.persons),
                )
            )
        )
    next_mature = None if result.next_mature_day is None else day_of(result.next_mature_day)
    frame = footer(asked, words, result.left_out_immature, next_mature, result.unknown_ad, result.maybe_earlier)
    text = (
        words("repeat.text", about=about(asked, words), headline=_headline(result, words))
        if result.decidable
        else f"{about(asked, words)}: {not_yet(n, decidable_on, words)}"
    )
    blocks = [
        header(title),
        *body,
        *frame,
        buttons(asked, words, young=too_young(result.decidable, n, result.left_out_immature)),
    ]
    return Message(text=text, blocks=blocks, pictures_at=1 + len(body))


def result_json(result: Repeat) -> dict[str, Any]:
    """The numbers for a program."""
    return {
        "mature": result.f2.denominator,
        "returned": result.f2.numerator,
        "rate": result.f2.value,
        "interval": interval_json(result.interval),
        "ladder": [
            {
                "step": f"{r.step}→{r.step + 1}",
                "from": r.ratio.denominator,
                "to": r.ratio.numerator,
                "rate": r.ratio.value,
            }
            for r in result.ladder
        ],
        "provisional": None
        if result.young is None
        else {
            "rate": result.young.rate,
            "interval": interval_json(result.young.interval),
            "persons": result.young.persons,
            "enough": result.young.enough,
        },
        "unknown_ad_persons": result.unknown_ad,
        "maybe_earlier_persons": result.maybe_earlier,
        "decidable": result.decidable,
    }


def _headline(result: Repeat, words: Words) -> str:
    interval = result.interval
    assert interval is not None
    return words(
        "repeat.headline",
        window=result.window,
        rate=words.percent(result.f2.value),
        low=words.percent(interval.low),
        high=words.percent(interval.high),
        returned=words.count(result.f2.numerator),
        n=words.count(result.f2.denominator),
    )


def _ladder(result: Repeat, words: Words) -> Block:
    headings = [words(f"repeat.ladder.{column}") for column in ("step", "from", "to", "rate", "interval")]
    rows = []
    for rung in result.ladder:
        interval = rung.interval
        between = "" if interval is None else f"{words.percent(interval.low)}–{words.percent(interval.high)}"
        rows.append(
            [
                words("repeat.ladder.name", n=rung.step, next=rung.step + 1),
                words.count(rung.ratio.denominator),
                words.count(rung.ratio.numerator),
                words.percent(rung.ratio.value),
                between,
            ]
        )
    return table(headings, rows, ["left", "right", "right", "right", "right"])
