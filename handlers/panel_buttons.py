"""The buttons of a panel's card."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from slack_bolt import App
from slack_sdk import WebClient

from bot import speaker
from bot.errors import UserError
from bot.messages import Words
from bot.views import panel as view
from bot.views import panel_modals as form
from bot.views.kit import Block, Message, section
from handlers.deps import Deps
from handlers.funnel import Body, Work, on_action
from handlers.panel_cards import copy_of, post_card, refresh_card, result_of
from handlers.panel_stage import expect, told
from store.panel_records import Panel, Stage
from store.panels import close_panel, find_panel, reveal_price, vote, withdraw_panel

ROUND_FROM = (Stage.CLOSING, Stage.CLOSED)
Change = Callable[[str, int], Panel]
Draw = Callable[[Words, Panel, Body], Block]


def register(app: App, deps: Deps) -> None:
    """Add the buttons."""
    opened: dict[str | re.Pattern[str], Work] = {
        view.AGREE: _opens(deps, (Stage.AGREEMENT,), lambda words, panel, body: form.agree_form(words, panel)),
        view.BUYERS: _opens(deps, (Stage.CLOSING,), _buyers),
        view.WHY: _opens(deps, (Stage.CLOSING,), _why),
        view.NEXT_ROUND: _opens(deps, ROUND_FROM, lambda words, panel, body: form.round_form(words, panel)),
        re.compile(r"^panel\.decide\."): _opens(deps, (Stage.CLOSED,), _decide),
    }
    changed: dict[str | re.Pattern[str], Work] = {
        view.REVEAL: _changes(deps, lambda team, panel: reveal_price(deps.engine, team, panel)),
        view.CLOSE: _changes(deps, lambda team, panel: close_panel(deps.engine, team, panel, deps.clock())),
        view.WITHDRAW: _changes(deps, lambda team, panel: withdraw_panel(deps.engine, team, panel)),
    }
    answered: dict[str | re.Pattern[str], Work] = {
        re.compile(r"^panel\.vote\."): lambda body, client, team: _vote(deps, body, client, team),
        view.OPEN: lambda body, client, team: _open(deps, body, client, team),
        view.REPOST: lambda body, client, team: _repost(deps, body, client, team),
    }
    works: dict[str | re.Pattern[str], Work] = {**opened, **changed, **answered}
    for action_id, work in works.items():
        on_action(app, deps, action_id, told(work))


def pressed(body: Body) -> tuple[str, int]:
    """The action id and the panel of the pressed button."""
    action = body["actions"][0]
    if not action["value"].isdigit():
        raise UserError("panel.error.not_found")
    return str(action["action_id"]), int(action["value"])


def _opens(deps: Deps, stages: tuple[Stage, ...], draw: Draw) -> Callable[[Body, WebClient, str], None]:
    def work(body: Body, client: WebClient, team: str) -> None:
        panel = expect(find_panel(deps.engine, team, pressed(body)[1]), stages)
        words = replace(deps.words(team), currency=panel.currency)
        client.views_open(trigger_id=body["trigger_id"], view=draw(words, panel, body))

    return work


def _changes(deps: Deps, change: Change) -> Callable[[Body, WebClient, str], None]:
    def work(body: Body, client: WebClient, team: str) -> None:
        panel_id = pressed(body)[1]
        change(team, panel_id)
        refresh_card(deps, client, team, panel_id)

    return work


def _buyers(words: Words, panel: Panel, body: Body) -> Block:
    return form.buyers_form(words, panel, result_of(panel))


def _why(words: Words, panel: Panel, body: Body) -> Block:
    user = speaker.user_of(body)
    own = next((person.reason for person in panel.people if person.slack_user == user), "")
    return form.why_form(words, panel, own)


def _decide(words: Words, panel: Panel, body: Body) -> Block:
    return form.decide_form(words, panel, view.DECIDE[pressed(body)[0]])


def _vote(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    action_id, panel_id = pressed(body)
    stage, yes = view.VOTES[action_id]
    vote(deps.engine, team, panel_id, speaker.user_of(body), Stage(stage), yes)
    words = deps.words(team)
    text = words("panel.voted", answer=words(action_id))
    speaker.whisper(client, body, Message(text=text, blocks=[section(text)]))
    refresh_card(deps, client, team, panel_id)


def _open(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    panel = find_panel(deps.engine, team, pressed(body)[1])
    speaker.whisper(client, body, copy_of(deps, client, panel))


def _repost(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    panel = find_panel(deps.engine, team, pressed(body)[1])
    here = speaker.channel_of(body) or panel.channel
    # Pressed in the conversation with the bot: the card still belongs where the panel was started.
    post_card(deps, client, panel, panel.channel if here.startswith("D") else here)
    text = deps.words(team)("panel.reposted")
    speaker.whisper(client, body, Message(text=text, blocks=[section(text)]), replace=True)
