"""From purchases to the orders and order lines of the cart, with the dirt that real carts have."""

from typing import Final

import numpy as np
import pandas as pd

from localslack.shop.catalogue import ADS, CHANNELS, PRODUCTS, SAMPLE, WHOLESALE
from localslack.shop.lives import Purchases, free_choice
from localslack.shop.people import NO_AD, SKUS, People
from localslack.shop.story import BLOCK_DAYS, Flags, Floats, Ints, Shop

STAFF: Final = -2
"""The person who places test orders."""
WHOLESALER: Final = -1
"""One buyer of hundreds of boxes: about 8 % of all sales."""
DAY_SECONDS: Final = 86400

_WEB, _PHONE = CHANNELS.index("web"), CHANNELS.index("phone")
_SAMPLE, _BOXES = SKUS.index(SAMPLE), SKUS.index(WHOLESALE)
_PRICE: Final = np.array([product.price for product in PRODUCTS])
_KIND: Final = np.array([product.kind for product in PRODUCTS])
_REMINDERS: Final = np.array([i for i, ad in enumerate(ADS) if ad.code in ("GGL-BRAND", "LINE-01", "LINE-02")])
_HOURS: Final = np.array([3, 1, 1, 1, 1, 2, 3, 4, 5, 7, 8, 8, 9, 7, 6, 6, 6, 6, 7, 8, 10, 12, 11, 7], dtype=float)
_EDGES: Final = np.array([0, 1, 86399, 8 * 3600 + 1800, 8 * 3600 + 1799, 9 * 3600 - 1, 9 * 3600])
"""Seconds of the day where clocks disagree: local midnight, 23:30 UTC, midnight UTC."""


