"""What a person types into the message box: a message, a command of the app or one of the workspace."""

import html
import re

from localslack import limits
from localslack.api.files import file_known
from localslack.blocks_check import check_message
from localslack.errors import ApiError, PersonRefused
from localslack.events import VERIFICATION_TOKEN, message_written, send_event
from localslack.manifest import Command
from localslack.sender import Reply
from localslack.team import APP_ID, BOT_NAME, BOT_USER_ID, EVERYONE, TEAM_DOMAIN, TEAM_ID, Json
from localslack.workspace import Workspace


def encode(workspace: Workspace, typed: str, *, link_names: bool, labels: bool = False) -> str:
    """Typed text as Slack sends it: & < > as entities; with `link_names` people, channels and URLs as links.

    `labels` writes <@U…|name> and <#C…|name>, as commands with should_escape get them.
    """
    text = html.escape(typed, quote=False)
    if not link_names:
        return text
    text = re.sub(r"https?://[^\s&|]+", lambda found: f"<{found[0]}>", text)
    text = re.sub(r"@(channel|here|everyone)\b", r"<!\1>", text)
    people = {f"@{name}": ("@", p.id, p.name) for p in EVERYONE.values() for name in (p.real_name, p.name)}
    rooms = {f"#{c['name']}": ("#", c["id"], c["name"]) for c in workspace.state.channels() if c["is_channel"]}
    known = people | rooms
    pattern = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))

    def link(found: re.Match[str]) -> str:
        mark, id, name = known[found[0]]
        return f"<{mark}{id}|{name}>" if labels else f"<{mark}{id}>"

    return re.sub(pattern, link, text)


async def enter(
    workspace: Workspace,
    user: str,
    channel: Json,
    typed: str,
    thread_ts: str | None = None,
    files: list[Json] | None = None,
) -> Json:
    """Do what pressing Enter does. The answer says how a command was acknowledged.

    Raises PersonRefused when this person is not in the conversation or nothing was typed.
    """
    if user not in channel["members"]:
        raise PersonRefused("この会話には参加していません。")
    if typed.startswith("/") and not files:
        return await _command(workspace, user, channel, typed.strip(), thread_ts)
    if not typed.strip() and not files:
        raise PersonRefused("メッセージが空です。")
    if channel["is_im"] and workspace.manifest.messages_read_only:
        raise PersonRefused("このアプリへのメッセージの送信はオフになっています。")
    message: Json = {
        "type": "message",
        "ts": workspace.state.next_ts(workspace.clock.seconds()),
        "user": user,
        "team": EVERYONE[user].team_id,
        "text": encode(workspace, typed, link_names=True)[: limits.MESSAGE_TEXT],
    }
    if thread_ts:
        message["thread_ts"] = thread_ts
    if files:
        message |= {"files": files, "upload": True, "subtype": "file_share"}
    workspace.write(channel["id"], message)
    message_written(workspace, channel, message)
    return {"ts": message["ts"]}


async def _command(workspace: Workspace, user: str, channel: Json, typed: str, thread_ts: str | None) -> Json:
    name, _, rest = typed.partition(" ")
    if name == "/invite":
        return _invite(workspace, user, channel, rest)
    command = workspace.manifest.command(name)
    if thread_ts and command:
        workspace.whisper(channel["id"], user, f"{name} はスレッドでは使えません。")
        return {"refused": "thread"}
    if command is None or EVERYONE[user].team_id != TEAM_ID:
        # Slack's own sentence, with its English form as people search for it.
        said = f"`{name}` は有効なコマンドではありません。({name} is not a valid command)"
        workspace.whisper(channel["id"], user, said)
        return {"refused": "not_a_command"}
    reply = await _send_command(workspace, user, channel, command, rest.strip())
    if reply.error:
        english = f'{name} failed with the error "{reply.error}"'
        said = f"{name} は失敗しました。({english})"
        workspace.whisper(channel["id"], user, said)
        return {"acknowledged": False, "failure": reply.error}
    _answer_in_ack(workspace, user, channel["id"], reply)
    return {"acknowledged": True}


async def _send_command(workspace: Workspace, user: str, channel: Json, command: Command, text: str) -> Reply:
    secret = workspace.tickets.new_response_url(user, channel["id"])
    return await workspace.sender.form(
        {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel["id"],
            "channel_name": "directmessage" if channel["is_im"] else channel["name"],
            "user_id": user,
            "user_name": EVERYONE[user].name,
            "command": command.command,
            "text": encode(workspace, text, link_names=command.should_escape, labels=True),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": f"{workspace.base_url}/response/{secret}",
            "trigger_id": workspace.tickets.new_trigger(user),
        }
    )


def _answer_in_ack(workspace: Workspace, user: str, channel: str, reply: Reply) -> None:
    """A body in the acknowledgement is a message: ephemeral unless it says in_channel."""
    content = reply.json() if "json" in reply.content_type else {"text": reply.text()}
    if content is None or not (content.get("text") or content.get("blocks")):
        return
    blocks = content.get("blocks")
    try:
        if blocks:
            check_message(blocks, file_known(workspace))
    except ApiError as error:
        workspace.whisper(channel, user, f"番頭の返事を表示できませんでした({error.code} {' '.join(error.messages)})。")
        return
    public = content.get("response_type") == "in_channel"
    shown = {"text": content.get("text", ""), "blocks": blocks, "attachments": content.get("attachments")}
    workspace.write_new(channel, shown, None if public else user)


def _invite(workspace: Workspace, user: str, channel: Json, rest: str) -> Json:
    if rest.strip().removeprefix("@") not in (BOT_NAME, "banto") or not channel["is_channel"]:
        workspace.whisper(channel["id"], user, f"使い方: `/invite @{BOT_NAME}`(チャンネルで)")
        return {"refused": "usage"}
    if BOT_USER_ID in channel["members"]:
        workspace.whisper(channel["id"], user, f"{BOT_NAME}はすでにこのチャンネルにいます。")
        return {"refused": "already_in_channel"}
    channel["members"].append(BOT_USER_ID)
    workspace.state.put_channel(channel)
    workspace.stream.tell({"type": "channels"})
    workspace.whisper(channel["id"], user, f"{BOT_NAME}をこのチャンネルに招待しました。")
    if "member_joined_channel" in workspace.manifest.events:
        joined = {
            "type": "member_joined_channel",
            "user": BOT_USER_ID,
            "channel": channel["id"],
            "inviter": user,
        }
        send_event(workspace, joined | {"channel_type": "C", "team": TEAM_ID})
    return {"invited": True}
