"""views.*: modals and the App Home."""

from collections.abc import Mapping
from typing import Literal

from localslack.api.call import Call, Method
from localslack.api.files import file_known
from localslack.blocks_check import check_view
from localslack.errors import ApiError
from localslack.modals import complete
from localslack.team import EVERYONE, Json


def _view(call: Call, surface: Literal["modal", "home"]) -> Json:
    view: Json = call.value("view")
    check_view(view, surface, file_known(call.workspace))
    return view


def open_view(call: Call) -> Json:
    """views.open."""
    given = _view(call, "modal")
    trigger = call.workspace.tickets.use_trigger(call.required("trigger_id"))
    view = call.workspace.modals.open(trigger.user, given)
    call.workspace.show_modals(trigger.user)
    return {"view": view}


def push(call: Call) -> Json:
    """views.push: the trigger must come from an open modal."""
    given = _view(call, "modal")
    trigger = call.workspace.tickets.use_trigger(call.required("trigger_id"))
    if trigger.view_id is None:
        raise ApiError("not_found")
    view = call.workspace.modals.push(trigger.user, given)
    call.workspace.show_modals(trigger.user)
    return {"view": view}


def update(call: Call) -> Json:
    """views.update, of a modal or of a published App Home, by view_id or external_id."""
    workspace = call.workspace
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise ApiError("invalid_arguments", ["[ERROR] either view_id or external_id must be given"])
    for user in EVERYONE:
        home = workspace.state.home(user)
        if home and home["id"] == view_id:
            return {"view": _publish(call, user, _view(call, "home"))}
    user, view = workspace.modals.update(view_id, external_id, _view(call, "modal"), call.text("hash"))
    workspace.show_modals(user)
    return {"view": view}


def publish(call: Call) -> Json:
    """views.publish."""
    user = call.required("user_id")
    given = _view(call, "home")
    if user not in EVERYONE:
        raise ApiError("invalid_arguments", ["[ERROR] unknown user_id"])
    return {"view": _publish(call, user, given)}


def _publish(call: Call, user: str, given: Json) -> Json:
    old = call.workspace.state.home(user)
    if old and call.text("hash") and call.text("hash") != old["hash"]:
        raise ApiError("hash_conflict")
    view = complete(given, view_id=old["id"] if old else None)
    call.workspace.state.put_home(user, view)
    call.workspace.stream.tell({"type": "home", "view": view}, {user})
    return view


METHODS: Mapping[str, Method] = {
    "views.open": open_view,
    "views.push": push,
    "views.update": update,
    "views.publish": publish,
}
