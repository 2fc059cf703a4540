"""All ads as a message: the summary, the table, and the ads to decide about first."""

from __future__ import annotations

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.ad import AdSums
from bot.metrics.ad_ranking import RankedAd, Ranking
from bot.metrics.ad_verdict import Kind
from bot.metrics.repeat_alert import State
from bot.query import quoted
from bot.views.ad_decision import decision_buttons
from bot.views.ad_evidence import evidence
from bot.views.framing import RUN, SHARE, Again, footer
from bot.views.kit import Align, Block, Message, actions, button, cut, escape, header, section, table

ROWS = 20
CODE_CHARACTERS = 40
SPOKEN = (
    (Kind.STOP, Kind.STOP_CHEAP_NO_REPEAT),
    (Kind.INCREASE,),
    (Kind.HOLD,),
    (Kind.NOT_YET,),
    (Kind.NO_SPEND,),
)
ALIGN: list[Align] = ["left", "right", "right", "right", "right", "right", "left", "left"]
COLUMNS = ("ad", "spend", "persons", "cpa", "f2", "ltv", "verdict", "state")


def answer(ranking: Ranking, asked: Asked, words: Words) -> Message:
    """The answer to `/ad`."""
    summary = _summary(ranking, words)
    period = _period(asked, words)
    notes = [words("ad.period", period=period), _origin(ranking, words)]
    if ranking.margin_rate is None and ranking.ads:
        notes.append(words("ad.margin_unknown"))
    notes += _idle(ranking, words)
    if len(ranking.ads) > ROWS:
        notes.append(words("ad.more", n=len(ranking.ads) - ROWS, rows=ROWS))
    blocks = [header(words("ad.title")), section(f"*{summary}*"), section("\n".join(notes))]
    blocks += [_table(ranking, words)]
    for ad in ranking.highlights:
        blocks += [section(_highlight(ad, words)), decision_buttons(ad.code, asked.as_of, words)]
    blocks += footer(asked, words, ranking.waiting, None, 0)
    return Message(text=words("ad.text", summary=summary), blocks=[*blocks, _buttons(asked, words)])


def nearest(typed: str, near: list[str], words: Words) -> Message:
    """No ad has that code: the nearest ones as buttons."""
    if not near:
        text = words("ad.none_near", ad=escape(typed))
        return Message(text, [section(text)])
    text = words("ad.nearest", ad=escape(typed))
    choices = [
        button(code, f"{RUN}.{at}", Again("ad", f"all ad={quoted(code)}").value()) for at, code in enumerate(near)
    ]
    return Message(text, [section(text), actions(choices)])


def state_name(state: State, words: Words) -> str:
    """A state of the repeat rate in a word."""
    return words(f"ad.state.{state.value}")


def _summary(ranking: Ranking, words: Words) -> str:
    kinds = ranking.kinds
    parts = [
        words(f"ad.summary.{group[0].value}", n=sum(kinds[kind] for kind in group))
        for group in SPOKEN
        if sum(kinds[kind] for kind in group)
    ]
    return words("ad.summary.joint").join(parts) or words("ad.summary.none")


def _origin(ranking: Ranking, words: Words) -> str:
    share = ranking.by_ads
    return words(
        "ad.origin",
        n=words.count(share.denominator),
        paid=words.percent(share.value),
        organic=words.percent(None if share.value is None else 1 - share.value),
    )


def _idle(ranking: Ranking, words: Words) -> list[str]:
    idle = ranking.without_people
    if not idle:
        return []
    named = words("ad.codes.joint").join(
        f"{escape(cut(ad.code, CODE_CHARACTERS))} {words.money(ad.spend)}" for ad in idle[:5]
    )
    return [words("ad.idle", n=len(idle), ads=named)]


def _table(ranking: Ranking, words: Words) -> Block:
    rows = [_row(ad, words) for ad in ranking.ads[:ROWS]]
    unknown = ranking.unknown
    rows.append([words("ad.unknown"), "", *_sums(unknown, words.money(None), words), "", ""])
    drawn = table([words(f"ad.column.{name}") for name in COLUMNS], rows, ALIGN)
    # Codes and amounts stay on one line; Slack scrolls a wide table sideways.
    return drawn | {"column_settings": [{"align": side, "is_wrapped": False} for side in ALIGN]}


def _row(ad: RankedAd, words: Words) -> list[str]:
    cpa = None if ad.verdict.cpa is None else ad.verdict.cpa.value
    return [
        cut(ad.code, CODE_CHARACTERS),
        words.money(ad.spend),
        *_sums(ad.sums, words.money(cpa), words),
        words(f"ad.short.{ad.verdict.kind.value}"),
        state_name(ad.state, words),
    ]


def _sums(sums: AdSums, cpa: str, words: Words) -> list[str]:
    ltv = sums.ltv_total / sums.ltv_n if sums.ltv_n else None
    return [words.count(sums.new_persons), cpa, words.percent(sums.f2.value), words.money(ltv)]


def _highlight(ad: RankedAd, words: Words) -> str:
    return words(
        "ad.highlight",
        ad=escape(cut(ad.code, CODE_CHARACTERS)),
        verdict=words(f"ad.verdict.{ad.verdict.kind.value}"),
        evidence=evidence(ad.verdict, words),
    )


def _period(asked: Asked, words: Words) -> str:
    query = asked.query
    first, last = query.first_from or asked.data_from, query.first_to or asked.as_of
    return words("ad.between", first=words.day(first), last=words.day(min(last, asked.as_of)))


def _buttons(asked: Asked, words: Words) -> Block:
    again = Again("ad", asked.query.typed(), asked.as_of)
    return actions(
        [
            button(words("button.share"), SHARE, again.value(), "primary"),
            button(words("ad.button.alerts"), ALERTS, "alerts"),
        ]
    )


ALERTS = "ad.alerts"
