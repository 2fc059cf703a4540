"""One call of the Web API: the workspace it asks and its arguments, whatever way they were encoded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localslack.errors import ApiError
from localslack.team import BOT_USER_ID, Json
from localslack.workspace import Workspace


@dataclass(frozen=True)
class Call:
    """A call with its arguments; form fields that hold JSON are decoded on reading."""

    workspace: Workspace
    arguments: Mapping[str, Any]

    def text(self, key: str, default: str = "") -> str:
        """A string argument."""
        value = self.arguments.get(key)
        return default if value is None else str(value)

    def required(self, key: str) -> str:
        """A string argument that must be there. Raises invalid_arguments."""
        value = self.text(key)
        if not value:
            raise ApiError("invalid_arguments", [f"[ERROR] missing required field: {key}"])
        return value

    def flag(self, key: str) -> bool:
        """A yes/no argument: true, "true", 1 or "1"."""
        return self.arguments.get(key) in (True, 1, "1", "true", "True")

    def number(self, key: str, default: int) -> int:
        """A whole number. Raises invalid_arguments."""
        try:
            return int(self.text(key) or default)
        except ValueError:
            raise ApiError("invalid_arguments", [f"[ERROR] must be a number: {key}"]) from None

    def value(self, key: str, wrong: str = "invalid_arguments") -> Any:
        """A structured argument, decoded when it came as a JSON string; None if absent. Raises `wrong`."""
        value = self.arguments.get(key)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(wrong, [f"[ERROR] not JSON: {key}"]) from None

    def channel(self, key: str = "channel") -> Json:
        """The conversation named by an id, by #name, or by a person's id (their messages with the bot).

        Raises channel_not_found, also for a private conversation without the bot.
        """
        given = self.required(key)
        for channel in self.workspace.state.channels():
            named = channel["is_channel"] and given.removeprefix("#") == channel["name"]
            if given == channel["id"] or named or (channel["is_im"] and given == channel["user"]):
                if channel["is_private"] and BOT_USER_ID not in channel["members"]:
                    break
                return channel
        raise ApiError("channel_not_found")

    def joined_channel(self, key: str = "channel") -> Json:
        """Like `channel`, and the bot must be in it. Raises not_in_channel."""
        channel = self.channel(key)
        if BOT_USER_ID not in channel["members"]:
            raise ApiError("not_in_channel")
        return channel


Method = Callable[[Call], Json]


def page_of(items: list[Json], call: Call, key: str) -> Json:
    """One page of a list, with the cursor of the next in response_metadata."""
    limit = max(1, min(call.number("limit", 100), 1000))
    start = call.number("cursor", 0)
    more = start + limit < len(items)
    return {
        key: items[start : start + limit],
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }
