"""chat.*: messages of the bot."""

from collections.abc import Mapping

from localslack import limits
from localslack.api.call import Call, Method
from localslack.api.files import file_known
from localslack.blocks_check import check_message
from localslack.errors import ApiError
from localslack.team import BOT_USER_ID, EVERYONE, TEAM_DOMAIN, Json


def message_content(call: Call, *, cut: bool) -> Json:
    """Text, blocks, attachments and metadata of a call, checked.

    `cut`: a text that is too long is cut (chat.postMessage) instead of refused (chat.update).
    Raises no_text, msg_too_long, invalid_blocks and the like.
    """
    given = call.text("text")
    blocks = call.value("blocks", "invalid_blocks")
    attachments = call.value("attachments", "invalid_attachments")
    metadata = call.value("metadata", "invalid_metadata_format")
    if not given.strip() and not blocks and not attachments:
        raise ApiError("no_text")
    if len(given) > limits.MESSAGE_TEXT and not cut:
        raise ApiError("msg_too_long")
    if blocks:
        check_message(blocks, file_known(call.workspace))
    if metadata is not None and not (isinstance(metadata, dict) and metadata.get("event_type")):
        raise ApiError("invalid_metadata_schema")
    return {
        "text": given[: limits.MESSAGE_TEXT],
        "blocks": blocks or None,
        "attachments": attachments or None,
        "metadata": metadata,
    }


def _thread_ts(call: Call, channel: str) -> str | None:
    given = call.text("thread_ts")
    if not given:
        return None
    found = call.workspace.state.message(channel, given)
    if found is None:
        raise ApiError("thread_not_found")
    parent, _ = found
    root: str = parent.get("thread_ts") or given
    return root


def post_message(call: Call) -> Json:
    """chat.postMessage."""
    workspace = call.workspace
    channel = call.channel()
    public = workspace.manifest.scopes is not None and "chat:write.public" in workspace.manifest.scopes
    if BOT_USER_ID not in channel["members"] and not (public and not channel["is_private"]):
        raise ApiError("not_in_channel")
    content = message_content(call, cut=True)
    content["thread_ts"] = _thread_ts(call, channel["id"])
    if content["thread_ts"] and call.flag("reply_broadcast"):
        content["reply_broadcast"] = True
    workspace.tickets.spend_post(channel["id"])
    message = workspace.write_new(channel["id"], content)
    return {"channel": channel["id"], "ts": message["ts"], "message": message}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral."""
    channel = call.joined_channel()
    user = call.required("user")
    if user not in channel["members"] or user not in EVERYONE:
        raise ApiError("user_not_in_channel")
    content = message_content(call, cut=True)
    content["thread_ts"] = _thread_ts(call, channel["id"])
    message = call.workspace.write_new(channel["id"], content, to_user=user)
    return {"message_ts": message["ts"]}


def _own_message(call: Call, refusal: str) -> tuple[Json, Json]:
    channel = call.channel()
    found = call.workspace.state.message(channel["id"], call.required("ts"))
    if found is None or found[1] is not None:
        raise ApiError("message_not_found")
    if found[0].get("user") != BOT_USER_ID:
        raise ApiError(refusal)
    return channel, found[0]


def update(call: Call) -> Json:
    """chat.update. Blocks and attachments that are not given stay; an empty list takes them away."""
    channel, old = _own_message(call, "cant_update_message")
    content = message_content(call, cut=False)
    given = {key for key in ("blocks", "attachments") if call.value(key) is not None}
    old = {key: value for key, value in old.items() if key not in given}
    message = call.workspace.change(channel["id"], old, content)
    return {"channel": channel["id"], "ts": message["ts"], "text": message["text"], "message": message}


def delete(call: Call) -> Json:
    """chat.delete."""
    channel, message = _own_message(call, "cant_delete_message")
    call.workspace.erase(channel["id"], message["ts"])
    return {"channel": channel["id"], "ts": message["ts"]}


def get_permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel = call.channel()
    ts = call.required("message_ts")
    if call.workspace.state.message(channel["id"], ts) is None:
        raise ApiError("message_not_found")
    link = f"{call.workspace.base_url}/archives/{channel['id']}/p{ts.replace('.', '')}"
    return {"channel": channel["id"], "permalink": link, "team": TEAM_DOMAIN}


METHODS: Mapping[str, Method] = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
}
