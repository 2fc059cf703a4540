"""Mistakes, hostile names and strangers: a clear sentence where it was typed, and nothing half-recorded."""

from __future__ import annotations

import csv
import io
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localslack.sender import sign
from tests.e2e.demo_process import Demo, until
from tests.localslack.running import fetch

OWNER, PLANNER, OUTSIDER = "U0OWNER01", "U0PLAN001", "U0AGENT01"
PLANS, ADS, CRM = "C0PLAN001", "C0ADS0001", "C0CRM0001"
HOSTILE = "<!channel> *x* <http://e.example|press>"
SIX_MINUTES = 360


def texts(thing: Any, kind: str) -> Iterator[str]:
    """All texts of this kind (mrkdwn or plain_text) in a message or a modal."""
    if isinstance(thing, Mapping):
        if thing.get("type") == kind:
            yield str(thing["text"])
        for value in thing.values():
            yield from texts(value, kind)
    elif isinstance(thing, list):
        for each in thing:
            yield from texts(each, kind)


def assert_inert(message: Mapping[str, Any]) -> None:
    """Nothing of the hostile name would ping, link or style anything, and it is there to be read."""
    marked = [str(message.get("text") or ""), *texts(message.get("blocks") or [], "mrkdwn")]
    for text in marked:
        assert "<!" not in text
        assert "<http" not in text
        assert "*x*" not in text
    shown = [*marked, *texts(message.get("blocks") or [], "plain_text")]
    assert any("!channel" in text for text in shown)


def submit(demo: Demo, user: str, **values: Any) -> dict[str, str]:
    """Fill and send the open form; the errors under its fields."""
    until(lambda: demo.views(user))
    given = {f"{block}/value": value for block, value in values.items()}
    answer: dict[str, str] = demo.do("submit", user, values=given).get("errors") or {}
    return answer


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/banto fish", "「fish」という言葉は知りません"),
        ("/banto weekly fish", "「fish」が分かりません"),
        ("/banto weekly here 25:00", "「25:00」は時刻として読めません"),
        ("/banto margin 101", "0〜100 の数"),
        ("/panel fish", "「fish」は使えません"),
        ("/panel calc 0 5 10", "単価は0より大きい数"),
        ("/panel calc -1 5 10", "単価は0より大きい数"),
        ("/panel calc 1234567890 5 10", "単価が大きすぎます（9桁まで）"),
        ("/panel calc 4000 5 0", "聞いた人が0人では計算できません"),
        ("/panel calc 4000 11 10", "買う人（11人）が聞いた人（10人）より多く"),
        ("/ltv all window=0", "期間「0」は使えません"),
        ("/ltv all windw=3", "「windw=3」は分かりません"),
        ("/ltv all from=2026-13-01", "日付「2026-13-01」が読めません"),
        ("/repeat all channel=fish", "経路「fish」は分かりません"),
        ("/ad nosuch window=3", "window="),
        (f"/ltv {HOSTILE}", "という商品は見つかりません"),
        (f"/ad {HOSTILE}", "という広告|広告「"),
        (f"/banto {HOSTILE}", "という言葉は知りません"),
        (f"/panel show {HOSTILE}", "というコンセプトは見つかりません"),
        (f"/panel search {HOSTILE}", "を含む理由は見つかりませんでした"),
    ],
)
def test_a_mistake_gets_a_sentence_that_only_its_author_sees(demo: Demo, typed: str, said: str) -> None:
    answer = demo.told(OWNER, CRM, typed)
    assert answer["is_ephemeral"]
    assert re.search(said, answer["text"]), answer["text"]
    assert "思わぬ不具合" not in answer["text"]
    if HOSTILE in typed:
        assert "<!" not in answer["text"]
        assert "<http" not in answer["text"]


