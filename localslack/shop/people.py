"""Who comes to the sample shop, when, by which ad and for which product; and their made-up names."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from localslack.shop.catalogue import (
    ADS,
    CHANNEL_PULL,
    CHANNELS,
    ENTRY_PULL,
    FALLEN_F2,
    FALLING_AD,
    LAUNCHED,
    PRODUCT_PULL,
    PRODUCTS,
    SUBSCRIPTION_PULL,
    SUMMER_GIFT,
    WINTER_GIFT,
    Weights,
)
from localslack.shop.story import BLOCK_DAYS, Flags, Floats, Ints, Shop, summer, winter

SKUS = tuple(product.sku for product in PRODUCTS)
NO_AD = len(ADS) - 1
WITHIN_90 = 0.75
"""Share of all second purchases that come within 90 days (see lives.GAP_MEDIAN, GAP_SPREAD)."""

_SURNAMES = (
    "佐藤",
    "鈴木",
    "高橋",
    "髙﨑",
    "田中",
    "渡邊",
    "伊藤",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "清水",
    "斎藤",
    "齋藤",
    "斉藤",
    "森",
    "池田",
    "橋本",
    "阿部",
    "石川",
    "山下",
    "中島",
    "濵田",
    "前田",
    "藤田",
    "小川",
    "後藤",
    "岡田",
    "長谷川",
    "村上",
    "近藤",
    "石井",
)
_GIVEN = (
    "花子",
    "陽子",
    "美咲",
    "由美",
    "恵子",
    "幸子",
    "さくら",
    "葵",
    "結衣",
    "真由美",
    "直美",
    "智子",
    "久美子",
    "千代",
    "和子",
    "節子",
    "太郎",
    "健一",
    "誠",
    "翔太",
    "大輔",
    "茂",
    "清",
    "隆",
    "①郎",
    "ゆかり",
    "みどり",
    "明美",
    "裕子",
    "香織",
    "サチコ",
    "ヨシエ",
    "久仁子",
    "美穂",
    "典子",
    "麻衣",
    "彩",
    "優子",
    "史子",
    "真理",
)


@dataclass(frozen=True)
class People:
    """First-time buyers of one block of days, as equally long arrays.

    `number` counts persons from the opening; `day` is the day of the first purchase; `sample_day`
    the day of a free sample before it, or -1; `ad`, `channel`, `product` are positions in ADS,
    CHANNELS and PRODUCTS; `cycle` is 1 for a first order on subscription, else 0; `soon` and
    `later` say whether they buy again within or after 90 days (neither: never); `has_mail`, `twice`
    whether they give an e-mail address, and have a second customer_id as well.
    """

    number: Ints
    day: Ints
    sample_day: Ints
    ad: Ints
    channel: Ints
    product: Ints
    cycle: Ints
    soon: Flags
    later: Flags
    has_mail: Flags
    twice: Flags


def arrivals(shop: Shop, block: int, first_number: int) -> People:
    """The people who first order in a block, numbered from `first_number` in order of arrival."""
    chance = shop.generator(block, 1)
    days = np.arange(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS, dtype=np.int64)
    counts = chance.poisson(shop.expected(days))
    day = np.repeat(days, counts.sum(axis=1))
    ad = np.repeat(np.tile(np.arange(len(ADS)), len(days)), counts.ravel())
    size = len(day)
    channel = _drawn(chance, ad, [entry.channels for entry in ADS], CHANNELS)
    product = _entry_products(shop, chance, ad, day)
    is_full = np.array([PRODUCTS[p].kind == "full" for p in range(len(PRODUCTS))])[product]
    cycle = (is_full & (chance.random(size) < np.array([entry.subscribes for entry in ADS])[ad])).astype(np.int64)
    has_mail = np.isin(channel, [CHANNELS.index(c) for c in ("web", "mall", "store")]) | (chance.random(size) < 0.45)
    waits = chance.random(size) < 0.03
    first_day = day + np.where(waits, chance.integers(5, 21, size), 0)
    likely = _within_90(shop, ad, first_day, channel, product, cycle)
    soon = _sampled(chance, ad, likely)
    # Deliveries of a subscription come soon or never; all others may return later.
    later = np.where(soon | (cycle > 0), 0.0, likely / (1 - likely) * (1 / WITHIN_90 - 1))
    return People(
        number=np.arange(first_number, first_number + size, dtype=np.int64),
        day=first_day,
        sample_day=np.where(waits, day, -1),
        ad=ad,
        channel=channel,
        product=product,
        cycle=cycle,
        soon=soon,
        later=_sampled(chance, ad, np.minimum(later, 1.0)),
        has_mail=has_mail,
        twice=has_mail & (chance.random(size) < 0.1),
    )


def _drawn(chance: np.random.Generator, group: Ints, weights: list[Weights], names: tuple[str, ...]) -> Ints:
    """For each person a position in `names`, by the weights of the person's group."""
    table = np.zeros((len(weights), len(names)))
    for row, choices in enumerate(weights):
        for name, weight in choices:
            table[row, names.index(name)] = weight
    limits = (table / table.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :-1]
    return np.asarray((limits[group] < chance.random(len(group))[:, None]).sum(axis=1), dtype=np.int64)


