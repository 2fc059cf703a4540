"""Monthly cohorts as a message and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.cohort_matrix import MonthCohort
from bot.views.framing import about, buttons, footer
from bot.views.kit import Align, Block, Message, header, section, table
from bot.views.plain import major

COHORTS_SHOWN = 13
MONTHS_SHOWN = (1, 2, 3, 4, 5, 6, 9, 12)


def answer(cohorts: Sequence[MonthCohort], asked: Asked, words: Words) -> Message:
    """The newest cohorts, a row each; cells of months that are not over stay empty."""
    title = words("cohort.title", about=about(asked, words, escaped=False))
    shown = cohorts[-COHORTS_SHOWN:]
    body: list[Block] = [section(words("cohort.headline"))]
    body.append(_table(shown, words) if shown else section(words("cohort.none")))
    text = words("cohort.text", about=about(asked, words), n=len(shown))
    return Message(text=text, blocks=[header(title), *body, *footer(asked, words, 0, None, 0), buttons(asked, words)])


def result_json(cohorts: Sequence[MonthCohort], words: Words) -> dict[str, Any]:
    """All cohorts for a program; money in major units as decimal strings."""
    return {
        "currency": words.currency,
        "cohorts": [
            {
                "month": month_name(c.month),
                "persons": c.persons,
                "active": list(c.active),
                "net_sales": [major(n, words.currency) for n in c.net_sales],
            }
            for c in cohorts
        ],
    }


def month_name(month: int) -> str:
    """2026-01 for months since 1970-01."""
    return f"{1970 + month // 12}-{month % 12 + 1:02}"


def _table(cohorts: Sequence[MonthCohort], words: Words) -> Block:
    headings = [words("cohort.month"), words("cohort.persons")]
    headings += [words("cohort.after", k=k) for k in MONTHS_SHOWN]
    rows = []
    for cohort in cohorts:
        cells = [words.percent(cohort.share(k).value) if k < len(cohort.active) else "" for k in MONTHS_SHOWN]
        rows.append([month_name(cohort.month), words.count(cohort.persons), *cells])
    right: list[Align] = ["right"]
    return table(headings, rows, ["left", *right * (1 + len(MONTHS_SHOWN))])
