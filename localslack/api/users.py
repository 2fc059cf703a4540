"""auth.*, api.*, team.*, bots.*, users.*: who is who."""

from collections.abc import Mapping

from localslack.api.call import Call, Method, page_of
from localslack.api.conversations import shown_channel
from localslack.errors import ApiError
from localslack.team import (
    APP_ID,
    BOT,
    BOT_ID,
    BOT_USER_ID,
    EVERYONE,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Json,
    Person,
)


def shown_user(person: Person) -> Json:
    """The user object of a person."""
    return {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": False,
        "color": person.color.removeprefix("#"),
        "tz": "Asia/Tokyo",
        "tz_label": "Japan Standard Time",
        "tz_offset": 32400,
        "locale": "ja-JP",
        "is_bot": person.is_bot,
        "is_admin": person.role == "代表",
        "is_owner": person.role == "代表",
        "is_restricted": False,
        "is_stranger": person.team_id != TEAM_ID,
        "is_app_user": False,
        "profile": {
            "real_name": person.real_name,
            "display_name": person.real_name,
            "title": person.role,
            "team": person.team_id,
        },
    }


def auth_test(call: Call) -> Json:
    """auth.test."""
    return {
        "url": call.workspace.base_url + "/",
        "team": TEAM_NAME,
        "user": BOT.name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    """api.test: says back what it was told, fails with the error that was asked for."""
    if call.text("error"):
        raise ApiError(call.text("error"))
    return {"args": {key: value for key, value in call.arguments.items() if key != "token"}}


def team_info(call: Call) -> Json:
    """team.info."""
    team = {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "url": call.workspace.base_url + "/"}
    return {"team": team | {"email_domain": "", "icon": {}}}


def bots_info(call: Call) -> Json:
    """bots.info."""
    if call.text("bot", BOT_ID) != BOT_ID:
        raise ApiError("bot_not_found")
    bot = {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER_ID, "name": BOT.real_name, "deleted": False}
    return {"bot": bot | {"icons": {}}}


def users_info(call: Call) -> Json:
    """users.info."""
    person = EVERYONE.get(call.required("user"))
    if person is None:
        raise ApiError("user_not_found")
    return {"user": shown_user(person)}


def users_list(call: Call) -> Json:
    """users.list: the people of this workspace; a partner's are found by users.info only."""
    people = [shown_user(person) for person in EVERYONE.values() if person.team_id == TEAM_ID]
    return page_of(people, call, "members")


def users_conversations(call: Call) -> Json:
    """users.conversations: where the bot (or the given person) is a member."""
    user = call.text("user", BOT_USER_ID)
    if user not in EVERYONE:
        raise ApiError("user_not_found")
    types = call.text("types", "public_channel").split(",")
    found = [
        shown_channel(channel)
        for channel in call.workspace.state.channels()
        if user in channel["members"] and ("im" if channel["is_im"] else "public_channel") in types
    ]
    return page_of(found, call, "channels")


METHODS: Mapping[str, Method] = {
    "auth.test": auth_test,
    "api.test": api_test,
    "team.info": team_info,
    "bots.info": bots_info,
    "users.info": users_info,
    "users.list": users_list,
    "users.conversations": users_conversations,
}
