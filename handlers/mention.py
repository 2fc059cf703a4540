"""`@番頭 product-xの今年のLTVは？`: the same reports, asked in plain words and answered in the thread."""

from __future__ import annotations

from functools import partial

from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import UserError
from bot.mention import COMMANDS, Doubtful, interpret
from bot.reports import run_report
from bot.speaker import outsiders_read, post, whisper
from bot.views import mention as view
from bot.views.banto import said
from bot.views.kit import Message
from bot.views.mistake import sentence
from handlers.deps import Deps
from handlers.funnel import Body, on_event
from store.events import first_sight


def register(app: App, deps: Deps) -> None:
    """The event."""
    on_event(app, deps, "app_mention", partial(_mentioned, deps))


def _mentioned(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    event = body["event"]
    if event.get("bot_id") or not first_sight(deps.engine, body["event_id"], deps.clock()):
        return
    # The envelope names the workspace that hears the event; in a shared channel the author may be of another one.
    author = event.get("user_team") or event.get("source_team") or event.get("team") or body.get("team_id")
    try:
        deps.team_of({**body, "user": {"id": event["user"], "team_id": author}})
        message = _answer(deps, team, str(event.get("text") or ""))
        if outsiders_read(client, event["channel"]):
            return whisper(client, body, message)
    except UserError as error:
        message = said(sentence(deps.words(team), error))
    post(client, event["channel"], message, thread_ts=event.get("thread_ts") or event["ts"])


def _answer(deps: Deps, team: str, text: str) -> Message:
    words, books = deps.words(team), deps.books(team)
    heard = interpret(text, books.find_product, books.find_ad, deps.today())
    if isinstance(heard, Doubtful):
        return view.ask_back(heard, words)
    if heard.report in COMMANDS:
        return view.use_command(heard.report, COMMANDS[heard.report], words)
    answer = run_report(heard.report, heard.query.typed(), books, words, today=deps.today())
    return view.echoed(answer.message, heard, words)
