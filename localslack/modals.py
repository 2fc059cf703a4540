"""Views: the stack of modals that each person has open, and how a view is completed."""

import secrets
from dataclasses import dataclass, field

from localslack import limits
from localslack.errors import ApiError
from localslack.team import APP_ID, BOT_ID, TEAM_ID, Json

_GIVEN = (
    "type",
    "title",
    "blocks",
    "submit",
    "close",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
)


def new_id(prefix: str) -> str:
    """An id of Slack's shape."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return prefix + "".join(secrets.choice(alphabet) for _ in range(10))


def name_blocks(blocks: list[Json]) -> list[Json]:
    """Give every block and element without an id a random one, as Slack does."""
    for block in blocks:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        found = [*block.get("elements", [])] if block.get("type") == "actions" else []
        found += [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
        for element in found:
            if element.get("type") != "image":
                element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return blocks


def complete(given: Json, *, view_id: str | None = None, root: str | None = None, previous: str | None = None) -> Json:
    """The view object that Slack makes of what the bot sent."""
    view: Json = {key: given.get(key) for key in _GIVEN if key in given}
    own = view_id or new_id("V")
    view |= {
        "id": own,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
        "blocks": name_blocks(given["blocks"]),
        "callback_id": given.get("callback_id", ""),
        "private_metadata": given.get("private_metadata", ""),
        "external_id": given.get("external_id", ""),
        "clear_on_close": bool(given.get("clear_on_close", False)),
        "notify_on_close": bool(given.get("notify_on_close", False)),
        "submit": given.get("submit"),
        "close": given.get("close"),
        "state": {"values": {}},
        "hash": f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}",
        "root_view_id": root or own,
        "previous_view_id": previous,
    }
    return view


@dataclass
class Modals:
    """Open modals by person, the newest last. They are gone after a restart, as after a reload of Slack."""

    stacks: dict[str, list[Json]] = field(default_factory=dict)

    def of(self, user: str) -> list[Json]:
        """This person's open modals."""
        return self.stacks.setdefault(user, [])

    def open(self, user: str, given: Json) -> Json:
        """Open a first modal; whatever was open gives way."""
        self._external_id_free(user, given, keep=False)
        view = complete(given)
        self.stacks[user] = [view]
        return view

    def push(self, user: str, given: Json) -> Json:
        """Put a modal on top. Raises push_limit_reached on the fourth and not_found when none is open."""
        stack = self.of(user)
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= limits.VIEW_STACK:
            raise ApiError("push_limit_reached")
        self._external_id_free(user, given)
        view = complete(given, root=stack[0]["id"], previous=stack[-1]["id"])
        stack.append(view)
        return view

    def update(self, view_id: str, external_id: str, given: Json, hash: str) -> tuple[str, Json]:
        """Replace an open modal; the person concerned and the new view. Raises not_found, hash_conflict."""
        for user, stack in self.stacks.items():
            for place, old in enumerate(stack):
                if old["id"] == view_id or (external_id and old["external_id"] == external_id):
                    if hash and hash != old["hash"]:
                        raise ApiError("hash_conflict")
                    view = complete(
                        given, view_id=old["id"], root=old["root_view_id"], previous=old["previous_view_id"]
                    )
                    view["external_id"] = view["external_id"] or old["external_id"]
                    stack[place] = view
                    return user, view
        raise ApiError("not_found")

    def find(self, user: str, view_id: str | None) -> Json | None:
        """An open modal of this person: by id, or the top one."""
        stack = self.of(user)
        if view_id is None:
            return stack[-1] if stack else None
        return next((view for view in stack if view["id"] == view_id), None)

    def close(self, user: str, view_id: str) -> None:
        """Close one modal and those above it."""
        stack = self.of(user)
        ids = [view["id"] for view in stack]
        if view_id in ids:
            del stack[ids.index(view_id) :]

    def clear(self, user: str) -> None:
        """Close all modals of this person."""
        self.stacks[user] = []

    def _external_id_free(self, user: str, given: Json, *, keep: bool = True) -> None:
        wanted = given.get("external_id")
        taken = {view["external_id"] for owner, stack in self.stacks.items() if keep or owner != user for view in stack}
        if wanted and wanted in taken:
            raise ApiError("duplicate_external_id")
