"""Posts that must arrive exactly once: claimed by a unique row, then posted, then marked sent.

A row in state `claimed` whose `claimed_at` has not moved for a while belongs to a process that died. Nobody may post
without having renewed the claim just before; so a message of a claim is never older than its `claimed_at`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, RowMapping, Select, and_, select, update

from store.database import insert_or_ignore
from store.tables import posts


class PostState(StrEnum):
    """How far a post has come."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class PostKey:
    """What there may be only one post of: a kind (weekly, or an alert's key) for a period, in one channel."""

    team: str
    channel: str
    kind: str
    period: str


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post and what it said: `result` holds the numbers and definitions as they were posted."""

    id: int
    key: PostKey
    state: PostState
    claimed_by: str
    claimed_at: datetime
    attempts: int
    sent_at: datetime | None
    message_ts: str | None
    snapshot: str | None
    result: Mapping[str, Any] | None


def claim_post(engine: Engine, key: PostKey, holder: str, now: datetime) -> Post | None:
    """Claim a post for `holder`; None when anybody has claimed it before."""
    with engine.begin() as connection:
        new = insert_or_ignore(connection, posts).values(
            **vars(key), state=PostState.CLAIMED, claimed_by=holder, claimed_at=now, attempts=1
        )
        if connection.execute(new).rowcount != 1:
            return None
        return _post(connection.execute(_where(_is(key))).mappings().one())


def take_over(engine: Engine, post: Post, holder: str, now: datetime) -> Post | None:
    """Another attempt at a claim that stands as it was when `post` was read; None when somebody was quicker."""
    return _move(engine, post, claimed_by=holder, claimed_at=now, attempts=post.attempts + 1)


def renew(engine: Engine, post: Post, now: datetime, snapshot: str, result: Mapping[str, Any]) -> Post | None:
    """Keep what the post is about to say; None when the claim has been taken away, and then it must not be posted."""
    return _move(engine, post, claimed_at=now, snapshot=snapshot[:80], result=dict(result))


def mark_sent(engine: Engine, post: Post, message_ts: str | None, now: datetime) -> None:
    """The message has arrived, whoever is first to know; without a ts, there was nothing to say."""
    _settle(engine, post, state=PostState.SENT, message_ts=message_ts, sent_at=now)


def mark_failed(engine: Engine, post: Post) -> bool:
    """Give the post up; False when it is not claimed any more."""
    return _settle(engine, post, state=PostState.FAILED)


def find_post(engine: Engine, key: PostKey) -> Post | None:
    """The post of that key."""
    return next(iter(_read(engine, _where(_is(key)))), None)


def post_by_id(engine: Engine, team: str, post_id: int) -> Post | None:
    """The team's post with that id."""
    return next(iter(_read(engine, _where(and_(posts.c.team == team, posts.c.id == post_id)))), None)


def unfinished_posts(engine: Engine) -> list[Post]:
    """Claims of all teams that are neither sent nor given up."""
    return _read(engine, _where(posts.c.state == PostState.CLAIMED).order_by(posts.c.id))


def newest_posts(engine: Engine, team: str, limit: int) -> list[Post]:
    """The team's last posts that arrived, the newest first."""
    sent = and_(posts.c.team == team, posts.c.state == PostState.SENT, posts.c.message_ts.is_not(None))
    return _read(engine, _where(sent).order_by(posts.c.sent_at.desc(), posts.c.id.desc()).limit(limit))


def last_period(engine: Engine, team: str, channel: str, kind: str) -> str | None:
    """The latest period of which a post of that kind arrived in the channel."""
    mine = and_(
        posts.c.team == team,
        posts.c.channel == channel,
        posts.c.kind == kind,
        posts.c.state == PostState.SENT,
    )
    with engine.connect().execution_options(read_only=True) as connection:
        found = select(posts.c.period).where(mine).order_by(posts.c.period.desc()).limit(1)
        return connection.execute(found).scalar()


def _is(key: PostKey) -> ColumnElement[bool]:
    return and_(*(posts.c[name] == value for name, value in vars(key).items()))


def _where(condition: ColumnElement[bool]) -> Select[Any]:
    return select(posts).where(condition)


def _move(engine: Engine, post: Post, **values: Any) -> Post | None:
    """Change a claim only while it is exactly as it was read."""
    unchanged = and_(
        posts.c.id == post.id,
        posts.c.state == PostState.CLAIMED,
        posts.c.claimed_by == post.claimed_by,
        posts.c.claimed_at == post.claimed_at,
    )
    with engine.begin() as connection:
        if connection.execute(update(posts).where(unchanged).values(values)).rowcount != 1:
            return None
        return _post(connection.execute(_where(posts.c.id == post.id)).mappings().one())


def _settle(engine: Engine, post: Post, **values: Any) -> bool:
    still = and_(posts.c.id == post.id, posts.c.state == PostState.CLAIMED)
    with engine.begin() as connection:
        return connection.execute(update(posts).where(still).values(values)).rowcount == 1


def _read(engine: Engine, query: Select[Any]) -> list[Post]:
    with engine.connect().execution_options(read_only=True) as connection:
        return [_post(row) for row in connection.execute(query).mappings()]


def _post(row: RowMapping) -> Post:
    key = PostKey(**{name: row[name] for name in ("team", "channel", "kind", "period")})
    rest = {name: value for name, value in row.items() if name not in vars(key)}
    return Post(key=key, **{**rest, "state": PostState(row["state"])})
