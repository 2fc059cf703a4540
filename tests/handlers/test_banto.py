"""`/banto`, the App Home and mentions, typed and pressed by people in a workspace on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import App

from bot.app import one_workspace
from bot.schedule import tick
from handlers import banto, home, mention, reports
from handlers.deps import Deps
from localslack.manifest import Command
from localslack.team import BOT_NAME, TEAM_ID
from store.order_import import SCRATCH
from store.progress import Progress, Stage, under_way
from store.schedules import schedules_of
from store.teams import HOME
from tests.handlers.conftest import words_of
from tests.localslack.running import ADS, GENERAL, MANIFEST, OUTSIDER, OWNER, PLANNER, PLANS, Running, running
from tests.scheduling import duties_for
from tests.shop import TOKYO, Shop, row

NAMES = {"X": "product-x", "Y": "しっとり美容液"}


@dataclass
class Moment:
    """The bot's time, which stands still until a test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """A workspace with the bot in it."""

    slack: Running
    shop: Shop
    deps: Deps
    time: Moment

    def banto(self, text: str, user: str = PLANNER, channel: str = PLANS) -> None:
        self.slack.do("command", user, channel=channel, text=f"/banto {text}")

    def says(self, user: str, text: str, channel: str = PLANS) -> None:
        self.slack.do("command", user, channel=channel, text=text)

    def press(self, message: Any, action_id: str, channel: str = PLANS, user: str = PLANNER) -> None:
        self.slack.do("action", user, channel=channel, ts=message["ts"], action_id=action_id)

    def sees(self, holds: str, channel: str = PLANS, user: str = PLANNER) -> Any:
        """The newest message that says this, waiting for it."""

        def found() -> Any:
            seen = [m for m in reversed(self.slack.seen(user, channel)) if m.get("bot_id")]
            return next((message for message in seen if holds in words_of(message)), None)

        return self.slack.until(found, 6)


def orders() -> list[dict[str, Any]]:
    """Eighty persons, half of whom come back after 30 days; the year begins with product-x."""
    rows = []
    for person in range(80):
        sku = "X" if person % 2 else "Y"
        day = f"2026-0{1 + person % 7}-1{person % 9}"
        rows.append(row(f"a{person}", f"{day}T10:00", f"c{person}", sku=sku, product_name=NAMES[sku], price=3000))
        if person % 4 < 2:
            again = f"2026-0{2 + person % 7}-1{person % 9}"
            rows.append(row(f"b{person}", f"{again}T10:00", f"c{person}", sku=sku, product_name=NAMES[sku], price=3000))
    return [*rows, row("last", "2026-11-22T10:00", "c0", sku="Y", product_name=NAMES["Y"])]


def home_of(office: Office) -> Any:
    """The planner's App Home, None before it is drawn."""
    return office.slack.get(f"/_local/state?user={PLANNER}")[1]["home"]


@pytest.fixture
def open_office(tmp_path: Path, shop: Shop) -> Iterator[Callable[[], Office]]:
    """Opens the office: Monday 23 November 2026 (a holiday), 9:00."""
    clock = Moment(datetime(2026, 11, 23, 9, 0, tzinfo=TOKYO))
    deps = Deps(
        engine=shop.engine,
        shelf=shop.shelf,
        clock=clock,
        zone=TOKYO,
        language="ja",
        team_of=one_workspace(TEAM_ID),
        importing=lambda: under_way(shop.folder / "scratch", SCRATCH),
    )

    def register(app: App) -> None:
        for feature in (banto, home, mention, reports):
            feature.register(app, deps)

    manifest = replace(MANIFEST, commands=(Command("/banto", "番頭", "", True),))
    with running(tmp_path / "workspace", register, manifest=manifest) as slack:
        yield lambda: Office(slack, shop, deps, clock)


@pytest.fixture
def office(open_office: Callable[[], Office]) -> Office:
    """The office of a shop with orders."""
    opened = open_office()
    opened.shop.load(orders(), now=opened.deps.clock())
    return opened


