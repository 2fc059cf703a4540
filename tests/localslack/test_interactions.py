"""Buttons, menus, modals and the App Home, acted without a browser."""

import json
import time
from typing import Any

import pytest
from slack_bolt import Ack, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.localslack import gallery
from tests.localslack.running import ADS, OUTSIDER, OWNER, PLANNER, PLANS, Running

Json = dict[str, Any]
FORM = {
    "concept": "朝だけの美容液",
    "price": "4000",
    "stand": "agree",
    "product": "product-x",
    "facilitator": PLANNER,
    "tags": ["agree", "hold"],
}


@pytest.fixture
def bot(slack: Running) -> Running:
    """The workspace with the gallery's bot."""
    gallery.register(slack.bot)
    return slack


def buttons(*ids: str) -> list[Json]:
    """An actions block with buttons of these action_ids."""
    made = [{"type": "button", "action_id": id, "text": gallery.plain(id), "value": f"v-{id}"} for id in ids]
    return [{"type": "actions", "block_id": "row", "elements": made}]


def simple(title: str, **more: Any) -> Json:
    """A modal with one text input, b/a."""
    block = gallery.field("b", "名前", {"type": "plain_text_input", "action_id": "a"}, optional=True)
    return {
        "type": "modal",
        "title": gallery.plain(title),
        "submit": gallery.plain("OK"),
        "blocks": [block],
        **more,
    }


def opened(slack: Running, view: Json | None = None) -> Json:
    """Open a modal for the owner through /modal; the view."""

    @slack.bot.command("/modal")
    def open_it(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=view or simple("一枚目", callback_id="one"))

    slack.do("command", OWNER, channel=PLANS, text="/modal")
    (shown,) = slack.until(lambda: slack.views(OWNER))
    return dict(shown)


def open_form(bot: Running) -> str:
    """Open the gallery's form for the owner; its view_id."""
    bot.do("command", OWNER, channel=PLANS, text="/modal")
    return str(bot.until(lambda: bot.views(OWNER))[0]["id"])


