"""The books of one team as reports read them: facts, names of products and ads, spend, settings."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select

from store.database import reading
from store.shelf import Facts
from store.shelves import AnyShelf
from store.tables import ad_spend, ads, products, teams
from store.teams import day_number

NEAREST = 5
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


@dataclass(frozen=True)
class Named:
    """A product (label: sku) or an ad (label: code) with its number in the facts."""

    number: int
    label: str
    name: str


@dataclass(frozen=True)
class Settings:
    """What the owner has said about money: margin in thousandths of net sales (None: not said), target profit."""

    margin_permille: int | None
    target_profit: int
    owner: str | None


class Books:
    """Everything a report may read of one team."""

    def __init__(self, engine: Engine, shelf: AnyShelf, team: str, zone: ZoneInfo) -> None:
        self._engine = reading(engine)
        self._shelf = shelf
        self.team = team
        self.zone = zone

    def facts(self, as_of: date | None = None) -> Facts:
        """The facts as of a day; raises store.shelf.NoOrders before the first import."""
        return self._shelf.facts(self.team, as_of)

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self._shelf.currency(self.team)

    def settings(self) -> Settings:
        """The team's money settings."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(teams.c.margin_permille, teams.c.target_profit, teams.c.owner).where(teams.c.team == self.team)
            ).first()
        return Settings(None, 0, None) if row is None else Settings(*row)

    def products(self) -> list[Named]:
        """All products by sku."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(products.c.id, products.c.sku, products.c.name)
                .where(products.c.team == self.team)
                .order_by(products.c.sku)
            )
            return [Named(*row) for row in rows]

    def search_products(self, text: str) -> list[Named]:
        """Products whose sku or name contains `text`."""
        wanted = _folded(text)
        return [p for p in self.products() if wanted in _folded(p.label) or wanted in _folded(p.name)]

    def ads(self) -> dict[int, str]:
        """Ad codes by their numbers."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(ads.c.id, ads.c.code).where(ads.c.team == self.team))
            return {number: code for number, code in rows}

    def find_product(self, text: str) -> Named | list[Named]:
        """The product whose sku or name is `text`, else those that come nearest."""
        return _find(text, self.products())

    def find_ad(self, text: str) -> Named | list[Named]:
        """The ad whose code is `text`, else those that come nearest."""
        return _find(text, [Named(number, code, code) for number, code in sorted(self.ads().items())])

    def spend(self, through: date, since: date | None = None) -> dict[int, int]:
        """Ad spend in minor units by ad number, for the days from `since` through `through`."""
        query = select(ad_spend.c.ad_id, func.sum(ad_spend.c.cost)).where(
            ad_spend.c.team == self.team, ad_spend.c.day <= day_number(through)
        )
        if since is not None:
            query = query.where(ad_spend.c.day >= day_number(since))
        with self._engine.connect() as connection:
            return {ad: int(cost) for ad, cost in connection.execute(query.group_by(ad_spend.c.ad_id))}


def _find(text: str, things: list[Named]) -> Named | list[Named]:
    wanted = _folded(text)
    for exact in (
        lambda t: t.label == text,
        lambda t: _folded(t.label) == wanted,
        lambda t: _folded(t.name) == wanted,
    ):
        for thing in things:
            if exact(thing):
                return thing
    inside = [t for t in things if wanted and (wanted in _folded(t.label) or wanted in _folded(t.name))]
    by_text = {_folded(t.label): t for t in reversed(things)} | {_folded(t.name): t for t in reversed(things)}
    near = [by_text[found] for found in difflib.get_close_matches(wanted, by_text, NEAREST, cutoff=0.3)]
    return list(dict.fromkeys([*inside, *near]))[:NEAREST]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(INVISIBLE).casefold().split())
