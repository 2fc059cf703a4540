"""Panels in the store: who sat there, what they said, and what two people at once can do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from store.panel_records import (
    AnswersOpen,
    Choice,
    Decision,
    NewPanel,
    NothingRecorded,
    Panel,
    PanelFull,
    RoundExists,
    Stage,
    UnknownPanel,
    WrongStage,
)
from store.panels import (
    attach_card,
    close_panel,
    concept_names,
    decide,
    decisions_on,
    explain,
    find_panel,
    next_round,
    panels_named,
    recent_panels,
    record_agreement,
    record_buyers,
    reveal_price,
    rounds_at_price,
    search_reasons,
    start_panel,
    vote,
    withdraw_panel,
)

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def started(engine: Engine, team: str = "T1", people: int = 10, **changes: Any) -> Panel:
    told: dict[str, Any] = {
        "concept": "朝だけ美容液",
        "proposition": "ひと塗り",
        "price": 4000,
        "currency": "JPY",
        "threshold": 2000,
        "internal": False,
        "aliases": tuple(f"{n}さん" for n in range(1, people + 1)),
    }
    return start_panel(engine, team, NewPanel(**{**told, **changes}), channel="C1", user="U1", at=AT)


def closed(engine: Engine, buyers: int = 5, **changes: Any) -> Panel:
    panel = started(engine, **changes)
    reveal_price(engine, panel.team, panel.id)
    record_buyers(engine, panel.team, panel.id, range(1, buyers + 1), {1: "理由です"})
    return close_panel(engine, panel.team, panel.id, AT)


def test_a_panel_is_found_again_as_it_was_recorded(engine: Engine) -> None:
    panel = started(engine)
    assert find_panel(engine, "T1", panel.id) == panel
    assert (panel.stage, len(panel.people), panel.first_round) == (Stage.AGREEMENT, 10, panel.id)
    assert panel.created_at == AT
    attach_card(engine, panel, "C2", "1.5")
    assert find_panel(engine, "T1", panel.id) == replace(panel, channel="C2", message_ts="1.5")


def test_everything_is_kept_apart_by_team(engine: Engine) -> None:
    mine = closed(engine)
    other = closed(engine, team="T2")
    assert recent_panels(engine, "T1", 9) == (mine,)
    assert panels_named(engine, "T1", "朝だけ", 9) == (mine,)
    assert concept_names(engine, "T2", 9) == ("朝だけ美容液",)
    assert rounds_at_price(engine, mine) == (mine,)
    assert search_reasons(engine, "T1", "理由", 9)[1] == 1
    changes: list[Callable[[], Panel]] = [
        lambda: find_panel(engine, "T1", other.id),
        lambda: close_panel(engine, "T1", other.id, AT),
        lambda: record_agreement(engine, "T1", other.id, [1]),
        lambda: vote(engine, "T1", other.id, "U1", Stage.CLOSING, True),
        lambda: next_round(engine, "T1", other.id, 5000, "U1", AT),
    ]
    for change in changes:
        with pytest.raises(UnknownPanel):
            change()
    assert find_panel(engine, "T2", other.id) == other


def test_each_stage_refuses_what_belongs_to_another(engine: Engine) -> None:
    panel = started(engine)
    with pytest.raises(WrongStage):
        record_buyers(engine, "T1", panel.id, [1], {})
    with pytest.raises(WrongStage):
        close_panel(engine, "T1", panel.id, AT)
    reveal_price(engine, "T1", panel.id)
    with pytest.raises(WrongStage):
        record_agreement(engine, "T1", panel.id, [1])
    with pytest.raises(NothingRecorded):
        close_panel(engine, "T1", panel.id, AT)
    withdraw_panel(engine, "T1", panel.id)
    with pytest.raises(WrongStage) as error:
        reveal_price(engine, "T1", panel.id)
    assert error.value.stage is Stage.WITHDRAWN
    assert rounds_at_price(engine, panel) == ()


@settings(max_examples=25)
@given(st.lists(st.sets(st.integers(1, 10)), min_size=1, max_size=4))
def test_the_last_recording_counts_and_everybody_stays_in_the_denominator(
    engine: Engine, recordings: list[set[int]]
) -> None:
    panel = started(engine)
    reveal_price(engine, "T1", panel.id)
    for buyers in recordings:
        panel = record_buyers(engine, "T1", panel.id, buyers, {seat: f"{seat}" for seat in buyers})
    assert {person.seat for person in panel.people if person.would_buy} == recordings[-1]
    assert {person.seat for person in panel.people if person.reason} == recordings[-1]
    assert (len(panel.people), panel.would_buy) == (10, len(recordings[-1]))


def test_of_two_who_close_at_once_one_is_told(engine: Engine) -> None:
    panel = started(engine)
    reveal_price(engine, "T1", panel.id)
    record_buyers(engine, "T1", panel.id, [1], {})

    def close(minute: int) -> Panel | None:
        try:
            return close_panel(engine, "T1", panel.id, AT + timedelta(minutes=minute))
        except WrongStage:
            return None

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for answer in pool.map(close, range(4)) if answer]
    assert len(answers) == 1
    assert find_panel(engine, "T1", panel.id) == answers[0]


def test_of_two_new_rounds_at_once_one_is_told(engine: Engine) -> None:
    panel = closed(engine)

    def again(price: int) -> Panel | None:
        try:
            return next_round(engine, "T1", panel.id, price, "U2", AT)
        except RoundExists:
            return None

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for answer in pool.map(again, (5000, 6000, 7000, 8000)) if answer]
    assert len(answers) == 1
    assert len(recent_panels(engine, "T1", 9)) == 2


def test_a_new_round_seats_the_same_people_without_their_answers(engine: Engine) -> None:
    panel = started(engine)
    record_agreement(engine, "T1", panel.id, [1, 2])
    reveal_price(engine, "T1", panel.id)
    record_buyers(engine, "T1", panel.id, [1], {1: "高い"})
    with pytest.raises(AnswersOpen):
        next_round(engine, "T1", panel.id, 3000, "U1", AT)
    old = close_panel(engine, "T1", panel.id, AT)
    new = next_round(engine, "T1", panel.id, 3000, "U2", AT)
    third = next_round(engine, "T1", new.id, 2500, "U2", AT)
    assert find_panel(engine, "T1", panel.id) == old
    assert find_panel(engine, "T1", new.id).stage is Stage.WITHDRAWN
    assert (third.round, third.first_round, third.price, third.stage) == (3, old.id, 2500, Stage.CLOSING)
    assert [person.alias for person in third.people] == [person.alias for person in old.people]
    assert (third.agreed, third.answered) == (2, 0)
    assert not any(person.reason for person in third.people)


def test_every_member_has_one_seat_and_the_silent_keep_theirs(engine: Engine) -> None:
    panel = started(engine, internal=True, people=3)
    vote(engine, "T1", panel.id, "U1", Stage.AGREEMENT, True)
    reveal_price(engine, "T1", panel.id)
    vote(engine, "T1", panel.id, "U1", Stage.CLOSING, True)
    vote(engine, "T1", panel.id, "U1", Stage.CLOSING, None)
    panel = vote(engine, "T1", panel.id, "U2", Stage.CLOSING, True)
    assert (len(panel.people), panel.answered, panel.would_buy, panel.agreed) == (3, 2, 1, 1)
    panel = explain(engine, "T1", panel.id, "U2", "ほしい")
    assert [person.reason for person in panel.people] == ["", "ほしい", ""]
    with pytest.raises(WrongStage):
        vote(engine, "T1", panel.id, "U1", Stage.AGREEMENT, False)


def test_members_voting_at_once_get_different_seats_up_to_a_hundred(engine: Engine) -> None:
    panel = started(engine, internal=True, people=98)
    reveal_price(engine, "T1", panel.id)
    with ThreadPoolExecutor(8) as pool:
        users = [f"U{n}" for n in range(100)]
        list(pool.map(lambda user: vote(engine, "T1", panel.id, user, Stage.CLOSING, True), users))
    panel = find_panel(engine, "T1", panel.id)
    assert {person.slack_user for person in panel.people} == set(users)
    with pytest.raises(PanelFull):
        vote(engine, "T1", panel.id, "U100", Stage.CLOSING, True)


def test_rounds_at_one_price_leave_out_dry_runs_and_other_prices(engine: Engine) -> None:
    first, second = closed(engine), closed(engine, buyers=2)
    closed(engine, internal=True)
    closed(engine, price=5000)
    closed(engine, concept="別の企画")
    started(engine)
    assert rounds_at_price(engine, second) == (first, second)


def test_decisions_are_added_and_never_replaced(engine: Engine) -> None:
    panel = closed(engine)
    first = Decision(choice=Choice.DROP, reason="高い", decided_by="U1", decided_at=AT, evidence={"index": "2000"})
    second = replace(first, choice=Choice.PROCEED, decided_at=AT + timedelta(days=1))
    decide(engine, panel, first, None)
    decide(engine, panel, second, 20878)
    assert decisions_on(engine, panel) == (first, second)
    with pytest.raises(WrongStage):
        decide(engine, started(engine), first, None)


def test_reasons_are_found_by_what_they_say(engine: Engine) -> None:
    panel = started(engine)
    reveal_price(engine, "T1", panel.id)
    record_buyers(engine, "T1", panel.id, [1], {1: "100%ほしい", 2: "値段が Too HIGH", 3: "100回考える"})
    assert [each.alias for each in search_reasons(engine, "T1", "100%", 9)[0]] == ["1さん"]
    assert [each.would_buy for each in search_reasons(engine, "T1", "too high", 9)[0]] == [False]
    found, total = search_reasons(engine, "T1", "100", 1)
    assert (len(found), total) == (1, 2)
    withdraw_panel(engine, "T1", panel.id)
    assert search_reasons(engine, "T1", "100", 9) == ((), 0)