def test_a_button_tells_the_bot_who_pressed_what_and_where(slack: Running) -> None:
    got: list[Json] = []

    @slack.bot.action("keep")
    def keep(ack: Ack, body: Json) -> None:
        got.append(body)
        ack()

    ts = slack.client.chat_postMessage(channel=ADS, text="a", blocks=buttons("keep"))["ts"]
    assert slack.do("action", OUTSIDER, channel=ADS, ts=ts, action_id="keep")["acknowledged"]
    (body,) = got
    assert body["user"] == {
        "id": OUTSIDER,
        "username": "sho.yamamoto",
        "name": "sho.yamamoto",
        "team_id": "T0AGENCY1",
    }
    assert body["team"]["id"] == "T0BANTO01"
    assert body["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": ADS,
        "is_ephemeral": False,
    }
    assert body["message"]["ts"] == ts
    action = body["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("keep", "row", "v-keep")


def test_inputs_in_a_message_travel_in_its_state(slack: Running) -> None:
    got: list[Json] = []

    @slack.bot.action("send")
    def send(ack: Ack, body: Json) -> None:
        got.append(body["state"]["values"])
        ack()

    inputs = [
        gallery.field("n", "数", {"type": "number_input", "is_decimal_allowed": True, "initial_value": "3"}),
        gallery.field("d", "日", {"type": "datepicker"}),
    ]
    ts = slack.client.chat_postMessage(channel=PLANS, text="a", blocks=[*inputs, *buttons("send")])["ts"]
    slack.do("action", OWNER, channel=PLANS, ts=ts, action_id="send", state={"d": "2026-12-01"})
    assert got == [
        {
            "n": {"n": {"type": "number_input", "value": "3"}},
            "d": {"d": {"type": "datepicker", "selected_date": "2026-12-01"}},
        }
    ]


def test_an_ephemeral_answer_can_be_replaced_and_deleted(slack: Running) -> None:
    @slack.bot.action("share")
    def share(ack: Ack, body: Json, respond: Respond) -> None:
        ack()
        assert body["container"]["is_ephemeral"]
        assert "message" not in body
        respond(replace_original=True, text="共有しました")

    @slack.bot.action("drop")
    def drop(ack: Ack, respond: Respond) -> None:
        ack()
        respond(delete_original=True)

    both = buttons("share", "drop")
    ts = slack.client.chat_postEphemeral(channel=PLANS, user=OWNER, text="a", blocks=both)["message_ts"]
    other = slack.client.chat_postEphemeral(channel=PLANS, user=OWNER, text="b", blocks=both)["message_ts"]
    slack.do("action", OWNER, channel=PLANS, ts=ts, action_id="share")
    slack.do("action", OWNER, channel=PLANS, ts=other, action_id="drop")
    slack.until(lambda: [m["text"] for m in slack.seen(OWNER, PLANS)] == ["共有しました"])
    assert "blocks" not in slack.seen(OWNER, PLANS)[0]


def test_nobody_can_press_what_they_cannot_see(slack: Running) -> None:
    ts = slack.client.chat_postEphemeral(channel=PLANS, user=OWNER, text="a", blocks=buttons("keep"))["message_ts"]
    given = {"user": PLANNER, "channel": PLANS, "ts": ts, "action_id": "keep"}
    assert slack.post("/_local/action", given)[0] == 400


def test_a_submitted_form_arrives_exactly_as_slack_sends_it(bot: Running) -> None:
    open_form(bot)
    assert bot.do("submit", OWNER, values=FORM) == {"ok": True, "acknowledged": True}
    assert bot.views(OWNER) == []
    sent = bot.until(lambda: bot.seen(OWNER, "D0OWNER01"))[0]["text"].strip("`")
    values = {block: next(iter(entry.values())) for block, entry in json.loads(sent).items()}
    assert values["concept"] == {"type": "plain_text_input", "value": "朝だけの美容液"}
    assert values["price"] == {"type": "number_input", "value": "4000"}
    assert values["why"] == {"type": "plain_text_input", "value": None}
    assert values["stand"]["selected_option"]["value"] == "agree"
    assert [option["value"] for option in values["tags"]["selected_options"]] == ["agree", "hold"]
    assert values["product"]["selected_option"]["text"]["text"] == "product-x"
    assert values["channel"]["selected_option"]["value"] == "hold"
    assert values["media"] == {"type": "multi_static_select", "selected_options": []}
    assert values["facilitator"] == {"type": "users_select", "selected_user": PLANNER}
    assert values["day"] == {"type": "datepicker", "selected_date": "2026-11-22"}
    assert values["hour"] == {"type": "timepicker", "selected_time": None}


@pytest.mark.parametrize(
    ("block", "value", "sentence"),
    [
        ("concept", "  ", "この項目は必須です。"),
        ("price", "四千", "数値を入力してください。"),
        ("price", "4000.5", "整数を入力してください。"),
        ("price", "0", "1以上の数値を入力してください。"),
        ("price", "1000001", "1000000以下の数値を入力してください。"),
        ("why", "あ" * 201, "200文字以内で入力してください。"),
        ("stand", None, "この項目は必須です。"),
    ],
)
def test_slack_refuses_wrong_input_before_the_bot_hears_of_it(
    bot: Running, block: str, value: str | None, sentence: str
) -> None:
    open_form(bot)
    heard = len(bot.arrived)
    assert bot.do("submit", OWNER, values=FORM | {block: value})["errors"] == {block: sentence}
    assert (len(bot.arrived), len(bot.views(OWNER))) == (heard, 1)


def test_errors_of_the_bot_keep_the_form_open(bot: Running) -> None:
    open_form(bot)
    answer = bot.do("submit", OWNER, values=FORM | {"concept": "だめ"})
    assert answer["errors"] == {"concept": "そのコンセプトは記録できません。"}
    assert len(bot.views(OWNER)) == 1


def test_an_external_menu_asks_the_bot(bot: Running) -> None:
    view_id = open_form(bot)
    found = bot.do("options", OWNER, view_id=view_id, action_id="product", value="美容")["options"]
    assert [option["value"] for option in found] == ["しっとり美容液 30ml", "お試し美容液 7日分"]
    assert bot.do("options", OWNER, view_id=view_id, action_id="product", value="ない")["options"] == []


def test_a_dispatched_input_updates_the_open_form(bot: Running) -> None:
    view_id = open_form(bot)
    bot.do("action", OWNER, view_id=view_id, action_id="price", value="10000")
    assert bot.until(lambda: bot.views(OWNER)[0]["blocks"][0]["text"]["text"] == "*必要人数* 10人中 *2人*")


def test_closing_tells_the_bot_only_when_it_asked_for_it(bot: Running) -> None:
    open_form(bot)
    bot.do("close", OWNER)
    assert bot.views(OWNER) == []
    assert bot.until(lambda: bot.seen(OWNER, "D0OWNER01"))[0]["text"] == "フォームを閉じました"


def test_a_trigger_opens_one_modal_within_three_seconds(slack: Running) -> None:
    triggers: list[str] = []

    @slack.bot.command("/silent")
    def keep(ack: Ack, body: Json) -> None:
        triggers.append(body["trigger_id"])
        ack()

    def refused(trigger: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            slack.client.views_open(trigger_id=trigger, view=simple("x"))
        return str(caught.value.response["error"])

    slack.do("command", OWNER, channel=PLANS, text="/silent")
    assert slack.client.views_open(trigger_id=triggers[0], view=simple("x"))["view"]["id"]
    assert refused(triggers[0]) == "exchanged_trigger_id"
    slack.do("command", OWNER, channel=PLANS, text="/silent")
    slack.time.pushed += 3.1
    assert refused(triggers[1]) == "expired_trigger_id"
    assert refused("1.2.3") == "invalid_trigger_id"


def test_the_stack_holds_three_modals(slack: Running) -> None:
    refusals: list[str] = []

    @slack.bot.view("one")
    def push(ack: Ack) -> None:
        ack(response_action="push", view=simple("次", callback_id="one"))

    opened(slack)
    assert slack.do("submit", OWNER)["acknowledged"]
    assert slack.do("submit", OWNER)["acknowledged"]
    refusals.append(slack.do("submit", OWNER)["failure"])
    assert "push_limit_reached" in refusals[0]
    first, second, third = slack.views(OWNER)
    assert (second["previous_view_id"], third["root_view_id"]) == (first["id"], first["id"])
    slack.do("close", OWNER)
    assert [view["id"] for view in slack.views(OWNER)] == [first["id"], second["id"]]


def test_response_actions_update_and_clear(slack: Running) -> None:
    @slack.bot.view("one")
    def update(ack: Ack) -> None:
        ack(response_action="update", view=simple("二枚目", callback_id="two"))

    @slack.bot.view("two")
    def clear(ack: Ack) -> None:
        ack(response_action="clear")

    before = opened(slack)
    slack.do("submit", OWNER)
    (after,) = slack.views(OWNER)
    assert (after["id"], after["title"]["text"]) == (before["id"], "二枚目")
    assert after["hash"] != before["hash"]
    slack.do("submit", OWNER)
    assert slack.views(OWNER) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"unknown": "x"}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "nonsense"},
    ],
)
def test_a_wrong_answer_to_a_submission_is_shown_as_a_problem(slack: Running, answer: Json) -> None:
    slack.bot.view("one")(lambda ack: ack(answer))
    opened(slack)
    assert "問題が発生しました" in slack.do("submit", OWNER).get("failure", "")
    assert len(slack.views(OWNER)) == 1


