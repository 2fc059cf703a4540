"""What a person typed behind `/banto`, as values; UserError with an example where it cannot be read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot.errors import UserError

TUESDAY = 1
HALF_PAST_EIGHT = 8 * 60 + 30
"""Read soonest and reacted to most."""
DAYS = (
    ("月", "mon"),
    ("火", "tue"),
    ("水", "wed"),
    ("木", "thu"),
    ("金", "fri"),
    ("土", "sat"),
    ("日", "sun"),
)
ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LARGEST_PROFIT = 999_999_999


@dataclass(frozen=True)
class When:
    """A weekly appointment: `weekday` 0 is Monday, shop-local."""

    weekday: int = TUESDAY
    minute_of_day: int = HALF_PAST_EIGHT


def read_when(text: str) -> When:
    """A weekday and a time in any order, 月 9:00, mon 9:00, 9時半; what is not said is Tuesday or 8:30."""
    weekday: int | None = None
    minute: int | None = None
    for word in _plain(text).split():
        if (day := _weekday(word)) is not None and weekday is None:
            weekday = day
        elif re.fullmatch(r"\d.*", word) and minute is None:
            minute = _minute_of_day(word)
        else:
            raise UserError("weekly.bad_word", word=word[:40])
    return When(
        TUESDAY if weekday is None else weekday,
        HALF_PAST_EIGHT if minute is None else minute,
    )


def read_margin(text: str) -> int:
    """A gross margin, 60, 62.5 or 60%, in thousandths of net sales."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d)?)%?", _plain(text))
    if found is None or Decimal(found[1]) > 100:
        raise UserError("banto.margin.bad", value=text[:40])
    return int(Decimal(found[1]) * 10)


def read_profit(text: str, currency: str) -> int:
    """An amount per person, 1000, ¥1,000 or 1000円, in minor units of the currency."""
    precision = get_currency_precision(currency)
    plain = re.sub(r"[¥$,\s]|円$", "", _plain(text))
    decimals = rf"(?:\.\d{{1,{precision}}})?" if precision else ""
    if not re.fullmatch(rf"\d{{1,9}}{decimals}", plain) or Decimal(plain) > LARGEST_PROFIT:
        raise UserError("banto.profit.bad", value=text[:40])
    return int(Decimal(plain).scaleb(precision))


def read_person(text: str, asker: str) -> str:
    """The Slack id of a mentioned person (<@U123|name>); `me` is the asker."""
    if _plain(text) in ("me", "私", "自分"):
        return asker
    found = re.fullmatch(r"<@([A-Z0-9]+)(?:\|[^>]*)?>", text.strip())
    if found is None:
        raise UserError("banto.owner.bad", value=text[:40])
    return found[1]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _weekday(word: str) -> int | None:
    japanese = word.removesuffix("日") if len(word) > 1 else word
    japanese = japanese.removesuffix("曜").removeprefix("毎週")
    for number, names in enumerate(DAYS):
        if japanese == names[0] or word in (names[1], ENGLISH[number]):
            return number
    return None


def _minute_of_day(word: str) -> int:
    half = re.fullmatch(r"(\d{1,2})時半", word)
    found = re.fullmatch(r"(\d{1,2})(?::(\d{2})|時(?:(\d{1,2})分)?)", word)
    if half is not None:
        hour, minute = int(half[1]), 30
    elif found is not None:
        hour, minute = int(found[1]), int(found[2] or found[3] or 0)
    else:
        raise UserError("weekly.bad_time", word=word[:40])
    if hour > 23 or minute > 59:
        raise UserError("weekly.bad_time", word=word[:40])
    return hour * 60 + minute
