"""The weekly watch over the ads' repeat rates: what is to be posted, and where every ad stands.

Nothing is remembered between checks. The checks of all weeks are gone through again from the facts each time, so
that the same facts and day give the same notices with the same keys, on any machine and after any outage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from bot.charts import ad as chart
from bot.errors import UserError
from bot.messages import Words
from bot.metrics.ad import (
    F2_WINDOW,
    NOTHING,
    Scan,
    alerts_through,
    last_whole_week,
    measure,
    sunday,
    week_name,
    weeks_of,
)
from bot.metrics.intervals import Ratio
from bot.metrics.repeat_alert import WINDOW_WEEKS, AdCheck, Event, EventKind, Replay
from bot.periods import day_number
from bot.views import ad_alert as view
from bot.views.ad_alert import Fallen, Standing
from bot.views.ad_plain import check_json
from bot.views.kit import Message, Picture
from store.books import Books
from store.shelf import Facts, NoOrders

STALE_AFTER = timedelta(days=10)
CATCH_UP_WEEKS = 4
"""A notice that could not be sent in its week (the bot was off, data came late) is given again for so long."""
KIND_LIMIT = 80
PREFIX = {EventKind.ALERT: "alert", EventKind.RECOVERED: "recovered", EventKind.SHOP_WIDE: "shop-alert"}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something to be posted once: `kind` (at most 80 characters) and `period` name it for ever."""

    kind: str
    period: str
    message: Message
    data: Mapping[str, Any]

    @property
    def key(self) -> str:
        """For example alert:FB-SKIN-02:2026-W48."""
        return f"{self.kind}:{self.period}"


@dataclass(frozen=True, kw_only=True)
class _Watch:
    facts: Facts
    through: date
    """The last complete day of the data, whatever day was asked for."""
    scan: Scan
    week: int
    alerts: Replay
    codes: Mapping[int, str]


def check_alerts(books: Books, words: Words, *, today: date, as_of: date | None = None) -> tuple[Notice, ...]:
    """The notices of the last whole week and of the three before it, oldest first; each is to be posted once.

    `as_of` is the last complete day (by default that of the data). A week counts when its Sunday is complete.
    Nothing while there are no orders, or while the data is older than ten days.
    """
    try:
        watch = _watch(books, as_of)
    except NoOrders:
        return ()
    if today - watch.through > STALE_AFTER:
        return ()
    recent = [event for event in watch.alerts.events if event.week > watch.week - CATCH_UP_WEEKS]
    return tuple(
        _notice(watch, list(events), words) for _, events in groupby(recent, key=lambda event: (event.week, event.kind))
    )


def overview(books: Books, words: Words, *, today: date, precision: Ratio) -> Message:
    """The answer to `/ad alerts`: where every ad stands, and how many alerts were right."""
    try:
        watch = _watch(books, None)
    except NoOrders:
        raise UserError("report.no_orders") from None
    standings = [
        Standing(code=watch.codes[check.ad_id], state=watch.alerts.states[check.ad_id].state, check=check)
        for check in watch.alerts.checks
    ]
    stale = watch.through if today - watch.through > STALE_AFTER else None
    return view.states(standings, watch.week, precision, stale, words)


def _watch(books: Books, as_of: date | None) -> _Watch:
    facts = books.facts()
    through = facts.as_of
    if as_of is not None and as_of < through:
        facts = books.facts(as_of)
    day = day_number(facts.as_of)
    scan, week = measure(facts.shop, day), last_whole_week(day)
    alerts = alerts_through(scan.weekly, week)
    return _Watch(facts=facts, through=through, scan=scan, week=week, alerts=alerts, codes=books.ads())


def _notice(watch: _Watch, events: Sequence[Event], words: Words) -> Notice:
    """One notice for all events of a kind and week."""
    kind, week = events[0].kind, events[0].week
    checks = sorted((check for event in events for check in event.checks), key=lambda c: watch.codes[c.ad_id])
    ads = [_fallen(watch, check) for check in checks]
    name = PREFIX[kind] if kind is EventKind.SHOP_WIDE else f"{PREFIX[kind]}:{'+'.join(ad.code for ad in ads)}"
    notice = Notice(
        kind=post_kind(name),
        period=week_name(week),
        message=Message("", []),
        data=_data(watch, kind, week, ads),
    )
    return replace(notice, message=_drawn(_said(kind, ads, notice.key, words), watch, kind, ads, week, words))


def _said(kind: EventKind, ads: Sequence[Fallen], key: str, words: Words) -> Message:
    if kind is EventKind.SHOP_WIDE:
        return view.shop_fall(ads, key, words)
    return view.recovery(ads, words) if kind is EventKind.RECOVERED else view.fall(ads, key, words)


def _fallen(watch: _Watch, check: AdCheck) -> Fallen:
    worth = watch.scan.sums.get(check.ad_id, NOTHING).later_sales_per_repeater
    return Fallen(code=watch.codes[check.ad_id], check=check, worth=worth)


def _drawn(message: Message, watch: _Watch, kind: EventKind, ads: Sequence[Fallen], week: int, words: Words) -> Message:
    """With the weekly F2 of each ad, or of all of them taken together when the whole shop falls."""
    if kind is EventKind.SHOP_WIDE:
        numbers = [ad.check.ad_id for ad in ads]
        series = [(words("ad.alert.shop"), weeks_of(watch.scan.weekly, numbers, week), _pooled(ads, week))]
    else:
        series = [
            (ad.code, weeks_of(watch.scan.weekly, [ad.check.ad_id], week), ad.check) for ad in ads[: view.DETAILED]
        ]
    png = chart.weekly_of_many(series, week, words)
    alt = words("ad.alert.chart_alt", ads=words("ad.codes.joint").join(name for name, _, _ in series))
    return replace(message, pictures=(Picture("alert.png", alt, png),))


def _pooled(ads: Sequence[Fallen], week: int) -> AdCheck:
    def total(ratios: Sequence[Ratio]) -> Ratio:
        return Ratio(sum(r.numerator for r in ratios), sum(r.denominator for r in ratios))

    return AdCheck(
        ad_id=0,
        week=week,
        window=total([ad.check.window for ad in ads]),
        baseline=total([ad.check.baseline for ad in ads]),
        p_value=None,
        significant=False,
    )


def _data(watch: _Watch, kind: EventKind, week: int, ads: Sequence[Fallen]) -> dict[str, Any]:
    """The evidence, as it is kept with the post."""
    return {
        "report": "ad_alert",
        "event": kind.value,
        "as_of": sunday(week).isoformat(),
        "data_through": watch.through.isoformat(),
        "snapshot": watch.facts.snapshot,
        "definition": {
            "rate": "F2",
            "window": F2_WINDOW,
            "basis": "shop",
            "weeks": WINDOW_WEEKS,
            "week": week_name(week),
            "method": "beta-binomial predictive p, Benjamini-Hochberg q=0.05, drop >= 15 %, two checks in a row",
        },
        "ads": [{"code": ad.code, "missing_persons": ad.missing, **check_json(ad.check)} for ad in ads],
    }


def post_kind(kind: str) -> str:
    """Within the limit of a post's kind; what is cut off stands as a hash."""
    if len(kind) <= KIND_LIMIT:
        return kind
    digest = hashlib.sha256(kind.encode()).hexdigest()[:12]
    return f"{kind[: KIND_LIMIT - 13]}~{digest}"
