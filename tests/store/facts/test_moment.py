"""One moment of the truth: complete, and blind for what is written meanwhile; on whichever database the tests run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from store.database import migrate, open_engine
from store.facts import raw
from store.facts.moment import moment
from store.facts.sqlite_columns import NotRead, write_columns
from store.tables import orders
from store.teams import HOME
from store.trouble import Trouble, trouble_of
from tests.shop import Shop, row


def test_what_is_written_meanwhile_is_not_seen(shop: Shop) -> None:
    shop.load([row("a", "2026-01-10", "x"), row("b", "2026-01-11", "y")])
    counted = select(func.count()).select_from(orders)
    with moment(shop.engine) as now:
        assert now.read_numbers(counted).to_pylist() == [2]
        shop.load([row("c", "2026-01-12", "x")])
        assert now.read_numbers(counted).to_pylist() == [2]
    with moment(shop.engine) as later:
        assert later.read_numbers(counted).to_pylist() == [3]


def test_orders_of_these_persons_and_of_nobody_else(shop: Shop) -> None:
    shop.load(
        [
            row("a", "2026-01-10", "x"),
            row("b", "2026-01-11", "y"),
            row("c", "2026-03-12", "x"),
            row("nobody", "2026-01-13", ""),
        ]
    )
    with moment(shop.engine) as now:
        (wanted,) = now.read_numbers(select(orders.c.person_id).where(orders.c.external_id == "a")).to_pylist()
        found = raw.of_persons(now, HOME, pa.array([wanted], pa.int64()))
    assert sorted(found.orders.column("external_id").to_pylist()) == ["a", "c"]
    assert sorted(found.lines.column("order_id").to_pylist()) == sorted(found.orders.column("order_id").to_pylist())
    with moment(shop.engine) as now:
        then = raw.of_persons(now, HOME, pa.array([wanted], pa.int64()), through=found.orders["day"].to_pylist()[0])
    assert sorted(then.orders.column("external_id").to_pylist()) == ["a"]


def test_what_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / "banto.sqlite3"
    file.write_bytes(b"no database " * 100)
    with pytest.raises(NotRead) as caught:
        write_columns(file, {tmp_path / "orders.parquet": (("SELECT 1", []), pa.schema([("one", pa.int64())]))})
    assert trouble_of(caught.value) is Trouble.DAMAGED


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Shop:
    """A shop whose orders lie in a file."""
    url = f"sqlite:///{tmp_path / 'banto.sqlite3'}"
    migrate(url)
    return Shop(open_engine(url), tmp_path)


TAKE = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0.1, isolation_level=None).execute('BEGIN IMMEDIATE')"


@pytest.mark.parametrize("work", ["build", "refresh", "question"])
def test_reading_the_orders_opens_no_door_to_another_writer(sqlite_shop: Shop, work: str) -> None:
    """SQLite's locks belong to the process: what reads in it must not let go of those of its writer."""
    shop = sqlite_shop
    shop.load([row("a", "2026-01-10", "x"), row("b", "2026-02-10", "x")])
    shop.shelf.refresh(HOME)
    shop.load([row("c", "2026-01-10", "y")])
    take = [sys.executable, "-c", TAKE, str(shop.engine.url.database)]
    with shop.engine.begin():
        if work == "build":
            shop.shelf.rebuild(HOME)
        elif work == "refresh":
            shop.shelf.refresh(HOME)
        else:
            shop.ask("ltv all window=30", as_of="2026-02-01")
        other = subprocess.run(take, capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
