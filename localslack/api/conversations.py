"""conversations.*: channels and direct messages."""

from collections.abc import Mapping

from localslack.api.call import Call, Method, page_of
from localslack.errors import ApiError
from localslack.team import BOT_USER_ID, EVERYONE, TEAM_ID, Json


def shown_channel(channel: Json) -> Json:
    """The conversation object of a channel or direct message, as the bot sees it."""
    if channel["is_im"]:
        return {
            "id": channel["id"],
            "is_im": True,
            "is_private": True,
            "user": channel["user"],
            "is_open": True,
        }
    return {
        "id": channel["id"],
        "name": channel["name"],
        "name_normalized": channel["name"],
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel["is_private"],
        "is_general": channel["is_general"],
        "is_archived": False,
        "is_shared": channel["is_ext_shared"],
        "is_ext_shared": channel["is_ext_shared"],
        "is_org_shared": False,
        "is_member": BOT_USER_ID in channel["members"],
        "context_team_id": TEAM_ID,
        "num_members": len(channel["members"]),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": channel["purpose"], "creator": "", "last_set": 0},
    }


def list_conversations(call: Call) -> Json:
    """conversations.list."""
    types = call.text("types", "public_channel").split(",")
    found = [
        shown_channel(channel)
        for channel in call.workspace.state.channels()
        if ("im" if channel["is_im"] else "public_channel") in types
    ]
    return page_of(found, call, "channels")


def info(call: Call) -> Json:
    """conversations.info."""
    return {"channel": shown_channel(call.channel())}


def open_conversation(call: Call) -> Json:
    """conversations.open: the direct messages with one person."""
    if call.text("channel"):
        return {"channel": shown_channel(call.channel())}
    users = [user for user in call.required("users").split(",") if user]
    if len(users) != 1 or users[0] not in EVERYONE:
        raise ApiError("user_not_found" if len(users) == 1 else "too_many_users")
    for channel in call.workspace.state.channels():
        if channel["is_im"] and channel["user"] == users[0]:
            full = shown_channel(channel) if call.flag("return_im") else {"id": channel["id"]}
            return {"channel": full, "already_open": True, "no_op": True}
    raise ApiError("cannot_dm_bot" if users[0] == BOT_USER_ID else "user_not_visible")


def join(call: Call) -> Json:
    """conversations.join."""
    channel = call.channel()
    if channel["is_im"]:
        raise ApiError("method_not_supported_for_channel_type")
    if BOT_USER_ID not in channel["members"]:
        channel["members"].append(BOT_USER_ID)
        call.workspace.state.put_channel(channel)
        call.workspace.stream.tell({"type": "channels"})
    return {"channel": shown_channel(channel)}


def members(call: Call) -> Json:
    """conversations.members."""
    channel = call.channel()
    listed = page_of([{"id": user} for user in channel["members"]], call, "members")
    return listed | {"members": [item["id"] for item in listed["members"]]}


def _without_metadata(messages: list[Json], call: Call) -> list[Json]:
    if call.flag("include_all_metadata"):
        return messages
    return [{key: value for key, value in message.items() if key != "metadata"} for message in messages]


def history(call: Call) -> Json:
    """conversations.history: newest first, replies left out."""
    channel = call.joined_channel()
    found = call.workspace.state.history(
        channel["id"],
        call.text("oldest", "0"),
        call.text("latest", "9999999999.999999"),
        call.flag("inclusive"),
    )
    answer = page_of(_without_metadata(found, call), call, "messages")
    return answer | {"has_more": bool(answer["response_metadata"]["next_cursor"]), "pin_count": 0}


def replies(call: Call) -> Json:
    """conversations.replies: the parent and its replies, oldest first."""
    channel = call.joined_channel()
    found = call.workspace.state.thread(channel["id"], call.required("ts"))
    if not found:
        raise ApiError("thread_not_found")
    oldest = call.text("oldest", "0")
    kept = [message for message in found if message["ts"] > oldest or message is found[0]]
    answer = page_of(_without_metadata(kept, call), call, "messages")
    return answer | {"has_more": bool(answer["response_metadata"]["next_cursor"])}


METHODS: Mapping[str, Method] = {
    "conversations.list": list_conversations,
    "conversations.info": info,
    "conversations.open": open_conversation,
    "conversations.join": join,
    "conversations.members": members,
    "conversations.history": history,
    "conversations.replies": replies,
}
