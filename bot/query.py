"""What a person typed after `/ltv` or `/repeat`, as a value."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.errors import UserError

Basis = Literal["shop", "product"]
CHANNELS = ("web", "phone", "dm", "catalog", "fax", "postcard", "store", "mall", "unknown")
CHANNEL_WORDS = {
    "電話": "phone",
    "カタログ": "catalog",
    "ファックス": "fax",
    "はがき": "postcard",
    "ハガキ": "postcard",
    "店舗": "store",
    "モール": "mall",
    "不明": "unknown",
    "なし": "unknown",
}
BASIS_WORDS: dict[str, Basis] = {"shop": "shop", "product": "product", "ショップ": "shop", "商品": "product"}
ALL_WORDS = ("all", "全体", "全商品", "ショップ全体", "すべて")
LONGEST_WINDOW = 3650
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


@dataclass(frozen=True, kw_only=True)
class Query:
    """One question: about whom (product, channel, ad, first purchase between), in which window, on which basis.

    `product` is the text as typed, None for the whole shop; `missing` says that no product was named at all.
    """

    product: str | None = None
    missing: bool = False
    window: int | None = None
    basis: Basis = "shop"
    channel: str | None = None
    ad: str | None = None
    first_from: date | None = None
    first_to: date | None = None

    def typed(self) -> str:
        """The question in the words that would ask it again."""
        parts = [] if self.missing else [quoted(self.product or "all")]
        named = {
            "window": self.window,
            "basis": self.basis if self.basis != "shop" else None,
            "channel": self.channel,
            "ad": quoted(self.ad) if self.ad is not None else None,
            "from": self.first_from,
            "to": self.first_to,
        }
        return " ".join([*parts, *(f"{k}={v}" for k, v in named.items() if v is not None)])


def parse(text: str) -> Query:
    """Read the words in any order; what is no setting is the product. Raises UserError for a word that cannot be."""
    found: dict[str, object] = {}
    product: list[str] = []
    for word in _words(text):
        setting = _setting(word)
        if setting is None:
            product.append(word)
            continue
        for name, value in setting.items():
            if name in found and found[name] != value:
                raise UserError("query.twice", name=name)
            found[name] = value
    name = " ".join(product)
    whole = name.lower() in ALL_WORDS
    query = Query(product=None if whole or not name else name, missing=not name, **found)  # type: ignore[arg-type]
    if query.first_from and query.first_to and query.first_from > query.first_to:
        raise UserError("query.period", first=query.first_from.isoformat(), last=query.first_to.isoformat())
    if query.basis == "product" and whole:
        raise UserError("query.basis_all")
    return query


def _words(text: str) -> list[str]:
    """Words split at spaces; quotes hold words together (names with spaces)."""
    plain = text.translate(INVISIBLE).replace("\u3000", " ").translate(str.maketrans("“”＂＝", '"""='))
    return [
        part.replace('"', "") for part in re.findall(r'(?:[^\s"]|"[^"]*"?)+', plain) if part.replace('"', "").strip()
    ]


def _setting(word: str) -> dict[str, object] | None:
    name, separator, value = word.partition("=")
    name = unicodedata.normalize("NFKC", name).lower()
    if separator:
        if name in ("window", "w", "期間"):
            return {"window": _window(value)}
        if name in ("basis", "基準"):
            return {"basis": _basis(value)}
        if name in ("channel", "チャネル", "経路"):
            return {"channel": _channel(value)}
        if name in ("ad", "広告"):
            if not value:
                raise UserError("query.value", name="ad")
            return {"ad": value}
        if name in ("from", "to"):
            return {f"first_{name}": _day(name, value)}
        raise UserError("query.unknown_setting", name=word)
    plain = unicodedata.normalize("NFKC", word)
    if found := re.fullmatch(r"(\d+)(日|日間|days?|d)", plain):
        return {"window": _window(found[1])}
    if found := re.fullmatch(r"(?:初回|first:?)(\d{4})[-/年](\d{1,2})月?", plain):
        return _month(int(found[1]), int(found[2]))
    if plain in ("商品基準", "ショップ基準"):
        return {"basis": BASIS_WORDS[plain.removesuffix("基準")]}
    return None


def _window(value: str) -> int:
    plain = unicodedata.normalize("NFKC", value).removesuffix("日").removesuffix("d")
    if not re.fullmatch(r"[0-9]{1,5}", plain) or not 1 <= int(plain) <= LONGEST_WINDOW:
        raise UserError("query.window", value=value, longest=LONGEST_WINDOW)
    return int(plain)


def _basis(value: str) -> Basis:
    if value.lower() not in BASIS_WORDS:
        raise UserError("query.basis", value=value)
    return BASIS_WORDS[value.lower()]


def _channel(value: str) -> str:
    plain = unicodedata.normalize("NFKC", value).lower()
    channel = CHANNEL_WORDS.get(plain, plain)
    if channel not in CHANNELS:
        raise UserError("query.channel", value=value, channels=", ".join(CHANNELS))
    return channel


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", value).replace("/", "-"))
    except ValueError:
        raise UserError("query.day", name=name, value=value) from None


def _month(year: int, month: int) -> dict[str, object]:
    if not (1 <= month <= 12 and 1900 <= year <= 9998):
        raise UserError("query.day", name="初回", value=f"{year}-{month}")
    return {
        "first_from": date(year, month, 1),
        "first_to": date(year, month, calendar.monthrange(year, month)[1]),
    }


def quoted(text: str) -> str:
    """`text` as one word of a question."""
    return f'"{text}"' if re.search(r"\s", text) else text