def test_help_lists_every_command_and_a_wrong_word_is_answered_with_the_right_ones(office: Office) -> None:
    office.banto("")
    shown = words_of(office.sees("番頭の使い方"))
    assert all(command in shown for command in ("/panel", "/ltv", "/repeat", "/ad", "/banto"))
    office.banto("wekly")
    assert "help, status, weekly, posts" in words_of(office.sees("「wekly」という言葉は知りません"))


def test_weekly_here_is_told_to_the_channel_and_recorded(office: Office) -> None:
    office.banto("weekly here")
    told = office.sees("毎週火曜 8:30")
    assert not told.get("is_ephemeral")
    assert "次は 2026/11/24 8:30" in words_of(told)
    office.banto("weekly here 月曜日 ９：００")
    assert "次は 2026/11/24 9:00" in words_of(office.sees("毎週月曜 9:00")), "Monday the 23rd is a holiday"
    office.slack.until(lambda: [kept.weekday for kept in schedules_of(office.shop.engine, HOME)] == [0])
    (kept,) = schedules_of(office.shop.engine, HOME)
    assert (kept.channel, kept.weekday, kept.minute_of_day, kept.created_by) == (PLANS, 0, 540, PLANNER)
    office.banto("weekly")
    assert office.sees("このチャンネルの週報")["is_ephemeral"]
    office.banto("weekly off")
    office.sees("週報を止めました")
    assert schedules_of(office.shop.engine, HOME) == []
    office.banto("weekly")
    office.sees("週報が設定されていません")


def test_a_channel_without_the_bot_gets_no_schedule_but_an_invitation(office: Office) -> None:
    office.banto("weekly here", channel=GENERAL)
    office.sees("/invite @番頭", channel=GENERAL)
    assert schedules_of(office.shop.engine, HOME) == []


@pytest.mark.parametrize("typed", ["weekly here 月 25:00", "weekly here 9:60", "weekly here まいにち", "weekly heer"])
def test_a_time_that_cannot_be_is_said_with_an_example(office: Office, typed: str) -> None:
    office.banto(typed)
    assert "例" in words_of(office.sees("9:00"))
    assert schedules_of(office.shop.engine, HOME) == []


def test_weekly_now_shows_the_whole_summary_to_the_asker_who_can_share_it(office: Office) -> None:
    office.banto("weekly now")
    message = office.sees("週報 11/16〜11/22")
    assert message["is_ephemeral"]
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds.count("image") == 2
    assert "table" in kinds
    office.press(message, "weekly.share")
    shared = office.sees("さんが共有しました")
    assert not shared.get("is_ephemeral")
    assert [block["type"] for block in shared["blocks"]].count("image") == 2
    assert "weekly.share" not in str(shared["blocks"])


def test_a_post_is_opened_again_with_the_numbers_of_then(office: Office) -> None:
    office.banto("posts")
    office.sees("まだ自動の投稿はありません")
    office.banto("weekly here")
    office.sees("毎週火曜")
    office.time.now += timedelta(days=1)
    tick(duties_for(office.shop.engine, office.shop.folder / "facts", office.slack.client, office.deps.clock))
    posted = office.sees("週報 11/16〜11/22")
    before = next(block for block in posted["blocks"] if block["type"] == "table")["rows"]
    # The past is rewritten: everybody of the last months bought at ten times the price.
    changed = [each | {"unit_price": 30_000, "updated_at": "2026-11-24T07:00"} for each in orders()]
    office.shop.load(changed, now=office.deps.clock())
    office.banto("posts")
    listed = office.sees("最近の投稿")
    office.press(listed, "banto.post.open")
    again = office.sees("へ投稿したときの数字です")
    assert again["is_ephemeral"]
    assert next(block for block in again["blocks"] if block["type"] == "table")["rows"] == before
    office.banto("weekly now")
    fresh = office.slack.until(
        lambda: [m for m in office.slack.seen(PLANNER, PLANS) if m.get("is_ephemeral") and "weekly.share" in str(m)], 15
    )[-1]
    assert next(block for block in fresh["blocks"] if block["type"] == "table")["rows"] != before


