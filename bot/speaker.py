"""Sending messages to Slack: pictures uploaded first, a refused block never loses the answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient

from bot.errors import UserError
from bot.views.kit import Message, image

log = logging.getLogger(__name__)
PROCESSING_TRIES = 20
PROCESSING_PAUSE_SECONDS = 0.25


def web_client(token: str | None, base_url: str) -> WebClient:
    """A Web API client that waits when Slack says 429 (slack_sdk alone retries only lost connections)."""
    client = WebClient(token=token, base_url=base_url)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
    return client


def post(
    client: WebClient,
    channel: str,
    message: Message,
    *,
    thread_ts: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> str:
    """Post to a channel for everybody; the message's ts."""
    answer = _with_fallback(
        message,
        _blocks(client, message),
        lambda text, blocks: client.chat_postMessage(
            channel=channel,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            metadata=metadata,
            unfurl_links=False,
        ),
    )
    return str(answer["ts"])


def update(client: WebClient, channel: str, ts: str, message: Message) -> None:
    """Replace a posted message."""
    _with_fallback(
        message,
        _blocks(client, message),
        lambda text, blocks: client.chat_update(channel=channel, ts=ts, text=text, blocks=blocks),
    )


def whisper(client: WebClient, body: Mapping[str, Any], message: Message, *, replace: bool = False) -> None:
    """Answer the asker of a command or button only: by response_url, or where there is none by chat.postEphemeral."""
    blocks = _blocks(client, message)
    url = body.get("response_url")
    if url:
        hook = WebhookClient(url)
        sent = hook.send(text=message.text, blocks=blocks, response_type="ephemeral", replace_original=replace)
        if sent.status_code == 200:
            return
        log.warning("response_url answered %s: %s", sent.status_code, sent.body[:200])
    channel, user = channel_of(body), user_of(body)
    if channel is None:
        channel = client.conversations_open(users=user)["channel"]["id"]
    _with_fallback(
        message,
        blocks,
        lambda text, shown: client.chat_postEphemeral(channel=channel, user=user, text=text, blocks=shown),
    )


def outsiders_read(client: WebClient, channel: str) -> bool:
    """Whether people of other companies read along (Slack Connect); they never see the shop's figures.

    An invitation that is still open counts, because who accepts it reads what was said before.
    """
    if channel.startswith("D"):
        # A direct message with the bot; nobody of another company gets an answer there.
        return False
    try:
        found = client.conversations_info(channel=channel)["channel"]
    except SlackApiError as error:
        if error.response.get("error") != "missing_scope":
            raise
        log.warning("channels:read or groups:read is missing: not known whether outsiders read %s", channel)
        return False
    return bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared"))


def keep_inside(client: WebClient, channel: str) -> None:
    """Raise UserError where people of other companies would read the figures that are about to be posted."""
    if outsiders_read(client, channel):
        raise UserError("report.outsiders")


def direct(client: WebClient, user: str, message: Message) -> str:
    """Send a direct message; its ts."""
    channel = client.conversations_open(users=user)["channel"]["id"]
    return post(client, channel, message)


def channel_of(body: Mapping[str, Any]) -> str | None:
    """The channel a command, action, view submission or event came from, if it came from one."""
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
    channel = channel or (body.get("container") or {}).get("channel_id")
    return channel or (body.get("event") or {}).get("channel")


def user_of(body: Mapping[str, Any]) -> str:
    """The person who acted."""
    if "event" in body:
        return str(body["event"]["user"])
    return str(body.get("user_id") or body["user"]["id"])


def _blocks(client: WebClient, message: Message) -> list[dict[str, Any]]:
    shown = [image(_upload(client, p.name, p.alt, p.png), p.alt) for p in message.pictures]
    at = len(message.blocks) if message.pictures_at is None else message.pictures_at
    return message.blocks[:at] + shown + message.blocks[at:]


def _upload(client: WebClient, name: str, alt: str, png: bytes) -> str:
    """Upload a picture that only the bot sees until a message shows it; waits until Slack has processed it."""
    answer = client.files_upload_v2(filename=name, title=alt[:100], alt_txt=alt[:1000], content=png)
    file_id = str(answer["file"]["id"])
    for _ in range(PROCESSING_TRIES):
        try:
            info = client.files_info(file=file_id)["file"]
        except SlackApiError as error:
            log.warning("files.info: %s", error.response.get("error"))
            break
        if info.get("mimetype"):
            break
        time.sleep(PROCESSING_PAUSE_SECONDS)
    return file_id


def _with_fallback(message: Message, blocks: list[dict[str, Any]], send: Any) -> Any:
    """Send with pictures; refused blocks are sent without pictures, then as text alone."""
    attempts = [blocks, message.blocks, None] if message.pictures else [blocks, None]
    for shown in attempts:
        try:
            return send(message.text, shown)
        except SlackApiError as error:
            refused = error.response.get("error") in (
                "invalid_blocks",
                "msg_blocks_too_long",
                "invalid_blocks_format",
            )
            if not refused or shown is None:
                raise
            log.error("Slack refused the blocks: %s", error.response.data)
    raise AssertionError("unreachable")
