"""Events API: what the bot is told without having been asked."""

import secrets
from typing import Final

from localslack.modals import new_id
from localslack.team import APP_ID, BOT_USER_ID, TEAM_ID, Json
from localslack.workspace import Workspace

VERIFICATION_TOKEN: Final = "localslack"
"""The deprecated `token` field of every payload; the signature is what counts."""


def send_event(workspace: Workspace, event: Json, *, shared: bool = False) -> None:
    """Send an event in Slack's envelope, in the background and with retries."""
    envelope = {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(workspace.clock.seconds()),
        "event": event,
        "is_ext_shared_channel": shared,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
    }
    workspace.sender.event(envelope)


def home_opened(workspace: Workspace, user: str, tab: str) -> None:
    """A person has opened the app's Home or its messages: app_home_opened."""
    if "app_home_opened" not in workspace.manifest.events:
        return
    person = workspace.person(user)
    event: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": person.dm,
        "tab": tab,
        "event_ts": f"{workspace.clock.seconds():.6f}",
    }
    view = workspace.state.home(user)
    if view and tab == "home":
        event["view"] = view
    send_event(workspace, event)


def message_written(workspace: Workspace, channel: Json, message: Json) -> None:
    """A person has written a message: message.im, message.channels, app_mention, if the bot may hear them."""
    if BOT_USER_ID not in channel["members"]:
        return
    events = workspace.manifest.events
    shared = channel["is_ext_shared"]
    kind = "im" if channel["is_im"] else "channel"
    told = {
        **message,
        "channel": channel["id"],
        "channel_type": kind,
        "event_ts": message["ts"],
        "client_msg_id": secrets.token_hex(16),
    }
    if ("message.im" if channel["is_im"] else "message.channels") in events:
        send_event(workspace, told, shared=shared)
    mentioned = f"<@{BOT_USER_ID}>" in message["text"]
    if mentioned and not channel["is_im"] and "app_mention" in events:
        mention = {key: value for key, value in told.items() if key not in ("channel_type", "subtype")}
        send_event(workspace, mention | {"type": "app_mention"}, shared=shared)
    if message.get("files") and "file_shared" in events:
        for file in message["files"]:
            send_event(
                workspace,
                {
                    "type": "file_shared",
                    "file_id": file["id"],
                    "file": {"id": file["id"]},
                    "user_id": message["user"],
                    "channel_id": channel["id"],
                    "event_ts": message["ts"],
                },
                shared=shared,
            )
