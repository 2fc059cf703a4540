"""Answers for programs: one JSON object, money in major units as decimal strings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from babel.numbers import get_currency_precision

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.intervals import Interval

DECIMALS = 6
PRECISE = Context(prec=60, rounding=ROUND_HALF_EVEN)


def as_json(
    asked: Asked, words: Words, result: Mapping[str, Any], persons_left_out: Mapping[str, int]
) -> dict[str, Any]:
    """The object that `bot ask --json` prints."""
    query = asked.query
    return {
        "report": asked.report,
        "question": query.typed(),
        "as_of": asked.as_of.isoformat(),
        "data_through": asked.as_of.isoformat(),
        "data_from": asked.data_from.isoformat(),
        "synced_at": asked.synced_at.isoformat(),
        "snapshot": asked.snapshot,
        "definition": {
            "window": asked.window,
            "basis": query.basis,
            "zone": asked.zone,
            "product": query.product,
            "channel": query.channel,
            "ad": query.ad,
            "from": query.first_from.isoformat() if query.first_from else None,
            "to": query.first_to.isoformat() if query.first_to else None,
            "rules": rules(asked, words),
        },
        "result": dict(result),
        "left_out": {**asked.left_out, **persons_left_out},
    }


def rules(asked: Asked, words: Words) -> list[str]:
    """The definition in sentences, the same in every answer."""
    basis = "definition.basis_product" if asked.query.basis == "product" else "definition.basis_shop"
    return [
        words(f"definition.{asked.report}", window=asked.window),
        words(basis),
        words("definition.occasion", zone=asked.zone),
        words("definition.valid"),
        words("definition.net"),
        words("definition.mature", window=asked.window, day=asked.as_of.isoformat()),
        words("definition.person"),
    ]


def major(minor: int | Fraction | float | None, currency: str) -> str | None:
    """Minor units as a decimal string in major units: exact for whole amounts, else rounded to six decimals."""
    if minor is None:
        return None
    precision = get_currency_precision(currency)
    value = Fraction(minor) / 10**precision
    exact = PRECISE.divide(Decimal(value.numerator), Decimal(value.denominator))
    if isinstance(minor, int):
        return str(exact.quantize(Decimal(1).scaleb(-precision), context=PRECISE))
    return str(exact.quantize(Decimal(1).scaleb(-DECIMALS), context=PRECISE))


def interval_json(interval: Interval | None) -> dict[str, float] | None:
    """A rate's interval, both ends."""
    return None if interval is None else {"low": interval.low, "high": interval.high}
