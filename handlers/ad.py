"""`/ad`: verdicts, one ad, repeat alerts; decisions on ads and answers to alerts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.ad_alerts import overview
from bot.ad_report import AdUnknown, data
from bot.errors import UserError
from bot.metrics.ad_ranking import UNKNOWN_AD
from bot.metrics.intervals import Ratio
from bot.query import parse, quoted
from bot.reports import judge_ads, run_report
from bot.speaker import channel_of, keep_inside, post, user_of, whisper
from bot.views import ad as view
from bot.views import ad_alert, ad_decision
from bot.views.ad_alert import Answering
from bot.views.ad_decision import Deciding, DecisionShown
from bot.views.kit import Message, section
from handlers.deps import Deps
from handlers.funnel import Body, on_action, on_command, on_submit
from store import decisions
from store.books import Books, Named
from store.decisions import Decision

ALERT_WORDS = ("alerts", "alert", "警報")
LONGEST_WAIT = timedelta(days=366)
CANNOT_POST = ("not_in_channel", "channel_not_found", "is_archived", "restricted_action")


def register(app: App, deps: Deps) -> None:
    """Add the command, its buttons and its form."""
    on_command(app, deps, "/ad", partial(_asked, deps))
    on_action(app, deps, view.ALERTS, partial(_alerts, deps))
    on_action(app, deps, re.compile(rf"^{re.escape(ad_decision.DECIDE)}\."), partial(_deciding, deps))
    on_submit(app, deps, ad_decision.FORM, partial(_decided, deps))
    on_action(app, deps, ad_decision.SHARE_DECISION, partial(_share_decision, deps))
    on_action(app, deps, re.compile(rf"^{re.escape(ad_alert.ANSWER)}\.(right|wrong)$"), partial(_answered, deps))


def _asked(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    text = str(body.get("text") or "").strip()
    if text.casefold() in ALERT_WORDS:
        return _alerts(deps, body, client, team)
    words = deps.words(team)
    try:
        message = run_report("ad", text, deps.books(team), words, today=deps.today()).message
    except AdUnknown as unknown:
        message = view.nearest(str(unknown.figures["ad"]), [ad.label for ad in unknown.near], words)
    whisper(client, body, message)


def _alerts(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    precision = Ratio(*decisions.alerts_answered(deps.engine, team))
    whisper(client, body, overview(deps.books(team), deps.words(team), today=deps.today(), precision=precision))


def _deciding(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    deciding = Deciding.read(body["actions"][0]["value"], channel_of(body))
    form = ad_decision.decision_form(deciding, deps.today(), deps.words(team))
    client.views_open(trigger_id=body["trigger_id"], view=form)


def _decided(deps: Deps, body: Body, client: WebClient, team: str) -> Callable[[], None]:
    deciding = Deciding.read(body["view"]["private_metadata"])
    reason, recheck_on = _reason(body), _recheck(body, deps.today())
    decision = Decision(
        kind=decisions.AD,
        subject_id=_ad(deps.books(team), deciding.code).number,
        decision=deciding.choice,
        reason=reason,
        decided_by=user_of(body),
        decided_at=deps.clock(),
        recheck_on=recheck_on,
        evidence=_evidence(deps, team, deciding),
    )
    number = decisions.record(deps.engine, team, decision)
    where = {"channel_id": deciding.channel, "user_id": user_of(body)}
    shown = _shown(number, decision)
    return lambda: whisper(client, where, ad_decision.recorded(shown, deps.words(team)))


def _share_decision(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    number = int(body["actions"][0]["value"])
    try:
        decision = decisions.find(deps.engine, team, number)
    except decisions.UnknownDecision as error:
        raise UserError("ad.error.gone") from error
    channel = channel_of(body)
    if channel is None:
        raise UserError("report.not_in_channel")
    try:
        keep_inside(client, channel)
        post(client, channel, ad_decision.shared(_shown(number, decision), deps.words(team)))
    except SlackApiError as error:
        if error.response.get("error") in CANNOT_POST:
            raise UserError("report.not_in_channel") from error
        raise


def _answered(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    action = body["actions"][0]
    answering, answer = Answering.read(action["value"]), str(action["action_id"]).rsplit(".", 1)[1]
    subject = UNKNOWN_AD if answering.code is None else _ad(deps.books(team), answering.code).number
    decisions.record(
        deps.engine,
        team,
        Decision(
            kind=decisions.ALERT,
            subject_id=subject,
            decision=answer,
            reason="",
            decided_by=user_of(body),
            decided_at=deps.clock(),
            recheck_on=None,
            evidence={"key": answering.key},
        ),
    )
    text = ad_alert.thanks(answering, answer, deps.words(team))
    whisper(client, body, Message(text, [section(text)]))


def _evidence(deps: Deps, team: str, deciding: Deciding) -> dict[str, Any]:
    """The figures as of the day that was shown when the button was pressed, with how they are defined."""
    query = parse(f"all ad={quoted(deciding.code)}")
    judged = judge_ads(query, deps.books(team), deps.words(team), today=deps.today(), as_of=deciding.as_of)
    told = data(judged)
    return {
        "as_of": told["as_of"],
        "snapshot": told["snapshot"],
        "definition": told["definition"],
        "left_out": told["left_out"],
        "figures": told["result"]["ads"][0],
    }


def _shown(number: int, decision: Decision) -> DecisionShown:
    return DecisionShown(
        number=number,
        code=decision.evidence["figures"]["code"],
        choice=decision.decision,
        reason=decision.reason,
        decided_by=decision.decided_by,
        recheck_on=decision.recheck_on,
        evidence=decision.evidence,
    )


def _ad(books: Books, code: str) -> Named:
    found = books.find_ad(code)
    if isinstance(found, list):
        raise AdUnknown(code, found)
    return found


def _reason(body: Body) -> str:
    reason = str(_typed(body, ad_decision.REASON).get("value") or "").strip()
    if not reason:
        raise UserError("ad.error.reason", block=ad_decision.REASON)
    return reason


def _recheck(body: Body, today: date) -> date:
    chosen = _typed(body, ad_decision.RECHECK).get("selected_date")
    try:
        day = date.fromisoformat(str(chosen))
    except ValueError as error:
        raise UserError("ad.error.recheck", block=ad_decision.RECHECK) from error
    if not today < day <= today + LONGEST_WAIT:
        raise UserError("ad.error.recheck", block=ad_decision.RECHECK)
    return day


def _typed(body: Body, block: str) -> dict[str, Any]:
    return dict(body["view"]["state"]["values"].get(block, {}).get("value", {}))
