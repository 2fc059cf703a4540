"""The sellability index of a concept panel (売れる通販指数): would people buy this, at this price?

index = unit price * would-buy ÷ everyone asked, and the gate is index ≥ 2000: "go to Web" (WEBに進む).
Prices are in major units (yen, dollars), like the threshold. Everything at the gate is exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import numpy as np
from scipy import stats

from bot.metrics.intervals import Interval, wilson

THRESHOLD = 2000
"""The gate of the house, inclusive."""

PRICE_LIMIT = 1_000_000_000
"""Prices of ten digits and more are taken for typing errors."""

UNDECIDED = (0.1, 0.9)
"""Between these probabilities (both included) more people should be asked."""

ASK_AT_MOST = 1000
RUNGS_EACH_SIDE = 3
ROUND_STEPS = (10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 70, 80)
ROUND_PRICES = (*range(1, 10), *(step * 10**power for power in range(8) for step in ROUND_STEPS))

PanelErrorCode = Literal[
    "price_not_positive",
    "price_too_large",
    "nobody_asked",
    "more_buyers_than_people",
    "more_agreed_than_people",
    "negative",
]


class PanelError(ValueError):
    """What was entered cannot be a panel. `code` says why and `figures` what was entered, for the message."""

    def __init__(self, code: PanelErrorCode, **figures: int | Decimal) -> None:
        super().__init__(f"{code}: {figures}")
        self.code = code
        self.figures = figures


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRound:
    """One closing (クロージング): everyone in one room was asked once, at one price."""

    panel: int
    """Which panel, so that people who were asked again are not counted twice."""
    price: Decimal
    asked: int
    would_buy: int
    agreed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Several panels of one concept at one price, as if they had sat in one room."""

    price: Decimal
    asked: int
    would_buy: int
    agreed: int
    pooled: tuple[PanelRound, ...]
    left_out: tuple[PanelRound, ...]
    """Rounds at other prices, and earlier rounds of people who were asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One price of the ladder, supposing today's would-buy rate (which falls when a thing gets dearer)."""

    price: Decimal
    needed: int | None
    """How many of those asked would have to buy; None when even all of them would not do."""
    index: Fraction
    passes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelResult:
    """What a panel says. The index and its interval are in the unit of the price."""

    price: Decimal
    asked: int
    would_buy: int
    agreed: int
    threshold: int
    index: Fraction
    passes: bool
    interval: Interval
    """The 95 % Wilson interval of the would-buy rate, times the price."""
    probability: float
    """P(true index ≥ threshold) under the Jeffreys prior: Beta(k + ½, n - k + ½) for the would-buy rate.

    At a price equal to the threshold it is 0 even when n of n would buy: nobody can promise a rate of 100 %.
    """
    needed_rate: Fraction
    """threshold ÷ price; above 1 no panel can pass."""
    needed: int | None
    can_pass: bool
    ask_more: int | None
    """People still to be asked; 0: the panel is clear already, None: 1,000 more would not make it so."""
    ladder: tuple[Rung, ...]
    lowest_passing_price: Decimal | None
    """At today's rate, rounded up to a whole unit; None when nobody would buy."""


def check_price(price: Decimal) -> None:
    """PanelError unless the price is positive and has at most nine digits before the point."""
    if price.is_nan() or price <= 0:
        raise PanelError("price_not_positive", price=price)
    if price >= PRICE_LIMIT:
        raise PanelError("price_too_large", price=price)


def can_pass(price: Decimal, threshold: int = THRESHOLD) -> bool:
    """Whether the gate can be reached at all: below the threshold even n of n is not enough."""
    check_price(price)
    return price >= threshold


def needed_buyers(price: Decimal, asked: int, threshold: int = THRESHOLD) -> int | None:
    """The k of "needs k of n": the fewest who must buy; None when even everyone would not be enough."""
    if not can_pass(price, threshold):
        return None
    return math.ceil(Fraction(threshold) * asked / Fraction(price))


