"""The newcomer's path through the demo in a real browser: every step of the README, with real clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
import yaml

from tests.e2e.conftest import SHOTS
from tests.e2e.demo_process import ROOT, Demo

pytest.importorskip("playwright", reason="Playwright's Python package is not installed: `make setup` installs it")

from playwright.sync_api import Browser, Locator, expect

from tests.e2e.desk import Desk

OWNER, PLANNER, CLERK = "U0OWNER01", "U0PLAN001", "U0CLERK01"
PLANS, CRM, WEEKLY = "C0PLAN001", "C0CRM0001", "C0WEEKLY1"
TEN = "ABCDEFGHIJ"
FALLING_AD, GIVEAWAY = "FB-SKIN-02", "CPN-GIVEAWAY"
WEEKS = 8
SECONDS = 1000
"""Milliseconds, as Playwright counts."""


@pytest.fixture
def desk(demo: Demo, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The page at 1280 pixels; an error of its scripts fails the test, and a failure leaves a picture."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    page.set_default_timeout(20 * SECONDS)
    expect.set_options(timeout=20 * SECONDS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    name = request.node.name.removeprefix("test_")[:40]
    here = Desk(page, demo, SHOTS, name)
    yield here
    here.shot("end")
    page.close()
    # A form that a failed test left open would stand in the way of the next one.
    for view in demo.views(here.user):
        demo.do("close", here.user, view_id=view["id"])
    assert errors == []


def yen(amount: str) -> str:
    """An amount of `bot ask` as people read it."""
    return f"¥{Decimal(amount).quantize(Decimal(1), ROUND_HALF_EVEN):,}"


def percent(rate: float) -> str:
    """A rate of `bot ask` as people read it."""
    return f"{Decimal(rate * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN)}%"


def start_panel(desk: Desk, concept: str, price: str = "4000") -> Locator:
    """`/panel`, the form, and the card that it makes."""
    desk.type("/panel")
    expect(desk.modal).to_contain_text("価値提案")
    desk.fill(concept=concept, proposition="朝の3分で一日うるおう", price=price, people="10")
    desk.shot("form")
    desk.submit()
    card = desk.page.locator("article[data-ts]:not([data-ephemeral])", has_text=f"コンセプトパネル「{concept}」")
    expect(card).to_contain_text("参加者 10人: Aさん、Bさん")
    return card


def press(card: Locator, name: str) -> Locator:
    return card.get_by_role("button", name=name, exact=True)


def record_buyers(desk: Desk, card: Locator, *letters: str) -> None:
    """Record who would buy, besides those who are recorded already."""
    card.get_by_role("button", name=re.compile("^購入意向を記録")).click()
    desk.choose("seats", *(f"{letter}さん" for letter in letters))
    desk.submit()


def test_a_panel_from_the_concept_to_the_decision(desk: Desk) -> None:
    desk.open(PLANNER, PLANS)
    card = start_panel(desk, "朝だけ美容液")
    expect(card).not_to_contain_text("4,000")
    desk.shot("card")

    press(card, "賛同を記録").click()
    desk.choose("seats", *(f"{letter}さん" for letter in TEN[:8]))
    desk.submit()
    expect(card).to_contain_text("賛同 8人 / 10人")
    desk.confirm(press(card, "価格を出す"))
    expect(card).to_contain_text("単価 ¥4,000 · 合格は 10人中5人以上（50%）")
    desk.shot("revealed")

    record_buyers(desk, card, *TEN[:4])
    expect(card).to_contain_text("購入意向 4人 / 10人 · 合格まで あと1人")
    card.get_by_role("button", name="購入意向を記録し直す").click()
    desk.choose("seats", "Eさん")
    desk.fill(reasons="Aさん: 続けられる値段なら\nJさん: 少し高い")
    desk.shot("buyers")
    desk.submit()
    expect(card).to_contain_text("購入意向 5人 / 10人 · 合格線に届いています")

    desk.confirm(press(card, "締める"))
    expect(card).to_contain_text("WEBに進む ・ 売れる通販指数 2,000")
    expect(card).to_contain_text("単価¥4,000 × 購入意向5人 ÷ 聞いた人10人 = 2,000")
    expect(card).to_contain_text("946〜3,054")
    expect(card).to_contain_text("Jさん（買わない）: 少し高い")
    desk.loaded(card.get_by_role("img", name=re.compile("^売れる通販指数 2,000")))
    desk.shot("closed")

    press(card, "進む").click()
    desk.fill(reason="理由も前向きだった")
    desk.submit()
    expect(card).to_contain_text("判断: 進む")
    expect(card).to_contain_text("高橋 健 さん")
    expect(card).to_contain_text("理由も前向きだった")
    desk.open(CLERK, PLANS)
    expect(card).to_contain_text("理由も前向きだった")


def test_four_of_ten_do_not_pass(desk: Desk) -> None:
    desk.open(PLANNER, PLANS)
    card = start_panel(desk, "夜の炭酸パック")
    desk.confirm(press(card, "価格を出す"))
    record_buyers(desk, card, *TEN[:4])
    desk.confirm(press(card, "締める"))
    expect(card).to_contain_text("まだ届きません ・ 売れる通販指数 1,600")
    expect(card).to_contain_text("¥4,000 × 購入意向4人 ÷ 聞いた人10人 = 1,600")


def test_the_first_steps_on_a_phone(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open(PLANNER, CRM)
    desk.page.get_by_test_id("menu").click()
    desk.page.locator(f".row[data-channel={PLANS}]").click()
    expect(desk.page.locator("h1")).to_have_text("商品企画")
    card = start_panel(desk, "ねむり茶", price="10000")
    desk.confirm(press(card, "価格を出す"))
    expect(card).to_contain_text("合格は 10人中2人以上（20%）")
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390
    desk.shot("card")


def test_ltv_of_a_product_is_the_number_of_bot_ask(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, CRM)
    answer = desk.answer("/ltv product-x")
    told = demo.ask("ltv product-x")
    result = told["result"]
    assert result["persons"] > 1000
    expect(answer).to_contain_text(f"{yen(result['ltv'])} / 人")
    expect(answer).to_contain_text(f"{yen(result['interval']['low'])}〜{yen(result['interval']['high'])}")
    expect(answer).to_contain_text(f"{result['persons']:,}人")
    expect(answer).to_contain_text(f"平均購入単価 {yen(result['average_purchase_price'])} × 平均購入回数")
    for part in (
        "定義：LTV = 平均購入単価 × 平均購入回数",
        "除いたもの：判定待ち",
        f"snapshot {told['snapshot']}",
    ):
        expect(answer).to_contain_text(part)
    desk.loaded(answer.locator(".b-image img"))
    desk.shot("ltv")

    repeated = desk.press(press(answer, "リピート率を見る"))
    expect(repeated).to_contain_text(percent(demo.ask("repeat product-x")["result"]["rate"]))


def test_a_misspelt_product_is_offered_as_a_button(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, CRM)
    question = desk.answer("/ltv prodct window=180")
    expect(question).to_contain_text("「prodct」という商品は見つかりません")
    desk.shot("nearest")
    answer = desk.press(question.get_by_role("button", name=re.compile("product-x")).first)
    expect(answer).to_contain_text("LTV（180日）")
    expect(answer).to_contain_text(f"{yen(demo.ask('ltv product-x window=180')['result']['ltv'])} / 人")


def test_without_a_product_there_is_a_menu(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, CRM)
    question = desk.answer("/ltv")
    expect(question).to_contain_text("どの商品について知りたいですか")
    expect(press(question, "ショップ全体")).to_be_visible()
    menu = question.get_by_role("combobox")
    menu.click()
    menu.fill("product-x")
    desk.shot("menu")
    desk.page.get_by_role("option", name=re.compile("product-x")).first.click()
    expect(question).to_contain_text(f"{yen(demo.ask('ltv product-x')['result']['ltv'])} / 人")
    expect(question.get_by_role("combobox")).to_have_count(0)


def test_a_report_is_shared_with_the_channel_and_explains_itself(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, CRM)
    answer = desk.answer("/repeat all")
    told = demo.ask("repeat all")
    result = told["result"]
    expect(answer).to_contain_text("ショップ全体 のリピート（90日）")
    expect(answer).to_contain_text(f"F2転換率（90日） {percent(result['rate'])}")
    expect(answer).to_contain_text(f"{result['mature']:,}人のうち {result['returned']:,}人が2回目を買いました")
    expect(answer.locator("table")).to_contain_text("1回目→2回目")
    desk.loaded(answer.locator(".b-image img"))

    press(answer, "説明").click()
    expect(desk.modal).to_contain_text(f"{result['returned']:,}人 ÷ 判定できた {result['mature']:,}人")
    expect(desk.modal).to_contain_text(f"取消の注文（件）: {told['left_out']['cancelled']:,}")
    expect(desk.modal).to_contain_text("テスト")
    desk.shot("explained")
    desk.page.get_by_test_id("modal-close").click()

    press(answer, "チャンネルに共有").click()
    everybody = desk.page.locator("article[data-ts]:not([data-ephemeral])", has_text="さんが共有しました")
    shared = everybody.filter(has_text="ショップ全体 のリピート（90日）")
    expect(shared).to_contain_text(f"F2転換率（90日） {percent(result['rate'])}")
    desk.open(CLERK, CRM)
    expect(shared).to_contain_text("佐倉 美咲 さんが共有しました")
    expect(desk.page.locator("[data-ephemeral]")).to_have_count(0)
    desk.loaded(shared.locator(".b-image img"))
    desk.shot("shared")


def test_the_cheap_ad_that_never_repeats_is_named(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, CRM)
    answer = desk.answer("/ad")
    row = answer.locator("tr", has_text=GIVEAWAY)
    expect(row).to_contain_text("安いがリピートしない")
    expect(answer.locator("tr", has_text="安いがリピートしない")).to_have_count(1)
    (told,) = [ad for ad in demo.ask("ad all")["result"]["ads"] if ad["code"] == GIVEAWAY]
    expect(row).to_contain_text(yen(told["cpa"]))
    expect(row).to_contain_text(percent(told["f2"]["rate"]))
    desk.loaded(answer.locator(".b-image img").first)
    desk.shot("ads")


def test_the_help_lists_every_command_of_the_manifest(desk: Desk) -> None:
    manifest = yaml.safe_load((ROOT / "app_manifest.yml").read_text(encoding="utf-8"))
    commands = [each["command"] for each in manifest["features"]["slash_commands"]]
    desk.open(OWNER, CRM)
    answer = desk.answer("/banto help")
    expect(answer.locator("tbody tr td:first-child")).to_have_text([re.compile(rf"^{each}\b") for each in commands])
    assert {"/panel", "/ltv", "/repeat", "/ad", "/banto"} <= set(commands)
    desk.page.get_by_test_id("composer").fill("/")
    for command in commands:
        expect(desk.page.get_by_test_id("completions")).to_contain_text(command)
    desk.shot("help")


def test_the_weekly_summary_is_shown_at_once(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, CRM)
    answer = desk.answer("/banto weekly now")
    expect(answer.locator("h3")).to_contain_text("週報")
    rows = answer.locator("tbody tr")
    expect(rows.filter(has_text="F2転換率（90日）").first).to_contain_text("%")
    expect(rows.filter(has_text="LTV（365日・売上）")).to_contain_text("¥")
    for number in range(2):
        desk.loaded(answer.locator(".b-image img").nth(number))
    desk.shot("weekly")


def test_weeks_pass_and_the_posts_and_the_alert_arrive(demo: Demo, desk: Desk) -> None:
    desk.open(OWNER, WEEKLY)
    posts = desk.page.locator("article[data-ts] h3", has_text=re.compile("^週報 "))
    alerts = desk.page.locator("article[data-ts]", has=desk.page.locator("h3", has_text="リピート率が下がっています"))
    assert posts.count() == alerts.count() == 0
    week = told = 0
    while week < WEEKS and told < 2:
        week += 1
        desk.page.get_by_test_id("advance-week").click()
        expect(posts).to_have_count(week, timeout=40 * SECONDS)
        # One week more after the alert, which must neither come again nor be followed by another.
        told += alerts.count() > 0
    desk.shot("weeks")

    titles = posts.all_inner_texts()
    told_about = [found[1] for title in titles if (found := re.search(r"^週報 (\S+)〜\S+$", title))]
    assert len(told_about) == len(set(told_about)) == week, (
        f"a week was told twice, with the figures of another: {titles}"
    )
    refused = list((demo.home / "inbox").glob("refused/*"))
    assert refused == [], "what the cart exported while the clock moved was lost"

    assert alerts.locator("h3").all_inner_texts() == [f"{FALLING_AD} のリピート率が下がっています"]
    expect(alerts).to_contain_text("90日F2が")
    desk.loaded(alerts.locator(".b-image img"))
    alerts.scroll_into_view_if_needed()
    desk.shot("alert")
    answer = desk.answer("/ad alerts")
    expect(answer.locator("tr", has_text=FALLING_AD)).to_contain_text("警報")
    expect(answer.locator("tr", has_text="警報")).to_have_count(1)
