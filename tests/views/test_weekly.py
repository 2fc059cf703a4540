"""The weekly post, `/banto`, the App Home and mentions as they are sent; the golden files were looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.mention import Doubtful, Understood
from bot.messages import Words
from bot.metrics.ad_verdict import Kind
from bot.metrics.ad_week import AdsOfWeek, ChangedVerdict, FallingAd
from bot.metrics.intervals import Interval, Ratio
from bot.metrics.ltv import Ltv
from bot.metrics.repeat import Repeat
from bot.metrics.weekly import Figure, Shift, Weekly, WeekOfF2, WeekOfSales
from bot.periods import day_number
from bot.views import banto, home, mention
from bot.views import weekly as view
from bot.views.kit import Message
from store.books import Named

GOLDEN = Path(__file__).parents[1] / "golden"
JA, EN = Words("ja"), Words("en")
TOKYO = ZoneInfo("Asia/Tokyo")
SUNDAY = day_number(date(2026, 11, 22))
HOSTILE = "<!channel> *x* & <https://example.jp|y>"
AT = datetime(2026, 11, 24, 8, 30, tzinfo=TOKYO)
QUIET = Shift(recent=0.297, usual=0.301, n=391, p_value=0.91)


def weekly(**changed: Shift) -> Weekly:
    """Figures of a calm week, except for the shifts given by key."""

    def figure(key: str, now: float, before: float, n: int, **more: Any) -> Figure:
        return Figure(key=key, now=now, before=before, n=n, shift=changed.get(key, QUIET), **more)

    return Weekly(
        ends=SUNDAY,
        figures=(
            figure("f2", 0.3009, 0.3011, 33_728, interval=Interval(0.296, 0.3058)),
            figure("ltv", 15_492.1, 15_496.2, 19_250, interval=Interval(12_997.4, 17_986.8)),
            figure("new_persons", 360, 356, 360),
            figure("net_sales", 7_974_726, 6_739_802, 1043),
            figure("price", 7645.95, 6719.6, 1043),
            figure("repeat_share", 0.758, 0.708, 1043),
            figure("f2_product", 0.366, 0.367, 8262, product_id=30),
            Figure(key="f2_product", now=None, before=None, n=12, shift=None, product_id=6),
        ),
        f2_weeks=tuple(WeekOfF2(ends=SUNDAY - 7 * at, f2=Ratio(110 + at, 380)) for at in (1, 0)),
        sales_weeks=tuple(
            WeekOfSales(
                ends=SUNDAY - 7 * at, new_sales=2_000_000, repeat_sales=5_000_000, new_persons=350, repeat_occasions=650
            )
            for at in (1, 0)
        ),
        immature=4703,
    )


def sheet(result: Weekly | None = None, **changed: Any) -> view.Sheet:
    usual = view.Sheet(
        period="2026-W48",
        result=result or weekly(),
        products={0: "", 30: "product-x しっとり美容液", 6: "お試し美容液 7日分"},
        decisions=(),
        overdue=(),
        ads=AdsOfWeek(),
        data_through=date(2026, 11, 23),
        synced_at=datetime(2026, 11, 24, 6, 0, tzinfo=TOKYO),
        snapshot="r000001-57c86e",
        stale=False,
    )
    return replace(usual, **changed)


def verdict(subject: str = "朝だけ美容液", **changed: Any) -> view.Verdict:
    usual = view.Verdict(
        subject=subject,
        choice="進む",
        reason="指数が2,000を超え、続けたいという声が多かったため",
        decided_by="U0OWNER01",
        day=date(2026, 11, 19),
        recheck_on=None,
    )
    return replace(usual, **changed)


def busy() -> view.Sheet:
    """A week in which everything happened."""
    fall = Shift(recent=0.21, usual=0.301, n=391, p_value=0.0004)
    more = Shift(recent=7_974_726, usual=6_100_000, n=1043, p_value=0.002)
    return sheet(
        weekly(f2=fall, net_sales=more),
        decisions=(verdict(), verdict("FB-SKIN-02", choice="止める", reason="", decided_by="U0ADBUY01")),
        overdue=(verdict("CPN-GIVEAWAY", choice="様子見", recheck_on=date(2026, 11, 20)),),
        ads=AdsOfWeek(
            falling=(FallingAd(code="FB-SKIN-02", baseline=Ratio(300, 1000), window=Ratio(40, 200)),),
            changed=(ChangedVerdict(code="TV-SHOP", before=Kind.HOLD, now=Kind.STOP),),
        ),
        stale=True,
        planned_at=datetime(2026, 11, 24, 8, 30, tzinfo=TOKYO),
        last_week=True,
        missed=("2026-W46", "2026-W47"),
    )


def appointment() -> banto.Appointment:
    return banto.Appointment(channel="C0WEEKLY1", weekday=1, minute_of_day=510, created_by="U0OWNER01", next=AT)


def state() -> banto.State:
    return banto.State(
        running=["orders-<!channel>.csv を書き込んでいます（45.0%）"],
        data_from=date(2024, 11, 22),
        data_through=date(2026, 11, 23),
        imported=banto.Imported(file_name="orders-history.csv", profile="generic", at=AT),
        orders=91_825,
        persons=39_120,
        products=30,
        snapshot="r000001-57c86e",
        appointments=[appointment()],
        margin_permille=625,
        target_profit=1000,
        owner="U0OWNER01",
        version="0.1.0",
    )


NOBODY = replace(
    state(),
    running=[],
    data_from=None,
    data_through=None,
    imported=None,
    orders=0,
    persons=0,
    products=0,
    snapshot=None,
    appointments=[],
    margin_permille=None,
    owner=None,
)


def a_home(*, figures: bool) -> home.Home:
    sheet = home.Home(
        user="U0PLAN001", today=date(2026, 11, 24), appointments=[appointment()], figures=None, running=[]
    )
    if not figures:
        return replace(sheet, appointments=[])
    f2 = Repeat(
        window=90,
        f2=Ratio(10_148, 33_728),
        ladder=(),
        unknown_ad=0,
        left_out_immature=0,
        next_mature_day=None,
        young=None,
    )
    ltv = Ltv(
        window=365,
        persons=19_250,
        occasions=40_000,
        net_sales=298_222_992,
        squares=620_000_000_000_000,
        top_persons=193,
        top_sales=1,
        unknown_ad=0,
        left_out_immature=0,
        next_mature_day=None,
    )
    return home.with_figures(sheet, home.Figures(f2=f2, ltv=ltv, through=date(2026, 11, 23), synced_at=AT))


def posted(message: Message) -> banto.Posted:
    return banto.Posted(
        id=7,
        kind="weekly",
        period="2026-W48",
        channel="C0WEEKLY1",
        at=AT,
        snapshot="r000001-57c86e",
        result={"text": message.text, "blocks": message.blocks, "data": {}},
    )


def golden() -> Mapping[str, Any]:
    """Everything that is sent, by the name of its file."""
    near = (Named(2, "BIY-030", "しっとり美容液 30ml"), Named(3, "BIY-T07", "お試し美容液 7日分"))
    year: dict[str, Any] = {"first_from": date(2026, 1, 1), "first_to": date(2026, 11, 24)}
    calm = view.answer(sheet(), JA)
    messages = {
        "weekly": calm,
        "weekly_now": view.answer(sheet(), JA, shareable=True),
        "weekly_busy": view.answer(busy(), JA),
        "weekly_busy_en": view.answer(busy(), EN),
        "weekly_no_orders": view.no_orders("2026-W48", JA),
        "banto_help": banto.help_text(JA),
        "banto_help_en": banto.help_text(EN),
        "banto_status": banto.status(state(), JA),
        "banto_status_empty": banto.status(NOBODY, JA),
        "banto_weekly_here": banto.scheduled(appointment(), JA, new=True),
        "banto_posts": banto.posts([posted(calm), replace(posted(calm), id=8, kind="alert:FB-SKIN-02")], JA),
        "banto_post_again": banto.reopened(posted(calm), JA),
        "mention_echo": mention.echoed(Message("答え", []), Understood(report="ltv", subject=near[0], **year), JA),
        "mention_which_product": mention.ask_back(
            Doubtful(report="repeat", subject="美容液", near=near, first_from=None, first_to=None), JA
        ),
        "mention_which_report": mention.ask_back(
            Doubtful(report=None, subject="しっとり美容液 30ml", near=near[:1], **year), JA
        ),
    }
    views = {
        "banto_home": home.home(a_home(figures=True), JA),
        "banto_home_empty": home.home(a_home(figures=False), JA),
    }
    return {name: {"text": each.text, "blocks": each.blocks} for name, each in messages.items()} | views


@pytest.mark.parametrize("name", sorted(golden()))
def test_everything_is_sent_as_it_was_looked_at(name: str) -> None:
    file = GOLDEN / f"{name}.json"
    sent = golden()[name]
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(json.dumps(sent, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == sent


def shown(thing: Any) -> str:
    return json.dumps(thing.blocks if isinstance(thing, Message) else thing, ensure_ascii=False)


def test_the_headline_is_the_largest_change_and_calm_without_one() -> None:
    assert "大きな変化はありません" in view.answer(sheet(), JA).text
    rise = Shift(recent=7_974_726, usual=6_100_000, n=1043, p_value=0.002)
    fall = Shift(recent=0.18, usual=0.301, n=391, p_value=0.0001)
    small = Shift(recent=0.29, usual=0.301, n=391, p_value=0.0001)
    assert "純売上（週）が増えました" in view.answer(sheet(weekly(net_sales=rise, f2=small)), JA).text
    assert "F2転換率（90日）が減りました" in view.answer(sheet(weekly(net_sales=rise, f2=fall)), JA).text


def test_an_ad_under_alert_comes_before_everything_else() -> None:
    assert "広告 FB-SKIN-02 のリピート率が下がっています：30.0% → 20.0%" in view.answer(busy(), JA).text


def test_a_change_is_marked_only_where_it_passes_the_gate() -> None:
    rows = next(block for block in view.answer(busy(), JA).blocks if block["type"] == "table")["rows"]
    marks = [row[-1]["text"] for row in rows[1:]]
    assert marks[0].startswith("▼ 先週 21.0%（ふだん 30.1%")
    assert marks[3].startswith("▲ 先週 ¥7,974,726")
    assert marks[1:3] == ["なし", "なし"]
    assert marks[-1] == "まだ判断できません"


def test_names_from_outside_are_shown_and_never_interpreted() -> None:
    hostile = sheet(
        weekly(f2_product=Shift(recent=0.1, usual=0.4, n=300, p_value=0.0001)),
        products={30: HOSTILE, 6: HOSTILE, 0: ""},
        decisions=(verdict(HOSTILE, reason=HOSTILE),),
        overdue=(verdict(HOSTILE, recheck_on=date(2026, 11, 1)),),
        ads=AdsOfWeek(changed=(ChangedVerdict(code=HOSTILE, before=Kind.HOLD, now=Kind.STOP),)),
    )
    message = view.answer(hostile, JA)
    interpreted = [block for block in message.blocks if block["type"] != "table"]
    assert "<!channel>" not in json.dumps(interpreted, ensure_ascii=False)
    assert "<https" not in json.dumps(interpreted, ensure_ascii=False)
    assert "<!channel>" not in message.text
    imported = replace(state(), imported=banto.Imported(file_name=HOSTILE, profile="generic", at=AT))
    assert "<!channel>" not in shown(banto.status(imported, JA))
    asked = Doubtful(report="ltv", subject=HOSTILE, near=(), first_from=None, first_to=None)
    assert "<!channel>" not in shown(mention.ask_back(asked, JA))


def test_the_kept_numbers_say_what_was_posted() -> None:
    kept = view.as_json(busy(), JA)
    assert json.loads(json.dumps(kept)) == kept
    f2, ltv = kept["result"][:2]
    assert (f2["now"], f2["n"], f2["newest_week"]["notable"]) == (0.3009, 33_728, True)
    assert ltv["now"] == "15492.100000"
    assert kept["snapshot"] == "r000001-57c86e"
    assert kept["ads"]["falling"][0]["code"] == "FB-SKIN-02"


def test_the_value_of_an_interval_is_between_its_ends() -> None:
    ltv = a_home(figures=True).figures
    assert ltv is not None
    assert ltv.ltv.interval is not None
    assert ltv.ltv.interval.low < Fraction(ltv.ltv.ltv or 0) < ltv.ltv.interval.high
