"""The one road from a question to an answer, for the command, the button, the schedule and `bot ask` alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from ibis.expr import types as ir

from bot import ad_report
from bot.asked import Asked
from bot.charts import curves
from bot.errors import UserError
from bot.messages import Words
from bot.metrics import cohort_matrix, left_out, ltv, repeat
from bot.metrics.cohort import WHOLE_SHOP, Cohort, day_reached
from bot.metrics.intervals import MINIMUM_N
from bot.periods import day_number, day_of, last_whole_month
from bot.query import Query, parse
from bot.views import cohort as cohort_view
from bot.views import ltv as ltv_view
from bot.views import repeat as repeat_view
from bot.views.kit import Message, Picture
from bot.views.plain import as_json
from store.books import Books, Named
from store.shelf import Facts, NoOrders
from store.vocabulary import UNKNOWN, Channel, LeftOut

DEFAULT_WINDOWS = {
    "ltv": ltv.DEFAULT_WINDOW,
    "repeat": repeat.DEFAULT_WINDOW,
    "cohort": ltv.DEFAULT_WINDOW,
    "ad": ad_report.WINDOW,
}


@dataclass(frozen=True)
class Answer:
    """What a report says: to Slack as a message, to a program as JSON."""

    report: str
    message: Message
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A question made ready: the frame, the occasions of its basis, and the persons it is about."""

    asked: Asked
    track: ir.Table
    cohort: Cohort
    words: Words

    @property
    def day(self) -> int:
        """`as_of` as days since 1970-01-01."""
        return day_number(self.asked.as_of)

    def decidable_on(self, people: int) -> date | None:
        """When the minimum of mature people will be reached, given that there are `people` now."""
        day = day_reached(self.track, self.cohort, self.asked.window, self.day, MINIMUM_N - people)
        return None if day is None else day_of(day)


def run_report(report: str, text: str, books: Books, words: Words, *, today: date, as_of: date | None = None) -> Answer:
    """Answer `report` for the words a person typed. Raises UserError where they cannot be answered."""
    return REPORTS[report](parse(text), books, words, today=today, as_of=as_of)


def prepare(
    report: str, query: Query, books: Books, words: Words, *, today: date, as_of: date | None = None
) -> Question:
    """Look up what the question names and take the facts it is asked of."""
    facts = _facts(books, today, as_of)
    if query.missing:
        raise UserError("query.product_missing", report=report)
    product = None if query.product is None else find_product(books, query.product)
    cohort = Cohort(
        product_id=WHOLE_SHOP if product is None else product.number,
        channel=None if query.channel is None else _channel(query.channel),
        ad_id=None if query.ad is None else _ad_number(books, query.ad),
        first_from=None if query.first_from is None else day_number(query.first_from),
        first_to=None if query.first_to is None else day_number(query.first_to),
    )
    named = query if product is None else replace(query, product=product.label)
    asked = _frame(report, named, None if product is None else product.name, facts, books, cohort.product_id)
    return Question(asked, facts.track(query.basis), cohort, words)


def judge_ads(query: Query, books: Books, words: Words, *, today: date, as_of: date | None = None) -> ad_report.Judged:
    """The judgement of all ads or of one: the report `ad` before it is put into words."""
    facts = _facts(books, today, as_of)
    named = ad_report.about(query, books)
    return ad_report.judge(_frame("ad", named, named.ad, facts, books, WHOLE_SHOP), facts, books, words)


class ProductUnknown(UserError):
    """No product is called so; `near` are those that come nearest."""

    def __init__(self, text: str, near: list[Named]) -> None:
        super().__init__("query.no_product", product=text, near=", ".join(p.label for p in near) or "–")
        self.near = near


def find_product(books: Books, text: str) -> Named:
    """The product a person named by sku or name; raises ProductUnknown with the nearest ones."""
    found = books.find_product(text)
    if isinstance(found, list):
        raise ProductUnknown(text, found)
    return found


