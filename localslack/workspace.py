"""The parts of a running workspace in one place, and what every part does with messages."""

from dataclasses import dataclass
from pathlib import Path

from localslack.clock import Clock
from localslack.errors import PersonRefused
from localslack.manifest import Manifest
from localslack.modals import Modals, name_blocks
from localslack.sender import Sender
from localslack.state import State
from localslack.stream import Stream
from localslack.team import APP_ID, BOT, BOT_ID, BOT_USER_ID, EVERYONE, TEAM_ID, Json, Person
from localslack.tickets import Tickets


@dataclass(frozen=True)
class Workspace:
    """Everything that a request handler may need; made once in app.build_app."""

    state: State
    clock: Clock
    stream: Stream
    tickets: Tickets
    modals: Modals
    sender: Sender
    manifest: Manifest
    bot_token: str
    base_url: str
    clock_file: Path | None = None
    on_clock: str | None = None
    file_processing_seconds: float = 0.2

    def person(self, given: str) -> Person:
        """A person by id or name. Raises PersonRefused."""
        for person in EVERYONE.values():
            if given in (person.id, person.name, person.real_name):
                return person
        raise PersonRefused(f"「{given}」という人はこのワークスペースにいません。")

    def conversation(self, given: str) -> Json:
        """A conversation by id or channel name, with or without #. Raises PersonRefused."""
        for channel in self.state.channels():
            if given == channel["id"] or (channel["is_channel"] and given.removeprefix("#") == channel["name"]):
                return channel
        raise PersonRefused(f"「{given}」という会話はありません。")

    def open_to(self, channel: Json, user: str) -> bool:
        """Whether this person is in the conversation."""
        return user in channel["members"]

    def bot_message(self, content: Json, ts: str) -> Json:
        """A message object by the bot, from text, blocks, attachments, metadata, files and the like."""
        message: Json = {
            "type": "message",
            "ts": ts,
            "user": BOT_USER_ID,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "team": TEAM_ID,
            "text": "",
            "bot_profile": {"id": BOT_ID, "app_id": APP_ID, "name": BOT.real_name, "team_id": TEAM_ID},
        }
        message |= {key: value for key, value in content.items() if value is not None}
        if message.get("blocks"):
            message["blocks"] = name_blocks(message["blocks"])
        return message

    def write(self, channel: str, message: Json, to_user: str | None = None) -> Json:
        """Keep a new or changed message and show it to those who may see it."""
        if message.get("blocks"):
            message = message | {"blocks": [self._with_size(block) for block in message["blocks"]]}
        self.state.put_message(channel, message, to_user)
        shown = message | ({"is_ephemeral": True} if to_user else {})
        self.stream.tell({"type": "message", "channel": channel, "message": shown}, self._seen_by(channel, to_user))
        return message

    def write_new(self, channel: str, content: Json, to_user: str | None = None) -> Json:
        """Write a new message of the bot at the workspace's present moment."""
        return self.write(channel, self.bot_message(content, self.state.next_ts(self.clock.seconds())), to_user)

    def change(self, channel: str, old: Json, content: Json, to_user: str | None = None) -> Json:
        """Replace text, blocks and the like of a message in place and mark it as edited."""
        message = old | {key: value for key, value in content.items() if value is not None}
        if content.get("blocks"):
            message["blocks"] = name_blocks(content["blocks"])
        if to_user is None:
            at = self.state.next_ts(self.clock.seconds())
            message["edited"] = {"user": BOT_USER_ID, "ts": at}
        return self.write(channel, message, to_user)

    def erase(self, channel: str, ts: str, to_user: str | None = None) -> None:
        """Delete a message everywhere."""
        self.state.delete_message(channel, ts)
        self.stream.tell({"type": "message_deleted", "channel": channel, "ts": ts}, self._seen_by(channel, to_user))

    def whisper(self, channel: str, user: str, text: str) -> None:
        """A message of the workspace itself (Slackbot's place) that only this person sees."""
        message = {
            "type": "message",
            "subtype": "slackbot",
            "ts": self.state.next_ts(self.clock.seconds()),
            "user": "USLACKBOT",
            "text": text,
        }
        self.write(channel, message, user)

    def show_modals(self, user: str) -> None:
        """Bring the person's pages up to date with their stack of modals."""
        self.stream.tell({"type": "views", "views": self.modals.of(user)}, {user})

    def notice(self, text: str, users: set[str] | None = None) -> None:
        """A short notice over the page, such as a failed modal or a failed clock command."""
        self.stream.tell({"type": "notice", "text": text}, users)

    def _with_size(self, block: Json) -> Json:
        """An image block with the size of its picture where that is known, as Slack delivers it."""
        id = block.get("slack_file", {}).get("id") if block["type"] == "image" else None
        file = self.state.file(id) if id else None
        if file is None or "original_w" not in file:
            return block
        return block | {"image_width": file["original_w"], "image_height": file["original_h"]}

    def _seen_by(self, channel: str, to_user: str | None) -> list[str]:
        if to_user:
            return [to_user]
        found = self.state.channel(channel)
        return list(found["members"]) if found else []
