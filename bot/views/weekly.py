"""The weekly PDCA post (週報) as a message and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.messages import Words
from bot.metrics.ad_week import AdsOfWeek, FallingAd
from bot.metrics.cohort import WHOLE_SHOP
from bot.metrics.intervals import Ratio
from bot.metrics.weekly import F2_WINDOW, LTV_WINDOW, Figure, Shift, Weekly
from bot.periods import day_of
from bot.views.framing import RUN, Again
from bot.views.kit import Block, Message, actions, button, context, cut, escape, header, section, table
from bot.views.plain import interval_json, major

SHARE = "weekly.share"
LISTED = 5
REASON_LIMIT = 120
RATES = ("f2", "f2_product", "repeat_share")
MONEY = ("ltv", "net_sales", "price")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A decision on a panel or ad as it is told: `choice` is already in the reader's language."""

    subject: str
    choice: str
    reason: str
    decided_by: str
    day: date
    recheck_on: date | None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that the weekly post tells. Datetimes are shop-local.

    `period` is the ISO week in which it was to be posted, `planned_at` is given when it comes late, `missed` are older
    weeks that were never posted. `data_through` is the last complete day, `stale` says that it is too long ago.
    """

    period: str
    result: Weekly
    products: Mapping[int, str]
    decisions: Sequence[Verdict]
    overdue: Sequence[Verdict]
    ads: AdsOfWeek
    data_through: date
    synced_at: datetime
    snapshot: str
    stale: bool
    planned_at: datetime | None = None
    last_week: bool = False
    missed: Sequence[str] = ()

    @property
    def days(self) -> tuple[date, date]:
        """Monday and Sunday of the week it is about."""
        return day_of(self.result.ends - 6), day_of(self.result.ends)


def answer(sheet: Sheet, words: Words, *, shareable: bool = False) -> Message:
    """The post; `shareable` adds a button that brings the asker's own copy to the channel."""
    first, last = sheet.days
    title = words("weekly.title", first=words.short_day(first), last=words.short_day(last))
    headline = _headline(sheet, words)
    blocks = [
        header(title),
        *_warnings(sheet, words),
        section(f"*{headline}*"),
        _kpis(sheet, words),
        *_ads(sheet, words),
        *_decisions(sheet, words),
        *_overdue(sheet, words),
        context(_definitions(sheet, words)),
        context(_freshness(sheet, words)),
        actions(_buttons(words, shareable)),
    ]
    late = _late(sheet, words)
    return Message(text=cut(" ".join(filter(None, [title, late, headline])), 1000), blocks=blocks)


def no_orders(period: str, words: Words) -> Message:
    """The post of a shop without any order yet."""
    text = words("weekly.no_orders")
    return Message(text=text, blocks=[header(words("weekly.title_plain", period=period)), section(text)])


def as_json(sheet: Sheet, words: Words) -> dict[str, Any]:
    """The numbers and their definition, to be kept with the post."""
    first, last = sheet.days
    return {
        "report": "weekly",
        "period": sheet.period,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "as_of": last.isoformat(),
        "data_through": sheet.data_through.isoformat(),
        "synced_at": sheet.synced_at.isoformat(),
        "snapshot": sheet.snapshot,
        "stale": sheet.stale,
        "missed": list(sheet.missed),
        "definition": {
            "f2_window": F2_WINDOW,
            "ltv_window": LTV_WINDOW,
            "basis": "shop",
            "prior": "7 days earlier",
        },
        "result": [_figure_json(figure, sheet, words) for figure in sheet.result.figures],
        "left_out": {"immature_persons": sheet.result.immature},
        "decisions": [_verdict_json(verdict) for verdict in sheet.decisions],
        "overdue": [_verdict_json(verdict) for verdict in sheet.overdue],
        "ads": {
            "falling": [_falling_json(ad) for ad in sheet.ads.falling],
            "changed": [{"code": ad.code, "before": ad.before, "now": ad.now} for ad in sheet.ads.changed],
        },
    }


