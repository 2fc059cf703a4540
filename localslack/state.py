"""What the workspace remembers between two starts: one SQLite file, used from one event loop only."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from localslack.team import Json, seed_channels

_SCHEMA = """
create table if not exists settings (key text primary key, value text not null);
create table if not exists channels (id text primary key, position integer not null, body text not null);
create table if not exists messages (
    channel text not null, ts text not null, thread_ts text, to_user text, body text not null,
    primary key (channel, ts)
);
create index if not exists threads on messages (channel, thread_ts);
create table if not exists files (id text primary key, body text not null);
create table if not exists homes (user text primary key, body text not null);
create table if not exists reads (user text not null, channel text not null, ts text not null,
    primary key (user, channel));
"""


class State:
    """Channels, messages, files, App Homes and read marks. Bodies are kept in Slack's own JSON shape."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files_folder = folder / "files"
        self.files_folder.mkdir(exist_ok=True)
        self._db = sqlite3.connect(folder / "workspace.sqlite3", isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)
        if not self.channels():
            for channel in seed_channels():
                self.put_channel(channel)
        row = self._db.execute("select max(ts) from messages").fetchone()
        self._last_ts: str = row[0] or "0000000000.000000"

    def close(self) -> None:
        """Close the file; nothing is pending, every write was its own transaction."""
        self._db.close()

    def setting(self, key: str, default: str = "") -> str:
        """A remembered value, such as the clock's offset."""
        row = self._db.execute("select value from settings where key = ?", (key,)).fetchone()
        return str(row[0]) if row else default

    def put_setting(self, key: str, value: str) -> None:
        """Remember a value under a key."""
        self._db.execute("insert or replace into settings values (?, ?)", (key, value))

    def next_ts(self, seconds: float) -> str:
        """A message timestamp for this moment, always greater than every one given before."""
        micros = max(int(seconds * 1_000_000), int(self._last_ts.replace(".", "")) + 1)
        self._last_ts = f"{micros // 1_000_000:010d}.{micros % 1_000_000:06d}"
        return self._last_ts

    def channels(self) -> list[Json]:
        """All conversations in the order of the sidebar."""
        return [json.loads(row[0]) for row in self._db.execute("select body from channels order by position")]

    def channel(self, id: str) -> Json | None:
        """One conversation by id."""
        row = self._db.execute("select body from channels where id = ?", (id,)).fetchone()
        return json.loads(row[0]) if row else None

    def put_channel(self, channel: Json) -> None:
        """Add a conversation at the end, or replace it where it stands."""
        self._db.execute(
            "insert into channels values (?, (select count(*) from channels), ?)"
            " on conflict (id) do update set body = excluded.body",
            (channel["id"], json.dumps(channel, ensure_ascii=False)),
        )

    def put_message(self, channel: str, message: Json, to_user: str | None = None) -> None:
        """Add or replace a message; `to_user` makes it an ephemeral one that only this person sees."""
        self._db.execute(
            "insert or replace into messages values (?, ?, ?, ?, ?)",
            (
                channel,
                message["ts"],
                message.get("thread_ts"),
                to_user,
                json.dumps(message, ensure_ascii=False),
            ),
        )

    def message(self, channel: str, ts: str) -> tuple[Json, str | None] | None:
        """A message and the only person who sees it (None: everybody in the channel)."""
        row = self._db.execute(
            "select body, to_user from messages where channel = ? and ts = ?", (channel, ts)
        ).fetchone()
        return (json.loads(row[0]), row[1]) if row else None

    def delete_message(self, channel: str, ts: str) -> None:
        """Forget a message."""
        self._db.execute("delete from messages where channel = ? and ts = ?", (channel, ts))

    def messages(self, channel: str, user: str | None, limit: int = 400) -> list[Json]:
        """The newest messages and replies, oldest first; those only `user` sees are marked `is_ephemeral`."""
        rows = self._db.execute(
            "select body, to_user from messages where channel = ? and (to_user is null or to_user = ?)"
            " order by ts desc limit ?",
            (channel, user or "", limit),
        ).fetchall()
        return [json.loads(body) | ({"is_ephemeral": True} if to else {}) for body, to in reversed(rows)]

    def history(self, channel: str, oldest: str, latest: str, inclusive: bool) -> list[Json]:
        """Messages everybody sees outside threads, newest first, between two timestamps."""
        low, high = (">=", "<=") if inclusive else (">", "<")
        rows = self._db.execute(
            "select body from messages where channel = ? and to_user is null"
            f" and ts {low} ? and ts {high} ? order by ts desc",
            (channel, oldest, latest),
        )
        found = [json.loads(row[0]) for row in rows]
        return [m for m in found if m.get("thread_ts") in (None, m["ts"]) or m.get("reply_broadcast")]

    def thread(self, channel: str, thread_ts: str) -> list[Json]:
        """A message and its replies, oldest first."""
        rows = self._db.execute(
            "select body from messages where channel = ? and to_user is null and (ts = ? or thread_ts = ?) order by ts",
            (channel, thread_ts, thread_ts),
        )
        return [json.loads(row[0]) for row in rows]

    def put_file(self, file: Json) -> None:
        """Add or replace what is known of a file; its bytes lie in the files folder under its id."""
        self._db.execute(
            "insert or replace into files values (?, ?)", (file["id"], json.dumps(file, ensure_ascii=False))
        )

    def file(self, id: str) -> Json | None:
        """What is known of a file."""
        row = self._db.execute("select body from files where id = ?", (id,)).fetchone()
        return json.loads(row[0]) if row else None

    def find_file(self, matches: Callable[[Json], bool]) -> Json | None:
        """The first file that matches, if any."""
        bodies = (json.loads(row[0]) for row in self._db.execute("select body from files"))
        return next((file for file in bodies if matches(file)), None)

    def home(self, user: str) -> Json | None:
        """The App Home that the bot has published for a person."""
        row = self._db.execute("select body from homes where user = ?", (user,)).fetchone()
        return json.loads(row[0]) if row else None

    def put_home(self, user: str, view: Json) -> None:
        """Keep the App Home of a person."""
        self._db.execute("insert or replace into homes values (?, ?)", (user, json.dumps(view, ensure_ascii=False)))

    def mark_read(self, user: str, channel: str, ts: str) -> None:
        """Remember up to where a person has read."""
        self._db.execute("insert or replace into reads values (?, ?, ?)", (user, channel, ts))

    def unread(self, user: str) -> set[str]:
        """Conversations that hold something by somebody else which the person has not seen yet."""
        rows = self._db.execute(
            "select distinct m.channel from messages m"
            " left join reads r on r.channel = m.channel and r.user = ?"
            " where (m.to_user is null or m.to_user = ?) and m.ts > coalesce(r.ts, '')"
            " and json_extract(m.body, '$.user') is not ?",
            (user, user, user),
        )
        return {row[0] for row in rows}
