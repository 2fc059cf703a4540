"""Pressed buttons, chosen options, submitted and closed modals: what the bot is told and answers."""

from collections.abc import Mapping
from typing import Any

from localslack.api.files import file_known
from localslack.blocks_check import check_view
from localslack.elements_check import Problems, option_lists
from localslack.errors import ApiError, PersonRefused
from localslack.events import VERIFICATION_TOKEN
from localslack.inputs import action, elements, input_problems, state_values
from localslack.sender import Reply
from localslack.team import APP_ID, EVERYONE, TEAM_DOMAIN, TEAM_ID, Json
from localslack.workspace import Workspace

FAILED = "問題が発生しました。もう一度お試しください。"


def _common(user: str) -> Json:
    person = EVERYONE[user]
    return {
        "user": {"id": user, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _view_or_home(workspace: Workspace, user: str, view_id: str) -> Json:
    home = workspace.state.home(user)
    if home and view_id in ("home", home["id"]):
        return home
    view = workspace.modals.find(user, view_id)
    if view is None:
        raise PersonRefused("このウィンドウはもう開いていません。")
    return view


def _place(workspace: Workspace, user: str, where: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[Json, Json]:
    """The container fields of a payload, and the thing (message or view) that holds the blocks."""
    if where.get("view_id"):
        view = _view_or_home(workspace, user, where["view_id"])
        shown = view | {"state": {"values": state_values(view["blocks"], state)}}
        return {"container": {"type": "view", "view_id": view["id"]}, "view": shown}, view
    channel = workspace.conversation(str(where.get("channel") or ""))
    found = workspace.state.message(channel["id"], str(where.get("ts") or ""))
    if found is None or user not in channel["members"] or found[1] not in (None, user):
        raise PersonRefused("このメッセージはもうありません。")
    message, to_user = found
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel["id"],
        "is_ephemeral": to_user is not None,
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    fields: Json = {
        "container": container,
        "channel": {"id": channel["id"], "name": "directmessage" if channel["is_im"] else channel["name"]},
        "state": {"values": state_values(message.get("blocks") or [], state)},
    }
    if to_user is None:
        fields["message"] = message
    return fields, message


def _pressed(holder: Json, block_id: str | None, action_id: str) -> tuple[Json, Json]:
    attached = [block for item in holder.get("attachments") or [] for block in item.get("blocks") or []]
    for block, element in elements([*(holder.get("blocks") or []), *attached]):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    raise PersonRefused(f"「{action_id}」という操作はここにはありません。")


async def act(
    workspace: Workspace,
    user: str,
    where: Mapping[str, Any],
    action_id: str,
    block_id: str | None = None,
    value: Any = None,
    state: Mapping[str, Any] | None = None,
) -> Json:
    """Press a button or choose in a menu (block_actions). `where`: a message (channel, ts) or a view_id."""
    fields, holder = _place(workspace, user, where, state or {})
    block, element = _pressed(holder, block_id, action_id)
    view_id = holder["id"] if "view" in fields else None
    payload = {
        "type": "block_actions",
        **_common(user),
        **fields,
        "trigger_id": workspace.tickets.new_trigger(user, view_id),
        "actions": [action(block, element, value, f"{workspace.clock.seconds():.6f}")],
    }
    if view_id is None:
        secret = workspace.tickets.new_response_url(
            user, fields["channel"]["id"], holder["ts"], holder.get("thread_ts")
        )
        payload["response_url"] = f"{workspace.base_url}/response/{secret}"
    reply = await workspace.sender.interaction(payload)
    if reply.error:
        workspace.notice(f"{FAILED}({reply.error})", {user})
        return {"acknowledged": False, "failure": reply.error}
    return {"acknowledged": True}


async def suggest(
    workspace: Workspace,
    user: str,
    where: Mapping[str, Any],
    action_id: str,
    block_id: str | None,
    typed: str,
) -> Json:
    """Search in an external menu: sends block_suggestion, gives back checked options or option_groups."""
    fields, holder = _place(workspace, user, where, {})
    block, element = _pressed(holder, block_id, action_id)
    if len(typed) < element.get("min_query_length", 3):
        return {"options": [], "too_short": True}
    payload = {
        "type": "block_suggestion",
        **_common(user),
        **{key: value for key, value in fields.items() if key != "state"},
        "action_id": action_id,
        "block_id": block["block_id"],
        "value": typed,
    }
    reply = await workspace.sender.interaction(payload)
    answer = reply.json() or {}
    if reply.error:
        return {"options": [], "failure": reply.error}
    if not answer.get("options") and not answer.get("option_groups"):
        return {"options": []}
    problems = Problems()
    option_lists(problems, "", answer)
    if problems.found:
        return {"options": [], "failure": " ".join(problems.found)}
    return {key: answer[key] for key in ("options", "option_groups") if key in answer}


async def submit(workspace: Workspace, user: str, view_id: str | None, given: Mapping[str, Any]) -> Json:
    """Press a modal's submit button: sends view_submission and does what the answer's response_action says.

    The answer holds `errors` by block_id when they keep the modal open, `failure` when something broke.
    """
    view = workspace.modals.find(user, view_id)
    if view is None:
        raise PersonRefused("このウィンドウはもう開いていません。")
    values = state_values(view["blocks"], given)
    errors = input_problems(view["blocks"], values)
    if errors:
        return {"errors": errors}
    payload = {
        "type": "view_submission",
        **_common(user),
        "trigger_id": workspace.tickets.new_trigger(user, view["id"]),
        "view": view | {"state": {"values": values}},
        "response_urls": _response_urls(workspace, user, view, values),
    }
    reply = await workspace.sender.interaction(payload)
    if reply.error:
        return {"failure": f"{FAILED}({reply.error})"}
    try:
        said = _obey(workspace, user, view, reply)
    except ApiError as error:
        return {"failure": f"{FAILED}({error.code}: {' '.join(error.messages)})"}
    workspace.show_modals(user)
    return {"errors": said} if said else {"acknowledged": True}


def _response_urls(workspace: Workspace, user: str, view: Json, values: Json) -> list[Json]:
    urls = []
    for block, element in elements(view["blocks"]):
        if element.get("response_url_enabled"):
            entry = values[block["block_id"]][element["action_id"]]
            chosen = entry.get("selected_conversation") or entry.get("selected_channel")
            if chosen:
                secret = workspace.tickets.new_response_url(user, chosen)
                urls.append(
                    {
                        "block_id": block["block_id"],
                        "action_id": element["action_id"],
                        "channel_id": chosen,
                        "response_url": f"{workspace.base_url}/response/{secret}",
                    }
                )
    return urls


def _obey(workspace: Workspace, user: str, view: Json, reply: Reply) -> Json | None:
    """Carry out a response_action; gives the errors to show, if any. Raises ApiError for a wrong answer."""
    answer = reply.json() or {}
    if reply.body.strip() and reply.json() is None:
        raise ApiError("invalid_response", ["[ERROR] the answer to view_submission is not a JSON object"])
    kind = answer.get("response_action")
    modals = workspace.modals
    if kind == "errors":
        errors: Json = answer.get("errors") or {}
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        unknown = set(errors) - inputs
        if not errors or unknown:
            raise ApiError("invalid_errors", [f"[ERROR] no input block named {', '.join(sorted(unknown))}"])
        return errors
    if kind in ("update", "push"):
        check_view(answer.get("view"), "modal", file_known(workspace))
        # The bot may have closed or replaced the modal by the Web API meanwhile: then not_found is the truth.
        if kind == "update":
            modals.update(view["id"], "", answer["view"], "")
        else:
            modals.push(user, answer["view"])
    elif kind == "clear":
        modals.clear(user)
    elif kind is None:
        modals.close(user, view["id"])
    else:
        raise ApiError("invalid_response_action", [f"[ERROR] unknown response_action {kind}"])
    return None


async def close(workspace: Workspace, user: str, view_id: str | None, state: Mapping[str, Any] | None = None) -> Json:
    """Press a modal's close button: sends view_closed where notify_on_close asks for it."""
    view = workspace.modals.find(user, view_id)
    if view is None:
        return {"acknowledged": True}
    gone = list(reversed(workspace.modals.of(user))) if view["clear_on_close"] else [view]
    if view["clear_on_close"]:
        workspace.modals.clear(user)
    else:
        workspace.modals.close(user, view["id"])
    workspace.show_modals(user)
    for closed in gone:
        if closed["notify_on_close"]:
            values = state_values(closed["blocks"], state or {})
            await workspace.sender.interaction(
                {
                    "type": "view_closed",
                    **_common(user),
                    "view": closed | {"state": {"values": values}},
                    "is_cleared": view["clear_on_close"],
                }
            )
    return {"acknowledged": True}