def test_margin_and_profit_are_kept_and_shown(office: Office) -> None:
    office.banto("margin")
    office.sees("粗利率はまだ設定されていません")
    office.banto("margin ６２．５％")
    office.sees("粗利率を 62.5% にしました")
    office.banto("profit 1,000円")
    office.sees("目標利益を ¥1,000 にしました")
    settings = office.shop.books.settings()
    assert (settings.margin_permille, settings.target_profit) == (625, 1000)
    office.banto("margin 101")
    office.sees("「101」は粗利率として読めません")
    office.banto("profit -1")
    office.sees("「-1」は金額として読めません")
    assert office.shop.books.settings() == settings


def test_the_owner_is_a_mentioned_person_or_oneself(office: Office) -> None:
    office.banto("owner me")
    office.sees(f"<@{PLANNER}> さんに届きます")
    office.banto("owner @misaki.sakura")
    office.sees(f"<@{OWNER}> さんに届きます")
    assert office.shop.books.settings().owner == OWNER
    office.banto("owner <!channel>")
    assert "&lt;!channel&gt;" in words_of(office.sees("さんが分かりません"))
    assert office.shop.books.settings().owner == OWNER


def test_status_tells_data_counts_schedules_and_version(office: Office) -> None:
    office.banto("weekly here")
    office.sees("毎週火曜")
    office.banto("status")
    shown = words_of(office.sees("番頭の状態"))
    for part in ("2026年11月22日", "orders-1.csv", "注文 121件・人 80人・商品 2点", "次は 2026/11/24 8:30", "0.1.0"):
        assert part in shown


def test_an_import_under_way_is_seen_in_status_and_in_the_home_and_gone_afterwards(office: Office) -> None:
    shown: list[str] = []
    homes: list[str] = []

    def look(progress: Progress) -> None:
        # The books are held by the writer, and nothing of the file is in them yet.
        if progress.stage is Stage.WRITING and progress.done == progress.of:
            office.banto("status")
            shown.append(words_of(office.sees("を書き込んでいます（100.0%）")))
            office.slack.do("home", PLANNER)
            homes.append(words_of(office.slack.until(lambda: home_of(office), 6)))

    office.shop.load([row("new", "2026-11-22T11:00", "c1")], now=office.deps.clock(), progress=look)
    assert ["orders-2.csv" in each and "注文 121件" in each for each in shown] == [True]
    assert ["を書き込んでいます（100.0%）" in each for each in homes] == [True]
    office.banto("status")
    assert "書き込んで" not in words_of(office.sees("注文 122件"))


def test_status_of_an_empty_shop_says_what_is_not_there(open_office: Callable[[], Office]) -> None:
    office = open_office()
    office.banto("status")
    assert "まだありません" in words_of(office.sees("番頭の状態"))


def test_home_shows_figures_and_its_buttons_answer(office: Office) -> None:
    office.slack.do("home", PLANNER)
    view = office.slack.until(lambda: home_of(office), 15)
    shown = words_of(view)
    assert "F2転換率（90日）" in shown
    assert "データは 2026年11月22日 まで" in shown
    office.slack.do("action", PLANNER, view_id="home", action_id="report.run.1")
    assert "ショップ全体" in words_of(office.sees("リピート", channel="D0PLAN001"))


def test_home_of_an_empty_shop_tells_how_to_begin(open_office: Callable[[], Office]) -> None:
    office = open_office()
    office.slack.do("home", PLANNER)
    view = office.slack.until(lambda: home_of(office), 15)
    assert "bot import" in words_of(view)


def test_a_mention_is_answered_in_its_thread_with_what_was_understood(office: Office) -> None:
    office.says(PLANNER, f"@{BOT_NAME} product-xの2026年のLTVは？")
    answer = office.sees("「product-x の LTV（初回購入 2026-01-01〜2026-12-31）」と受け取りました")
    assert answer["thread_ts"] != answer["ts"]
    assert "まだ判断できません" in words_of(answer)
    office.says(PLANNER, f"@{BOT_NAME} repeat of しっとり美容液")
    assert "F2転換率（90日）" in words_of(office.sees("「しっとり美容液 の リピート率（F2）」"))


