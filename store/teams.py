"""The companies whose books are kept: currency, zone, hashing key, and how far the data reaches."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select

from store.database import insert_or_ignore
from store.tables import ad_spend, orders, teams
from store.tables import sources as sources_table

EPOCH = date(1970, 1, 1)
HOME = "main"
"""The team of a bot that serves one workspace; a command line without a workspace works on it, too."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day `number` days after 1970-01-01."""
    return EPOCH + timedelta(days=number)


@dataclass(frozen=True, kw_only=True)
class Team:
    """One company. Money settings are minor units; the margin is thousandths of net sales, None while unknown."""

    team: str
    currency: str
    zone: str
    secret: bytes
    revision: int
    margin_permille: int | None
    target_profit: int
    owner: str | None


@dataclass(frozen=True)
class Coverage:
    """Which shop-local days the orders of a team cover completely, and when they were last synced."""

    data_from: date
    data_through: date
    synced_at: datetime


def open_team(connection: Connection, team: str, *, currency: str, zone: str) -> Team:
    """The team's record, made with these settings when it is not there yet."""
    row = connection.execute(select(teams).where(teams.c.team == team)).first()
    if row is None:
        secret = secrets.token_hex(32)
        # Another process may be making it at this moment; then its record counts.
        made = insert_or_ignore(connection, teams).values(team=team, currency=currency, zone=zone, secret=secret)
        connection.execute(made)
        row = connection.execute(select(teams).where(teams.c.team == team)).one()
    return Team(
        team=row.team,
        currency=row.currency,
        zone=row.zone,
        secret=bytes.fromhex(row.secret),
        revision=row.revision,
        margin_permille=row.margin_permille,
        target_profit=row.target_profit,
        owner=row.owner,
    )


def has_amounts(connection: Connection, team: str) -> bool:
    """Whether any order or ad spend of the team was ever imported, so that its currency is settled."""
    for table, column in ((orders, orders.c.id), (ad_spend, ad_spend.c.day)):
        if connection.execute(select(column).where(table.c.team == team).limit(1)).first() is not None:
            return True
    return False


def coverage(connection: Connection, team: str) -> Coverage | None:
    """From the first order's day to the last day that *all* sources have completely; None without orders."""
    table = sources_table
    row = connection.execute(
        select(func.min(table.c.data_from), func.min(table.c.data_through), func.min(table.c.synced_at)).where(
            table.c.team == team
        )
    ).one()
    if row[0] is None:
        return None
    return Coverage(day_of(row[0]), day_of(row[1]), row[2])
