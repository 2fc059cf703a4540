"""What people see of a panel, stage by stage; the golden files are what is sent to Slack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Words, catalogue
from bot.messages.figures import figure
from bot.metrics.panel import PanelResult, measure
from bot.views import panel_lists as lists
from bot.views import panel_modals as modals
from bot.views.kit import Message, Picture
from bot.views.panel import DECIDE, VOTES, Sheet, card, card_copy
from store.panel_records import Choice, Decision, Panel, Person, Remark, Stage
from tests.panels import AT, a_panel

GOLDEN = Path(__file__).parents[1] / "golden"
JA, EN = Words("ja"), Words("en")
TOKYO = ZoneInfo("Asia/Tokyo")
HOSTILE = "<!channel> *x* & <https://example.jp|y>"


def figures(panel: Panel) -> PanelResult:
    return measure(price=panel.major_price, asked=len(panel.people), would_buy=panel.would_buy, agreed=panel.agreed)


def sheet(panel: Panel, **more: Any) -> Sheet:
    priced = panel.stage in (Stage.CLOSING, Stage.CLOSED)
    return Sheet(panel=panel, zone=TOKYO, result=figures(panel) if priced else None, **more)


def shown(thing: Any) -> str:
    """All that is sent, as one text."""
    return json.dumps(thing.blocks if isinstance(thing, Message) else thing, ensure_ascii=False)


def buttons(message: Message) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def a_decision() -> Decision:
    return Decision(
        choice=Choice.PROCEED,
        reason="指数が合格線に届き、続けたいという声が多かったため",
        decided_by="U0OWNER01",
        decided_at=AT + timedelta(hours=2),
        evidence={"launch": {"product": "BIY-010", "day": "2027-02-01"}},
    )


REASONS = {
    1: "続けられる値段なら",
    2: "朝が楽になりそう",
    7: "もう少し安ければ",
    10: "いまの美容液で足りている",
}


def members(panel: Panel, answered: int) -> Panel:
    """The panel as an internal one whose first seats have answered."""
    people = [
        replace(person, slack_user=f"U{person.seat}" if person.seat <= answered else None, answered=False)
        for person in panel.people
    ]
    people = [replace(person, answered=person.slack_user is not None) for person in people]
    return replace(panel, internal=True, people=tuple(people))


def golden() -> Mapping[str, Any]:
    """Everything that is sent, by the name of its file."""
    closed = a_panel(Stage.CLOSED, agreed=8, buyers=5, reasons=REASONS)
    pooled = measure(price=closed.major_price, asked=20, would_buy=11, agreed=15)
    english = a_panel(Stage.CLOSED, agreed=8, buyers=4, concept="Morning-only serum")
    remark = Remark(
        panel_id=7,
        concept="朝だけ美容液",
        price=4000,
        alias="Gさん",
        slack_user=None,
        would_buy=False,
        reason="もう少し安ければ",
    )
    failed = a_panel(Stage.CLOSED, agreed=8, buyers=4)
    trial = measure(price=closed.major_price, asked=10, would_buy=4, agreed=0)
    messages: dict[str, Message] = {
        "agreement": card(sheet(a_panel(Stage.AGREEMENT)), JA),
        "agreement_recorded": card(sheet(a_panel(Stage.AGREEMENT, agreed=8)), JA),
        "agreement_internal": card(sheet(members(a_panel(Stage.AGREEMENT), 0)), JA),
        "closing": card(sheet(a_panel(Stage.CLOSING, agreed=8)), JA),
        "closing_recorded": card(sheet(a_panel(Stage.CLOSING, agreed=8, buyers=2)), JA),
        "closing_internal": card(sheet(members(a_panel(Stage.CLOSING, agreed=8, buyers=2), 4)), JA),
        "closing_cannot_pass": card(sheet(a_panel(Stage.CLOSING, agreed=8, price=1500)), JA),
        "closed": card(sheet(closed), JA),
        "closed_failed": card(sheet(failed), JA),
        "closed_decided": card(sheet(closed, pooled=pooled, pooled_rounds=2, decisions=(a_decision(),)), JA),
        "closed_en": card(sheet(english), EN),
        "copy": card_copy(sheet(a_panel(Stage.CLOSING, agreed=8, buyers=2)), JA, "https://example.jp/p1"),
        "withdrawn": card(sheet(a_panel(Stage.WITHDRAWN)), JA),
        "list": lists.panel_list(
            [
                sheet(closed),
                sheet(failed),
                sheet(a_panel(Stage.AGREEMENT, price=8765)),
                sheet(members(failed, 3)),
            ],
            JA,
        ),
        "list_empty": lists.panel_list([], JA),
        "search": lists.remarks("安", [remark], 1, JA),
        "calc": replace(lists.trial(trial, JA, Picture("panel.png", "図", b"")), pictures=()),
        "help": lists.help_text(JA, 2000),
        "help_en": lists.help_text(EN, 2000),
    }
    forms = {
        "form_new": modals.new_form(JA, "C1", ["朝だけ美容液", "ねむりの青汁"]),
        "form_new_en": modals.new_form(EN, "C1", []),
        "form_agree": modals.agree_form(JA, a_panel(Stage.AGREEMENT, agreed=2)),
        "form_buyers": modals.buyers_form(JA, closed, figures(closed)),
        "form_why": modals.why_form(JA, closed, ""),
        "form_round": modals.round_form(JA, closed),
        "form_decide": modals.decide_form(JA, closed, Choice.PROCEED),
    }
    return {name: {"text": each.text, "blocks": each.blocks} for name, each in messages.items()} | forms


@pytest.mark.parametrize("name", sorted(golden()))
def test_messages_and_forms_are_sent_as_they_were_looked_at(name: str) -> None:
    file = GOLDEN / f"panel_{name}.json"
    made = json.dumps(golden()[name], ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(made)
    assert made == file.read_text()


def test_before_the_reveal_the_price_is_nowhere() -> None:
    secret = a_panel(Stage.AGREEMENT, agreed=8, price=8765)
    message = card(sheet(secret), JA)
    everything = shown(message) + message.text + shown(lists.panel_list([sheet(secret)], JA))
    assert "8765" not in everything
    assert "8,765" not in everything
    assert "8,765" in shown(card(sheet(replace(secret, stage=Stage.CLOSING)), JA))


def test_stages_offer_only_their_own_buttons() -> None:
    assert buttons(card(sheet(a_panel(Stage.AGREEMENT)), JA)) == [
        "panel.agree",
        "panel.reveal",
        "panel.withdraw",
    ]
    fresh = buttons(card(sheet(a_panel(Stage.CLOSING)), JA))
    assert fresh == ["panel.buyers", "panel.next_round", "panel.withdraw"]
    answered = buttons(card(sheet(a_panel(Stage.CLOSING, buyers=3)), JA))
    assert answered == ["panel.buyers", "panel.close", "panel.withdraw"]
    closed = buttons(card(sheet(a_panel(Stage.CLOSED, buyers=3)), JA))
    assert closed == [*DECIDE, "panel.next_round"]
    assert buttons(card(sheet(a_panel(Stage.WITHDRAWN)), JA)) == []


def test_while_members_vote_nobody_sees_the_tally() -> None:
    panel = members(a_panel(Stage.CLOSING, agreed=9, buyers=2, reasons={1: "ひみつの理由"}), 4)
    same = members(a_panel(Stage.CLOSING, agreed=1, buyers=4, reasons={2: "別の理由"}), 4)
    assert shown(card(sheet(panel), JA)) == shown(card(sheet(same), JA))
    assert "回答 *4人* / 10人" in shown(card(sheet(panel), JA))
    assert set(buttons(card(sheet(panel), JA))) >= {
        action for action, (stage, _) in VOTES.items() if stage == Stage.CLOSING
    }


def test_once_closed_the_members_answers_are_shown_and_the_silent_count() -> None:
    panel = members(a_panel(Stage.CLOSED, agreed=9, buyers=2, reasons={1: "ほしい"}), 4)
    text = shown(card(sheet(panel), JA))
    assert "購入意向 *2人* / 10人" in text
    assert "<@U1>（買う）: ほしい" in text
    assert "答えなかった 6人" in text


def test_agreement_that_nobody_recorded_is_not_shown_as_none() -> None:
    assert "賛同は記録していません" in shown(card(sheet(a_panel(Stage.CLOSED, buyers=2)), JA))
    assert "賛同 0人 / 10人" in shown(card(sheet(a_panel(Stage.CLOSED, agreed=0, buyers=2)), JA))


def test_missing_people_are_counted_down() -> None:
    assert "あと3人" in shown(card(sheet(a_panel(Stage.CLOSING, buyers=2)), JA))
    assert "あと1人" in shown(card(sheet(a_panel(Stage.CLOSING, buyers=4)), JA))
    assert "合格線に届いています" in shown(card(sheet(a_panel(Stage.CLOSING, buyers=5)), JA))


def test_a_price_under_the_threshold_says_that_it_cannot_pass() -> None:
    hopeless = a_panel(Stage.CLOSING, price=1999, buyers=10)
    assert "全員が買っても届きません" in shown(card(sheet(hopeless), JA))
    assert "合格線に届いています" not in shown(card(sheet(hopeless), JA))
    assert "全員が買っても届きません" not in shown(card(sheet(replace(hopeless, price=2000)), JA))


def test_closed_card_shows_formula_interval_and_verdict() -> None:
    text = shown(card(sheet(a_panel(Stage.CLOSED, buyers=5)), JA))
    assert "単価¥4,000 × 購入意向5人 ÷ 聞いた人10人 = 2,000" in text
    assert "946〜3,054" in text
    assert "WEBに進む" in text
    failed = shown(card(sheet(a_panel(Stage.CLOSED, buyers=4)), JA))
    assert "まだ届きません" in failed
    assert "WEBに進む ・" not in failed


def test_hostile_names_are_shown_but_never_interpreted() -> None:
    panel = a_panel(Stage.CLOSED, buyers=1, concept=HOSTILE, proposition=HOSTILE * 60, reasons={1: HOSTILE * 60})
    panel = replace(panel, people=(replace(panel.people[0], alias=HOSTILE), *panel.people[1:]))
    hostile_decision = replace(a_decision(), reason=HOSTILE, evidence={"launch": {"product": HOSTILE, "day": ""}})
    remark = Remark(
        panel_id=1, concept=HOSTILE, price=1, alias=HOSTILE, slack_user=None, would_buy=None, reason=HOSTILE
    )
    drawn = [
        card(sheet(panel, decisions=(hostile_decision,)), JA),
        card(sheet(replace(panel, stage=Stage.CLOSING)), JA),
        card(sheet(replace(panel, stage=Stage.AGREEMENT)), JA),
        lists.panel_list([sheet(panel)], JA),
        lists.remarks(HOSTILE, [remark], 1, JA),
    ]
    for message in drawn:
        interpreted = [message.text, *marked_up(message.blocks)]
        assert not [text for text in interpreted if "<!" in text or "<http" in text or "*x*" in text]
        assert "channel" in shown(message)


def marked_up(thing: Any) -> list[str]:
    """All texts that Slack interprets."""
    if isinstance(thing, Mapping):
        own = [str(thing["text"])] if thing.get("type") == "mrkdwn" else []
        return own + [text for value in thing.values() for text in marked_up(value)]
    if isinstance(thing, list):
        return [text for value in thing for text in marked_up(value)]
    return []


def test_the_fullest_card_stays_within_slacks_limits() -> None:
    panel = a_panel(
        Stage.CLOSED,
        asked=100,
        buyers=100,
        concept="長" * 100,
        proposition="価" * 3000,
        reasons=dict.fromkeys(range(1, 101), "理" * 1000),
    )
    people = tuple(replace(person, alias="名" * 40) for person in panel.people)
    message = card(sheet(replace(panel, people=people), decisions=(a_decision(),) * 9), JA)
    assert len(message.blocks) <= 50
    assert all(len(text) <= 3000 for text in marked_up(message.blocks))
    assert len(shown(message)) < 13_000


def test_a_hundred_people_fit_into_the_menu() -> None:
    people = tuple(Person(seat=n, alias=f"参加者{n}") for n in range(1, 101))
    menu = modals.agree_form(JA, replace(a_panel(Stage.AGREEMENT), people=people))["blocks"][1]["element"]
    assert len(menu["options"]) == 100
    assert {option["value"] for option in menu["options"]} == {str(n) for n in range(1, 101)}


@given(st.fractions(min_value=0, max_value=10**9))
def test_an_index_below_the_gate_never_looks_like_the_gate(index: Fraction) -> None:
    written = Fraction(figure(index, JA).replace(",", ""))
    assert written <= index < written + Fraction(1, 10)
    assert (written >= 2000) == (index >= 2000)


def test_both_languages_say_the_same_things() -> None:
    ja = {key for key in catalogue("ja") if key.startswith("panel.")}
    en = {key for key in catalogue("en") if key.startswith("panel.")}
    assert ja == en
