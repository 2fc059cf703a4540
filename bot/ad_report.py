"""`/ad`: every ad by CPA *and* LTV, or one ad in full; what both say and draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from bot.asked import Asked
from bot.charts import ad as chart
from bot.errors import UserError
from bot.messages import Words
from bot.metrics import ltv
from bot.metrics.ad import (
    LTV_WINDOW,
    Scan,
    alerts_through,
    cumulated_by_month,
    last_whole_week,
    measure,
    weeks_of,
)
from bot.metrics.ad_ranking import RankedAd, Ranking, rank
from bot.metrics.ad_verdict import payback_month
from bot.metrics.cohort import Cohort
from bot.periods import day_number
from bot.query import Query
from bot.views import ad as view
from bot.views import ad_one, ad_plain
from bot.views.kit import Message, Picture
from bot.views.plain import as_json
from store.books import Books, Named
from store.shelf import Facts

WINDOW = LTV_WINDOW


class AdUnknown(UserError):
    """No ad has that code; `near` are those that come nearest."""

    def __init__(self, text: str, near: list[Named]) -> None:
        super().__init__("query.no_ad", ad=text, near=", ".join(ad.label for ad in near) or "–")
        self.near = near


@dataclass(frozen=True, kw_only=True)
class Judged:
    """All ads judged; `one` is the ad that was asked for, with its months to payback."""

    asked: Asked
    words: Words
    scan: Scan
    week: int
    """The last week whose persons have all matured for F2."""
    ranking: Ranking
    one: RankedAd | None = None
    payback: int | None = None


def about(query: Query, books: Books) -> Query:
    """The question with the ad's exact code; UserError for words that make no sense here, AdUnknown for the code."""
    if query.window is not None or query.basis != "shop" or query.channel is not None:
        raise UserError("ad.error.setting")
    if query.product is not None and query.ad is not None:
        raise UserError("query.twice", name="ad")
    code = query.product if query.ad is None else query.ad
    if code is None:
        return replace(query, missing=False)
    found = books.find_ad(code)
    if isinstance(found, list):
        raise AdUnknown(code, found)
    return replace(query, product=None, missing=False, ad=found.label)


def judge(asked: Asked, facts: Facts, books: Books, words: Words) -> Judged:
    """Measure and judge what `asked` names (as `about` has put it)."""
    query, as_of = asked.query, day_number(asked.as_of)
    first_from, first_to = _day(query.first_from), _day(query.first_to)
    scan = measure(facts.shop, as_of, first_from, first_to)
    week = last_whole_week(as_of)
    settings, codes = books.settings(), books.ads()
    permille = settings.margin_permille
    ranking = rank(
        scan,
        alerts_through(scan.weekly, week),
        codes,
        books.spend(min(query.first_to or asked.as_of, asked.as_of), query.first_from),
        margin_rate=None if permille is None else Fraction(permille, 1000),
        target_profit=settings.target_profit,
        today=asked.as_of,
    )
    judged = Judged(asked=asked, words=words, scan=scan, week=week, ranking=ranking)
    if query.ad is None:
        return judged
    number = next(number for number, code in codes.items() if code == query.ad)
    one = ranking.find(number)
    if one is None:
        raise UserError("ad.error.nothing", ad=query.ad)
    cohort = Cohort(ad_id=number, first_from=first_from, first_to=first_to)
    steps = ltv.curve(facts.shop, cohort, LTV_WINDOW, as_of)
    return replace(judged, one=one, payback=_payback(one, ranking.margin_rate, steps))


def message(judged: Judged) -> Message:
    """The answer for Slack, with its picture."""
    asked, words, one = judged.asked, judged.words, judged.one
    if one is None:
        said = view.answer(judged.ranking, asked, words)
        if not judged.ranking.ads:
            return said
        drawn = chart.ranking(judged.ranking, words)
        return replace(said, pictures=(Picture("ads.png", words("ad.chart.alt"), drawn),))
    said = ad_one.answer(one, judged.ranking, judged.payback, asked, words)
    drawn = chart.weekly(
        one.code, weeks_of(judged.scan.weekly, [one.number], judged.week), one.check, judged.week, words
    )
    return replace(said, pictures=(Picture("ad.png", words("ad.weekly.alt", ad=one.code), drawn),))


def data(judged: Judged) -> dict[str, Any]:
    """The answer for a program."""
    asked, words, ranking = judged.asked, judged.words, judged.ranking
    result: Mapping[str, Any]
    if judged.one is None:
        result = ad_plain.ranking_json(ranking, words.currency)
    else:
        weeks = weeks_of(judged.scan.weekly, [judged.one.number], judged.week)
        result = ad_plain.one_json(judged.one, ranking, judged.payback, weeks, words.currency)
    return as_json(asked, words, result, {"immature_persons": _waiting(judged)})


def _waiting(judged: Judged) -> int:
    return judged.ranking.waiting if judged.one is None else judged.one.sums.waiting


def _payback(one: RankedAd, margin_rate: Fraction | None, steps: list[tuple[int, int]]) -> int | None:
    cpa = None if one.verdict.cpa is None else one.verdict.cpa.value
    if margin_rate is None or cpa is None or not one.sums.ltv_n:
        return None
    return payback_month(cpa, cumulated_by_month(steps, one.sums.ltv_n, margin_rate))


def _day(day: date | None) -> int | None:
    return None if day is None else day_number(day)
