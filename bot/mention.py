"""A question in plain words, read by rules: which of the reports, about what, and first bought when.

It never computes: what it understood is said back and handed to the same reports as a command.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from bot.periods import monday_of
from bot.query import LONGEST_WINDOW, Query


class Named(Protocol):
    """A product (label: sku) or an ad (label: code)."""

    @property
    def label(self) -> str: ...
    @property
    def name(self) -> str: ...


Find = Callable[[str], Named | Sequence[Named]]
"""The one of exactly that name, else those that come nearest."""

REPORT_WORDS = (
    ("ltv", r"ltv|lifetime value|生涯価値|顧客生涯価値"),
    ("repeat", r"リピート率|リピート|repeat rate|repeat|f2転換率|f2|2回目"),
    ("ad", r"広告|\bads?\b|cpa|roas"),
    ("weekly", r"週報|週次|weekly(?: report| post| summary)?"),
    ("panel", r"コンセプトパネル|パネル|座談会|売れる通販指数|\bpanels?\b"),
)
FILLER = (
    r"(?:どれ|どの|どちら|なに|何)?を?(?:止め|やめ|増や|続け|減ら)(?:る|す|た|した)?(?:べき|ほうがいい|方が[い良]い)"
    r"|を?(?:止める|やめる|増やす|続ける|減らす)(?=\s|$)|どれ|どの|どちら"
    r"|(?:はじめて|初めて)?買った(?:人|お客(?:さま|様|さん)?)"
    r"|を?(?:教えて|おしえて|見せて|みせて|出して|知りたい)(?:ください|下さい|ほしい|欲しい)?"
    r"|ください|下さい|お願い(?:します)?|どう(?:ですか|なっ(?:てる|ています?))?|です(?:か|)|ますか"
    r"|いくら|どれくらい|何(?:円|人|%|％)?|(?:の)?(?:推移|数字|成績|状況|実績|判定|率)|について|初回(?:購入)?"
    r"|\b(?:what|is|the|of|for|in|show|me|please|how|tell|about|our|are|does|do|which|rate|within|over|after|should|we|i|stop)\b"
)
COMMANDS = {"weekly": "/banto weekly now", "panel": "/panel list"}
"""What is seen with a command of its own, without a subject."""
ALL = r"全体|全商品|ショップ全体|お店|全部|\b(?:all|whole shop|shop)\b"
WINDOW = r"(?<![A-Za-z0-9.-])(\d{1,4})\s*(?:日間?(?!分)|days?\b)(?:以内)?"
PUNCTUATION = r"[?？。、,!！:：「」『』()（）]"
PARTICLES = r"^(?:の|は|が|を|って|と|で|に)+|(?:の|は|が|を|って|と|で|に|も)+$"


@dataclass(frozen=True, kw_only=True)
class Understood:
    """A question that a report can answer about a product (for `ad`: an ad), or all where `subject` is None.

    `window` is the days after the first purchase, None for the report's own.
    """

    report: str
    subject: Named | None
    window: int | None = None
    first_from: date | None
    first_to: date | None

    @property
    def query(self) -> Query:
        """The words that ask it."""
        return Query(
            product=None if self.subject is None else self.subject.label,
            window=self.window,
            first_from=self.first_from,
            first_to=self.first_to,
        )


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """A question with something open: no report was named, or nothing is called `subject`."""

    report: str | None
    subject: str | None
    window: int | None = None
    near: Sequence[Named]
    first_from: date | None
    first_to: date | None


def interpret(text: str, find_product: Find, find_ad: Find, today: date) -> Understood | Doubtful:
    """What a person asks with this text, mention included; `today` is the shop-local day."""
    rest = _plain(text)
    (first_from, first_to), rest = _period(rest, today)
    report, rest = _report(rest)
    if report in COMMANDS:
        return Understood(report=report, subject=None, first_from=first_from, first_to=first_to)
    find = find_ad if report == "ad" else find_product
    # The verdicts on ads have windows of their own.
    window, rest = (None, rest) if report == "ad" else _window(rest, find)
    whole = re.search(ALL, rest) is not None
    name = "" if whole else _name(rest)
    found = find(name) if name else None
    if report is not None and not isinstance(found, Sequence):
        return Understood(report=report, subject=found, window=window, first_from=first_from, first_to=first_to)
    near = found if isinstance(found, Sequence) else [found] if found is not None else []
    return Doubtful(
        report=report, subject=name or None, window=window, near=near, first_from=first_from, first_to=first_to
    )


def _plain(text: str) -> str:
    without = re.sub(r"<[@#!][^>]*>", " ", text)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        without = without.replace(entity, sign)
    return " ".join(unicodedata.normalize("NFKC", without).lower().split())


def _report(text: str) -> tuple[str | None, str]:
    """The report whose word stands in the text, and the text without the words of all reports."""
    named = [report for report, words in REPORT_WORDS if re.search(words, text)]
    for _, words in REPORT_WORDS:
        text = re.sub(words, " ", text)
    # 広告のLTV asks for ads; LTV and repeat at once is a question back.
    if "ad" in named:
        return "ad", text
    return (named[0] if len(named) == 1 else None), text


def _period(text: str, today: date) -> tuple[tuple[date | None, date | None], str]:
    """First purchase between, and the text without the words that say so."""
    month = today.replace(day=1)
    monday = monday_of(today)
    before = (month - timedelta(days=1)).replace(day=1)
    named = {
        "今年|this year": (date(today.year, 1, 1), today),
        "去年|昨年|last year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        "今週|this week": (monday, today),
        "先週|last week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "今月|this month": (month, today),
        "先月|last month": (before, month - timedelta(days=1)),
    }
    if found := re.search(r"((?:19|20)\d{2})(?:年|[-/])(?:(1[0-2]|0?[1-9])月?)?(?![\d-])", text):
        year, number = int(found[1]), int(found[2] or 0)
        first = date(year, number or 1, 1)
        last = date(year, number or 12, calendar.monthrange(year, number or 12)[1])
        return (first, last), text.replace(found[0], " ")
    for words, between in named.items():
        if found := re.search(words, text):
            return between, text.replace(found[0], " ")
    return (None, None), text


def _window(text: str, find: Find) -> tuple[int | None, str]:
    """The days that were named (180日, in 180 days), and the text without them unless they are part of a name."""
    found = re.search(WINDOW, text)
    if found is None or not 1 <= int(found[1]) <= LONGEST_WINDOW:
        return None, text
    name = _name(text)
    if name and not isinstance(find(name), Sequence):
        return None, text
    return int(found[1]), text.replace(found[0], " ", 1)


def _name(text: str) -> str:
    """What is left when fillers, marks and particles are gone: the product's name."""
    parts = re.sub(FILLER, " ", re.sub(PUNCTUATION, " ", text)).split()
    # Particles stand at the edges of what was cut out, never inside a name.
    kept = [stripped for part in parts if (stripped := re.sub(PARTICLES, "", part))]
    return " ".join(kept)