def test_in_doubt_a_mention_asks_back_with_buttons(office: Office) -> None:
    office.says(PLANNER, f"@{BOT_NAME} 美容液のリピート率")
    asked = office.sees("「美容液」という商品が見つかりません")
    office.press(asked, "report.run.0")
    assert "しっとり美容液" in words_of(office.sees("F2転換率（90日）"))
    office.says(PLANNER, f"@{BOT_NAME} product-xを見せて")
    assert "product-x の何を見ますか" in words_of(office.sees("何を見ますか"))
    office.says(PLANNER, f"@{BOT_NAME} こんばんは")
    office.sees("について聞いてください")


def test_the_same_event_twice_is_answered_once(office: Office) -> None:
    sent = []
    tell = office.slack.workspace.sender.event

    def twice(envelope: Any) -> None:
        for _ in range(2):
            sent.append(envelope)
            tell(envelope)

    office.slack.workspace.sender.event = twice  # type: ignore[method-assign]
    office.says(PLANNER, f"@{BOT_NAME} 全体のLTV")
    office.sees("「ショップ全体 の LTV」")
    office.slack.workspace.sender.event = tell  # type: ignore[method-assign]
    office.says(PLANNER, f"@{BOT_NAME} 全体のリピート率")
    office.sees("「ショップ全体 の リピート率（F2）」")
    answers = [m for m in office.slack.seen(PLANNER, PLANS) if "「ショップ全体 の LTV」" in words_of(m)]
    assert len(sent) == 2
    assert len(answers) == 1


def test_who_asks_for_the_rows_is_told_where_they_are(office: Office) -> None:
    office.says(PLANNER, f"@{BOT_NAME} 全体のLTV")
    answer = office.sees("「ショップ全体 の LTV」")
    office.press(answer, "report.explain")
    shown = office.slack.until(lambda: [v for v in office.slack.views(PLANNER) if "report.rows" in str(v)], 6)[-1]
    office.slack.do("action", PLANNER, view_id=shown["id"], action_id="report.rows")
    told = office.slack.until(
        lambda: [v for v in office.slack.views(PLANNER) if "ダイレクトメッセージに届きます" in words_of(v)], 6
    )[-1]
    assert "report.rows" not in str(told)
    assert "計算" in words_of(told), "the explanation stays"
    office.sees("名前や連絡先は含みません", channel="D0PLAN001")


def test_people_of_other_companies_see_no_numbers(office: Office) -> None:
    office.says(OUTSIDER, f"@{BOT_NAME} 全体のLTV", channel=ADS)
    office.says(PLANNER, f"@{BOT_NAME} 全体のリピート率", channel=ADS)
    office.sees("「ショップ全体 の リピート率（F2）」", channel=ADS)
    office.sees("別の会社の帳簿", channel=ADS, user=OUTSIDER)
    assert not [m for m in office.slack.seen(PLANNER, ADS) if m.get("bot_id") and "LTV」" in words_of(m)]
    # The colleague's own answer stands where the guests read along, and only the colleague sees it.
    assert not [m for m in office.slack.seen(OUTSIDER, ADS) if "リピート率（F2）" in words_of(m)]


def test_figures_are_neither_shared_nor_scheduled_where_other_companies_read(office: Office) -> None:
    office.banto("weekly now", channel=ADS)
    message = office.sees("週報 11/16〜11/22", channel=ADS)
    office.press(message, "weekly.share", channel=ADS)
    refused = office.sees("このチャンネルには社外の人がいる", channel=ADS)
    assert refused["is_ephemeral"]
    office.banto("weekly here", channel=ADS)
    office.slack.until(lambda: sum("社外の人がいる" in words_of(m) for m in office.slack.seen(PLANNER, ADS)) == 2)
    assert schedules_of(office.shop.engine, HOME) == []
    assert not [m for m in office.slack.seen(OUTSIDER, ADS) if m.get("bot_id")]
