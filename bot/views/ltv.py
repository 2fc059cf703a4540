"""LTV as a message and as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.ltv import Ltv
from bot.periods import day_of
from bot.views.framing import about, buttons, footer, not_yet, too_young
from bot.views.kit import Block, Message, fields, header, section
from bot.views.plain import major


def answer(result: Ltv, asked: Asked, words: Words, *, decidable_on: date | None = None) -> Message:
    """The answer to `/ltv`."""
    title = words("ltv.title", about=about(asked, words, escaped=False), window=asked.window)
    body = _numbers(result, words) if result.decidable else [section(not_yet(result.persons, decidable_on, words))]
    if result.persons and not result.decidable:
        body.append(section(words("ltv.so_far", ltv=words.money(_float(result.ltv)), n=words.count(result.persons))))
    next_mature = None if result.next_mature_day is None else day_of(result.next_mature_day)
    frame = footer(asked, words, result.left_out_immature, next_mature, result.unknown_ad, result.maybe_earlier)
    return Message(
        text=_text(result, asked, words, decidable_on),
        blocks=[
            header(title),
            *body,
            *frame,
            buttons(asked, words, young=too_young(result.decidable, result.persons, result.left_out_immature)),
        ],
        pictures_at=1 + len(body),
    )


def result_json(result: Ltv, words: Words) -> dict[str, Any]:
    """The numbers for a program; money in major units as decimal strings."""
    currency = words.currency
    interval = result.interval
    return {
        "persons": result.persons,
        "occasions": result.occasions,
        "net_sales": major(result.net_sales, currency),
        "currency": currency,
        "average_purchase_price": major(result.average_purchase_price, currency),
        "purchases_per_person": None if result.purchases_per_person is None else float(result.purchases_per_person),
        "ltv": major(result.ltv, currency),
        "interval": None
        if interval is None
        else {"low": major(interval.low, currency), "high": major(interval.high, currency)},
        "kind": "revenue",
        "top_1_percent_share": result.top_share,
        "unknown_ad_persons": result.unknown_ad,
        "maybe_earlier_persons": result.maybe_earlier,
        "decidable": result.decidable,
    }


def _numbers(result: Ltv, words: Words) -> list[Block]:
    interval = result.interval
    assert interval is not None
    low, high = words.money(interval.low), words.money(interval.high)
    return [
        section(
            words(
                "ltv.headline",
                ltv=words.money(_float(result.ltv)),
                low=low,
                high=high,
                n=words.count(result.persons),
            )
        ),
        section(
            words(
                "ltv.formula",
                price=words.money(_float(result.average_purchase_price)),
                times=f"{float(result.purchases_per_person or 0):.2f}",
                ltv=words.money(_float(result.ltv)),
            )
        ),
        fields(
            [
                (words("ltv.field.persons"), words("unit.persons", n=words.count(result.persons))),
                (words("ltv.field.occasions"), words("unit.times", n=words.count(result.occasions))),
                (words("ltv.field.net_sales"), words.money(result.net_sales)),
                (words("ltv.field.top"), words.percent(result.top_share)),
            ]
        ),
    ]


def _text(result: Ltv, asked: Asked, words: Words, decidable_on: date | None) -> str:
    if not result.decidable:
        return f"{about(asked, words)}: {not_yet(result.persons, decidable_on, words)}"
    return words(
        "ltv.text",
        about=about(asked, words),
        window=asked.window,
        ltv=words.money(_float(result.ltv)),
        n=words.count(result.persons),
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
