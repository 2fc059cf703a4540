"""Ads for programs: money in major units as decimal strings, rates with numerator, denominator and interval."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from bot.metrics.ad import F2_WINDOW, LTV_WINDOW, AdSums, Week, week_name
from bot.metrics.ad_ranking import RankedAd, Ranking
from bot.metrics.intervals import Interval, Ratio, mean_interval, wilson
from bot.metrics.repeat_alert import AdCheck
from bot.views.plain import interval_json, major


def ranking_json(ranking: Ranking, currency: str) -> dict[str, Any]:
    """All ads, the group without one, and what they are judged by."""
    return {
        **_judged_by(ranking, currency),
        "ads": [ad_json(ad, currency) for ad in ranking.ads],
        "unknown_ad": sums_json(ranking.unknown, currency),
        "acquired_by_ads": _ratio(ranking.by_ads),
        "verdicts": {kind.value: count for kind, count in ranking.kinds.items()},
    }


def one_json(
    ad: RankedAd, ranking: Ranking, payback: int | None, weeks: Sequence[Week], currency: str
) -> dict[str, Any]:
    """One ad with its payback month and its weekly F2."""
    weekly = [
        {"week": week_name(each.week), "mature": each.ratio.denominator, "returned": each.ratio.numerator}
        for each in weeks
    ]
    return {
        **_judged_by(ranking, currency),
        "ads": [{**ad_json(ad, currency), "payback_month": payback, "weekly_f2": weekly}],
    }


def ad_json(ad: RankedAd, currency: str) -> dict[str, Any]:
    """One ad: what it cost and brought, verdict and evidence."""
    verdict = ad.verdict
    return {
        "code": ad.code,
        "spend": major(ad.spend, currency),
        **sums_json(ad.sums, currency),
        "cpa": major(None if verdict.cpa is None else verdict.cpa.exact, currency),
        "spend_without_persons": major(verdict.spend_without_persons, currency),
        "mr": None if verdict.mr is None else verdict.mr.value,
        "roas": None if verdict.roas is None else verdict.roas.value,
        "margin_ltv": major(verdict.margin_ltv, currency),
        "margin_interval": _money_interval(verdict.margin_interval, currency),
        "allowable_cpa": major(verdict.allowable_cpa, currency),
        "median_cpa": major(verdict.median_cpa, currency),
        "others_f2": _ratio(verdict.others_f2),
        "verdict": verdict.kind.value,
        "increase_withheld": verdict.withheld,
        "people_needed": verdict.people_needed,
        "decidable_on": None if verdict.decidable_on is None else verdict.decidable_on.isoformat(),
        "repeat_state": ad.state.value,
        "repeat_check": None if ad.check is None else check_json(ad.check),
    }


def sums_json(sums: AdSums, currency: str) -> dict[str, Any]:
    """What an ad, or no ad, brought."""
    interval = mean_interval(sums.ltv_n, sums.ltv_total, sums.ltv_squares)
    ltv = Fraction(sums.ltv_total, sums.ltv_n) if sums.ltv_n else None
    return {
        "new_persons": sums.new_persons,
        "first_sales": major(sums.first_sales, currency),
        "year_sales": major(sums.year_sales, currency),
        "f2": _ratio(sums.f2) | {"window": F2_WINDOW},
        "ltv": {
            "window": LTV_WINDOW,
            "kind": "revenue",
            "persons": sums.ltv_n,
            "net_sales": major(sums.ltv_total, currency),
            "value": major(ltv, currency),
            "interval": _money_interval(interval, currency),
        },
        "left_out": {
            "immature_ltv": sums.new_persons - sums.ltv_n,
            "immature_f2": sums.new_persons - sums.f2_n,
        },
    }


def check_json(check: AdCheck) -> dict[str, Any]:
    """A weekly check: the window against the ad's own baseline."""
    return {
        "week": week_name(check.week),
        "window": _ratio(check.window),
        "baseline": _ratio(check.baseline),
        "drop": check.drop,
        "p_value": check.p_value,
        "significant": check.significant,
    }


def _judged_by(ranking: Ranking, currency: str) -> dict[str, Any]:
    rate = ranking.margin_rate
    return {
        "currency": currency,
        "margin_rate": None if rate is None else float(rate),
        "target_profit": major(ranking.target_profit, currency),
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    return {
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
        "rate": ratio.value,
        "interval": interval_json(wilson(ratio.numerator, ratio.denominator)),
    }


def _money_interval(interval: Interval | None, currency: str) -> dict[str, str | None] | None:
    if interval is None:
        return None
    return {"low": major(interval.low, currency), "high": major(interval.high, currency)}
