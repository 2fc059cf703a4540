"""What people see of the ads; the golden files are what is sent to Slack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bot.asked import Asked
from bot.messages import Words, catalogue
from bot.metrics.ad import AdSums, Scan
from bot.metrics.ad_ranking import Ranking, rank
from bot.metrics.intervals import Ratio
from bot.metrics.repeat_alert import AdCheck, AdState, Replay, State
from bot.query import Query
from bot.views import ad as view
from bot.views import ad_alert, ad_decision, ad_one, ad_plain
from bot.views.ad_alert import Answering, Fallen, Standing
from bot.views.ad_decision import CHOICES, Deciding, DecisionShown
from bot.views.kit import Message

GOLDEN = Path(__file__).parents[1] / "golden"
JA, EN = Words("ja"), Words("en")
HOSTILE = "<!channel> *x* & <https://example.jp|y>"
AS_OF = date(2026, 11, 21)
WEEK = 2967
"""2026-W47."""


def sums(new: int, f2: float, ltv: int, *, mature: float = 0.5) -> AdSums:
    """An ad's people: of half of them the year is over, with net sales around `ltv`."""
    n, f2_n = round(new * mature), round(new * 0.8)
    return AdSums(
        new_persons=new,
        recent=new // 26,
        first_sales=new * 5000,
        year_sales=new * ltv * 3 // 4,
        waiting=new - n,
        ltv_n=n,
        ltv_total=n * ltv,
        ltv_squares=n * (ltv**2 + (ltv // 2) ** 2),
        repeaters=n // 3,
        later_sales=n * max(ltv - 5000, 0),
        f2_n=f2_n,
        f2_returned=round(f2_n * f2),
    )


ADS: dict[int, tuple[str, int | None, AdSums]] = {
    1: ("TV-SHOP", 33_300_000, sums(1600, 0.20, 9200)),
    2: ("FB-SKIN-02", 26_900_000, sums(2700, 0.31, 15_000)),
    3: ("GGL-BRAND", 20_300_000, sums(2400, 0.42, 19_500)),
    4: ("CPN-GIVEAWAY", 6_000_000, sums(2900, 0.04, 2200)),
    5: (HOSTILE, 900_000, sums(60, 0.30, 15_000, mature=0.2)),
    6: ("NEW-BANNER", 250_000, sums(0, 0, 0)),
    7: ("FLYER", None, sums(300, 0.35, 16_000)),
}


def check(ad: int, now: tuple[int, int] = (37, 210), before: tuple[int, int] = (749, 2366)) -> AdCheck:
    return AdCheck(
        ad_id=ad, week=WEEK, window=Ratio(*now), baseline=Ratio(*before), p_value=0.0000069, significant=True
    )


def ranking(margin: Fraction | None = Fraction(6, 10)) -> Ranking:
    unknown = sums(7100, 0.36, 24_500)
    scan = Scan({0: unknown, **{number: each for number, (_, _, each) in ADS.items()}}, None)  # type: ignore[arg-type]
    states = {2: AdState(state=State.ALERTING, since=WEEK, checked=WEEK)}
    states |= {n: AdState(state=State.OK, since=WEEK, checked=WEEK) for n in (1, 3, 4)}
    return rank(
        scan,
        Replay(states, (), (check(2),)),
        {number: code for number, (code, _, _) in ADS.items()},
        {number: cost for number, (_, cost, _) in ADS.items() if cost is not None},
        margin_rate=margin,
        target_profit=500,
        today=AS_OF,
    )


def asked(**words: Any) -> Asked:
    return Asked(
        report="ad",
        query=Query(**words),
        subject=words.get("ad"),
        window=365,
        as_of=AS_OF,
        data_from=date(2024, 11, 22),
        synced_at=datetime(2026, 11, 22, 0, 0, tzinfo=UTC),
        snapshot="r000001-abcdef",
        currency="JPY",
        zone="Asia/Tokyo",
        left_out={"cancelled": 2245, "test": 360, "sample": 1151},
    )


def one(
    number: int, payback: int | None = None, margin: Fraction | None = Fraction(6, 10), words: Words = JA
) -> Message:
    ads = ranking(margin)
    found = ads.find(number)
    assert found is not None
    return ad_one.answer(found, ads, payback, asked(ad=found.code), words)


def fallen(number: int = 2, code: str = "FB-SKIN-02", worth: int | None = 24_480) -> Fallen:
    return Fallen(code=code, check=check(number), worth=None if worth is None else Fraction(worth))


def decision(code: str = "CPN-GIVEAWAY") -> DecisionShown:
    found = ranking().find(4)
    assert found is not None
    return DecisionShown(
        number=12,
        code=code,
        choice="stop",
        reason="F2が4%しかない",
        decided_by="U0ADS0001",
        recheck_on=date(2026, 12, 22),
        evidence={"as_of": AS_OF.isoformat(), "figures": ad_plain.ad_json(found, "JPY")},
    )


def golden() -> Mapping[str, Any]:
    """Everything that is sent, by the name of its file."""
    key = "alert:FB-SKIN-02:2026-W47"
    standings = [
        Standing(code="GGL-BRAND", state=State.OK, check=check(3, (75, 178), (800, 1900))),
        Standing(code="FB-SKIN-02", state=State.ALERTING, check=check(2)),
        Standing(code="RADIO-AM", state=State.WATCHING, check=check(8, (9, 38), (100, 420))),
        Standing(code=HOSTILE, state=State.NO_DATA, check=check(9, (0, 0), (0, 0))),
    ]
    several = [fallen(), fallen(3, "GGL-BRAND", None)]
    messages = {
        "all": view.answer(ranking(), asked(), JA),
        "all_en": view.answer(ranking(), asked(), EN),
        "all_no_margin": view.answer(ranking(None), asked(first_from=date(2026, 1, 1)), JA),
        "one_cheap": one(4),
        "one_increase": one(3, 1),
        "one_hostile": one(5),
        "one_nobody": one(6),
        "one_no_spend": one(7, margin=None),
        "one_en": one(1, words=EN),
        "nearest": view.nearest(HOSTILE, ["FB-SKIN-01", "FB-SKIN-02"], JA),
        "none_near": view.nearest("zzz", [], JA),
        "alert": ad_alert.fall([fallen()], key, JA),
        "alert_several": ad_alert.fall(several, "alert:FB-SKIN-02+GGL-BRAND:2026-W47", JA),
        "alert_shop": ad_alert.shop_fall([*several, fallen(5, HOSTILE)], "shop-alert:2026-W47", JA),
        "alert_recovered": ad_alert.recovery([fallen()], JA),
        "alert_en": ad_alert.fall([fallen()], key, EN),
        "alerts": ad_alert.states(standings, WEEK, Ratio(2, 3), None, JA),
        "alerts_stale": ad_alert.states([], WEEK, Ratio(0, 0), date(2026, 11, 1), JA),
        "decided": ad_decision.recorded(decision(), JA),
        "decided_shared": ad_decision.shared(decision(HOSTILE), JA),
    }
    forms = {
        f"form_{choice}": ad_decision.decision_form(
            Deciding(code="CPN-GIVEAWAY", choice=choice, as_of=AS_OF, channel="C1"), date(2026, 11, 22), JA
        )
        for choice in CHOICES
    }
    return {name: {"text": each.text, "blocks": each.blocks} for name, each in messages.items()} | forms


@pytest.mark.parametrize("name", sorted(golden()))
def test_messages_and_forms_are_sent_as_they_were_looked_at(name: str) -> None:
    made = json.dumps(golden()[name], ensure_ascii=False, indent=1) + "\n"
    file = GOLDEN / f"ad_{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(made, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == made


def test_names_from_outside_are_shown_and_never_interpreted() -> None:
    for name in ("all", "one_hostile", "alert_shop", "decided_shared", "nearest"):
        for text in mrkdwn_of(golden()[name]):
            assert "<!channel>" not in text, name
            assert "<https" not in text, name


def test_an_ad_table_of_twenty_is_small_enough_for_slack() -> None:
    ads = ranking()
    many = Ranking(
        ads=(ads.ads * 3)[:20], unknown=ads.unknown, margin_rate=ads.margin_rate, target_profit=ads.target_profit
    )
    assert len(json.dumps(view.answer(many, asked(), JA).blocks, ensure_ascii=False)) < 13_000


def test_the_best_ad_is_not_hidden_behind_the_bad_ones() -> None:
    assert [ad.code for ad in ranking().highlights] == ["CPN-GIVEAWAY", "TV-SHOP", "GGL-BRAND"]


def test_buttons_carry_what_they_stand_for_there_and_back() -> None:
    deciding = Deciding(code='広告 "A"', choice="keep", as_of=AS_OF)
    assert Deciding.read(deciding.value()) == deciding
    assert Deciding.read(deciding.value(), "C9").channel == "C9"
    answering = Answering(key="alert:A:2026-W48", code=None)
    assert Answering.read(answering.value()) == answering


def test_both_languages_say_the_same_things_with_the_same_figures() -> None:
    ja, en = ({k: v for k, v in catalogue(each).items() if k.startswith("ad.")} for each in ("ja", "en"))
    assert ja.keys() == en.keys()
    assert {k: placeholders(v) for k, v in ja.items()} == {k: placeholders(v) for k, v in en.items()}


def placeholders(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


def mrkdwn_of(thing: Any) -> list[str]:
    """Every text that Slack would interpret, the fallback included."""
    if isinstance(thing, Mapping):
        own = [thing["text"]] if thing.get("type") == "mrkdwn" or ("blocks" in thing and "text" in thing) else []
        return [*own, *(text for value in thing.values() for text in mrkdwn_of(value))]
    return [text for each in thing for text in mrkdwn_of(each)] if isinstance(thing, list) else []
