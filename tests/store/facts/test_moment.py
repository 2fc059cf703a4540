"""One moment of the truth: complete, and blind for what is written meanwhile; on whichever database the tests run."""

from __future__ import annotations

from pathlib import Path

import adbc_driver_manager
import pyarrow as pa
import pytest
from sqlalchemy import func, select

from store.database import open_engine
from store.facts import raw
from store.facts.moment import moment, read_numbers
from store.tables import orders
from store.teams import HOME
from store.trouble import Trouble, trouble_of
from tests.shop import Shop, row


def test_what_is_written_meanwhile_is_not_seen(shop: Shop) -> None:
    shop.load([row("a", "2026-01-10", "x"), row("b", "2026-01-11", "y")])
    counted = select(func.count()).select_from(orders)
    with moment(shop.engine) as now:
        assert read_numbers(now, counted).to_pylist() == [2]
        shop.load([row("c", "2026-01-12", "x")])
        assert read_numbers(now, counted).to_pylist() == [2]
    with moment(shop.engine) as later:
        assert read_numbers(later, counted).to_pylist() == [3]


def test_orders_of_these_persons_and_of_nobody(shop: Shop) -> None:
    shop.load(
        [
            row("a", "2026-01-10", "x"),
            row("b", "2026-01-11", "y"),
            row("c", "2026-03-12", "x"),
            row("nobody", "2026-01-13", ""),
        ]
    )
    with moment(shop.engine) as now:
        (wanted,) = read_numbers(now, select(orders.c.person_id).where(orders.c.external_id == "a")).to_pylist()
        found = raw.of_persons(now, HOME, pa.array([wanted], pa.int64()))
    assert sorted(found.orders.column("external_id").to_pylist()) == ["a", "c", "nobody"]
    assert sorted(found.lines.column("order_id").to_pylist()) == sorted(found.orders.column("order_id").to_pylist())
    with moment(shop.engine) as now:
        then = raw.of_persons(now, HOME, pa.array([wanted], pa.int64()), through=found.orders["day"].to_pylist()[0])
    assert sorted(then.orders.column("external_id").to_pylist()) == ["a"]


def test_what_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / "banto.sqlite3"
    file.write_bytes(b"no database " * 100)
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(adbc_driver_manager.Error) as caught, moment(engine) as now:
        read_numbers(now, select(orders.c.id))
    assert trouble_of(caught.value) is Trouble.DAMAGED
