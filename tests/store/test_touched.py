"""The log of touched persons does not grow for ever, and nobody answers from facts that cannot be mended any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from store.facts.snapshot import read_manifest
from store.orders import EVERYBODY
from store.shelf import Shelf
from store.tables import touched
from store.teams import HOME
from tests.shop import Shop, row


def logged(shop: Shop) -> list[tuple[int, int]]:
    """(revision, persons) in the log."""
    query = select(touched.c.revision, func.count()).group_by(touched.c.revision).order_by(touched.c.revision)
    with shop.engine.connect() as connection:
        return [(revision, count) for revision, count in connection.execute(query)]


def everybody_at(shop: Shop) -> list[int]:
    with shop.engine.connect() as connection:
        query = select(touched.c.revision).where(touched.c.person_id == EVERYBODY)
        return list(connection.execute(query).scalars())


def bring(shop: Shop, name: str, persons: int = 4) -> None:
    shop.load([row(f"{name}{n}", f"2026-0{1 + n}-10", f"{name}{n}") for n in range(persons)])


def persons(shop: Shop, folder: Path) -> int:
    """What a process with its facts in that folder counts."""
    shop.shelf = Shelf(shop.engine, folder)
    return int(shop.ask("ltv all window=30")["result"]["persons"])


def base_revision(folder: Path) -> int:
    manifest = read_manifest(folder / HOME)
    assert manifest is not None
    return manifest.base_revision


def test_old_revisions_are_forgotten_and_older_facts_built_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.orders.TOUCHED_LIMIT", 10)
    old, new = shop.folder / "old", shop.folder / "new"
    shop.load([row("z", "2026-11-01", "z")])
    bring(shop, "a")
    assert persons(shop, old) == 4
    bring(shop, "b")
    assert persons(shop, new) == 8
    bring(shop, "c")
    bring(shop, "d")
    # Revisions 4 and 5 are kept; whatever was built before revision 3 has lost its way.
    assert logged(shop) == [(3, 1), (4, 4), (5, 4)]
    assert everybody_at(shop) == [3]

    assert persons(shop, old) == 16
    assert base_revision(old) == 5
    # The other process was at revision 3 and only adds what came later.
    assert persons(shop, new) == 16
    assert base_revision(new) == 3


def test_a_log_that_is_small_enough_is_kept(shop: Shop) -> None:
    for name in "abc":
        bring(shop, name)
    assert logged(shop) == [(1, 4), (2, 4), (3, 4)]
    assert everybody_at(shop) == []
