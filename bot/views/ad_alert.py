"""Alerts about repeat rates as messages: a fall, a recovery, a fall of the whole shop, and the list of states."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from bot.messages import Words
from bot.metrics.ad import F2_WINDOW, monday, sunday, week_name
from bot.metrics.intervals import Ratio, wilson
from bot.metrics.repeat_alert import WINDOW_WEEKS, AdCheck, State
from bot.views.ad import state_name
from bot.views.ad_decision import decision_buttons
from bot.views.kit import (
    Align,
    Block,
    Message,
    actions,
    button,
    context,
    cut,
    escape,
    header,
    section,
    table,
)

ANSWER = "ad.alert"
RIGHT = "right"
WRONG = "wrong"
DETAILED = 4
LISTED = 15
ROWS = 50
TINY_P = 0.0001
URGENT = (State.ALERTING, State.PENDING, State.RECOVERING, State.OK, State.WATCHING, State.NO_DATA)
ALIGN: list[Align] = ["left", "left", "right", "right", "right", "right"]
COLUMNS = ("ad", "state", "now", "n", "before", "drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """One ad of a notice; `worth` is what one who comes back spends after the first purchase, minor units."""

    code: str
    check: AdCheck
    worth: Fraction | None

    @property
    def missing(self) -> int:
        """How many more would have come back at the baseline's rate."""
        expected = (self.check.baseline.exact or Fraction(0)) * self.check.window.denominator
        return max(round(expected - self.check.window.numerator), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What 正しい and 誤報 answer: the notice's key, and the ad (None: the whole shop)."""

    key: str
    code: str | None

    def value(self) -> str:
        """As the value of a button."""
        return json.dumps({"key": self.key, "ad": self.code}, ensure_ascii=False)

    @classmethod
    def read(cls, value: str) -> Answering:
        """From the value of a button."""
        told = json.loads(value)
        return cls(key=told["key"], code=told["ad"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One ad in the list of states."""

    code: str
    state: State
    check: AdCheck


def fall(ads: Sequence[Fallen], key: str, words: Words) -> Message:
    """The alert on one ad, or on several of the same week."""
    week = ads[0].check.week
    title = words("ad.alert.title_many", n=len(ads)) if len(ads) > 1 else words("ad.alert.title", ad=ads[0].code)
    blocks = [header(title)]
    for ad in ads[:DETAILED]:
        blocks += [
            section(f"{_change(ad, words)}\n{_meaning(ad, words)}"),
            _answers(Answering(key=key, code=ad.code), words),
            decision_buttons(ad.code, sunday(week), words),
        ]
    if len(ads) > DETAILED:
        blocks.append(section(words("ad.alert.more", ads=_codes([ad.code for ad in ads[DETAILED:]], words))))
    blocks += [section(words("ad.alert.check_first")), context(_method([ad.check for ad in ads], words))]
    return Message(words("ad.alert.text", title=escape(title), lines=_lines(ads, words)), blocks)


def shop_fall(ads: Sequence[Fallen], key: str, words: Words) -> Message:
    """One notice instead of many: most ads fall together."""
    title = words("ad.alert.shop_title")
    lines = [
        words(
            "ad.alert.shop_line",
            ad=escape(ad.code),
            before=words.percent(ad.check.baseline.value),
            now=words.percent(ad.check.window.value),
            n=words.count(ad.check.window.denominator),
        )
        for ad in ads[:LISTED]
    ]
    if len(ads) > LISTED:
        lines.append(words("ad.alert.rest", n=len(ads) - LISTED))
    blocks = [
        header(title),
        section("\n".join(lines)),
        section(words("ad.alert.shop_check")),
        _answers(Answering(key=key, code=None), words),
        context(_method([ad.check for ad in ads], words)),
    ]
    return Message(words("ad.alert.text", title=title, lines=_lines(ads, words)), blocks)


def recovery(ads: Sequence[Fallen], words: Words) -> Message:
    """The alert on these ads is over."""
    several = len(ads) > 1
    title = (
        words("ad.alert.recovered_many", n=len(ads)) if several else words("ad.alert.recovered_title", ad=ads[0].code)
    )
    lines = [
        words(
            "ad.alert.recovered_line",
            ad=escape(ad.code),
            now=words.percent(ad.check.window.value),
            n=words.count(ad.check.window.denominator),
            before=words.percent(ad.check.baseline.value),
        )
        for ad in ads[:LISTED]
    ]
    if len(ads) > LISTED:
        lines.append(words("ad.alert.rest", n=len(ads) - LISTED))
    text = words("ad.alert.text", title=escape(title), lines=_lines(ads, words))
    return Message(text, [header(title), section("\n".join(lines))])


def states(ads: Sequence[Standing], week: int, precision: Ratio, stale: date | None, words: Words) -> Message:
    """The answer to `/ad alerts`; `stale` is the last day of data when that is too long ago."""
    blocks: list[Block] = [header(words("ad.alerts.title"))]
    if stale is not None:
        blocks.append(section(words("ad.alerts.stale", through=words.day(stale))))
    summary = words("ad.alerts.none")
    if ads:
        counts = {state.value: sum(ad.state is state for ad in ads) for state in State}
        summary = words("ad.alerts.summary", week=week_name(week), sunday=words.day(sunday(week)), **counts)
        ordered = sorted(ads, key=lambda ad: (URGENT.index(ad.state), -ad.check.window.denominator, ad.code))
        blocks += [section(summary), _state_table(ordered[:ROWS], words)]
        if len(ads) > ROWS:
            blocks.append(section(words("ad.alerts.more", rows=ROWS, n=len(ads) - ROWS)))
        blocks.append(context(words("ad.alerts.legend")))
    else:
        blocks.append(section(summary))
    blocks.append(section(_precision(precision, words)))
    return Message(words("ad.alert.text", title=words("ad.alerts.title"), lines=summary), blocks)


def thanks(answering: Answering, answer: str, words: Words) -> str:
    """What the one who answered an alert hears."""
    name = words("ad.alert.shop") if answering.code is None else escape(answering.code)
    return words(f"ad.alert.thanks.{answer}", ad=name)


def _change(ad: Fallen, words: Words) -> str:
    check = ad.check
    interval = wilson(check.window.numerator, check.window.denominator)
    start, end = monday(check.week - WINDOW_WEEKS + 1), sunday(check.week)
    return words(
        "ad.alert.change",
        ad=escape(ad.code),
        before=words.percent(check.baseline.value),
        before_n=words.count(check.baseline.denominator),
        now=words.percent(check.window.value),
        low=words.percent(None if interval is None else interval.low),
        high=words.percent(None if interval is None else interval.high),
        n=words.count(check.window.denominator),
        returned=words.count(check.window.numerator),
        first=words.day(start - timedelta(days=F2_WINDOW)),
        last=words.day(end - timedelta(days=F2_WINDOW)),
    )


def _meaning(ad: Fallen, words: Words) -> str:
    missing = words.count(ad.missing)
    if ad.worth is None or ad.worth <= 0:
        return words("ad.alert.meaning", missing=missing)
    return words(
        "ad.alert.meaning_money",
        missing=missing,
        each=words.money(float(ad.worth)),
        total=words.money(float(f"{float(ad.worth * ad.missing):.2g}")),
    )


def _answers(answering: Answering, words: Words) -> Block:
    return actions(
        [button(words(f"ad.alert.{answer}"), f"{ANSWER}.{answer}", answering.value()) for answer in (RIGHT, WRONG)]
    )


def _method(checks: Sequence[AdCheck], words: Words) -> str:
    """How it was found, with the largest p of those that were tested."""
    tested = [check.p_value for check in checks if check.p_value is not None]
    small = not tested or max(tested) < TINY_P
    said = words("ad.alert.p_small") if small else words("ad.alert.p", p=f"{max(tested):.4f}")
    return words("ad.alert.method", week=week_name(checks[0].week), p=said)


def _lines(ads: Sequence[Fallen], words: Words) -> str:
    alone = len(ads) == 1
    return words("ad.codes.joint").join(
        words(
            "ad.alert.line" if alone else "ad.alert.named_line",
            **({} if alone else {"ad": escape(ad.code)}),
            before=words.percent(ad.check.baseline.value),
            now=words.percent(ad.check.window.value),
        )
        for ad in ads[:LISTED]
    )


def _codes(codes: Sequence[str], words: Words) -> str:
    return words("ad.codes.joint").join(escape(code) for code in codes)


def _state_table(ads: Sequence[Standing], words: Words) -> Block:
    rows = [
        [
            cut(ad.code, 40),
            state_name(ad.state, words),
            words.percent(ad.check.window.value),
            words.count(ad.check.window.denominator),
            words.percent(ad.check.baseline.value),
            _change_in_rate(ad.check, words),
        ]
        for ad in ads
    ]
    return table([words(f"ad.alerts.column.{name}") for name in COLUMNS], rows, ALIGN)


def _change_in_rate(check: AdCheck, words: Words) -> str:
    if check.drop is None:
        return words.percent(None)
    change = round(-check.drop, 2)
    return f"{'+' if change > 0 else ''}{words.percent(change or 0.0, 0)}"


def _precision(precision: Ratio, words: Words) -> str:
    if not precision.denominator:
        return words("ad.alerts.no_precision")
    return words(
        "ad.alerts.precision",
        right=words.count(precision.numerator),
        n=words.count(precision.denominator),
        rate=words.percent(precision.value, 0),
    )
