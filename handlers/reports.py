"""`/ltv` and `/repeat`: the answer, its buttons, and asking back when the product is not clear."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import UserError
from bot.query import parse
from bot.reports import ProductUnknown, prepare, run_report
from bot.rows import rows_csv
from bot.speaker import channel_of, keep_inside, post, user_of, whisper
from bot.views import explain, framing, picker
from bot.views.framing import Again
from bot.views.kit import Message, context
from handlers.deps import Deps
from handlers.funnel import Body, on_action, on_command

COHORT_REPORTS = ("ltv", "repeat")
"""Reports about a product, which has to be named."""
CANNOT_POST = ("not_in_channel", "channel_not_found", "is_archived", "restricted_action")


def register(app: App, deps: Deps) -> None:
    """Commands, buttons and menus of the reports about LTV and repeat."""
    for report in COHORT_REPORTS:
        on_command(app, deps, f"/{report}", partial(_asked, deps, report))
    on_action(app, deps, re.compile(rf"^{re.escape(framing.RUN)}(\.w?\d+)?$"), partial(_run, deps))
    on_action(app, deps, framing.PICK, partial(_pick, deps))
    on_action(app, deps, framing.SHARE, partial(_share, deps))
    on_action(app, deps, framing.EXPLAIN, partial(_explain, deps))
    on_action(app, deps, explain.ROWS, partial(_rows, deps))

    @app.options(framing.PICK)
    def suggest(ack: Ack, body: dict[str, Any]) -> None:
        found = deps.books(deps.team_of(body)).search_products(str(body.get("value", "")))
        ack(options=picker.options([(p.label, p.name) for p in found]))


def _asked(deps: Deps, report: str, body: Body, client: WebClient, team: str) -> None:
    whisper(client, body, answer(deps, team, Again(report, str(body.get("text") or ""))))


def _run(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    whisper(client, body, answer(deps, team, Again.read(body["actions"][0]["value"])))


def _pick(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    action = body["actions"][0]
    again = picker.picked(action["block_id"], action["selected_option"]["value"])
    whisper(client, body, answer(deps, team, again), replace=True)


def _share(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    message = answer(deps, team, Again.read(body["actions"][0]["value"]))
    said = deps.words(team)("report.shared_by", user=user_of(body))
    channel = channel_of(body)
    if channel is None:
        raise UserError("report.not_in_channel")
    blocks = [b for b in message.blocks if b["type"] != "actions"]
    try:
        keep_inside(client, channel)
        post(client, channel, replace(message, blocks=[*blocks, context(said)]))
    except SlackApiError as error:
        if error.response.get("error") in CANNOT_POST:
            raise UserError("report.not_in_channel") from error
        raise


def _explain(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    words = deps.words(team)
    view = client.views_open(trigger_id=body["trigger_id"], view=explain.waiting(words))["view"]
    again = Again.read(body["actions"][0]["value"])
    data = run_report(again.report, again.text, deps.books(team), words, today=deps.today(), as_of=again.as_of).data
    client.views_update(view_id=view["id"], view=explain.explained(again, data, words))


def _rows(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    words = deps.words(team)
    again = Again.read(body["actions"][0]["value"])
    question = prepare(again.report, parse(again.text), deps.books(team), words, today=deps.today(), as_of=again.as_of)
    content, persons = rows_csv(question)
    name = f"{again.report}-{question.asked.as_of.isoformat()}.csv"
    client.files_upload_v2(
        channel=client.conversations_open(users=user_of(body))["channel"]["id"],
        filename=name,
        content=content,
        initial_comment=words("explain.rows_sent", name=name, n=words.count(persons)),
    )
    if body.get("view"):
        client.views_update(view_id=body["view"]["id"], view=explain.rows_sent(body["view"], words))


def answer(deps: Deps, team: str, again: Again) -> Message:
    """The report's message; where the product is unknown or missing, a message that asks back."""
    words, books = deps.words(team), deps.books(team)
    query = parse(again.text)
    rest = replace(query, product=None, missing=True).typed()
    if query.missing and again.report in COHORT_REPORTS:
        return picker.picker(again.report, rest, [(p.label, p.name) for p in books.products()], words)
    try:
        return run_report(again.report, again.text, books, words, today=deps.today(), as_of=again.as_of).message
    except ProductUnknown as unknown:
        near = [(p.label, p.name) for p in unknown.near]
        return picker.nearest(again.report, str(query.product), rest, near, words)
