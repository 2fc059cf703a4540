"""The messages of LTV, repeat, cohorts and asking back, as JSON that can be checked and drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.cohort_matrix import MonthCohort
from bot.metrics.intervals import Interval, Ratio
from bot.metrics.ltv import Ltv
from bot.metrics.repeat import Repeat, Rung
from bot.metrics.survival import F2Estimate
from bot.query import Query
from bot.views import cohort, explain, ltv, picker, repeat
from bot.views.framing import Again
from bot.views.plain import as_json

GOLDEN = Path(__file__).parents[1] / "golden"
HOSTILE = "*限定* <b>セット</b> & <!channel>"


def asked(report: str, **changed: Any) -> Asked:
    words: dict[str, Any] = {
        "report": report,
        "query": Query(product="BIY-001"),
        "subject": "しっとり美容液 30ml",
        "window": 365 if report == "ltv" else 90,
        "as_of": date(2026, 11, 21),
        "data_from": date(2024, 11, 22),
        "synced_at": datetime(2026, 11, 22, 9, 5, tzinfo=ZoneInfo("Asia/Tokyo")),
        "snapshot": "r000012-4f3a1c",
        "currency": "JPY",
        "zone": "Asia/Tokyo",
        "left_out": {"cancelled": 684, "test": 38, "sample": 0},
    }
    return Asked(**(words | changed))


LTV = Ltv(
    window=365,
    persons=4864,
    occasions=12606,
    net_sales=94_000_119,
    squares=3_100_000_000_000,
    top_persons=49,
    top_sales=4_470_000,
    unknown_ad=887,
    left_out_immature=4494,
    next_mature_day=20_779,
    maybe_earlier=612,
)
YOUNG = F2Estimate(
    window=90, persons=900, returned=250, at_risk=300, rate=0.297, interval=Interval(0.27, 0.33), enough=True
)
REPEAT = Repeat(
    window=90,
    f2=Ratio(10_191, 34_044),
    ladder=(Rung(1, Ratio(10_191, 34_044)), Rung(2, Ratio(4_394, 10_191))),
    unknown_ad=6262,
    left_out_immature=4726,
    next_mature_day=20_779,
    young=YOUNG,
)
COHORTS = tuple(
    MonthCohort(660 + at, 400 - 10 * at, tuple(400 // (k + 1) for k in range(14 - at)), tuple(range(14 - at)))
    for at in range(14)
)
NEAR = [("product-x", "product-x しっとり美容液"), ("SET-9", HOSTILE)]


def few(result: Ltv | Repeat) -> Any:
    """The same with too few people."""
    if isinstance(result, Ltv):
        return Ltv(**{f: getattr(result, f) for f in result.__dataclass_fields__} | {"persons": 12, "occasions": 14})
    return Repeat(**{f: getattr(result, f) for f in result.__dataclass_fields__} | {"f2": Ratio(3, 12), "young": None})


def messages(language: str) -> Mapping[str, Any]:
    words = Words(language, "JPY")
    hostile = asked("ltv", subject=HOSTILE, query=Query(product="SET-9", ad="<http://x|y>", channel="web"))
    data = as_json(asked("ltv"), words, ltv.result_json(LTV, words), {"immature_persons": 4494})
    return {
        "ltv": ltv.answer(LTV, asked("ltv"), words),
        "ltv_hostile": ltv.answer(LTV, hostile, words),
        "ltv_not_yet": ltv.answer(few(LTV), asked("ltv"), words, decidable_on=date(2027, 1, 5)),
        "repeat": repeat.answer(REPEAT, asked("repeat", subject=None, query=Query()), words),
        "repeat_not_yet": repeat.answer(few(REPEAT), asked("repeat"), words),
        "cohort": cohort.answer(COHORTS, asked("cohort"), words),
        "picker": picker.picker("ltv", "window=180", NEAR, words),
        "nearest": picker.nearest("ltv", "<prodct>", "window=180", NEAR, words),
        "explain": explain.explained(Again("ltv", "BIY-001", date(2026, 11, 21)), data, words),
    }


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", list(messages("ja")))
def test_the_message_is_the_one_agreed_on(name: str, language: str) -> None:
    found = messages(language)[name]
    sent = found if isinstance(found, dict) else {"text": found.text, "blocks": found.blocks}
    path = GOLDEN / f"report_{name}{'' if language == 'ja' else '_en'}.json"
    text = json.dumps(sent, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_outside_text_is_shown_and_never_interpreted() -> None:
    message = messages("ja")["ltv_hostile"]
    mrkdwn = [t["text"] for b in message.blocks for t in _texts(b) if t.get("type") == "mrkdwn"]
    for text in [*mrkdwn, message.text]:
        assert "<!channel>" not in text
        assert "<http" not in text
    assert "&lt;!channel&gt;" in message.text


def test_too_few_people_get_no_number_but_a_date() -> None:
    message = messages("ja")["ltv_not_yet"]
    assert "まだ判断できません" in message.text
    assert "2027年1月5日" in message.text
    assert "あと18人" in message.text


def _windows(message: Any) -> list[str]:
    return [element["text"]["text"] for element in message.blocks[-1]["elements"] if ".run.w" in element["action_id"]]


def test_where_people_are_too_young_shorter_windows_are_offered() -> None:
    this_year = asked("ltv", query=Query(product="BIY-001", first_from=date(2026, 1, 1)))
    assert _windows(ltv.answer(few(LTV), this_year, Words("ja", "JPY"))) == ["180日で見る", "90日で見る"]
    last_month = asked("repeat", query=Query(first_from=date(2026, 10, 1)))
    assert _windows(repeat.answer(few(REPEAT), last_month, Words("ja", "JPY"))) == ["30日で見る"]
    assert _windows(ltv.answer(LTV, this_year, Words("ja", "JPY"))) == []


def test_a_shop_of_too_few_people_is_offered_no_other_window() -> None:
    tiny = replace(few(LTV), left_out_immature=3)
    assert _windows(ltv.answer(tiny, asked("ltv"), Words("ja", "JPY"))) == []


def test_the_numbers_for_programs_are_exact() -> None:
    result = ltv.result_json(LTV, Words("ja", "JPY"))
    assert (result["net_sales"], result["ltv"]) == ("94000119", "19325.682360")
    assert ltv.result_json(LTV, Words("en", "USD"))["net_sales"] == "940001.19"


def _texts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [t for v in value for t in _texts(v)]
    if not isinstance(value, dict):
        return []
    own = [value] if isinstance(value.get("text"), str) else []
    return own + [t for v in value.values() for t in _texts(v)]
