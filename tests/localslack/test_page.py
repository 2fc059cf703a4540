"""The chat page in headless Chromium: what a newcomer clicks."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from slack_bolt import Ack
from slack_sdk import WebClient

from tests.localslack import gallery
from tests.localslack.running import ADS, OWNER, PLANNER, PLANS, Running

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (set CHROMIUM to its path)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(slack: Running, browser: Browser) -> Iterator[Page]:
    """The page as the owner sees it first, 1280 pixels wide; any error of its scripts fails the test."""
    gallery.register(slack.bot)
    opened = browser.new_page(viewport={"width": 1280, "height": 800}, locale="ja-JP")
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(f"{slack.url}/?as={OWNER}#/{PLANS}")
    expect(opened.get_by_test_id("composer")).to_be_visible()
    yield opened
    opened.close()
    assert errors == []


def enter(page: Page, text: str) -> None:
    """Type into the message box and press Enter."""
    box = page.get_by_test_id("composer")
    box.fill(text)
    box.press("Enter")


def open_form(page: Page) -> None:
    """Open the gallery's form."""
    enter(page, "/modal")
    expect(page.get_by_test_id("modal")).to_be_visible()


def choose(page: Page, action_id: str, value: str, search: str = "") -> None:
    """Choose in a menu with search."""
    field = page.locator(f"[data-action-id={action_id}]")
    field.get_by_role("combobox").click()
    if search:
        field.get_by_role("combobox").fill(search)
    field.locator(f'[role=option][data-value="{value}"]').click()


def shot(page: Page, tmp_path: Path, name: str) -> None:
    """Keep a picture of the page beside the test's other output."""
    path = tmp_path / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000


def test_a_command_is_completed_and_its_answer_appears(slack: Running, page: Page, tmp_path: Path) -> None:
    page.get_by_test_id("composer").fill("/sa")
    expect(page.get_by_test_id("completions")).to_contain_text("/say の説明")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer")).to_have_value("/say ")
    page.keyboard.press("Enter")
    message = page.locator("[data-ts]", has_text="広告の成績")
    expect(message.locator("td").first).to_have_text("FB-SKIN-01")
    expect(message.locator(".b-image img")).to_be_visible()
    expect(message).to_contain_text("<b>そのまま</b>")
    expect(message.locator("i")).to_have_text("安いがリピートしない")
    shot(page, tmp_path, "report")
    message.locator(".picture").click()
    expect(page.get_by_test_id("lightbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("lightbox")).to_have_count(0)


def test_a_long_answer_is_shown_from_its_beginning(slack: Running, page: Page) -> None:
    lines = [{"type": "section", "text": gallery.plain(f"{number}行目")} for number in range(40)]
    head = {"type": "header", "text": gallery.plain("結論")}
    slack.client.chat_postMessage(channel=PLANS, text="結論", blocks=[head, *lines])
    expect(page.locator(".b-header", has_text="結論")).to_be_in_viewport()
    slack.client.chat_postMessage(channel=PLANS, text="短い続き")
    expect(page.get_by_text("短い続き")).to_be_in_viewport()


def test_a_button_asks_first_and_answers_only_me(slack: Running, page: Page) -> None:
    enter(page, "/say")
    page.locator("[data-action-id=stop]").click()
    page.get_by_test_id("confirm-no").click()
    expect(page.get_by_test_id("confirm")).to_have_count(0)
    page.locator("[data-action-id=stop]").click()
    page.get_by_test_id("confirm-yes").click()
    answer = page.locator("[data-ephemeral]")
    expect(answer).to_contain_text("stop=0 を受け付けました")
    expect(answer).to_contain_text("あなただけに表示されています")
    choose(page, "window", "365")
    expect(answer.last).to_contain_text("window=365")
    page.locator("[data-action-id=more]").get_by_role("button").first.click()
    page.get_by_role("menuitem", name="定義を見る").click()
    expect(answer.last).to_contain_text("more=definition")
    assert [m for m in slack.seen(PLANNER, PLANS) if m.get("is_ephemeral")] == []


def test_every_input_of_a_form_is_filled_and_sent(slack: Running, page: Page, tmp_path: Path) -> None:
    open_form(page)
    field = page.locator
    expect(field("[data-action-id=concept]")).to_be_focused()
    page.keyboard.type("だめ")
    field("[data-action-id=price]").fill("10000")
    field("[data-action-id=price]").press("Enter")
    expect(page.get_by_test_id("modal")).to_contain_text("10人中 2人")
    expect(field("[data-action-id=concept]")).to_have_value("だめ")
    field("[data-action-id=why]").fill("一行目\n二行目")
    page.get_by_role("radio", name="賛同").check()
    page.get_by_role("checkbox", name="保留").check()
    page.get_by_role("checkbox", name="反対").check()
    choose(page, "product", "product-x", search="prod")
    choose(page, "channel", "against")
    choose(page, "media", "agree")
    choose(page, "media", "hold")
    page.keyboard.press("Escape")
    choose(page, "post_to", ADS)
    field("[data-action-id=day]").fill("2026-12-24")
    field("[data-action-id=hour]").fill("09:30")
    page.get_by_test_id("modal-submit").click()
    expect(field("[data-block-id=facilitator]").get_by_test_id("block-error")).to_have_text("この項目は必須です。")
    choose(page, "facilitator", PLANNER)
    page.get_by_test_id("modal-submit").click()
    error = field("[data-block-id=concept]").get_by_test_id("block-error")
    expect(error).to_have_text("そのコンセプトは記録できません。")
    shot(page, tmp_path, "errors")
    field("[data-action-id=concept]").fill("朝だけの美容液")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_test_id("modal")).to_have_count(0)
    (record,) = slack.until(lambda: slack.seen(OWNER, "D0OWNER01"))
    for part in (
        "朝だけの美容液",
        '"10000"',
        "一行目",
        "agree",
        "against",
        PLANNER,
        ADS,
        "2026-12-24",
        "09:30",
    ):
        assert part in record["text"]


def test_enter_while_composing_japanese_does_not_send(slack: Running, page: Page) -> None:
    box = page.get_by_test_id("composer")
    box.fill("にほんご")
    composing = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true})"
    box.evaluate(f"node => node.dispatchEvent({composing})")
    expect(box).to_have_value("にほんご")
    box.press("Shift+Enter")
    expect(box).to_have_value("にほんご\n")
    assert slack.seen(OWNER, PLANS) == []