def _headline(sheet: Sheet, words: Words) -> str:
    if sheet.ads.falling:
        return _falling(sheet.ads.falling[0], words)
    notable = sheet.result.notable
    if notable and notable[0].shift is not None:
        figure, shift = notable[0], notable[0].shift
        return words(
            "weekly.headline.up" if shift.recent > shift.usual else "weekly.headline.down",
            name=_name(figure, sheet, words),
            recent=_value(figure.key, shift.recent, words),
            usual=_value(figure.key, shift.usual, words),
            change=_signed(shift),
        )
    return words("weekly.headline.calm")


def _warnings(sheet: Sheet, words: Words) -> list[Block]:
    lines = []
    if sheet.stale:
        lines.append(words("weekly.stale", day=words.day(sheet.data_through)))
    if late := _late(sheet, words):
        lines.append(late)
    if sheet.missed:
        lines.append(words("weekly.missed", weeks=words("weekly.joint").join(sheet.missed)))
    return [section("\n".join(lines))] if lines else []


def _late(sheet: Sheet, words: Words) -> str:
    if sheet.planned_at is None:
        return ""
    key = "weekly.late.last_week" if sheet.last_week else "weekly.late"
    return words(key, planned=words.time(sheet.planned_at))


def _kpis(sheet: Sheet, words: Words) -> Block:
    headings = [words(f"weekly.column.{name}") for name in ("name", "now", "before", "n", "change")]
    rows = [
        [
            cut(_name(figure, sheet, words, escaped=False), 60),
            _value(figure.key, figure.now, words),
            _value(figure.key, figure.before, words),
            _people(figure, words),
            _change(figure, words),
        ]
        for figure in sheet.result.figures
    ]
    return table(headings, rows, ["left", "right", "right", "right", "left"])


def _change(figure: Figure, words: Words) -> str:
    shift = figure.shift
    if shift is None:
        return words("weekly.change.unknown")
    if not shift.notable:
        return words("weekly.change.none")
    return words(
        "weekly.change.up" if shift.recent > shift.usual else "weekly.change.down",
        recent=_value(figure.key, shift.recent, words),
        usual=_value(figure.key, shift.usual, words),
        change=_signed(shift),
    )


def _ads(sheet: Sheet, words: Words) -> list[Block]:
    lines = [_falling(ad, words) for ad in sheet.ads.falling]
    lines += [
        words(
            "weekly.ad.changed",
            ad=escape(ad.code),
            before=words(f"ad.verdict.{ad.before.value}"),
            now=words(f"ad.verdict.{ad.now.value}"),
        )
        for ad in sheet.ads.changed
    ]
    if not lines:
        return []
    shown = [f"• {line}" for line in lines[:LISTED]]
    return [section("\n".join([words("weekly.ads"), *shown, *_more(lines, words)]))]


def _falling(ad: FallingAd, words: Words) -> str:
    return words(
        "weekly.ad.falling",
        ad=escape(ad.code),
        before=words.percent(ad.baseline.value),
        now=words.percent(ad.window.value),
        n=words.count(ad.window.denominator),
    )


def _decisions(sheet: Sheet, words: Words) -> list[Block]:
    if not sheet.decisions:
        return [section(words("weekly.decisions.none"))]
    lines = [
        words(
            "weekly.decision",
            choice=verdict.choice,
            subject=escape(verdict.subject),
            user=verdict.decided_by,
            day=words.short_day(verdict.day),
            reason=escape(cut(verdict.reason, REASON_LIMIT)) or words("weekly.no_reason"),
        )
        for verdict in sheet.decisions[:LISTED]
    ]
    return [section("\n".join([words("weekly.decisions"), *lines, *_more(sheet.decisions, words)]))]


def _overdue(sheet: Sheet, words: Words) -> list[Block]:
    if not sheet.overdue:
        return []
    lines = [
        words(
            "weekly.overdue.one",
            choice=verdict.choice,
            subject=escape(verdict.subject),
            user=verdict.decided_by,
            day="" if verdict.recheck_on is None else words.short_day(verdict.recheck_on),
        )
        for verdict in sheet.overdue[:LISTED]
    ]
    return [section("\n".join([words("weekly.overdue"), *lines, *_more(sheet.overdue, words)]))]


