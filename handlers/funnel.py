"""The one way from Slack to our code: acknowledge, do the work, and tell the person what went wrong.

`ack` comes first and the work runs in a lazy listener, because an exception soon after `ack()` in a plain Bolt
listener loses the ack. No exception leaves here: a UserError is said to the person, anything else gets a reference
number that is shown and logged with its traceback.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.errors import UserError
from bot.messages import Words
from bot.speaker import whisper
from bot.trouble import told
from bot.views.kit import Message, section
from bot.views.mistake import sentence
from handlers.deps import Deps

log = logging.getLogger(__name__)
Body = Mapping[str, Any]
Work = Callable[[Body, WebClient, str], None]
"""Called with the payload, a client of the team's bot, and the team."""
Record = Callable[[Body, WebClient, str], Callable[[], None] | None]
"""Handles a submitted modal within 3 s; what it returns runs after the acknowledgement."""


def on_command(app: App, deps: Deps, name: str, work: Work) -> None:
    """Answer a slash command. Slack sends &, < and > in what was typed as entities; the work sees what was typed."""

    def typed(body: Body, client: WebClient, team: str) -> None:
        work({**body, "text": unescape(str(body.get("text") or ""))}, client, team)

    app.command(name)(ack=_acknowledge, lazy=[_lazily(deps, typed)])


def unescape(text: str) -> str:
    """The three entities that Slack writes, back as characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def on_action(app: App, deps: Deps, action_id: str | Any, work: Work) -> None:
    """Answer a button or menu; `action_id` may be a pattern."""
    app.action(action_id)(ack=_acknowledge, lazy=[_lazily(deps, work)])


def on_event(app: App, deps: Deps, name: str, work: Work) -> None:
    """Answer an event."""
    app.event(name)(ack=_acknowledge, lazy=[_lazily(deps, work)])


def on_submit(app: App, deps: Deps, callback_id: str, record: Record) -> None:
    """Take a submitted modal: a UserError with a `block` is shown under that field and the modal stays open."""

    def listener(ack: Ack, body: Body, client: WebClient) -> None:
        after: Callable[[], None] | None = None
        try:
            after = record(body, client, deps.team_of(body))
        except UserError as error:
            words = Words(deps.language)
            block = error.block or _first_input(body)
            ack(response_action="errors", errors={block: sentence(words, error, escaped=False)})
            return
        except Exception as error:
            ack(response_action="errors", errors={_first_input(body): _said(error, Words(deps.language))})
            return
        ack()
        if after is not None:
            # Never raises: the funnel tells and logs, so the ack above cannot be lost.
            _safely(deps, lambda b, c, t: after(), body, client)

    app.view(callback_id)(listener)


def _acknowledge(ack: Ack) -> None:
    ack()


def _lazily(deps: Deps, work: Work) -> Callable[..., None]:
    def run(body: Body, client: WebClient) -> None:
        _safely(deps, work, body, client)

    return run


def _safely(deps: Deps, work: Work, body: Body, client: WebClient) -> None:
    words = Words(deps.language)
    try:
        work(body, client, deps.team_of(body))
        return
    except UserError as error:
        text = sentence(words, error)
    except Exception as error:
        text = _said(error, words)
    try:
        whisper(client, body, Message(text=text, blocks=[section(text)]))
    except Exception:
        log.exception("the error could not be told to the person: %s", text)


def _said(error: Exception, words: Words) -> str:
    """Trouble with the store in its own words; of anything else only the number under which it was logged."""
    return told(error, words) or words("error.unexpected", ref=_logged())


def _logged() -> str:
    ref = secrets.token_hex(4)
    log.exception("unexpected error, reference %s", ref)
    return ref


def _first_input(body: Body) -> str:
    for block in body["view"]["blocks"]:
        if block["type"] == "input":
            return str(block["block_id"])
    return ""
