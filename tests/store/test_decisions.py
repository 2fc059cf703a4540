"""Decisions on ads and answers to alerts in the store."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from store.decisions import (
    AD,
    ALERT,
    RIGHT,
    WRONG,
    Decision,
    UnknownDecision,
    alerts_answered,
    find,
    record,
)
from tests.shop import NOW


def decision(**changes: Any) -> Decision:
    usual: dict[str, Any] = {
        "kind": AD,
        "subject_id": 7,
        "decision": "stop",
        "reason": "安いがリピートしない",
        "decided_by": "U1",
        "decided_at": NOW,
        "recheck_on": date(2026, 12, 22),
        "evidence": {"figures": {"code": "A"}},
    }
    return Decision(**(usual | changes))


def answered(engine: Engine, subject: int, key: str, answer: str) -> None:
    record(
        engine,
        "main",
        decision(kind=ALERT, subject_id=subject, decision=answer, recheck_on=None, evidence={"key": key}),
    )


def test_a_decision_is_found_as_it_was_recorded(engine: Engine) -> None:
    number = record(engine, "main", decision())
    record(engine, "main", decision(decision="keep"))
    assert find(engine, "main", number) == decision()


def test_another_team_does_not_see_it(engine: Engine) -> None:
    number = record(engine, "main", decision())
    with pytest.raises(UnknownDecision):
        find(engine, "other", number)
    answered(engine, 7, "alert:A:2026-W48", RIGHT)
    assert alerts_answered(engine, "other") == (0, 0)


def test_the_last_answer_to_an_alert_counts(engine: Engine) -> None:
    answered(engine, 7, "alert:A:2026-W40", RIGHT)
    answered(engine, 7, "alert:A:2026-W40", WRONG)
    answered(engine, 7, "alert:A:2026-W48", RIGHT)
    answered(engine, 8, "alert:A:2026-W48", RIGHT)
    record(engine, "main", decision())
    assert alerts_answered(engine, "main") == (2, 3)
