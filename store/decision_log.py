"""What the team has decided, on panels and ads alike: for the weekly post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, Row, Select, and_, func, select

from store.tables import ads, concepts, decisions, panels
from store.teams import day_number, day_of

KINDS = ("panel", "ad")
"""Answers to alerts (right, wrong) are kept beside the decisions but are none."""


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One decision: `subject` is the concept's name or the ad's code, `recheck_on` a shop-local day."""

    kind: str
    subject: str
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime
    recheck_on: date | None


def decisions_since(engine: Engine, team: str, since: datetime, until: datetime) -> list[Logged]:
    """Decisions made after `since` and not after `until`, oldest first."""
    when = and_(decisions.c.decided_at > since, decisions.c.decided_at <= until)
    return _read(engine, _named(team).where(when).order_by(decisions.c.id))


def overdue_rechecks(engine: Engine, team: str, today: date) -> list[Logged]:
    """Decisions whose re-check day has come and upon which nothing newer was decided, longest overdue first."""
    newest = select(func.max(decisions.c.id)).where(decisions.c.team == team, decisions.c.kind.in_(KINDS))
    newest = newest.group_by(decisions.c.kind, decisions.c.subject_id)
    due = and_(decisions.c.recheck_on <= day_number(today), decisions.c.id.in_(newest))
    return _read(engine, _named(team).where(due).order_by(decisions.c.recheck_on, decisions.c.id))


def _named(team: str) -> Select[tuple[object, ...]]:
    panel = and_(decisions.c.kind == "panel", panels.c.id == decisions.c.subject_id, panels.c.team == team)
    ad = and_(decisions.c.kind == "ad", ads.c.id == decisions.c.subject_id, ads.c.team == team)
    joined = decisions.outerjoin(panels, panel).outerjoin(concepts, concepts.c.id == panels.c.concept_id)
    return (
        select(decisions, func.coalesce(concepts.c.name, ads.c.code, "?").label("subject"))
        .select_from(joined.outerjoin(ads, ad))
        .where(decisions.c.team == team, decisions.c.kind.in_(KINDS))
    )


def _read(engine: Engine, query: Select[tuple[object, ...]]) -> list[Logged]:
    with engine.connect().execution_options(read_only=True) as connection:
        return [_logged(row) for row in connection.execute(query)]


def _logged(row: Row[tuple[object, ...]]) -> Logged:
    return Logged(
        kind=row.kind,
        subject=row.subject,
        decision=row.decision,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        recheck_on=None if row.recheck_on is None else day_of(row.recheck_on),
    )
