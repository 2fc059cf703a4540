"""Every sentence that Banto says, in Japanese and in English.

The catalogues are gettext `.po` files, one per feature, under `ja/` and `en/`; a message id is a name such as
`ltv.headline`, never a sentence. Both languages hold the same ids with the same placeholders (tested).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_precision

NOT_AVAILABLE = "n/a"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of one language by message id."""
    found: dict[str, str] = {}
    for file in sorted(resources.files(__name__).joinpath(language).iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".po"):
            continue
        with file.open("rb") as stream:
            for message in read_po(stream):
                if not message.id:
                    continue
                name = str(message.id)
                if name in found:
                    raise ValueError(f"{language}/{file.name}: {name} stands twice")
                found[name] = str(message.string)
    return found


@dataclass(frozen=True)
class Words:
    """Sentences, money, dates and ratios in one language and currency."""

    language: str
    currency: str = "JPY"

    def __call__(self, key: str, /, **figures: object) -> str:
        """The sentence `key` with its placeholders filled; an unknown key is an error."""
        return catalogue(self.language)[key].format(**figures)

    def money(self, minor: float | Decimal | int | None) -> str:
        """Minor units as an amount, ¥1,234 or $12.34, rounded to the currency's smallest coin; None is n/a."""
        if minor is None:
            return NOT_AVAILABLE
        return self.amount(Decimal(str(minor)).scaleb(-get_currency_precision(self.currency)))

    def amount(self, major: Decimal) -> str:
        """Major units as an amount, rounded to the currency's smallest coin."""
        text = format_currency(major, self.currency, locale=self._locale, currency_digits=True)
        return text.replace("￥", "¥")

    def percent(self, value: float | None, digits: int = 1) -> str:
        """A share 0..1 as 29.2%; None is n/a, never 0."""
        return NOT_AVAILABLE if value is None else f"{value * 100:.{digits}f}%"

    def count(self, value: float) -> str:
        """A whole number with thousands separators."""
        return format_decimal(round(value), locale=self._locale)

    def day(self, value: date) -> str:
        """2026年10月1日 / Oct 1, 2026."""
        return format_date(value, format="long" if self.language == "ja" else "medium", locale=self._locale)

    def short_day(self, value: date) -> str:
        """10/1, for axes and tables."""
        return f"{value.month}/{value.day}"

    def time(self, value: datetime) -> str:
        """Date and time of an aware, shop-local datetime, 2026/10/01 9:05."""
        pattern = "y/MM/dd H:mm" if self.language == "ja" else "MMM d, y H:mm"
        return format_datetime(value, pattern, locale=self._locale)

    @property
    def _locale(self) -> str:
        return "ja_JP" if self.language == "ja" else "en_US"
