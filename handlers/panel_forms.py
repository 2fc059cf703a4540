"""The submitted forms of a panel: read, recorded within Slack's three seconds, then shown on the card."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from bot import speaker
from bot.errors import UserError
from bot.messages import Words
from bot.metrics.panel import can_pass
from bot.views import panel_modals as form
from bot.views.kit import Message, actions, button, escape, section
from bot.views.panel import REPOST
from handlers.deps import Deps
from handlers.funnel import Body, on_submit
from handlers.panel_cards import evidence, post_card, refresh_card, sheet_of
from handlers.panel_entry import chosen, read_launch, read_panel, read_price, read_reasons, required, typed
from handlers.panel_stage import expect, told
from store.panel_records import Choice, Decision, Panel, Stage
from store.panels import (
    decide,
    explain,
    find_panel,
    next_round,
    record_agreement,
    record_buyers,
    start_panel,
)
from store.teams import day_number

FIRST_REVIEW = timedelta(days=30)
After = Callable[[], None]


def register(app: App, deps: Deps) -> None:
    """Add the forms."""
    forms = {
        form.NEW_FORM: _start,
        form.AGREE_FORM: _agreement,
        form.BUYERS_FORM: _buyers,
        form.WHY_FORM: _why,
        form.ROUND_FORM: _round,
        form.DECIDE_FORM: _decide,
    }
    for callback_id, record in forms.items():
        on_submit(app, deps, callback_id, told(_with(deps, record)))


def _with(deps: Deps, record: Callable[[Deps, Body, WebClient, str], After]) -> Callable[[Body, WebClient, str], After]:
    return lambda body, client, team: record(deps, body, client, team)


def _start(deps: Deps, body: Body, client: WebClient, team: str) -> After:
    words = deps.words(team)
    channel, user = _told(body)["channel"], speaker.user_of(body)
    panel = start_panel(deps.engine, team, read_panel(body, words), channel=channel, user=user, at=deps.clock())

    def after() -> None:
        _first_card(deps, client, panel, user, words)
        if not can_pass(panel.major_price, panel.threshold):
            _warn(client, panel, user, words)

    return after


def _agreement(deps: Deps, body: Body, client: WebClient, team: str) -> After:
    panel_id = _told(body)["panel"]
    record_agreement(deps.engine, team, panel_id, _seats(body))
    return lambda: refresh_card(deps, client, team, panel_id)


def _buyers(deps: Deps, body: Body, client: WebClient, team: str) -> After:
    panel_id = _told(body)["panel"]
    people = find_panel(deps.engine, team, panel_id).people
    reasons = read_reasons(typed(body, form.REASONS), people, deps.words(team))
    record_buyers(deps.engine, team, panel_id, _seats(body), reasons)
    return lambda: refresh_card(deps, client, team, panel_id)


def _why(deps: Deps, body: Body, client: WebClient, team: str) -> After:
    panel_id, user = _told(body)["panel"], speaker.user_of(body)
    explain(deps.engine, team, panel_id, user, required(body, form.REASON, "panel.error.reason_missing"))

    def after() -> None:
        panel = find_panel(deps.engine, team, panel_id)
        text = deps.words(team)("panel.explained")
        where = {"channel_id": panel.channel, "user_id": user}
        speaker.whisper(client, where, Message(text=text, blocks=[section(text)]))
        refresh_card(deps, client, team, panel_id)

    return after


def _round(deps: Deps, body: Body, client: WebClient, team: str) -> After:
    panel_id, user = _told(body)["panel"], speaker.user_of(body)
    old = find_panel(deps.engine, team, panel_id)
    price = read_price(body, old.currency)
    if price == old.price:
        raise UserError("panel.error.price_same", block=form.PRICE)
    new = next_round(deps.engine, team, panel_id, price, user, deps.clock())

    def after() -> None:
        _first_card(deps, client, new, user, deps.words(team))
        if old.stage is Stage.CLOSING and old.message_ts:
            refresh_card(deps, client, team, old.id)

    return after


def _decide(deps: Deps, body: Body, client: WebClient, team: str) -> After:
    what = _told(body)
    panel = expect(find_panel(deps.engine, team, what["panel"]), (Stage.CLOSED,))
    launch = read_launch(body)
    decision = Decision(
        choice=Choice(what["choice"]),
        reason=required(body, form.REASON, "panel.error.reason_missing"),
        decided_by=speaker.user_of(body),
        decided_at=deps.clock(),
        evidence=evidence(sheet_of(deps, panel, deps.words(team)), typed(body, form.PRODUCT), launch),
    )
    recheck_on = day_number(launch + FIRST_REVIEW) if launch else None
    decide(deps.engine, panel, decision, recheck_on)
    return lambda: refresh_card(deps, client, team, panel.id)


def _first_card(deps: Deps, client: WebClient, panel: Panel, user: str, words: Words) -> None:
    """Post the card; where the bot may not speak, the panel waits and the person hears what to do."""
    try:
        post_card(deps, client, panel, panel.channel)
    except UserError:
        text = words("panel.unposted", concept=escape(panel.concept), channel=panel.channel)
        again = button(words("panel.button.post"), REPOST, str(panel.id), "primary")
        speaker.direct(client, user, Message(text=text, blocks=[section(text), actions([again])]))


def _warn(client: WebClient, panel: Panel, user: str, words: Words) -> None:
    """Tell the person who entered the price, and nobody else, that it cannot pass."""
    text = words(
        "panel.cannot_pass",
        concept=escape(panel.concept),
        price=words.money(panel.price),
        threshold=words.count(panel.threshold),
    )
    speaker.whisper(client, {"channel_id": panel.channel, "user_id": user}, Message(text=text, blocks=[section(text)]))


def _told(body: Body) -> dict[str, Any]:
    """What the form was opened for."""
    return dict(json.loads(body["view"]["private_metadata"]))


def _seats(body: Body) -> set[int]:
    return {int(seat) for seat in chosen(body, form.SEATS)}