@pytest.mark.parametrize(
    ("wrong", "block", "said"),
    [
        ({"price": "0"}, "price", "単価は0より大きい数"),
        ({"price": "-1"}, "price", "単価は0より大きい数"),
        ({"price": "1234567890"}, "price", "単価が大きすぎます"),
        ({"price": "四千"}, "price", "単価は数字で"),
        ({"price": "12.5"}, "price", "小数を付けずに"),
        ({"people": "0"}, "people", "人数は1以上"),
        ({"people": "、、"}, "people", "参加者を1人以上"),
        ({"people": "101"}, "people", "参加者は100人まで"),
        ({"people": "Aさん\nAさん"}, "people", "2回あります"),
        ({"proposition": "  "}, "proposition", "必須"),
    ],
)
def test_a_wrong_field_is_named_under_it_and_nothing_is_recorded(
    demo: Demo, wrong: dict[str, str], block: str, said: str
) -> None:
    demo.do("command", OWNER, channel=PLANS, text="/panel")
    right = {"concept": "記録されないはず", "proposition": "朝が楽になる", "price": "4000", "people": "10"}
    errors = submit(demo, OWNER, **(right | wrong))
    demo.do("close", OWNER, view_id=demo.views(OWNER)[-1]["id"])
    assert list(errors) == [block]
    assert said in errors[block]
    assert "見つかりません" in demo.told(OWNER, PLANS, "/panel show 記録されないはず")["text"]


def test_hostile_names_in_a_panel_are_shown_and_never_interpreted(demo: Demo) -> None:
    before = {message["ts"] for message in demo.seen(OWNER, PLANS)}
    demo.do("command", OWNER, channel=PLANS, text="/panel")
    people = "<!channel>\n*x*\n<http://e.example|press>"
    assert submit(demo, OWNER, concept=HOSTILE, proposition=HOSTILE, price="4000", people=people) == {}
    (card,) = until(lambda: [m for m in demo.seen(OWNER, PLANS) if m["ts"] not in before])
    assert_inert(card)
    assert "&lt;!channel&gt;" in "".join(texts(card["blocks"], "mrkdwn"))
    demo.do("action", OWNER, channel=PLANS, ts=card["ts"], action_id="panel.reveal")
    until(lambda: "価格を伝えて" in message_of(demo, PLANS, card["ts"])["text"])
    demo.do("action", OWNER, channel=PLANS, ts=card["ts"], action_id="panel.buyers")
    assert submit(demo, OWNER, seats=["1"], reasons=f"*x*: {HOSTILE}") == {}
    until(lambda: "購入意向 *1人*" in "".join(texts(message_of(demo, PLANS, card["ts"])["blocks"], "mrkdwn")))
    demo.do("action", OWNER, channel=PLANS, ts=card["ts"], action_id="panel.close")
    until(lambda: "購入意向1人" in message_of(demo, PLANS, card["ts"])["text"])
    assert_inert(message_of(demo, PLANS, card["ts"]))


def test_a_product_with_a_hostile_name_is_inert_in_its_report(demo: Demo) -> None:
    export = orders_of_a_product("EVIL-1", HOSTILE)
    waiting = demo.home / "inbox" / ".orders-evil.part"
    waiting.write_text(export, encoding="utf-8")
    arrived = waiting.rename(demo.home / "inbox" / "orders-evil.csv")
    until(lambda: not arrived.exists())
    answer = until(lambda: report_on(demo, "/ltv EVIL-1"))
    assert_inert(answer)
    assert "n = 40人" in answer["text"]
    assert "image" in [block["type"] for block in answer["blocks"]]
    assert_inert(demo.told(OWNER, CRM, "/ltv EVIL-2"))

    before = {message["ts"] for message in demo.seen(PLANNER, CRM)}
    demo.do("action", OWNER, channel=CRM, ts=answer["ts"], action_id="report.share")
    (shared,) = until(lambda: [m for m in demo.seen(PLANNER, CRM) if m["ts"] not in before])
    assert_inert({**shared, "blocks": shared["blocks"][:-1]})


def report_on(demo: Demo, command: str) -> dict[str, Any] | None:
    answer = demo.told(OWNER, CRM, command)
    return answer if len(answer["blocks"]) > 2 else None