def _entry_products(shop: Shop, chance: np.random.Generator, ad: Ints, day: Ints) -> Ints:
    product = _drawn(chance, ad, [entry.entries for entry in ADS], SKUS)
    luck = chance.random(len(ad))
    skin = np.array([any(sku == "product-x" for sku, _ in entry.entries) for entry in ADS])[ad]
    product = np.where(skin & (day >= shop.launch_day) & (luck < 0.12), SKUS.index(LAUNCHED), product)
    season = shop.month_day(day)
    gives = (ad == NO_AD) & (luck > 0.75)
    product = np.where(gives & summer(season), SKUS.index(SUMMER_GIFT), product)
    return np.where(gives & winter(season), SKUS.index(WINTER_GIFT), product)


def _within_90(shop: Shop, ad: Ints, day: Ints, channel: Ints, product: Ints, cycle: Ints) -> Floats:
    """How likely a person is to buy again within 90 days.

    Products and channels shift the chance between the people of one ad; its mean stays what the
    catalogue says, so that only the falling ad changes with time.
    """
    pull = np.array([ENTRY_PULL[p.kind] * PRODUCT_PULL.get(p.sku, 1.0) for p in PRODUCTS])[product]
    pull *= np.array([CHANNEL_PULL.get(name, 1.0) for name in CHANNELS])[channel]
    pull *= np.where(cycle > 0, SUBSCRIPTION_PULL, 1.0)
    mean = np.bincount(ad, pull, len(ADS)) / np.maximum(np.bincount(ad, minlength=len(ADS)), 1)
    target = np.array([entry.f2 for entry in ADS])[ad]
    falls = np.array([entry.code == FALLING_AD for entry in ADS])[ad] & (day >= shop.fall_day)
    likely = np.where(falls, FALLEN_F2, target) * pull / mean[ad]
    return np.asarray(np.minimum(likely, 0.9), dtype=np.float64)


def _sampled(chance: np.random.Generator, ad: Ints, likely: Floats) -> Flags:
    """Each person with their own chance, but of every ad the expected number (systematic sampling).

    With independent draws some of twenty unchanged ads would look as if they fell by luck alone;
    from week to week luck remains.
    """
    order = np.lexsort((chance.random(len(ad)), ad))
    steps = np.floor(np.cumsum(likely[order]) + chance.random())
    drawn = np.zeros(len(ad), dtype=np.bool_)
    drawn[order] = np.diff(steps, prepend=0.0) > 0
    return drawn


def identities(shop: Shop, number: Ints) -> pd.DataFrame:
    """Name, postcode, phone and e-mail of numbered persons: visibly invented, one phone each."""
    mixed = (number * 2654435761 + shop.seed * 40503) % 2**32
    surname = np.array(_SURNAMES, dtype=object)[mixed % len(_SURNAMES)]
    given = np.array(_GIVEN, dtype=object)[(mixed // 64) % len(_GIVEN)]
    prefix = np.array(["090", "080", "070", "060", "050", "020"], dtype=object)[number // 10000 % 6]
    middle = pd.Series(number // 60000).astype(str).str.zfill(4)
    return pd.DataFrame(
        {
            "name": pd.Series(surname) + " " + pd.Series(given),
            "postcode": "000-" + pd.Series((mixed // 4096) % 10000).astype(str).str.zfill(4),
            "phone": pd.Series(prefix) + "-" + middle + "-" + pd.Series(number % 10000).astype(str).str.zfill(4),
            "email": "c" + pd.Series(number).astype(str).str.zfill(6) + "@example.jp",
        }
    )
