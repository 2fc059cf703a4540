"""What the owner says about money and who hears of failures."""

from __future__ import annotations

from sqlalchemy import Engine, update

from store.tables import teams


def set_margin(engine: Engine, team: str, permille: int) -> None:
    """Gross margin in thousandths of net sales."""
    _set(engine, team, margin_permille=permille)


def set_target_profit(engine: Engine, team: str, minor: int) -> None:
    """Target profit per person, minor units."""
    _set(engine, team, target_profit=minor)


def set_owner(engine: Engine, team: str, user: str) -> None:
    """The Slack user who hears of failures."""
    _set(engine, team, owner=user)


def _set(engine: Engine, team: str, **values: int | str) -> None:
    with engine.begin() as connection:
        done = connection.execute(update(teams).where(teams.c.team == team).values(values))
        if done.rowcount != 1:
            raise LookupError(f"no team {team!r}")
