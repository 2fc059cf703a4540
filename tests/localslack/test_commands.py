"""Slash commands and messages: what reaches the bot, and what a person sees when it fails."""

import hashlib
import hmac
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond

from tests.localslack.running import ADS, MANIFEST, OUTSIDER, OWNER, PLANNER, PLANS, SECRET, Running, running

Json = dict[str, Any]


def texts(slack: Running, user: str, channel: str) -> list[str]:
    """The texts this person sees."""
    return [message["text"] for message in slack.seen(user, channel)]


def test_a_command_reaches_the_bot_signed_and_complete(slack: Running) -> None:
    got: list[Json] = []

    @slack.bot.command("/say")
    def say(ack: Ack, command: Json) -> None:
        got.append(command)
        ack()

    assert slack.do("command", OWNER, channel=PLANS, text="/say  product-x 180日 ")["acknowledged"]
    (command,) = got
    assert (command["command"], command["text"]) == ("/say", "product-x 180日")
    assert (command["user_id"], command["channel_id"], command["channel_name"]) == (OWNER, PLANS, "商品企画")
    assert command["trigger_id"]
    assert command["response_url"].startswith(slack.url)
    (request,) = slack.arrived
    stamp = request.headers["X-Slack-Request-Timestamp"]
    base = f"v0:{stamp}:".encode() + request._body
    expected = "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    assert request.headers["X-Slack-Signature"] == expected
    assert abs(time.time() - int(stamp)) < 60


def test_signatures_keep_the_real_time_when_the_clock_is_moved(slack: Running) -> None:
    slack.bot.command("/say")(lambda ack: ack("はい"))
    slack.post("/clock", {"advance_seconds": 86_400 * 30})
    assert slack.do("command", OWNER, channel=PLANS, text="/say")["acknowledged"]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/say", "<!channel> & @佐倉 美咲 #広告"),
        ("/escape", "<!channel> & @佐倉 美咲 #広告"),
    ],
)
def test_what_should_escape_changes(slack: Running, command: str, text: str) -> None:
    got: list[str] = []

    @slack.bot.command(command)
    def listen(ack: Ack, command: Json) -> None:
        got.append(command["text"])
        ack()

    slack.do("command", PLANNER, channel=PLANS, text=f"{command} {text}")
    linked = "<@U0OWNER01|misaki.sakura> <#C0ADS0001|広告>"
    names = linked if command == "/escape" else "@佐倉 美咲 #広告"
    assert got == [f"&lt;!channel&gt; &amp; {names}"]


def test_a_text_in_the_acknowledgement_is_for_the_asker_only(slack: Running) -> None:
    slack.bot.command("/say")(lambda ack: ack("あなたへ"))
    slack.do("command", OWNER, channel=PLANS, text="/say")
    assert texts(slack, OWNER, PLANS) == ["あなたへ"]
    assert texts(slack, PLANNER, PLANS) == []


def test_an_acknowledgement_in_channel_is_for_everybody(slack: Running) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "みんなへ"}}
    slack.bot.command("/inchannel")(lambda ack: ack(text="みんなへ", blocks=[block], response_type="in_channel"))
    slack.do("command", OWNER, channel=PLANS, text="/inchannel")
    (message,) = slack.seen(PLANNER, PLANS)
    assert message["blocks"][0]["text"]["text"] == "みんなへ"


def test_an_empty_acknowledgement_shows_nothing(slack: Running) -> None:
    slack.bot.command("/silent")(lambda ack: ack())
    slack.do("command", OWNER, channel=PLANS, text="/silent")
    assert slack.seen(OWNER, PLANS) == []


def test_no_answer_within_three_seconds_is_a_timeout(slack: Running) -> None:
    @slack.bot.command("/slow")
    def slow(ack: Ack) -> None:
        time.sleep(3.5)
        ack()

    started = time.monotonic()
    answer = slack.do("command", OWNER, channel=PLANS, text="/slow")
    assert answer["failure"] == "operation_timeout"
    assert 2.5 < time.monotonic() - started < 3.4
    assert '/slow failed with the error "operation_timeout"' in texts(slack, OWNER, PLANS)[0]


def test_an_error_of_the_bot_is_shown_as_a_failed_dispatch(slack: Running) -> None:
    assert slack.do("command", OWNER, channel=PLANS, text="/crash")["failure"] == "dispatch_failed"
    assert '/crash failed with the error "dispatch_failed"' in texts(slack, OWNER, PLANS)[0]


def test_a_bot_that_is_not_there_is_a_failed_dispatch(tmp_path: Path) -> None:
    with running(tmp_path, lambda app: None, bot_url="http://127.0.0.1:9") as slack:
        assert slack.do("command", OWNER, channel=PLANS, text="/say")["failure"] == "dispatch_failed"


def test_an_unknown_command_stays_here(slack: Running) -> None:
    assert slack.do("command", OWNER, channel=PLANS, text="/nonsense x")["refused"] == "not_a_command"
    assert "/nonsense is not a valid command" in texts(slack, OWNER, PLANS)[0]
    assert slack.arrived == []


def test_people_of_other_companies_have_no_commands(slack: Running) -> None:
    assert slack.do("command", OUTSIDER, channel=ADS, text="/say")["refused"] == "not_a_command"
    assert slack.arrived == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"user": OUTSIDER, "channel": PLANS, "text": "a"}, "この会話には参加していません。"),
        ({"user": OWNER, "channel": PLANS, "text": "  "}, "メッセージが空です。"),
        (
            {"user": "だれか", "channel": PLANS, "text": "a"},
            "「だれか」という人はこのワークスペースにいません。",
        ),
        ({"user": OWNER, "channel": "#どこか", "text": "a"}, "「#どこか」という会話はありません。"),
    ],
)
def test_a_persons_mistake_gets_a_sentence(slack: Running, given: Json, sentence: str) -> None:
    assert slack.post("/_local/command", given) == (400, {"ok": False, "error": sentence})


