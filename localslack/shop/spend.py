"""What the sample shop pays for its ads, day by day."""

import numpy as np
import pandas as pd

from localslack.shop.catalogue import ADS
from localslack.shop.people import NO_AD
from localslack.shop.story import BLOCK_DAYS, Shop


def spend_of(shop: Shop, block: int) -> pd.DataFrame:
    """One row per day and running ad of a block: day, ad, cost (yen), impressions, clicks.

    Budgets follow the expected, not the actual number of new persons, so that the CPA of an ad
    is its catalogue value give or take the luck of the week.
    """
    chance = shop.generator(block, 6)
    days = np.arange(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS, dtype=np.int64)
    budget = shop.expected(days)[:, :NO_AD] * np.array([ad.cpa for ad in ADS[:NO_AD]])
    cost = np.rint(budget * chance.uniform(0.9, 1.1, budget.shape)).astype(np.int64)
    shown = cost * 1000 / np.array([ad.yen_per_thousand for ad in ADS[:NO_AD]])
    impressions = np.rint(shown * chance.uniform(0.9, 1.1, cost.shape)).astype(np.int64)
    clicks = chance.binomial(impressions, np.array([ad.click_share for ad in ADS[:NO_AD]]))
    day, ad = np.nonzero(cost)
    return pd.DataFrame(
        {
            "day": days[day],
            "ad": ad,
            "cost": cost[day, ad],
            "impressions": impressions[day, ad],
            "clicks": clicks[day, ad],
        }
    )
