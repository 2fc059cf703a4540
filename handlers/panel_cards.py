"""From a stored panel to its card in Slack, and to the evidence of a decision."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot import speaker
from bot.charts import panel as chart
from bot.errors import UserError
from bot.messages import Words
from bot.metrics.panel import PanelResult, PanelRound, measure, pool
from bot.views.kit import Message
from bot.views.panel import Sheet, card, card_copy, moved
from bot.views.panel_result import picture
from handlers.deps import Deps
from store.panel_records import Panel, Stage
from store.panels import attach_card, decisions_on, find_panel, rounds_at_price

log = logging.getLogger(__name__)
OUT_OF_REACH = ("not_in_channel", "channel_not_found", "is_archived", "restricted_action")
CARD_GONE = (*OUT_OF_REACH, "message_not_found", "cant_update_message", "edit_window_closed")


def result_of(panel: Panel) -> PanelResult:
    """The figures of one round."""
    return measure(
        price=panel.major_price,
        asked=len(panel.people),
        would_buy=panel.would_buy,
        agreed=panel.agreed,
        threshold=panel.threshold,
    )


def plain_sheet(deps: Deps, panel: Panel) -> Sheet:
    """The panel and, once its price is out, its figures: enough for a list."""
    priced = panel.stage in (Stage.CLOSING, Stage.CLOSED)
    return Sheet(panel=panel, zone=deps.zone, result=result_of(panel) if priced else None)


def sheet_of(deps: Deps, panel: Panel, words: Words) -> Sheet:
    """Everything a card shows; a closed one with pooled rounds, decisions and the picture."""
    sheet = plain_sheet(deps, panel)
    if panel.stage is not Stage.CLOSED or sheet.result is None:
        return sheet
    words = replace(words, currency=panel.currency)
    pooled, rounds = _pooled(rounds_at_price(deps.engine, panel))
    return replace(
        sheet,
        pooled=pooled,
        pooled_rounds=rounds,
        decisions=decisions_on(deps.engine, panel),
        picture=picture(sheet.result, words, chart.draw(sheet.result, words)),
    )


def post_card(deps: Deps, client: WebClient, panel: Panel, channel: str) -> None:
    """Post the card; where it stood before, a pointer stays. UserError when the bot may not speak there."""
    words = deps.words(panel.team)
    try:
        ts = speaker.post(client, channel, card(sheet_of(deps, panel, words), words))
    except SlackApiError as error:
        if error.response.get("error") in OUT_OF_REACH:
            raise UserError("panel.error.not_in_channel") from error
        raise
    attach_card(deps.engine, panel, channel, ts)
    if panel.message_ts:
        link = client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"]
        try:
            speaker.update(client, panel.channel, panel.message_ts, moved(panel, words, link))
        except SlackApiError as error:
            if error.response.get("error") not in CARD_GONE:
                raise
            log.info("the old card of panel %s is gone", panel.id)


def refresh_card(deps: Deps, client: WebClient, team: str, panel_id: int) -> None:
    """Redraw the card from the store, again if the store has moved on meanwhile, so that none stays old.

    UserError when the card was deleted: what was recorded stays recorded.
    """
    words = deps.words(team)
    drawn: tuple[Any, ...] | None = None
    while drawn != (state := _state(deps, team, panel_id)):
        drawn, panel = state, state[0]
        if panel.message_ts is None:
            raise UserError("panel.error.card_gone")
        message = card(sheet_of(deps, panel, words), words)
        try:
            speaker.update(client, panel.channel, panel.message_ts, message)
        except SlackApiError as error:
            if error.response.get("error") in CARD_GONE:
                raise UserError("panel.error.card_gone") from error
            raise


def copy_of(deps: Deps, client: WebClient, panel: Panel) -> Message:
    """A copy of the card for one person, with the way to the real one."""
    words = deps.words(panel.team)
    return card_copy(sheet_of(deps, panel, words), words, _link(client, panel))


def evidence(sheet: Sheet, product: str, launch: date | None) -> dict[str, Any]:
    """What a decision rested on, in whole numbers and strings: readable after the rules have changed."""
    panel, result = sheet.panel, sheet.result
    assert result is not None  # only closed panels are decided on
    told: dict[str, Any] = {
        "concept": panel.concept,
        "proposition": panel.proposition,
        "round": panel.round,
        "internal": "yes" if panel.internal else "no",
        "currency": panel.currency,
        **_figures(result),
        "people": [
            {
                "name": person.slack_user or person.alias,
                "agreed": _answer(person.agreed),
                "would_buy": _answer(person.would_buy),
                "reason": person.reason,
            }
            for person in panel.people
        ],
    }
    if sheet.pooled:
        told["pooled"] = {"rounds": sheet.pooled_rounds, **_figures(sheet.pooled)}
    if product or launch:
        told["launch"] = {"product": product, "day": launch.isoformat() if launch else ""}
    return told


def _figures(result: PanelResult) -> dict[str, int | str]:
    return {
        "price": str(result.price),
        "asked": result.asked,
        "would_buy": result.would_buy,
        "agreed": result.agreed,
        "threshold": result.threshold,
        "index": str(result.index),
        "verdict": "passes" if result.passes else "fails",
        "interval_low": f"{result.interval.low:.2f}",
        "interval_high": f"{result.interval.high:.2f}",
        "probability": f"{result.probability:.4f}",
    }


def _answer(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[value]


def _state(deps: Deps, team: str, panel_id: int) -> tuple[Panel, Any]:
    panel = find_panel(deps.engine, team, panel_id)
    return panel, decisions_on(deps.engine, panel)


def _pooled(rounds: tuple[Panel, ...]) -> tuple[PanelResult | None, int]:
    """All rounds at one price taken together, if there are at least two with different people."""
    closings = [
        PanelRound(
            panel=each.first_round,
            price=each.major_price,
            asked=len(each.people),
            would_buy=each.would_buy,
            agreed=each.agreed,
        )
        for each in rounds
    ]
    if not closings:
        return None, 0
    together = pool(closings)
    if len(together.pooled) < 2:
        return None, 0
    result = measure(
        price=together.price,
        asked=together.asked,
        would_buy=together.would_buy,
        agreed=together.agreed,
        threshold=rounds[-1].threshold,
    )
    return result, len(together.pooled)


def _link(client: WebClient, panel: Panel) -> str | None:
    if panel.message_ts is None:
        return None
    try:
        return str(client.chat_getPermalink(channel=panel.channel, message_ts=panel.message_ts)["permalink"])
    except SlackApiError as error:
        if error.response.get("error") in CARD_GONE:
            return None
        raise
