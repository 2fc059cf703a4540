"""The Web API as a bot's WebClient meets it."""

from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.localslack.running import ADS, GENERAL, MANIFEST, OWNER, PLANS, TOKEN, Running, running


def refusal(call: object, *args: object, **given: object) -> str:
    """The error that a call is refused with."""
    with pytest.raises(SlackApiError) as caught:
        call(*args, **given)  # type: ignore[operator]
    return str(caught.value.response["error"])


def test_the_bot_learns_who_it_is_and_what_it_may(slack: Running) -> None:
    answer = slack.client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == ("U0BANTO01", "T0BANTO01")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_a_wrong_or_missing_token_is_refused(slack: Running) -> None:
    base = f"{slack.url}/api/"
    assert refusal(WebClient(token="xoxb-other", base_url=base).auth_test) == "invalid_auth"
    assert slack.post("/api/auth.test", {})[1] == {"ok": False, "error": "not_authed"}


def test_a_method_without_its_scope_is_refused(tmp_path: Path) -> None:
    poor = replace(MANIFEST, scopes=frozenset({"users:read"}))
    with running(tmp_path, lambda app: None, manifest=poor) as slack:
        assert refusal(slack.client.chat_postMessage, channel=PLANS, text="a") == "missing_scope"


def test_a_message_is_seen_by_the_people_in_the_channel(slack: Running) -> None:
    slack.client.chat_postMessage(channel=PLANS, text="おはようございます")
    assert [message["text"] for message in slack.seen(OWNER, PLANS)] == ["おはようございます"]


def test_a_channel_can_be_named(slack: Running) -> None:
    assert slack.client.chat_postMessage(channel="#広告", text="a")["channel"] == ADS


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "a"}, "channel_not_found"),
        ({"channel": GENERAL, "text": "a"}, "not_in_channel"),
        ({"channel": PLANS, "text": " "}, "no_text"),
        ({"channel": PLANS, "text": "a", "blocks": [{"type": "header"}]}, "invalid_blocks"),
        ({"channel": PLANS, "text": "a", "thread_ts": "1.2"}, "thread_not_found"),
    ],
)
def test_refusals_of_post_message(slack: Running, given: dict[str, object], error: str) -> None:
    assert refusal(slack.client.chat_postMessage, **given) == error


def test_joining_a_channel_ends_not_in_channel(slack: Running) -> None:
    slack.client.conversations_join(channel=GENERAL)
    assert slack.client.chat_postMessage(channel=GENERAL, text="a")["ok"]


def test_too_many_messages_in_one_channel_meet_429_and_others_do_not(slack: Running) -> None:
    for number in range(5):
        slack.client.chat_postMessage(channel=PLANS, text=str(number))
    with pytest.raises(SlackApiError) as caught:
        slack.client.chat_postMessage(channel=PLANS, text="one too many")
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["Retry-After"]) >= 1
    slack.client.chat_postMessage(channel=ADS, text="another channel")
    slack.time.pushed += 1.1
    slack.client.chat_postMessage(channel=PLANS, text="later")


