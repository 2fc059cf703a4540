"""`/ad` in a workspace: the table, one ad, a decision with its reason, an answer to an alert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from sqlalchemy import Engine, select

from bot.ad_alerts import check_alerts
from bot.speaker import post
from handlers import ad, reports
from handlers.deps import Deps
from localslack.manifest import Command, Manifest
from store.decisions import alerts_answered
from store.shelf import Shelf
from store.tables import decisions
from store.teams import HOME
from tests.ads import load_spend, people, shop_at, spend, through
from tests.handlers.conftest import SCOPES, Office, buttons_of
from tests.localslack.running import PLANS, running

TODAY = date(2026, 6, 1)
WEEKS = 60
FALL = 44


@pytest.fixture
def ads_office(tmp_path: Path, engine: Engine) -> Iterator[Office]:
    """A workspace whose shop has a steady ad, a falling one and one that is cheap and never repeats."""
    shop = shop_at(engine, tmp_path, TODAY)
    rows = [
        *people("STEADY-01", WEEKS, 30, lambda week: 10),
        *people("FB-SKIN-02", WEEKS, 30, lambda week: 10 if week < FALL else 2),
        *people("CPN-GIVEAWAY", WEEKS, 30, lambda week: 1, price=800),
        *through(TODAY - timedelta(days=1)),
    ]
    shop.load(rows)
    load_spend(shop, spend({"STEADY-01": 9_000_000, "FB-SKIN-02": 9_500_000, "CPN-GIVEAWAY": 2_000_000}))
    deps = Deps(
        engine=engine,
        shelf=Shelf(engine, tmp_path / "facts"),
        clock=lambda: shop.now,
        zone=ZoneInfo("Asia/Tokyo"),
        language="ja",
        team_of=lambda body: HOME,
    )

    def register(app: App) -> None:
        ad.register(app, deps)
        reports.register(app, deps)

    manifest = Manifest(commands=(Command("/ad", "広告", "", False),), scopes=SCOPES)
    with running(tmp_path / "workspace", register, manifest=manifest) as slack:
        yield Office(slack, deps)


def recorded(office: Office) -> list[Any]:
    with office.deps.engine.connect() as connection:
        return list(connection.execute(select(decisions).order_by(decisions.c.id)))


def client(office: Office) -> WebClient:
    return office.slack.client


def test_the_table_is_for_the_asker_and_shows_the_cheap_ad(ads_office: Office) -> None:
    ads_office.command("/ad")
    message = ads_office.message("広告の判定")
    assert ads_office.private(message)
    assert "安いがリピートしない" in message["shown"]
    assert [b["type"] for b in message["blocks"]].count("table") == 1
    assert message["blocks"][-1]["type"] == "image"


def test_one_ad_and_the_way_back_to_all(ads_office: Office) -> None:
    ads_office.command("/ad fb-skin-02")
    message = ads_office.message("広告 FB-SKIN-02")
    assert "CPA" in message["shown"]
    ads_office.press(message, "report.run.3")
    assert "止める候補" in ads_office.message("広告の判定：")["shown"]


def test_a_misspelt_code_brings_buttons_that_answer(ads_office: Office) -> None:
    ads_office.command("/ad FB-SKIN-2 ")
    message = ads_office.message("もしかして")
    ads_office.press(message, buttons_of(message)[0])
    assert ads_office.message("広告 FB-SKIN-02：")


def test_words_that_mean_nothing_are_answered_with_a_sentence(ads_office: Office) -> None:
    ads_office.command("/ad all window=30")
    assert "window=" in ads_office.message("使えません")["shown"]


def test_a_decision_is_recorded_with_its_evidence_told_and_shared(ads_office: Office) -> None:
    ads_office.command("/ad CPN-GIVEAWAY")
    message = ads_office.message("広告 CPN-GIVEAWAY")
    ads_office.press(message, "ad.decide.stop")
    form = ads_office.modal()
    assert "広告の管理画面には触りません" in str(form)
    assert form["blocks"][3]["element"]["initial_date"] == "2026-07-01"
    assert "reason" in ads_office.submit({"reason": "   ", "recheck": "2026-07-15"})
    assert "recheck" in ads_office.submit({"reason": "割に合わない", "recheck": "2026-06-01"})
    assert recorded(ads_office) == []
    assert ads_office.submit({"reason": "割に合わない <!channel>", "recheck": "2026-07-15"}) == {}
    told = ads_office.message("と記録しました")
    assert ads_office.private(told)
    assert "2026年7月15日" in told["shown"]
    (kept,) = recorded(ads_office)
    assert (kept.kind, kept.decision, kept.reason) == ("ad", "stop", "割に合わない <!channel>")
    assert kept.evidence["as_of"] == "2026-05-31"
    assert kept.evidence["figures"]["code"] == "CPN-GIVEAWAY"
    assert kept.evidence["figures"]["verdict"] == "stop_cheap_no_repeat"
    assert kept.evidence["definition"]["window"] == 365
    assert kept.evidence["snapshot"]
    ads_office.press(told, "ad.decision.share")
    shared = ads_office.message("と決めました")
    assert not ads_office.private(shared)
    assert "<!channel>" not in shared["text"]


def test_an_alert_is_answered_and_counts_in_the_precision(ads_office: Office) -> None:
    deps = ads_office.deps
    told = {
        notice.key: notice
        for week in range(12)
        for notice in check_alerts(
            deps.books(HOME), deps.words(HOME), today=TODAY, as_of=TODAY - timedelta(days=1 + 7 * week)
        )
    }
    assert len(told) == 1
    (notice,) = told.values()
    assert notice.kind == "alert:FB-SKIN-02"
    post(client(ads_office), PLANS, notice.message)
    alert = ads_office.message("FB-SKIN-02 のリピート率が下がっています")
    ads_office.press(alert, "ad.alert.wrong")
    assert ads_office.message("「誤報」と記録しました")
    ads_office.press(alert, "ad.alert.right")
    assert ads_office.message("「正しい」と記録しました")
    assert alerts_answered(deps.engine, HOME) == (1, 1)
    ads_office.command("/ad alerts")
    states = ads_office.message("広告のリピート警報")
    assert "1/1（100%）" in states["shown"]
    assert "警報" in states["shown"]