def test_a_slow_submission_is_a_problem_and_keeps_the_form(slack: Running) -> None:
    @slack.bot.view("one")
    def slow(ack: Ack) -> None:
        time.sleep(3.5)
        ack()

    opened(slack)
    assert "operation_timeout" in slack.do("submit", OWNER)["failure"]
    assert len(slack.views(OWNER)) == 1


def test_an_update_with_an_old_hash_is_refused(slack: Running) -> None:
    view = opened(slack)
    slack.client.views_update(view_id=view["id"], hash=view["hash"], view=simple("新"))
    with pytest.raises(SlackApiError) as caught:
        slack.client.views_update(view_id=view["id"], hash=view["hash"], view=simple("古"))
    assert caught.value.response["error"] == "hash_conflict"
    slack.do("close", OWNER)
    with pytest.raises(SlackApiError) as caught:
        slack.client.views_update(view_id=view["id"], view=simple("遅"))
    assert caught.value.response["error"] == "not_found"


@pytest.mark.parametrize(
    ("view", "error"),
    [
        (simple("あ" * 25), "invalid_arguments"),
        (simple("x", private_metadata="x" * 3001), "invalid_arguments"),
        (simple("x", submit=None), "invalid_arguments"),
        (
            {
                **simple("x"),
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "あ" * 3000}} for _ in range(100)],
            },
            "view_too_large",
        ),
    ],
)
def test_views_that_slack_refuses(slack: Running, view: Json, error: str) -> None:
    trigger = slack.workspace.tickets.new_trigger(OWNER)
    with pytest.raises(SlackApiError) as caught:
        slack.client.views_open(trigger_id=trigger, view=view)
    assert caught.value.response["error"] == error


def test_the_home_is_published_per_person_and_its_buttons_work(bot: Running) -> None:
    bot.do("home", OWNER)
    home = bot.until(lambda: bot.get(f"/_local/state?user={OWNER}")[1]["home"])
    assert home["blocks"][0]["text"]["text"] == "番頭のホーム"
    assert bot.get(f"/_local/state?user={PLANNER}")[1]["home"] is None
    got: list[Json] = []

    @bot.bot.action("refresh")
    def refresh(ack: Ack, body: Json) -> None:
        got.append(body)
        ack()

    bot.client.views_publish(user_id=OWNER, view={"type": "home", "blocks": buttons("refresh")})
    bot.do("action", OWNER, view_id="home", action_id="refresh")
    assert got[0]["container"] == {"type": "view", "view_id": home["id"]}
    assert got[0]["view"]["type"] == "home"
