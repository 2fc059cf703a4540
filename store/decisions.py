"""What the team decided about ads, and what it said about alerts: kept with the evidence, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, insert, select

from store.tables import decisions
from store.teams import day_number, day_of

AD = "ad"
ALERT = "alert"
"""`kind` of the answers 正しい (right) and 誤報 (wrong) to an alert; their subject is the ad, 0 the whole shop."""
RIGHT = "right"
WRONG = "wrong"


class UnknownDecision(LookupError):
    """This team has no such decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on `subject_id` (an ad's number), with the figures it rested on."""

    kind: str
    subject_id: int
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime
    recheck_on: date | None
    evidence: Mapping[str, Any]


def record(engine: Engine, team: str, decision: Decision) -> int:
    """Add a decision; earlier ones are kept. Its number."""
    with engine.begin() as connection:
        added = connection.execute(
            insert(decisions)
            .values(
                team=team,
                kind=decision.kind,
                subject_id=decision.subject_id,
                decision=decision.decision,
                reason=decision.reason,
                decided_by=decision.decided_by,
                decided_at=decision.decided_at,
                recheck_on=None if decision.recheck_on is None else day_number(decision.recheck_on),
                evidence=dict(decision.evidence),
            )
            .returning(decisions.c.id)
        )
        return int(added.scalar_one())


def find(engine: Engine, team: str, number: int) -> Decision:
    """The decision with that number; UnknownDecision when this team has none."""
    query = select(decisions).where(decisions.c.team == team, decisions.c.id == number)
    with engine.connect().execution_options(read_only=True) as connection:
        row = connection.execute(query).first()
    if row is None:
        raise UnknownDecision(number)
    return Decision(
        kind=row.kind,
        subject_id=row.subject_id,
        decision=row.decision,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        recheck_on=None if row.recheck_on is None else day_of(row.recheck_on),
        evidence=row.evidence,
    )


def alerts_answered(engine: Engine, team: str) -> tuple[int, int]:
    """How many alerts were right, and how many were answered at all; the last answer to an alert counts."""
    query = (
        select(decisions.c.subject_id, decisions.c.evidence, decisions.c.decision)
        .where(decisions.c.team == team, decisions.c.kind == ALERT)
        .order_by(decisions.c.id)
    )
    with engine.connect().execution_options(read_only=True) as connection:
        last = {(row.subject_id, row.evidence["key"]): row.decision for row in connection.execute(query)}
    return sum(answer == RIGHT for answer in last.values()), len(last)
