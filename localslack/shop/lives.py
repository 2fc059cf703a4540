"""What the people of the sample shop buy after their first purchase, to the end of their custom."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from localslack.shop.catalogue import LAUNCHED, PRODUCTS, SUMMER_GIFT, WINTER_GIFT
from localslack.shop.people import SKUS, WITHIN_90, People
from localslack.shop.story import Flags, Floats, Ints, Shop, summer, winter

GAP_MEDIAN: Final = 46.0
"""Median days between two purchases outside a subscription."""
GAP_SPREAD: Final = 1.0
"""Spread of the logarithm of these days: a quarter of the gaps is longer than 90 days."""
AGAIN: Final = (0.0, 0.0, 0.66, 0.72, 0.76, 0.80)
"""Chance of another purchase after the n-th (the last value holds from there on)."""
STAYS: Final = (0.0, 0.80, 0.84, 0.87, 0.89, 0.91)
"""Chance of another delivery after cycle n of a subscription (継続率), likewise."""
_MOST_PURCHASES: Final = 60
_FULL: Final = np.array([SKUS.index(p.full or p.sku) for p in PRODUCTS])
_TO_CONTRACT: Final = np.array([{"trial": 0.3, "full": 0.1}.get(p.kind, 0.0) for p in PRODUCTS])
_SAME: Final = np.array([{"gift": 0.0, "bundle": 0.3}.get(p.kind, 0.5) for p in PRODUCTS])
_POPULAR: Final = np.cumsum([p.popularity for p in PRODUCTS]) / sum(p.popularity for p in PRODUCTS)


@dataclass(frozen=True)
class Purchases:
    """Equally long arrays: position of the person, n-th purchase, day, product, cycle (0: one-off)."""

    person: Ints
    nth: Ints
    day: Ints
    product: Ints
    cycle: Ints


def purchases(shop: Shop, block: int, people: People) -> Purchases:
    """All purchases of the people, the first ones included, however late."""
    chance = shop.generator(block, 2)
    here = np.arange(len(people.day), dtype=np.int64)
    now = Purchases(here, np.ones_like(here), people.day, people.product, people.cycle)
    seen = [now]
    goes_on = people.soon | people.later
    for _ in range(_MOST_PURCHASES):
        now = _next(shop, chance, _chosen(now, goes_on), people.soon)
        if not len(now.person):
            break
        seen.append(now)
        again = np.array(AGAIN)[np.minimum(now.nth, len(AGAIN) - 1)]
        stays = np.array(STAYS)[np.minimum(now.cycle, len(STAYS) - 1)]
        goes_on = chance.random(len(now.person)) < np.where(now.cycle > 0, stays, again)
    return Purchases(
        person=np.concatenate([part.person for part in seen]),
        nth=np.concatenate([part.nth for part in seen]),
        day=np.concatenate([part.day for part in seen]),
        product=np.concatenate([part.product for part in seen]),
        cycle=np.concatenate([part.cycle for part in seen]),
    )


def free_choice(shop: Shop, chance: np.random.Generator, day: Ints) -> Ints:
    """Products chosen freely on these days: by popularity, the new product and the gifts in their time."""
    product = np.searchsorted(_POPULAR, chance.random(len(day)), side="right").astype(np.int64)
    luck = chance.random(len(day))
    season = shop.month_day(day)
    since = day - shop.launch_day
    product = np.where((since >= 0) & (luck < np.where(since < 60, 0.2, 0.1)), SKUS.index(LAUNCHED), product)
    product = np.where((luck > 0.75) & summer(season), SKUS.index(SUMMER_GIFT), product)
    return np.where((luck > 0.75) & winter(season), SKUS.index(WINTER_GIFT), product)


def _next(shop: Shop, chance: np.random.Generator, last: Purchases, soon: Flags) -> Purchases:
    size = len(last.person)
    delivered = (last.cycle > 0) & (chance.random(size) < 0.96)
    gap = np.where(delivered, _cycle_days(chance, size), _days_between(chance, last, soon))
    day = last.day + gap
    kind = chance.random(size)
    full = _FULL[last.product]
    starts = ~delivered & (last.cycle == 0) & (kind < _TO_CONTRACT[last.product])
    same = starts | (kind < _TO_CONTRACT[last.product] + _SAME[last.product])
    product = np.where(delivered, last.product, np.where(same, full, free_choice(shop, chance, day)))
    cycle = np.where(delivered, last.cycle + 1, np.where(starts, 1, 0))
    return Purchases(last.person, last.nth + 1, day, product, cycle)


def _cycle_days(chance: np.random.Generator, size: int) -> Floats | Ints:
    """Monthly deliveries, give or take two days; one in twenty skips a month."""
    return chance.integers(28, 33, size) + np.where(chance.random(size) < 0.05, 30, 0)


def _days_between(chance: np.random.Generator, last: Purchases, soon: Flags) -> Ints:
    """Lognormal gaps; before the second purchase their first WITHIN_90 for `soon`, else the tail."""
    luck = chance.random(len(last.person))
    split = np.where(soon[last.person], luck * WITHIN_90, WITHIN_90 + luck * (1 - WITHIN_90))
    days = GAP_MEDIAN * np.exp(GAP_SPREAD * ndtri(np.where(last.nth == 1, split, luck)))
    return np.clip(np.ceil(days), 1, 3000).astype(np.int64)


def _chosen(now: Purchases, which: Flags) -> Purchases:
    return Purchases(now.person[which], now.nth[which], now.day[which], now.product[which], now.cycle[which])
