"""The steps of a panel as people take them in the workspace, for the tests of `/panel`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from slack_bolt import BoltRequest
from slack_sdk.signature import SignatureVerifier

from store.panel_records import Panel
from store.panels import recent_panels
from tests.handlers.conftest import TEAM, Office, words_of
from tests.localslack.running import PLANNER, PLANS, SECRET

FORM = {"concept": "朝だけ美容液", "proposition": "ひと塗りで夕方まで", "price": "4000", "people": "10"}


def seats(count: int) -> list[str]:
    return [str(seat) for seat in range(1, count + 1)]


def newest(office: Office) -> Panel:
    return recent_panels(office.deps.engine, TEAM, 1)[0]


def started(office: Office, channel: str = PLANS, **changes: Any) -> dict[str, Any]:
    """The card of a new panel."""
    says = "① 賛同を聞く"
    before = {message["ts"] for message in office.messages(channel=channel)}
    office.command("/panel", channel=channel)
    assert office.submit({**FORM, **changes}) == {}
    # The card of an earlier panel says the same.
    office.slack.until(
        lambda: [m for m in office.messages(channel=channel) if m["ts"] not in before and says in words_of(m)]
    )
    return office.message(says, channel=channel)


def revealed(office: Office, **changes: Any) -> dict[str, Any]:
    card = started(office, **changes)
    office.press(card, "panel.agree")
    assert office.submit({"seats": seats(8)}) == {}
    office.press(office.message("賛同 *8人*"), "panel.reveal")
    return office.message("② 価格を伝えて")


def recorded(office: Office, buyers: int, reasons: str = "", **changes: Any) -> dict[str, Any]:
    office.press(revealed(office, **changes), "panel.buyers")
    assert office.submit({"seats": seats(buyers), "reasons": reasons}) == {}
    return office.message(f"購入意向 *{buyers}人*")


def closed(office: Office, buyers: int, reasons: str = "", **changes: Any) -> dict[str, Any]:
    office.press(recorded(office, buyers, reasons, **changes), "panel.close")
    return office.message("価格のはしご")


def stale_press(office: Office, action_id: str, panel_id: int, user: str = PLANNER) -> None:
    """A press of a button that is no longer on the card, from a client that has not caught up."""
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "channel": {"id": PLANS},
        "container": {"type": "message", "channel_id": PLANS, "message_ts": "1.0"},
        "trigger_id": "none",
        "actions": [{"type": "button", "block_id": "b", "action_id": action_id, "value": str(panel_id)}],
    }
    body = f"payload={quote(json.dumps(payload))}"
    sent_at = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=sent_at, body=body)
    headers: dict[str, str | Sequence[str]] = {
        "content-type": ["application/x-www-form-urlencoded"],
        "x-slack-request-timestamp": [sent_at],
        "x-slack-signature": [str(signature)],
    }
    assert office.slack.bot.dispatch(BoltRequest(body=body, headers=headers)).status == 200
