"""What becomes of an order: shipped, cancelled, refused, refunded, sometimes weeks after it was placed."""

from typing import Final

import numpy as np
import pandas as pd

from localslack.shop.catalogue import CHANNELS, PRODUCTS
from localslack.shop.orders import DAY_SECONDS, STAFF
from localslack.shop.story import Flags, Ints, Shop

STATUSES: Final = ("placed", "paid", "shipped", "cancelled", "returned", "refused", "unpaid", "test")
NEVER: Final = 2**60
_PLACED, _PAID, _SHIPPED, _CANCELLED, _RETURNED, _REFUSED, _UNPAID, _TEST = range(len(STATUSES))
_BY_MAIL_OR_PHONE: Final = [CHANNELS.index(name) for name in ("phone", "dm", "catalog", "fax", "postcard")]
_PRICE: Final = np.array([product.price for product in PRODUCTS])


def fates_of(shop: Shop, block: int, orders: pd.DataFrame) -> pd.DataFrame:
    """For each order its three states: status0 at time0, status1 at time1, status2 at time2.

    Times are seconds since the opening, NEVER for a state that is not reached. `refunded` is the
    share of the lines' net amount that state 2 pays back.
    """
    chance = shop.generator(block, 5)
    size = len(orders)
    luck = chance.random(size)
    offline = orders["channel"].isin(_BY_MAIL_OR_PHONE).to_numpy()
    cancelled = luck < 0.025
    unpaid = (luck >= 0.025) & (luck < 0.030)
    returned = (luck >= 0.030) & (luck < 0.034)
    refused = (luck >= 0.034) & (luck < np.where(offline, 0.050, 0.034))
    refunded = luck > 0.9875
    late = cancelled & (chance.random(size) < 0.4)
    soon = cancelled & ~late
    placed = (orders["day"] * DAY_SECONDS + orders["second"]).to_numpy()
    shipping = _later(chance, size, 1, 3)
    first = np.where(late, _later(chance, size, 3, 20), np.where(unpaid, _later(chance, size, 14, 21), shipping))
    first = np.where(soon, chance.integers(600, 36 * 3600, size), first)
    second = np.where(refunded, _later(chance, size, 3, 40), shipping + _later(chance, size, 4, 14))
    test = (orders["person"] == STAFF).to_numpy()
    changes_twice = (returned | refused | refunded) & ~test
    status2 = np.where(returned, _RETURNED, np.where(refused, _REFUSED, _SHIPPED))
    return pd.DataFrame(
        {
            "status0": np.where(test, _TEST, np.where(unpaid | offline, _PLACED, _PAID)),
            "status1": np.where(cancelled, _CANCELLED, np.where(unpaid, _UNPAID, _SHIPPED)),
            "status2": status2,
            "time0": placed,
            "time1": np.where(test, NEVER, placed + first),
            "time2": np.where(changes_twice, placed + np.maximum(second, first + 3600), NEVER),
            "refunded": np.where(refunded & ~test, _shares(chance, size), 0.0),
        }
    )


def refunds(lines: pd.DataFrame, share: pd.Series) -> Ints:
    """Yen paid back for each line when its order's share (0 to 1) of the net amount is."""
    net = _PRICE[lines["product"]] * lines["quantity"] - lines["discount"]
    return np.asarray(np.floor(net.to_numpy() * share.to_numpy()), dtype=np.int64)


def _later(chance: np.random.Generator, size: int, least: int, most: int) -> Ints:
    return chance.integers(least * DAY_SECONDS, most * DAY_SECONDS, size)


def _shares(chance: np.random.Generator, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A third of the refunds is for everything, the rest for a part."""
    whole: Flags = chance.random(size) < 0.35
    return np.where(whole, 1.0, chance.integers(2, 9, size) / 10)
