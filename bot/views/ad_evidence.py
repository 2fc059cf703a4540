"""Why an ad got its verdict, in one sentence with the figures."""

from __future__ import annotations

from bot.messages import Words
from bot.metrics.ad_verdict import Kind, Verdict
from bot.metrics.intervals import MINIMUM_N, Interval


def evidence(verdict: Verdict, words: Words) -> str:
    """The sentence (mrkdwn; it holds no outside text)."""
    kind = verdict.kind
    if kind is Kind.NO_SPEND:
        return words("ad.why.no_spend")
    if verdict.cpa is not None and verdict.cpa.value is None:
        return words("ad.why.nobody", spend=words.money(verdict.spend_without_persons))
    if kind is Kind.STOP_CHEAP_NO_REPEAT:
        return words(
            "ad.why.stop_cheap_no_repeat",
            cpa=cpa_text(verdict, words),
            median=words.money(None if verdict.median_cpa is None else float(verdict.median_cpa)),
            f2=words.percent(verdict.f2.value),
            **_rates(verdict.f2_interval, words),
            others=words.percent(verdict.others_f2.value),
        )
    if kind is Kind.NOT_YET:
        return _not_yet(verdict, words)
    reason = "withheld" if verdict.withheld else kind.value
    said = words(
        f"ad.why.{reason}" + (".revenue" if verdict.margin_unknown else ""),
        cpa=cpa_text(verdict, words),
        n=words.count(verdict.ltv.denominator),
        allowable=words.money(None if verdict.allowable_cpa is None else float(verdict.allowable_cpa)),
        **_value(verdict, words),
    )
    return said + _decidable(verdict, words) if kind is Kind.HOLD and not verdict.withheld else said


def cpa_text(verdict: Verdict, words: Words) -> str:
    """CPA as an amount; n/a without people or without known spend."""
    return words.money(None if verdict.cpa is None else verdict.cpa.value)


def _value(verdict: Verdict, words: Words) -> dict[str, str]:
    """LTV and its interval: margin where it is known, else revenue."""
    interval = verdict.ltv_interval if verdict.margin_unknown else verdict.margin_interval
    mean = verdict.ltv.value if verdict.margin_ltv is None else float(verdict.margin_ltv)
    return {
        "ltv": words.money(mean),
        "low": words.money(None if interval is None else interval.low),
        "high": words.money(None if interval is None else interval.high),
    }


def _not_yet(verdict: Verdict, words: Words) -> str:
    said = words("ad.why.not_yet", n=words.count(verdict.ltv.denominator), needed=MINIMUM_N)
    return said + _decidable(verdict, words)


def _decidable(verdict: Verdict, words: Words) -> str:
    if verdict.people_needed is None:
        return words("ad.why.no_difference") if verdict.kind is Kind.HOLD and not verdict.margin_unknown else ""
    if verdict.decidable_on is None:
        return words("ad.why.needed", n=words.count(verdict.people_needed))
    return words("ad.why.decidable", n=words.count(verdict.people_needed), day=words.day(verdict.decidable_on))


def _rates(interval: Interval | None, words: Words) -> dict[str, str]:
    return {
        "low": words.percent(None if interval is None else interval.low),
        "high": words.percent(None if interval is None else interval.high),
    }