def test_the_keyboard_stays_where_it_was_when_the_bot_redraws(slack: Running, page: Page) -> None:
    ts = slack.client.chat_postMessage(channel=PLANS, text="0人", blocks=gallery.tally(0))["ts"]

    @slack.bot.action("count")
    def count(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        total = int(body["actions"][0]["value"]) + 1
        client.chat_update(channel=PLANS, ts=ts, text=f"{total}人", blocks=gallery.tally(total))

    button = page.locator("[data-action-id=count]")
    button.focus()
    for total in (1, 2):
        page.keyboard.press("Enter")
        expect(button).to_have_text(f"買う {total}人")
        expect(button).to_be_focused()


def test_closing_a_form_with_escape_tells_the_bot(slack: Running, page: Page) -> None:
    open_form(page)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("modal")).to_have_count(0)
    assert slack.until(lambda: slack.seen(OWNER, "D0OWNER01"))[0]["text"] == "フォームを閉じました"


def test_hostile_names_are_shown_and_never_run(slack: Running, page: Page) -> None:
    hostile = "<img src=x onerror=alert(1)> <script>alert(1)</script>"
    slack.client.chat_postMessage(
        channel=PLANS,
        text=hostile,
        blocks=[{"type": "header", "text": gallery.plain(hostile)}],
    )
    slack.client.chat_postMessage(channel=PLANS, text="<javascript:alert(1)|押して>")
    expect(page.get_by_test_id("timeline")).to_contain_text(hostile)
    expect(page.get_by_test_id("timeline")).to_contain_text("押して")
    assert page.locator("#main img[src=x], #main a[href^=javascript]").count() == 0


def test_a_thread_opens_beside_and_takes_replies(slack: Running, page: Page) -> None:
    enter(page, "@番頭 いますか")
    page.get_by_test_id("open-thread").click()
    thread = page.locator("#thread")
    expect(thread).to_contain_text("はい、なんでしょう。")
    page.get_by_test_id("thread-composer").fill("ありがとう")
    page.get_by_test_id("thread-composer").press("Enter")
    expect(thread).to_contain_text("ありがとう")
    expect(page.get_by_test_id("timeline")).not_to_contain_text("ありがとう")
    expect(page.get_by_test_id("open-thread")).to_contain_text("2件の返信")