def _ltv(question: Question) -> Answer:
    asked, words = question.asked, question.words
    result = ltv.measure(question.track, question.cohort, asked.window, question.day, day_number(asked.data_from))
    steps = ltv.curve(question.track, question.cohort, asked.window, question.day)
    wait = None if result.decidable else question.decidable_on(result.persons)
    message = ltv_view.answer(result, asked, words, decidable_on=wait)
    if result.decidable:
        picture = Picture("ltv.png", words("ltv.chart.alt"), curves.ltv(result, steps, asked, words))
        message = replace(message, pictures=(picture,))
    return Answer("ltv", message, as_json(asked, words, ltv_view.result_json(result, words), _persons_left_out(result)))


def _repeat(question: Question) -> Answer:
    asked, words = question.asked, question.words
    result = repeat.measure(question.track, question.cohort, asked.window, question.day, day_number(asked.data_from))
    steps = repeat.curve(question.track, question.cohort, asked.window, question.day)
    wait = None if result.decidable else question.decidable_on(result.f2.denominator)
    message = repeat_view.answer(result, asked, words, decidable_on=wait)
    if result.decidable:
        picture = Picture("repeat.png", words("repeat.chart.alt"), curves.repeat(result, steps, asked, words))
        message = replace(message, pictures=(picture,))
    data = as_json(asked, words, repeat_view.result_json(result), _persons_left_out(result))
    return Answer("repeat", message, data)


def _cohort(question: Question) -> Answer:
    asked, words = question.asked, question.words
    cohorts = cohort_matrix.measure(question.track, question.cohort, last_whole_month(asked.as_of))
    message = cohort_view.answer(cohorts, asked, words)
    return Answer("cohort", message, as_json(asked, words, cohort_view.result_json(cohorts, words), {}))


def _ad(query: Query, books: Books, words: Words, *, today: date, as_of: date | None) -> Answer:
    judged = judge_ads(query, books, words, today=today, as_of=as_of)
    return Answer("ad", ad_report.message(judged), ad_report.data(judged))


class Report(Protocol):
    """Answers a question about a team's books."""

    def __call__(self, query: Query, books: Books, words: Words, *, today: date, as_of: date | None) -> Answer: ...


def _of_cohort(report: str, answer: Callable[[Question], Answer]) -> Report:
    """A report about one cohort of persons."""

    def run(query: Query, books: Books, words: Words, *, today: date, as_of: date | None) -> Answer:
        return answer(prepare(report, query, books, words, today=today, as_of=as_of))

    return run


REPORTS: Mapping[str, Report] = {
    "ltv": _of_cohort("ltv", _ltv),
    "repeat": _of_cohort("repeat", _repeat),
    "cohort": _of_cohort("cohort", _cohort),
    "ad": _ad,
}


def _facts(books: Books, today: date, as_of: date | None) -> Facts:
    if as_of is not None and as_of > today:
        raise UserError("query.future", day=as_of.isoformat())
    try:
        return books.facts(as_of)
    except NoOrders:
        raise UserError("report.no_orders") from None


def _frame(report: str, query: Query, subject: str | None, facts: Facts, books: Books, product_id: int) -> Asked:
    return Asked(
        report=report,
        query=query,
        subject=subject,
        window=query.window or DEFAULT_WINDOWS[report],
        as_of=facts.as_of,
        data_from=facts.data_from,
        synced_at=facts.synced_at.astimezone(books.zone),
        snapshot=facts.snapshot,
        currency=books.currency,
        zone=books.zone.key,
        left_out=_left_out(facts, product_id),
    )


def _persons_left_out(result: ltv.Ltv | repeat.Repeat) -> dict[str, int]:
    return {"immature_persons": result.left_out_immature}


def _left_out(facts: Facts, product_id: int) -> dict[str, int]:
    counted = left_out.count(facts.left_out, product_id, day_number(facts.as_of))
    return {reason.name.lower(): counted.get(int(reason), 0) for reason in LeftOut}


def _channel(word: str) -> int:
    return UNKNOWN if word == "unknown" else int(Channel[word.upper()])


def _ad_number(books: Books, code: str) -> int:
    if code in ("unknown", "不明", "なし"):
        return UNKNOWN
    found = books.find_ad(code)
    if isinstance(found, list):
        raise UserError("query.no_ad", ad=code, near=", ".join(ad.label for ad in found) or "–")
    return found.number
