"""The weekly PDCA post (週報): measured, decided, overdue, and how fresh the data is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import Engine

from bot.charts import weekly as charts
from bot.messages import Words
from bot.metrics import ad
from bot.metrics.ad_ranking import Ranking, rank
from bot.metrics.ad_week import compare
from bot.metrics.weekly import Weekly, measure
from bot.periods import day_number, iso_week, last_sunday, week_from
from bot.reports import Answer
from bot.views import weekly as view
from bot.views.kit import Picture
from store.books import Books
from store.decision_log import Logged, decisions_since, overdue_rechecks
from store.shelf import Facts, NoOrders

STALE_DAYS = 3
"""Data that ends earlier than this before yesterday is called old, even when it holds the whole last week."""
LATE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """For which week the post is made: its period, when it was planned, and older weeks that were never posted."""

    period: str
    planned_at: datetime | None = None
    missed: Sequence[str] = ()


def weekly(
    books: Books,
    engine: Engine,
    words: Words,
    *,
    now: datetime,
    occasion: Occasion | None = None,
    shareable: bool = False,
) -> Answer:
    """The summary of the last complete week (Monday to Sunday) that the data covers, as of its Sunday.

    Both this week's and last week's figures come from the facts as of that Sunday (see bot.metrics.weekly).
    """
    local = now.astimezone(books.zone)
    occasion = occasion or Occasion(period=iso_week(local.date()))
    try:
        newest = books.facts()
    except NoOrders:
        data = {"report": "weekly", "period": occasion.period, "result": [], "snapshot": ""}
        return Answer("weekly", view.no_orders(occasion.period, words), data)
    sunday = last_sunday(min(newest.as_of, _before(local.date())))
    facts = books.facts(sunday)
    result = measure(facts.shop, day_number(sunday))
    names = {product.number: product.name for product in books.products()}
    day_start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    sheet = view.Sheet(
        period=occasion.period,
        result=result,
        products={figure.product_id: names.get(figure.product_id, "") for figure in result.figures},
        decisions=_verdicts(decisions_since(engine, books.team, day_start - timedelta(days=7), now), books, words),
        overdue=_verdicts(overdue_rechecks(engine, books.team, local.date()), books, words),
        ads=compare(_ranking(books, facts, sunday), _ranking(books, facts, sunday - timedelta(days=7))),
        data_through=newest.as_of,
        synced_at=newest.synced_at.astimezone(books.zone),
        snapshot=facts.snapshot,
        stale=_stale(newest.as_of, local.date()),
        missed=tuple(occasion.missed),
    )
    sheet = _lateness(sheet, occasion, local)
    message = view.answer(sheet, words, shareable=shareable)
    return Answer("weekly", replace(message, pictures=_pictures(result, words)), view.as_json(sheet, words))


def _before(day: date) -> date:
    return day - timedelta(days=1)


def _stale(data_through: date, today: date) -> bool:
    expected = _before(today)
    return data_through < last_sunday(expected) or (expected - data_through).days > STALE_DAYS


def _lateness(sheet: view.Sheet, occasion: Occasion, local: datetime) -> view.Sheet:
    """The sheet, saying so when it comes late."""
    planned = occasion.planned_at
    if planned is None or local - planned <= LATE_AFTER:
        return sheet
    last_week = week_from(iso_week(local.date())) > week_from(occasion.period)
    return replace(sheet, planned_at=planned.astimezone(local.tzinfo), last_week=last_week)


def _verdicts(decisions: Sequence[Logged], books: Books, words: Words) -> list[view.Verdict]:
    return [
        view.Verdict(
            subject=decision.subject,
            choice=_choice(decision, words),
            reason=decision.reason,
            decided_by=decision.decided_by,
            day=decision.decided_at.astimezone(books.zone).date(),
            recheck_on=decision.recheck_on,
        )
        for decision in decisions
    ]


def _choice(decision: Logged, words: Words) -> str:
    known = {"panel": "panel.choice", "ad": "ad.decide"}
    return words(f"{known[decision.kind]}.{decision.decision}")


def _ranking(books: Books, facts: Facts, day: date) -> Ranking:
    """The ads as of that day."""
    settings = books.settings()
    permille = settings.margin_permille
    scan = ad.measure(facts.shop, day_number(day))
    return rank(
        scan,
        ad.alerts_through(scan.weekly, ad.last_whole_week(day_number(day))),
        books.ads(),
        books.spend(day),
        margin_rate=None if permille is None else Fraction(permille, 1000),
        target_profit=settings.target_profit,
        today=day,
    )


def _pictures(result: Weekly, words: Words) -> tuple[Picture, ...]:
    pictures = []
    drawn = [week for week in result.f2_weeks if week.f2.denominator]
    if len(drawn) > 1:
        last = drawn[-1].f2
        alt = words("weekly.chart.f2.alt", rate=words.percent(last.value), n=words.count(last.denominator))
        pictures.append(Picture("weekly-f2.png", alt, charts.f2(result, words)))
    if len(result.sales_weeks) > 1:
        week = result.sales_weeks[-1]
        share = words.percent(week.repeat_share)
        alt = words("weekly.chart.sales.alt", sales=words.money(week.net_sales), share=share)
        pictures.append(Picture("weekly-sales.png", alt, charts.sales(result, words)))
    return tuple(pictures)
