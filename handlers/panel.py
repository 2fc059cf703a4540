"""`/panel`, concept panels (コンセプトパネル): the words behind the command."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from slack_bolt import App
from slack_sdk import WebClient

from bot import speaker
from bot.charts import panel as chart
from bot.errors import UserError
from bot.metrics.panel import THRESHOLD
from bot.views import panel as view
from bot.views import panel_lists as lists
from bot.views.panel_modals import OPTIONS_LIMIT, new_form
from bot.views.panel_result import picture
from handlers import panel_buttons, panel_forms
from handlers.deps import Deps
from handlers.funnel import Body, on_action, on_command
from handlers.panel_cards import copy_of, plain_sheet
from handlers.panel_entry import read_trial
from handlers.panel_stage import told
from store.panels import concept_names, panels_named, recent_panels, search_reasons

LISTED = 12
FOUND = 20
NEAR = 3

Answer = Callable[[Deps, Body, WebClient, str, str], None]
"""Called with the payload, a client, the team and what was typed behind the word."""


def register(app: App, deps: Deps) -> None:
    """Add the command, its buttons and its forms."""
    on_command(app, deps, "/panel", lambda body, client, team: _command(deps, body, client, team))
    on_action(app, deps, view.NEW, told(lambda body, client, team: _new(deps, body, client, team, "")))
    panel_buttons.register(app, deps)
    panel_forms.register(app, deps)


def _command(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    word, _, rest = " ".join(body.get("text", "").split()).partition(" ")
    answer = WORDS.get(word.casefold())
    if answer is None:
        raise UserError("panel.error.unknown_word", word=word[:40])
    answer(deps, body, client, team, rest)


def _new(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    known = concept_names(deps.engine, team, OPTIONS_LIMIT)
    channel = speaker.channel_of(body) or ""
    client.views_open(trigger_id=body["trigger_id"], view=new_form(deps.words(team), channel, known, rest))


def _list(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    sheets = [plain_sheet(deps, panel) for panel in recent_panels(deps.engine, team, LISTED)]
    speaker.whisper(client, body, lists.panel_list(sheets, deps.words(team)))


def _show(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    if not rest:
        raise UserError("panel.error.show_what")
    found = panels_named(deps.engine, team, rest, 1)
    if not found:
        near = difflib.get_close_matches(rest, concept_names(deps.engine, team, OPTIONS_LIMIT), NEAR, 0.4)
        key = "panel.error.did_you_mean" if near else "panel.error.no_such_name"
        raise UserError(key, name=rest[:80], near=deps.words(team)("panel.names.separator").join(near))
    speaker.whisper(client, body, copy_of(deps, client, found[0]))


def _calc(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    words = deps.words(team)
    result = read_trial(rest, words.currency)
    speaker.whisper(client, body, lists.trial(result, words, picture(result, words, chart.draw(result, words))))


def _search(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    if not rest:
        raise UserError("panel.error.search_what")
    found, total = search_reasons(deps.engine, team, rest, FOUND)
    speaker.whisper(client, body, lists.remarks(rest, found, total, deps.words(team)))


def _help(deps: Deps, body: Body, client: WebClient, team: str, rest: str) -> None:
    speaker.whisper(client, body, lists.help_text(deps.words(team), THRESHOLD))


WORDS: dict[str, Answer] = {
    "": _new,
    "new": _new,
    "新規": _new,
    "list": _list,
    "一覧": _list,
    "show": _show,
    "表示": _show,
    "calc": _calc,
    "試算": _calc,
    "search": _search,
    "検索": _search,
    "help": _help,
    "ヘルプ": _help,
}