def orders_of(shop: Shop, block: int, people: People, bought: Purchases) -> pd.DataFrame:
    """One row per order: person (number), nth, day, second, product, cycle, channel, ad, other_id,
    has_mail.

    `product` is the main line. `other_id` says that the person used the second customer_id.
    """
    chance = shop.generator(block, 3)
    orders = _purchase_orders(chance, people, bought)
    splits = _splits(shop, chance, orders)
    samples = _samples(chance, people)
    staff = _visits(chance, block, STAFF, int(chance.poisson(len(orders) * 0.003)))
    wholesale = _visits(chance, block, WHOLESALER, BLOCK_DAYS // 7)
    wholesale["product"] = _BOXES
    staff["product"] = free_choice(shop, chance, staff["day"].to_numpy())
    return pd.concat([orders, splits, samples, staff, wholesale], ignore_index=True)


def lines_of(shop: Shop, block: int, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per line: order (row in `orders`), product, quantity, discount (yen, of the line)."""
    chance = shop.generator(block, 4)
    person, cycle = orders["person"].to_numpy(), orders["cycle"].to_numpy()
    product, nth = orders["product"].to_numpy(), orders["nth"].to_numpy()
    size = len(orders)
    quantity = _quantities(chance, product, cycle)
    boxes = np.maximum(chance.integers(9, 16, size) * 12 * shop.persons // 40_000, 1)
    quantity = np.where(person == WHOLESALER, boxes, quantity)
    first = pd.DataFrame(
        {
            "order": np.arange(size),
            "product": product,
            "quantity": quantity,
            "discount": _discounts(chance, product, cycle, nth, quantity, person),
        }
    )
    one_more = chance.random(size) < np.where(cycle > 0, 0.08, np.where(_KIND[product] == "trial", 0.04, 0.2))
    at = np.flatnonzero(one_more & (person >= 0) & (product != _SAMPLE))
    other = free_choice(shop, chance, orders["day"].to_numpy()[at])
    at, other = at[other != product[at]], other[other != product[at]]
    more = pd.DataFrame({"order": at, "product": other, "quantity": 1, "discount": 0})
    return pd.concat([first, more], ignore_index=True).sort_values("order", kind="stable", ignore_index=True)


def _purchase_orders(chance: np.random.Generator, people: People, bought: Purchases) -> pd.DataFrame:
    who, size = bought.person, len(bought.person)
    first = bought.nth == 1
    channel = people.channel[who]
    elsewhere = np.where(people.has_mail[who], _WEB, _PHONE)
    channel = np.where(~first & (chance.random(size) < 0.2), elsewhere, channel)
    reminder = _REMINDERS[chance.integers(0, len(_REMINDERS), size)]
    later_ad = np.where(chance.random(size) < 0.15, reminder, NO_AD)
    return pd.DataFrame(
        {
            "person": people.number[who],
            "nth": bought.nth,
            "day": bought.day,
            "second": _seconds(chance, size),
            "product": bought.product,
            "cycle": bought.cycle,
            "channel": channel,
            "ad": np.where(first, people.ad[who], later_ad),
            "other_id": people.twice[who] & (bought.nth % 2 == 0),
            "has_mail": people.has_mail[who],
        }
    )


def _splits(shop: Shop, chance: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Something forgotten: a second order later on the same shop-local day."""
    luck = chance.random(len(orders))
    late = orders[(luck < 0.02) & (orders["second"] < DAY_SECONDS - 600)].copy()
    late["second"] += 60 + (chance.random(len(late)) * (DAY_SECONDS - 120 - late["second"])).astype(np.int64)
    late["product"] = free_choice(shop, chance, late["day"].to_numpy())
    late["cycle"] = 0
    return late


def _samples(chance: np.random.Generator, people: People) -> pd.DataFrame:
    """Free samples as orders of their own, days before the first purchase."""
    which = np.flatnonzero(people.sample_day >= 0)
    return pd.DataFrame(
        {
            "person": people.number[which],
            "nth": 0,
            "day": people.sample_day[which],
            "second": _seconds(chance, len(which)),
            "product": _SAMPLE,
            "cycle": 0,
            "channel": people.channel[which],
            "ad": people.ad[which],
            "other_id": False,
            "has_mail": people.has_mail[which],
        }
    )


def _visits(chance: np.random.Generator, block: int, person: int, size: int) -> pd.DataFrame:
    """Orders of the staff or the wholesaler, spread over a block (none on the opening day)."""
    day = block * BLOCK_DAYS + np.sort(chance.integers(1, BLOCK_DAYS, size))
    return pd.DataFrame(
        {
            "person": person,
            "nth": 9,
            "day": day,
            "second": chance.integers(9 * 3600, 18 * 3600, size),
            "product": 0,
            "cycle": 0,
            "channel": _WEB if person == STAFF else _PHONE,
            "ad": NO_AD,
            "other_id": False,
            "has_mail": True,
        }
    )


def _seconds(chance: np.random.Generator, size: int) -> Ints:
    """Times of day: few at night, most in the evening, some exactly on the edges."""
    hours = np.searchsorted(np.cumsum(_HOURS) / _HOURS.sum(), chance.random(size), side="right")
    usual = hours * 3600 + chance.integers(0, 3600, size)
    edge: Flags = chance.random(size) < 0.01
    return np.where(edge, _EDGES[chance.integers(0, len(_EDGES), size)], usual)


def _quantities(chance: np.random.Generator, product: Ints, cycle: Ints) -> Ints:
    luck: Floats = chance.random(len(product))
    usual = 1 + (luck > 0.9).astype(np.int64) + (luck > 0.975)
    gifts = chance.integers(1, 6, len(product))
    quantity = np.where(_KIND[product] == "gift", gifts, usual)
    return np.where((_KIND[product] == "trial") | (_KIND[product] == "sample") | (cycle > 0), 1, quantity)


def _discounts(
    chance: np.random.Generator, product: Ints, cycle: Ints, nth: Ints, quantity: Ints, person: Ints
) -> Ints:
    """Half price for a first delivery on subscription, a tenth off later ones; coupons; wholesale."""
    size = len(product)
    coupon = np.where((nth > 1) & (_KIND[product] != "trial"), 0.1, 0.0) * (chance.random(size) < 0.12)
    rate = np.where(cycle == 1, 0.5, np.where(cycle > 1, 0.1, coupon))
    rate = np.where(person == WHOLESALER, 0.2, np.where(person == STAFF, 0.0, rate))
    return np.floor(_PRICE[product] * quantity * rate).astype(np.int64)