def test_acting_as_somebody_else_and_unread_marks(slack: Running, page: Page) -> None:
    page.get_by_test_id("act-as").select_option(PLANNER)
    enter(page, "企画から")
    expect(page.locator(f"[data-user={PLANNER}]")).to_contain_text("企画から")
    slack.client.chat_postMessage(channel=ADS, text="広告のお知らせ")
    row = page.locator(f".row[data-channel={ADS}]")
    expect(row).to_have_class("row unread")
    row.click()
    expect(page.get_by_test_id("timeline")).to_contain_text("広告のお知らせ")
    expect(row).to_have_class("row here")
    page.get_by_test_id("act-as").select_option("U0AGENT01")
    expect(page.locator(".row[data-channel]")).to_have_count(1)


def test_the_clock_moves_by_a_button(slack: Running, page: Page) -> None:
    before = page.get_by_test_id("clock-now").inner_text()
    page.get_by_test_id("advance-week").click()
    expect(page.get_by_test_id("clock-now")).not_to_have_text(before)
    expect(page.get_by_test_id("clock-now")).not_to_contain_text("進めています")
    assert slack.get("/clock")[1]["offset_seconds"] == pytest.approx(7 * 86_400, abs=2)
    page.get_by_test_id("clock-date").fill("2020-01-01")
    page.get_by_test_id("clock-go").click()
    expect(page.get_by_test_id("toast")).to_contain_text("先にしか進められません")


def test_the_home_tab_shows_what_the_bot_published(slack: Running, page: Page) -> None:
    page.locator(".row[href='#/app']").click()
    expect(page.get_by_test_id("home")).to_contain_text("今週の確認は 3件 です。")
    page.get_by_test_id("tab-messages").click()
    expect(page.get_by_test_id("composer")).to_have_attribute("placeholder", "番頭へのメッセージ")


def test_a_phone_has_the_channels_in_a_drawer(slack: Running, page: Page, tmp_path: Path) -> None:
    enter(page, "/say")
    expect(page.locator("table")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#sidebar")).not_to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_test_id("menu").click()
    expect(page.locator("#sidebar")).to_be_in_viewport()
    shot(page, tmp_path, "drawer")
    page.locator(f".row[data-channel={ADS}]").click()
    expect(page.locator("h1")).to_have_text("広告")
    expect(page.locator("#sidebar")).not_to_be_in_viewport()
    open_form(page)
    shot(page, tmp_path, "phone-form")
    box = page.get_by_test_id("modal").bounding_box()
    assert box is not None
    assert box["width"] == 390


def test_a_failed_command_is_shown_where_it_was_typed(slack: Running, page: Page) -> None:
    enter(page, "/crash")
    expect(page.get_by_test_id("timeline")).to_contain_text('/crash failed with the error "dispatch_failed"')


def test_a_lost_connection_is_said_and_made_good(slack: Running, page: Page) -> None:
    page.route(re.compile(r"/stream\?"), lambda route: route.abort())
    page.reload()
    expect(page.locator("body")).to_have_class("offline")
    expect(page.get_by_test_id("composer")).to_be_visible()
    slack.client.chat_postMessage(channel=PLANS, text="途切れている間に")
    page.unroute(re.compile(r"/stream\?"))
    expect(page.get_by_test_id("timeline")).to_contain_text("途切れている間に", timeout=15_000)
    expect(page.locator("body")).not_to_have_class("offline")


def test_nothing_moves_when_a_picture_arrives(slack: Running, page: Page) -> None:
    held: list[Route] = []
    page.route("**/files/**", lambda route: held.append(route))
    with page.expect_request("**/files/**"):
        enter(page, "/say")
    button, image = page.locator("[data-action-id=stop]"), page.locator(".b-image img")
    before = button.bounding_box()
    assert image.evaluate("image => image.naturalWidth") == 0
    for route in held:
        route.continue_()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0
    assert button.bounding_box() == before