def test_typed_text_is_escaped_and_names_become_links(slack: Running) -> None:
    slack.do("command", OWNER, channel="#商品企画", text="<b> & @番頭 @here https://example.jp/?a=1")
    (text,) = texts(slack, OWNER, PLANS)
    assert text == "&lt;b&gt; &amp; <@U0BANTO01> <!here> <https://example.jp/?a=1>"


def test_a_mention_and_a_direct_message_become_events(slack: Running) -> None:
    got: list[Json] = []
    slack.bot.event("app_mention")(lambda event: got.append(event))
    slack.bot.event("message")(lambda event: got.append(event))
    slack.do("command", OUTSIDER, channel=ADS, text="@番頭 今年のLTVは?")
    slack.do("command", OWNER, channel="D0OWNER01", text="こんにちは")
    slack.until(lambda: len(got) == 2)
    mention, direct = sorted(got, key=lambda event: event["type"])
    assert (mention["type"], mention["channel"], mention["user"]) == ("app_mention", ADS, OUTSIDER)
    assert mention["team"] == "T0AGENCY1"
    assert (direct["channel_type"], direct["text"]) == ("im", "こんにちは")


def test_an_event_is_sent_again_until_the_bot_takes_it(slack: Running) -> None:
    tries: list[tuple[str | None, str]] = []

    @slack.bot.middleware
    def refuse_first(request: Any, next: Any) -> Any:
        number = request.headers.get("x-slack-retry-num", [None])[0]
        tries.append((number, request.body["event_id"]))
        if number is None:
            raise RuntimeError("not yet")
        return next()

    slack.bot.event("app_mention")(lambda event: None)
    slack.do("command", OWNER, channel=PLANS, text="@番頭 いますか")
    slack.until(lambda: len(tries) == 2)
    assert [number for number, _ in tries] == [None, "1"]
    assert tries[0][1] == tries[1][1]


def test_events_the_manifest_does_not_name_are_not_sent(slack: Running) -> None:
    slack.bot.event("app_home_opened")(lambda event: None)
    slack.do("command", OWNER, channel=PLANS, text="番頭の話をしている")
    slack.do("home", OWNER)
    slack.until(lambda: slack.arrived)
    assert [request._body.count(b"app_home_opened") > 0 for request in slack.arrived] == [True]


def test_response_url_answers_five_times_within_half_an_hour(slack: Running) -> None:
    kept: list[Respond] = []

    @slack.bot.command("/say")
    def say(ack: Ack, respond: Respond) -> None:
        kept.append(respond)
        ack()

    slack.do("command", OWNER, channel=PLANS, text="/say")
    (respond,) = kept
    assert respond("1").body == "ok"
    assert respond(text="2", response_type="in_channel").status_code == 200
    assert respond(text="", blocks=[{"type": "header"}]).status_code == 400
    assert [respond(str(number)).status_code for number in (3, 4, 5, 6)] == [200, 200, 200, 404]
    assert texts(slack, OWNER, PLANS) == ["1", "2", "3", "4", "5"]
    assert texts(slack, PLANNER, PLANS) == ["2"]


def test_response_url_ends_after_half_an_hour(slack: Running) -> None:
    kept: list[Respond] = []

    @slack.bot.command("/say")
    def say(ack: Ack, respond: Respond) -> None:
        kept.append(respond)
        ack()

    slack.do("command", OWNER, channel=PLANS, text="/say")
    slack.time.pushed += 30 * 60 + 1
    answer = kept[0]("zu spät")
    assert (answer.status_code, "expired_url" in str(answer.body)) == (404, True)
    assert slack.seen(OWNER, PLANS) == []


def test_nobody_writes_to_an_app_that_takes_no_messages(tmp_path: Path) -> None:
    with running(tmp_path, lambda app: None, manifest=replace(MANIFEST, messages_read_only=True)) as slack:
        status, answer = slack.post("/_local/command", {"user": OWNER, "channel": "D0OWNER01", "text": "a"})
        assert (status, answer["error"]) == (400, "このアプリへのメッセージの送信はオフになっています。")


def test_inviting_the_bot_lets_it_write(slack: Running) -> None:
    slack.do("command", OWNER, channel="全社", text="/invite @番頭")
    assert slack.client.chat_postMessage(channel="C0GENERAL", text="よろしくお願いします")["ok"]


def test_what_was_said_survives_a_restart(tmp_path: Path) -> None:
    def quiet(app: App) -> None:
        return None

    with running(tmp_path, quiet) as slack:
        slack.do("command", OWNER, channel=PLANS, text="おぼえておいて")
        slack.post("/clock", {"advance_seconds": 86_400})
        first = slack.seen(OWNER, PLANS)[0]["ts"]
    with running(tmp_path, quiet) as slack:
        assert texts(slack, OWNER, PLANS) == ["おぼえておいて"]
        assert slack.get("/clock")[1]["offset_seconds"] == pytest.approx(86_400, abs=1)
        slack.do("command", OWNER, channel=PLANS, text="つぎ")
        assert slack.seen(OWNER, PLANS)[1]["ts"] > first