def _more(lines: Sequence[object], words: Words) -> list[str]:
    hidden = len(lines) - LISTED
    return [words("weekly.more", n=hidden)] if hidden > 0 else []


def _definitions(sheet: Sheet, words: Words) -> str:
    spans = {figure.key: _span(figure, words) for figure in sheet.result.figures if figure.product_id == WHOLE_SHOP}
    return "\n".join(
        [
            words("weekly.interval", f2=spans["f2"], ltv=spans["ltv"]),
            words("weekly.definition.prior", f2=F2_WINDOW, ltv=LTV_WINDOW),
            words("weekly.definition.gate"),
            words("weekly.definition.left_out", n=words.count(sheet.result.immature)),
        ]
    )


def _span(figure: Figure, words: Words) -> str:
    if figure.interval is None:
        return words("weekly.too_few")
    return "–".join(_value(figure.key, end, words) for end in (figure.interval.low, figure.interval.high))


def _freshness(sheet: Sheet, words: Words) -> str:
    return words(
        "weekly.fresh",
        day=words.day(sheet.days[1]),
        through=words.day(sheet.data_through),
        synced=words.time(sheet.synced_at),
        snapshot=sheet.snapshot,
    )


def _buttons(words: Words, shareable: bool) -> list[Block]:
    share = [button(words("button.share"), SHARE, "weekly", "primary")] if shareable else []
    asked = [
        button(words(f"button.{name}"), f"{RUN}.{at}", Again(name, "all").value())
        for at, name in enumerate(("ltv", "repeat"))
    ]
    return [*share, *asked]


def _name(figure: Figure, sheet: Sheet, words: Words, *, escaped: bool = True) -> str:
    product = sheet.products.get(figure.product_id, "")
    return words(
        f"weekly.figure.{figure.key}",
        f2=F2_WINDOW,
        ltv=LTV_WINDOW,
        product=escape(product) if escaped else product,
    )


def _value(key: str, value: float | None, words: Words) -> str:
    if value is None:
        return words("weekly.too_few")
    if key in RATES:
        return words.percent(value)
    return words.money(value) if key in MONEY else words.count(value)


def _people(figure: Figure, words: Words) -> str:
    unit = "unit.times" if figure.key in ("net_sales", "price", "repeat_share") else "unit.persons"
    return words(unit, n=words.count(figure.n))


def _signed(shift: Shift) -> str:
    return f"{(shift.relative or 0) * 100:+.0f}%"


def _figure_json(figure: Figure, sheet: Sheet, words: Words) -> dict[str, Any]:
    money = figure.key in MONEY

    def plain(value: float | None) -> float | str | None:
        return major(value, words.currency) if money else value

    shift, interval = figure.shift, figure.interval
    return {
        "key": figure.key,
        "product": sheet.products.get(figure.product_id),
        "now": plain(figure.now),
        "before": plain(figure.before),
        "n": figure.n,
        "interval": {"low": plain(interval.low), "high": plain(interval.high)}
        if interval is not None and money
        else interval_json(interval),
        "newest_week": None
        if shift is None
        else {
            "value": plain(shift.recent),
            "usual": plain(shift.usual),
            "n": shift.n,
            "p": shift.p_value,
            "notable": shift.notable,
        },
    }


def _falling_json(ad: FallingAd) -> dict[str, Any]:
    return {"code": ad.code, "baseline": _ratio_json(ad.baseline), "window": _ratio_json(ad.window)}


def _ratio_json(ratio: Ratio) -> dict[str, Any]:
    return {"numerator": ratio.numerator, "denominator": ratio.denominator}


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    recheck = None if verdict.recheck_on is None else verdict.recheck_on.isoformat()
    return {**vars(verdict), "day": verdict.day.isoformat(), "recheck_on": recheck}
