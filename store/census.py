"""How much the books hold, and the last import: for `/banto status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from store.tables import imports, orders, products
from store.teams import Coverage, coverage


@dataclass(frozen=True, kw_only=True)
class LastImport:
    """The newest imported file."""

    file_name: str
    profile: str
    imported_at: datetime


@dataclass(frozen=True, kw_only=True)
class Census:
    """Counts of one team's books; `covered` and `last_import` are None before the first import."""

    orders: int
    persons: int
    products: int
    covered: Coverage | None
    last_import: LastImport | None


def count_books(engine: Engine, team: str) -> Census:
    """Count what the team has."""
    newest = (
        select(imports.c.file_name, imports.c.profile, imports.c.imported_at)
        .where(imports.c.team == team)
        .order_by(imports.c.imported_at.desc(), imports.c.id.desc())
        .limit(1)
    )
    counts = select(func.count(), func.count(orders.c.person_id.distinct())).where(orders.c.team == team)
    with engine.connect().execution_options(read_only=True) as connection:
        all_orders, persons = connection.execute(counts).one()
        all_products = connection.execute(
            select(func.count()).select_from(products).where(products.c.team == team)
        ).scalar_one()
        last = connection.execute(newest).mappings().first()
        return Census(
            orders=all_orders,
            persons=persons,
            products=all_products,
            covered=coverage(connection, team),
            last_import=None if last is None else LastImport(**last),
        )
