"""The days on which something happens in one sample shop: all that its future depends on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from localslack.shop.catalogue import ADS, Ad

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HISTORY_DAYS: Final = 730
BLOCK_DAYS: Final = 28
"""People are made in blocks of days with a generator of their own, whole lives at a time, so that
what happens does not depend on how far anybody has looked."""
_WEEKDAYS: Final = (1.12, 1.0, 0.98, 0.96, 0.94, 0.94, 1.06)


@dataclass(frozen=True)
class Shop:
    """A shop opened on `opened`, with `persons` first-time buyers up to and including `history_end`.

    Days are counted from `opened` (day 0) in shop-local time. The same four values give the same
    orders for ever, whichever day they are asked for.
    """

    seed: int
    persons: int
    opened: date
    history_end: date

    @classmethod
    def ending(cls, history_end: date, seed: int, persons: int) -> "Shop":
        """A shop with about two years of history up to `history_end`."""
        return cls(seed, persons, history_end - timedelta(days=HISTORY_DAYS - 1), history_end)

    def day(self, day: date) -> int:
        """The number of a calendar day."""
        return (day - self.opened).days

    @property
    def launch_day(self) -> int:
        """A new product has been on sale since this day, about five months before the end of the history."""
        return self.day(self.history_end) - 150

    @property
    def fall_day(self) -> int:
        """The people whom the falling ad brings from this day on repeat less."""
        return self.day(self.history_end) - 108

    @property
    def spring(self) -> date:
        """First day of the only spring campaign: the first 1 March in the history."""
        return date(self.opened.year + (self.opened >= date(self.opened.year, 3, 1)), 3, 1)

    def code(self, ad: Ad) -> str:
        """The code of an ad as the cart exports it."""
        return ad.code.format(year=self.spring.year)

    def generator(self, block: int, subject: int) -> np.random.Generator:
        """The source of chance for one subject (people, orders, spend) in one block of days."""
        return np.random.default_rng((self.seed, block, subject))

    def weekday(self, days: Ints) -> Ints:
        """Weekdays (Monday 0) of day numbers."""
        return np.asarray((days + self.opened.weekday()) % 7, dtype=np.int64)

    def month_day(self, days: Ints) -> Ints:
        """Month times 100 + day of day numbers: 1231 is New Year's Eve."""
        dates = np.datetime64(self.opened, "D") + days
        months = dates.astype("datetime64[M]")
        day_of_month = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
        return np.asarray((months.astype(np.int64) % 12 + 1) * 100 + day_of_month, dtype=np.int64)

    def expected(self, days: Ints) -> Floats:
        """Expected new persons for each of the days (rows) and each of ADS (columns)."""
        whole = self._weights(np.arange(HISTORY_DAYS, dtype=np.int64)).sum()
        return np.asarray(self._weights(days) * (self.persons / whole), dtype=np.float64)

    def _weights(self, days: Ints) -> Floats:
        weekday = np.array(_WEEKDAYS)[self.weekday(days)]
        weights = weekday[:, None] * np.array([ad.weekly / 7 for ad in ADS])
        first = self.day(self.spring)
        in_spring = (days >= first) & (days < first + 84)
        for column, ad in enumerate(ADS):
            if ad.season == "spring":
                weights[:, column] *= in_spring
            if not ad.code:
                weights[:, column] *= np.where(summer(self.month_day(days)) | winter(self.month_day(days)), 1.3, 1)
        return np.asarray(weights, dtype=np.float64)


def summer(month_day: Ints) -> Flags:
    """The summer gift season (お中元), 15 June to 31 July."""
    return (month_day >= 615) & (month_day <= 731)


def winter(month_day: Ints) -> Flags:
    """The winter gift season (お歳暮), 20 November to 25 December."""
    return (month_day >= 1120) & (month_day <= 1225)