def test_timestamps_grow_even_within_one_moment(slack: Running) -> None:
    stamps = [slack.client.chat_postMessage(channel=PLANS, text="a")["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


def test_update_marks_as_edited_and_delete_removes(slack: Running) -> None:
    ts = slack.client.chat_postMessage(channel=PLANS, text="集計中")["ts"]
    slack.client.chat_update(channel=PLANS, ts=ts, text="できました")
    (message,) = slack.seen(OWNER, PLANS)
    assert (message["text"], "edited" in message) == ("できました", True)
    slack.client.chat_delete(channel=PLANS, ts=ts)
    assert slack.seen(OWNER, PLANS) == []
    assert refusal(slack.client.chat_update, channel=PLANS, ts=ts, text="a") == "message_not_found"


def test_an_update_keeps_the_blocks_it_does_not_mention(slack: Running) -> None:
    blocks = [{"type": "divider"}]
    ts = slack.client.chat_postMessage(channel=PLANS, text="a", blocks=blocks)["ts"]
    slack.client.chat_update(channel=PLANS, ts=ts, text="b")
    assert [block["type"] for block in slack.seen(OWNER, PLANS)[0]["blocks"]] == ["divider"]
    slack.client.chat_update(channel=PLANS, ts=ts, text="c", blocks=[])
    assert "blocks" not in slack.seen(OWNER, PLANS)[0]


def test_text_beyond_forty_thousand_is_cut_on_post_and_refused_on_update(slack: Running) -> None:
    answer = slack.client.chat_postMessage(channel=PLANS, text="あ" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    assert refusal(slack.client.chat_update, channel=PLANS, ts=answer["ts"], text="あ" * 40_001) == "msg_too_long"


def test_only_the_person_addressed_sees_an_ephemeral_message(slack: Running) -> None:
    ts = slack.client.chat_postEphemeral(channel=PLANS, user=OWNER, text="内緒")["message_ts"]
    assert [message["is_ephemeral"] for message in slack.seen(OWNER, PLANS)] == [True]
    assert slack.seen("U0PLAN001", PLANS) == []
    assert refusal(slack.client.chat_update, channel=PLANS, ts=ts, text="a") == "message_not_found"
    assert slack.client.conversations_history(channel=PLANS)["messages"] == []
    stranger = {"channel": PLANS, "user": "U0AGENT01", "text": "a"}
    assert refusal(slack.client.chat_postEphemeral, **stranger) == "user_not_in_channel"


def test_replies_stay_in_their_thread(slack: Running) -> None:
    root = slack.client.chat_postMessage(channel=PLANS, text="親")["ts"]
    slack.client.chat_postMessage(channel=PLANS, text="子", thread_ts=root)
    history = slack.client.conversations_history(channel=PLANS)["messages"]
    replies = slack.client.conversations_replies(channel=PLANS, ts=root)["messages"]
    assert [message["text"] for message in history] == ["親"]
    assert [message["text"] for message in replies] == ["親", "子"]


def test_metadata_comes_back_only_when_asked_for(slack: Running) -> None:
    metadata = {"event_type": "weekly", "event_payload": {"week": "2026-47"}}
    slack.client.chat_postMessage(channel=PLANS, text="a", metadata=metadata)
    plain = slack.client.conversations_history(channel=PLANS)["messages"][0]
    full = slack.client.conversations_history(channel=PLANS, include_all_metadata=True)["messages"][0]
    assert "metadata" not in plain
    assert full["metadata"] == metadata


def test_people_channels_and_direct_messages(slack: Running) -> None:
    client = slack.client
    assert client.users_info(user="U0AGENT01")["user"]["team_id"] != client.team_info()["team"]["id"]
    assert OWNER in [user["id"] for user in client.users_list()["members"]]
    joined = {channel["name"] for channel in client.users_conversations()["channels"]}
    listed = {channel["name"] for channel in client.conversations_list()["channels"]}
    assert listed - joined == {"全社"}
    dm = client.conversations_open(users=OWNER)["channel"]["id"]
    assert client.chat_postMessage(channel=OWNER, text="a")["channel"] == dm
    assert OWNER in client.conversations_members(channel=PLANS)["members"]
    assert refusal(client.users_info, user="U0NOBODY1") == "user_not_found"


def test_lists_come_in_pages(slack: Running) -> None:
    first = slack.client.conversations_list(limit=2)
    second = slack.client.conversations_list(limit=100, cursor=first["response_metadata"]["next_cursor"])
    assert len(first["channels"]) == 2
    assert len(second["channels"]) == 3
    assert second["response_metadata"]["next_cursor"] == ""


def test_a_permalink_leads_to_the_page(slack: Running) -> None:
    ts = slack.client.chat_postMessage(channel=PLANS, text="a")["ts"]
    link = slack.client.chat_getPermalink(channel=PLANS, message_ts=ts)["permalink"]
    status, body = slack.get(link.removeprefix(slack.url))
    assert (status, "<html" in body) == (200, True)


def test_an_uploaded_file_keeps_its_bytes_and_can_stand_in_a_block(slack: Running) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    block = {"type": "image", "alt_text": "図", "slack_file": {"id": "F0NOTHING1"}}
    assert refusal(slack.client.chat_postMessage, channel=PLANS, text="図", blocks=[block]) == "invalid_blocks"
    shared = slack.client.files_upload_v2(
        channel=PLANS, filename="図.png", content=picture, title="売上", initial_comment="今週の図"
    )
    (message,) = slack.seen(OWNER, PLANS)
    assert (message["text"], message["files"][0]["title"]) == ("今週の図", "売上")
    kept = slack.workspace.state.files_folder / shared["file"]["id"]
    assert kept.read_bytes() == picture
    block["slack_file"] = {"id": shared["file"]["id"]}
    assert slack.client.chat_postMessage(channel=PLANS, text="図", blocks=[block])["ok"]


def test_a_file_without_a_channel_is_private_until_it_is_used(slack: Running) -> None:
    file = slack.client.files_upload_v2(filename="a.csv", content="a,b\n1,2\n")["file"]
    info = slack.client.files_info(file=file["id"])["file"]
    assert (info["name"], info["size"], info["shares"]) == ("a.csv", 8, {})


def test_requests_for_another_host_are_refused(slack: Running) -> None:
    assert slack.get("/healthz")[0] == 200
    assert slack.get("/healthz", {"Host": "evil.example"})[0] == 400
    assert slack.post("/api/api.test", {}, {"Host": "evil.example"})[0] == 400


def test_an_unknown_method_says_so(slack: Running) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert slack.post("/api/chat.nonsense", {}, headers)[1]["error"] == "unknown_method"
