"""The shelf on Spark: it follows the truth, survives the server, and is told apart from DuckDB's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import doctor
from bot.settings import read_settings
from store.books import Books
from store.shelf import NoOrders, Shelf
from store.shelves import check_engine, open_shelf
from store.spark.errors import EngineUnreachable
from store.teams import HOME
from tests.ports import free_port
from tests.shop import Shop, row
from tests.spark import servers
from tests.spark.history import rows_of

ORDERS = [
    row("1", "2026-01-01", "a", email="x@example.jp"),
    row("2", "2026-01-20", "b", price=2500),
    row("3", "2026-11-20", "b", email="x@example.jp", price=300),
    row("END", "2026-11-20", "end", status="test"),
]


def spark_books(shop: Shop, url: str) -> Books:
    """The books of the shop on a server."""
    return Books(shop.engine, open_shelf(shop.engine, shop.folder, url), HOME, shop.zone)


def test_before_the_first_import_there_are_no_facts(shop: Shop, sail_url: str) -> None:
    with pytest.raises(NoOrders):
        spark_books(shop, sail_url).facts()


def test_an_import_is_in_the_next_answer(shop: Shop, sail_url: str) -> None:
    shop.load(ORDERS)
    books = spark_books(shop, sail_url)
    first = books.facts()
    assert books.facts().snapshot == first.snapshot
    shop.load([row("4", "2026-02-02", "c")])
    assert books.facts().snapshot != first.snapshot
    assert rows_of(books.facts()) == rows_of(shop.books.facts())


def test_what_only_later_orders_joined_is_apart_in_the_past(shop: Shop, sail_url: str) -> None:
    shop.load(ORDERS)
    now = rows_of(spark_books(shop, sail_url).facts())["shop"]
    assert len({person["person_id"] for person in now}) == 1
    past = (shop.now.date()).replace(month=6)
    then = rows_of(spark_books(shop, sail_url).facts(past))
    assert len({person["person_id"] for person in then["shop"]}) == 2
    assert then == rows_of(shop.books.facts(past))


def test_a_server_that_was_started_again_is_connected_to_again(shop: Shop) -> None:
    shop.load(ORDERS)
    port = free_port()
    with servers.sail(port) as url:
        books = spark_books(shop, url)
        before = books.facts()
        rows = rows_of(before)
    with pytest.raises(EngineUnreachable, match=str(port)):
        books.facts()
    with servers.sail(port):
        after = books.facts()
        assert after.snapshot == before.snapshot
        assert rows_of(after) == rows


@pytest.mark.parametrize("url", ["sc://127.0.0.1:9", "sc://no-such-host.invalid:15002", "sc://127.0.0.1:port"])
def test_an_address_without_a_server_is_named(shop: Shop, url: str) -> None:
    with pytest.raises(EngineUnreachable, match="nothing answers at"):
        spark_books(shop, url).facts()


def test_lost_or_spoilt_facts_are_built_anew(shop: Shop, spark_url: str, caplog: pytest.LogCaptureFixture) -> None:
    shop.load(ORDERS)
    first = spark_books(shop, spark_url).facts()
    home = shop.folder / "spark" / HOME
    for file in (home / first.snapshot / "shop").iterdir():
        file.unlink()
    (home / first.snapshot / "shop").rmdir()
    second = spark_books(shop, spark_url).facts()
    assert second.snapshot != first.snapshot
    assert rows_of(second) == rows_of(shop.books.facts())
    (home / "current.json").write_text("{")
    third = spark_books(shop, spark_url).facts()
    assert third.snapshot != second.snapshot
    assert "shop is not there" in caplog.text
    assert "the manifest cannot be read" in caplog.text


@pytest.mark.parametrize(("number", "whose"), [(0, "an older"), (99, "a newer")])
def test_facts_of_another_format_are_not_read(
    shop: Shop, sail_url: str, number: int, whose: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.load(ORDERS)
    first = spark_books(shop, sail_url).facts()
    manifest = shop.folder / "spark" / HOME / "current.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": number, "shape": "unheard of"}))
    assert spark_books(shop, sail_url).facts().snapshot != first.snapshot
    assert f"{whose} version of Banto wrote them" in caplog.text


def test_only_the_newest_few_facts_are_kept(shop: Shop, sail_url: str) -> None:
    shop.load(ORDERS)
    shelf = open_shelf(shop.engine, shop.folder, sail_url)
    for _ in range(5):
        shelf.rebuild(HOME)
    folders = [d for d in (shop.folder / "spark" / HOME).iterdir() if d.is_dir()]
    assert 1 <= len(folders) <= 4
    assert shelf.facts(HOME).snapshot in {d.name for d in folders}


def test_the_exported_orders_do_not_stay(shop: Shop, sail_url: str) -> None:
    shop.load(ORDERS)
    spark_books(shop, sail_url).facts()
    kept = {p.name for p in (shop.folder / "spark" / HOME).rglob("*orders*")}
    assert kept == set()


def test_duckdb_is_the_default(shop: Shop, tmp_path: Path) -> None:
    assert isinstance(open_shelf(shop.engine, tmp_path), Shelf)


def test_doctor_names_a_server_that_is_away_and_a_wrong_mapping(tmp_path: Path, sail_url: str) -> None:
    check_engine(tmp_path, "duckdb")
    check_engine(tmp_path, sail_url)
    with pytest.raises(EngineUnreachable, match=r"nothing answers at 127\.0\.0\.1:9"):
        check_engine(tmp_path, "sc://127.0.0.1:9")
    settings = read_settings({"BANTO_DATA": str(tmp_path), "BANTO_ENGINE": sail_url})
    (tmp_path / "warehouse.toml").write_text("through = 'SELECT 1 AS day'\norders = 'SELECT'\nlines = 'SELECT 1 AS x'")
    said = list(doctor._engine(settings))
    assert len(said) == 1
    assert "through lacks loaded_at" in said[0]
    assert "orders cannot be run" in said[0]
    assert "lines lacks order_id, sku, product_name, net" in said[0]