def message_of(demo: Demo, channel: str, ts: str) -> dict[str, Any]:
    """A message as the owner sees it now."""
    return next(message for message in demo.seen(OWNER, channel) if message["ts"] == ts)


def orders_of_a_product(sku: str, name: str) -> str:
    """An export: forty people bought it once, 500 days ago."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["order_id", "ordered_at", "customer_id", "sku", "product_name", "quantity", "unit_price"])
    day = (datetime.now(UTC) - timedelta(days=500)).date().isoformat()
    for number in range(40):
        sheet.writerow([f"{sku}-{number}", day, f"{sku}-{number}", sku, name, 1, 3000])
    return out.getvalue()


def test_a_request_that_the_workspace_did_not_sign_does_nothing(demo: Demo) -> None:
    before = demo.told(OWNER, CRM, "/banto profit")["text"]
    assert "7,531" not in before
    now = int(time.time())
    good = sign(demo.secret(), now, forged(demo))
    stale = sign(demo.secret(), now - SIX_MINUTES, forged(demo))
    ahead = sign(demo.secret(), now + SIX_MINUTES, forged(demo))
    wrong = sign("not-the-secret", now, forged(demo))
    restamped = stale | {"X-Slack-Request-Timestamp": str(now)}
    unsigned = {"X-Slack-Request-Timestamp": str(now)}
    for headers in ({}, unsigned, wrong, stale, ahead, restamped):
        assert send(demo, forged(demo), headers) == 401
    assert send(demo, forged(demo) + b"&x=1", good) == 401
    assert demo.told(OWNER, CRM, "/banto profit")["text"] == before

    assert send(demo, forged(demo), good) == 200, "the request was refused for another reason than its signature"
    until(lambda: "7,531" in demo.told(OWNER, CRM, "/banto profit")["text"])
    demo.told(OWNER, CRM, "/banto profit 0")


def forged(demo: Demo) -> bytes:
    """A command that somebody might forge."""
    fields = {
        "command": "/banto",
        "text": "profit 7531",
        "team_id": "T0BANTO01",
        "user_id": OWNER,
        "channel_id": CRM,
        "trigger_id": "1.2.3",
        "response_url": f"{demo.url}/response/nobody",
    }
    return urllib.parse.urlencode(fields).encode()


def send(demo: Demo, body: bytes, headers: Mapping[str, str]) -> int:
    """The bot's status for a request of one's own making."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return fetch(urllib.request.Request(f"{demo.bot_url}/slack/events", data=body, headers=kind | dict(headers)))[0]


def test_people_of_another_company_get_no_figures_and_change_nothing(demo: Demo) -> None:
    demo.do("command", OWNER, channel=ADS, text="/panel")
    public = {message["ts"] for message in demo.seen(OUTSIDER, ADS)}
    assert submit(demo, OWNER, concept="社外秘", proposition="朝が楽になる", price="4321", people="10") == {}
    (card,) = until(lambda: [m for m in demo.seen(OUTSIDER, ADS) if m["ts"] not in public])

    refused = pressed_by_outsider(demo, card["ts"], "panel.reveal")
    assert refused["is_ephemeral"]
    assert "別の会社の帳簿" in refused["text"]
    assert message_of(demo, ADS, card["ts"]) == card, "the outsider moved the panel on"

    asked = demo.told(OUTSIDER, ADS, "@番頭 product-xの今年のLTVは？")
    assert "別の会社の帳簿" in asked["text"]
    assert demo.views(OUTSIDER) == []
    assert not [m for m in demo.seen(OUTSIDER, ADS) if "¥" in str(m)]


def pressed_by_outsider(demo: Demo, ts: str, action_id: str) -> dict[str, Any]:
    """What the outsider is told after pressing a button."""
    before = {message["ts"] for message in demo.seen(OUTSIDER, ADS)}
    demo.do("action", OUTSIDER, channel=ADS, ts=ts, action_id=action_id)
    (told,) = until(lambda: [m for m in demo.seen(OUTSIDER, ADS) if m["ts"] not in before])
    return dict(told)