def measure(*, price: Decimal, asked: int, would_buy: int, agreed: int, threshold: int = THRESHOLD) -> PanelResult:
    """The index of one panel, or of a pool, with its uncertainty and what to do next.

    `asked` is everyone who was closed on, the silent ones too. Raises PanelError for impossible figures.
    """
    check_price(price)
    _check_people(asked, would_buy, agreed)
    rate = Fraction(would_buy, asked)
    needed_rate = Fraction(threshold) / Fraction(price)
    rate_interval = wilson(would_buy, asked)
    assert rate_interval is not None  # somebody was asked
    lowest = Decimal(math.ceil(threshold / rate)) if rate else None
    index = Fraction(price) * rate
    return PanelResult(
        price=price,
        asked=asked,
        would_buy=would_buy,
        agreed=agreed,
        threshold=threshold,
        index=index,
        passes=index >= threshold,
        interval=rate_interval.scaled(Fraction(price)),
        probability=_probability(needed_rate, would_buy, asked),
        needed_rate=needed_rate,
        needed=needed_buyers(price, asked, threshold),
        can_pass=can_pass(price, threshold),
        ask_more=_ask_more(needed_rate, would_buy, asked),
        ladder=_ladder(price, lowest, would_buy, asked, threshold),
        lowest_passing_price=lowest,
    )


def pool(rounds: Sequence[PanelRound]) -> Pool:
    """The people of several panels of one concept taken together; `rounds` in order of time, oldest first.

    Answers to different prices are answers to different questions, so only the rounds at the newest price
    count, and of one panel only its last round at that price. People are added up, indices never averaged.
    Raises PanelError when a round is impossible or there is none.
    """
    if not rounds:
        raise PanelError("nobody_asked", asked=0)
    for each in rounds:
        check_price(each.price)
        _check_people(each.asked, each.would_buy, each.agreed)
    price = rounds[-1].price
    last_of_panel = {each.panel: number for number, each in enumerate(rounds) if each.price == price}
    counted = set(last_of_panel.values())
    pooled = tuple(each for number, each in enumerate(rounds) if number in counted)
    return Pool(
        price=price,
        asked=sum(each.asked for each in pooled),
        would_buy=sum(each.would_buy for each in pooled),
        agreed=sum(each.agreed for each in pooled),
        pooled=pooled,
        left_out=tuple(each for number, each in enumerate(rounds) if number not in counted),
    )


def _check_people(asked: int, would_buy: int, agreed: int) -> None:
    if min(asked, would_buy, agreed) < 0:
        raise PanelError("negative", asked=asked, would_buy=would_buy, agreed=agreed)
    if asked == 0:
        raise PanelError("nobody_asked", asked=asked)
    if would_buy > asked:
        raise PanelError("more_buyers_than_people", asked=asked, would_buy=would_buy)
    if agreed > asked:
        raise PanelError("more_agreed_than_people", asked=asked, agreed=agreed)


def _probability(needed_rate: Fraction, would_buy: int, asked: int) -> float:
    return float(stats.beta.sf(float(needed_rate), would_buy + 0.5, asked - would_buy + 0.5))


def _ask_more(needed_rate: Fraction, would_buy: int, asked: int) -> int | None:
    """The fewest further people after which the probability is clear, if they answer like those before."""
    people = asked + np.arange(ASK_AT_MOST + 1)
    buyers = people * (would_buy / asked)
    probability = stats.beta.sf(float(needed_rate), buyers + 0.5, people - buyers + 0.5)
    clear = np.flatnonzero((probability < UNDECIDED[0]) | (probability > UNDECIDED[1]))
    return int(clear[0]) if clear.size else None


def _ladder(price: Decimal, lowest: Decimal | None, would_buy: int, asked: int, threshold: int) -> tuple[Rung, ...]:
    """Three round prices on each side of the price, the price, and the lowest one that passes; ascending."""
    below = [Decimal(each) for each in ROUND_PRICES if each < price][-RUNGS_EACH_SIDE:]
    above = [Decimal(each) for each in ROUND_PRICES if each > price][:RUNGS_EACH_SIDE]
    prices = {price, *below, *above}
    if lowest is not None and lowest < PRICE_LIMIT:
        prices.add(lowest)
    return tuple(_rung(each, would_buy, asked, threshold) for each in sorted(prices))


def _rung(price: Decimal, would_buy: int, asked: int, threshold: int) -> Rung:
    index = Fraction(price) * would_buy / asked
    return Rung(
        price=price,
        needed=needed_buyers(price, asked, threshold),
        index=index,
        passes=index >= threshold,
    )
