"""One ad in full as a message."""

from __future__ import annotations

from fractions import Fraction

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.ad_ranking import RankedAd, Ranking
from bot.metrics.ad_verdict import Verdict
from bot.metrics.intervals import Interval, Ratio
from bot.metrics.repeat_alert import AdCheck
from bot.query import quoted
from bot.views.ad import state_name
from bot.views.ad_decision import decision_buttons
from bot.views.ad_evidence import cpa_text, evidence
from bot.views.framing import RUN, SHARE, Again, footer
from bot.views.kit import Block, Message, actions, button, context, escape, fields, header, section


def answer(ad: RankedAd, ranking: Ranking, payback: int | None, asked: Asked, words: Words) -> Message:
    """The answer to `/ad CODE`."""
    verdict = words(f"ad.verdict.{ad.verdict.kind.value}")
    why = evidence(ad.verdict, words)
    blocks = [
        header(words("ad.one.title", ad=ad.code)),
        section(f"*{verdict}*\n{why}"),
        fields(_fields(ad, payback, words)),
        section(_repeat(ad, words)),
        decision_buttons(ad.code, asked.as_of, words),
        context(words("ad.one.terms")),
        *footer(asked, words, ad.sums.waiting, None, 0),
        _buttons(ad, asked, words),
    ]
    if ranking.margin_rate is None:
        blocks.insert(4, section(words("ad.margin_unknown")))
    return Message(text=words("ad.one.text", ad=escape(ad.code), verdict=verdict, why=why), blocks=blocks)


def _fields(ad: RankedAd, payback: int | None, words: Words) -> list[tuple[str, str]]:
    verdict, sums = ad.verdict, ad.sums
    shown = [
        ("spend", words.money(ad.spend)),
        ("persons", words("unit.persons", n=words.count(sums.new_persons))),
        ("cpa", cpa_text(verdict, words)),
        ("allowable", words.money(_float(verdict.allowable_cpa))),
        ("mr", f"{words.percent(_ratio(verdict.mr), 0)} / {words.percent(_ratio(verdict.roas), 0)}"),
        ("payback", _payback(verdict, payback, words)),
        ("ltv", _amount(verdict.ltv.value, verdict.ltv_interval, verdict.ltv.denominator, words)),
        (
            "margin_ltv",
            _amount(_float(verdict.margin_ltv), verdict.margin_interval, verdict.ltv.denominator, words),
        ),
        ("f2", _rate(verdict.f2, verdict.f2_interval, words)),
        ("others_f2", words.percent(verdict.others_f2.value)),
    ]
    return [(words(f"ad.one.{name}"), text) for name, text in shown]


def _payback(verdict: Verdict, payback: int | None, words: Words) -> str:
    if payback is not None:
        return words("ad.one.payback_month", n=payback)
    known = verdict.cpa is not None and verdict.cpa.value is not None and verdict.ltv.denominator
    if verdict.margin_unknown or not known:
        return words.money(None)
    return words("ad.one.no_payback")


def _repeat(ad: RankedAd, words: Words) -> str:
    state = state_name(ad.state, words)
    if ad.check is None or not ad.check.window.denominator:
        return words("ad.one.repeat_none", state=state)
    return words("ad.one.repeat", state=state, **window_figures(ad.check, words))


def window_figures(check: AdCheck, words: Words) -> dict[str, str]:
    """The last eight weeks and the baseline, for a sentence."""
    return {
        "now": words.percent(check.window.value),
        "n": words.count(check.window.denominator),
        "returned": words.count(check.window.numerator),
        "before": words.percent(check.baseline.value),
        "before_n": words.count(check.baseline.denominator),
    }


def _amount(value: float | None, interval: Interval | None, n: int, words: Words) -> str:
    if value is None or interval is None:
        return words.money(value)
    low, high = words.money(interval.low), words.money(interval.high)
    return words("ad.one.between", value=words.money(value), low=low, high=high, n=words.count(n))


def _rate(ratio: Ratio, interval: Interval | None, words: Words) -> str:
    if interval is None:
        return words.percent(None)
    low, high = words.percent(interval.low), words.percent(interval.high)
    n = words.count(ratio.denominator)
    return words("ad.one.between", value=words.percent(ratio.value), low=low, high=high, n=n)


def _buttons(ad: RankedAd, asked: Asked, words: Words) -> Block:
    again = Again("ad", asked.query.typed(), asked.as_of)
    same_people = f"all ad={quoted(ad.code)}"
    return actions(
        [
            button(words("button.share"), SHARE, again.value(), "primary"),
            button(words("button.ltv"), f"{RUN}.1", Again("ltv", same_people, asked.as_of).value()),
            button(words("button.repeat"), f"{RUN}.2", Again("repeat", same_people, asked.as_of).value()),
            button(words("ad.button.all"), f"{RUN}.3", Again("ad", "all", asked.as_of).value()),
        ]
    )


def _ratio(ratio: Ratio | None) -> float | None:
    return None if ratio is None else ratio.value


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
