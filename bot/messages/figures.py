"""Figures of a result as text, alike in messages and in pictures."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from babel.numbers import get_currency_precision

from bot.messages import Words
from bot.metrics.intervals import Interval


def figure(index: Fraction, words: Words) -> str:
    """An index, rounded down to a tenth so that what fails never looks like what passes."""
    tenths = index * 10 // 1
    whole, tenth = divmod(tenths, 10)
    return words.count(whole) + (f".{tenth}" if tenth else "")


def rate(share: Fraction, words: Words) -> str:
    """A share as 50% or 33.3%."""
    return words.percent(float(share), 0 if (share * 100).denominator == 1 else 1)


def money(major: Decimal, words: Words) -> str:
    """A price in major units as an amount."""
    return words.money(major.scaleb(get_currency_precision(words.currency)))


def ends(interval: Interval, words: Words) -> dict[str, str]:
    """Both ends of the interval, for a sentence."""
    return {"low": words.count(interval.low), "high": words.count(interval.high)}
