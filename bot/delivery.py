"""A post that arrives exactly once, whatever process dies when.

claim (a unique row) → compute → keep what it will say → upload pictures → chat.postMessage, with the claim's id in the
message's metadata → mark sent. A claim that nobody has moved for five minutes belongs to a dead process: the channel
is searched for a message with that id before anybody posts again. Found: it is marked sent. Not found: another
attempt. After three attempts, or where the history may not be read, a person is told instead.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import Engine

from bot.clock import Clock
from bot.messages import Words
from bot.reports import Answer
from bot.speaker import direct, outsiders_read, post
from bot.views.kit import Message, section
from store.posts import (
    Post,
    PostKey,
    PostState,
    claim_post,
    find_post,
    mark_failed,
    mark_sent,
    renew,
    take_over,
)
from store.schedules import WEEKLY

log = logging.getLogger(__name__)
EVENT_TYPE = "banto_post"
ABANDONED_AFTER = timedelta(minutes=5)
ATTEMPTS = 3
CLOCK_SKEW = timedelta(days=1)
"""Ours may have been so far ahead of Slack's clock, and set right since, when a message is looked for."""
PAGE = 200
UNREADABLE = ("missing_scope",)
UNREACHABLE = ("not_in_channel", "channel_not_found", "is_archived")
"""A channel that the bot cannot look into, and one that it cannot post to either."""


@dataclass(frozen=True, kw_only=True)
class Courier:
    """What a delivery needs. `holder` names this process, `tell` is the person who hears of a failure."""

    engine: Engine
    client: WebClient
    clock: Clock
    words: Words
    holder: str
    tell: str


def deliver(courier: Courier, key: PostKey, compose: Callable[[], Answer]) -> None:
    """Bring the post to its channel, unless it is there, given up, or in the hands of a living process."""
    made = claim_post(courier.engine, key, courier.holder, courier.clock())
    if made is None:
        made = _again(courier, key)
    if made is None:
        return
    try:
        if outsiders_read(courier.client, key.channel):
            _give_up(courier, made, "weekly.outsiders")
            return
        _send(courier, made, compose())
    except Exception:
        # The claim stays: once it is old enough the next round looks whether it arrived, and else tries again.
        log.exception("post %s of %s, attempt %s", key.kind, key.period, made.attempts)


def settle(courier: Courier, post: Post) -> None:
    """Finish an abandoned claim that is not to be tried again: it arrived, or it is given up."""
    if _abandoned(post, courier.clock()):
        ts = find_message(courier.client, post, courier.clock())
        if ts is None:
            mark_failed(courier.engine, post)
        else:
            mark_sent(courier.engine, post, ts, courier.clock())


def find_message(client: WebClient, post: Post, now: datetime) -> str | None:
    """The ts of the message that carries this claim, if it arrived. Raises SlackApiError (missing_scope)."""
    oldest = f"{(min(post.claimed_at, now) - CLOCK_SKEW).timestamp():.6f}"
    cursor = ""
    while True:
        page: Any = client.conversations_history(
            channel=post.key.channel, oldest=oldest, include_all_metadata=True, limit=PAGE, cursor=cursor
        )
        for message in page["messages"]:
            if _claim_of(message) == post.id:
                return str(message["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return None


def _claim_of(message: dict[str, Any]) -> int | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    claim = (metadata.get("event_payload") or {}).get("claim")
    return claim if isinstance(claim, int) else None


def _send(courier: Courier, claimed: Post, answer: Answer) -> None:
    message = answer.message
    said = {"text": message.text, "blocks": message.blocks, "data": dict(answer.data)}
    held = renew(courier.engine, claimed, courier.clock(), str(answer.data.get("snapshot", "")), said)
    if held is None:
        log.warning("claim %s was taken by another process", claimed.id)
        return
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"claim": held.id}}
    ts = post(courier.client, held.key.channel, message, metadata=metadata)
    mark_sent(courier.engine, held, ts, courier.clock())


def _again(courier: Courier, key: PostKey) -> Post | None:
    """The claim for another attempt; None when there is nothing to do."""
    found = find_post(courier.engine, key)
    if found is None or not _abandoned(found, courier.clock()):
        return None
    try:
        ts = find_message(courier.client, found, courier.clock())
    except SlackApiError as error:
        why = error.response.get("error")
        if why not in UNREADABLE and why not in UNREACHABLE:
            raise
        _give_up(courier, found, "weekly.unsure" if why in UNREADABLE else "weekly.failed")
        return None
    if ts is not None:
        mark_sent(courier.engine, found, ts, courier.clock())
        return None
    if found.attempts >= ATTEMPTS:
        _give_up(courier, found, "weekly.failed")
        return None
    return take_over(courier.engine, found, courier.holder, courier.clock())


def _abandoned(post: Post, now: datetime) -> bool:
    """Whether nobody can be working on the claim: it is old, or of a time to come, from a clock that was ahead."""
    return post.state is PostState.CLAIMED and abs(now - post.claimed_at) >= ABANDONED_AFTER


def _give_up(courier: Courier, post_: Post, key: str) -> None:
    """Tell the responsible person, then mark the post failed: a crash in between tells twice rather than never."""
    ref = secrets.token_hex(4)
    log.error("post %s given up after %s attempts, reference %s", post_.key, post_.attempts, ref)
    weekly = post_.key.kind == WEEKLY
    text = courier.words(
        key,
        channel=f"<#{post_.key.channel}>",
        kind=courier.words("banto.kind.weekly" if weekly else "banto.kind.alert"),
        period=post_.key.period,
        attempts=post_.attempts,
        command="/banto weekly now" if weekly else "/ad alerts",
        ref=ref,
    )
    try:
        direct(courier.client, courier.tell, Message(text=text, blocks=[section(text)]))
    except SlackApiError:
        log.exception("the failure %s could not be told to %s", ref, courier.tell)
    mark_failed(courier.engine, post_)
