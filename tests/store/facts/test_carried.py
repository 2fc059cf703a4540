"""A refresh works out the persons of the last import and carries over everybody else, exactly once each."""

from __future__ import annotations

from typing import Any

from store.facts.snapshot import read_manifest
from store.shelf import Shelf
from store.teams import HOME
from tests.shop import Shop, row


def snapshot_of(shop: Shop) -> str:
    manifest = read_manifest(shop.folder / "facts" / HOME)
    assert manifest is not None
    return manifest.snapshot


def numbers(shop: Shop) -> dict[str, Any]:
    answer = shop.ask("ltv all window=30")
    return {"left_out": answer["left_out"], **answer["result"]}


def rebuilt(shop: Shop) -> dict[str, Any]:
    """The same numbers from facts that never were mended."""
    mended, shop.shelf = shop.shelf, Shelf(shop.engine, shop.folder / "other" / str(shop.files))
    found = numbers(shop)
    shop.shelf = mended
    return found


def test_each_import_adds_to_what_the_ones_before_it_changed(shop: Shop) -> None:
    # The last order only says how far the data reaches.
    shop.load([*(row(name, "2026-01-10", name) for name in "abcd"), row("late", "2026-11-01", "late")])
    assert (numbers(shop)["persons"], numbers(shop)["net_sales"]) == (4, "4000")
    # Two persons change, then one of them again with somebody new and somebody unknown, then a third one.
    shop.load([row("b2", "2026-01-20", "b", price=10), row("c2", "2026-01-20", "c", price=200)])
    assert (numbers(shop)["persons"], numbers(shop)["net_sales"]) == (4, "4210")
    shop.load(
        [
            row("c2", "2026-01-20", "c", price=300, updated_at="2026-01-21"),
            row("e", "2026-01-10", "e"),
            row("nobody", "2026-01-10", "", price=5),
        ]
    )
    assert (numbers(shop)["persons"], numbers(shop)["net_sales"]) == (5, "5310")
    assert numbers(shop)["left_out"]["unmatched"] == 1
    shop.load([row("a", "2026-01-10", "a", status="cancelled", updated_at="2026-01-12")])
    assert (numbers(shop)["persons"], numbers(shop)["net_sales"]) == (4, "4310")
    assert (numbers(shop)["left_out"]["unmatched"], numbers(shop)["left_out"]["cancelled"]) == (1, 1)
    assert numbers(shop) == rebuilt(shop)
    # All of it in one patch beside the first base.
    assert snapshot_of(shop).startswith("r000001-")
    assert "+r000004-" in snapshot_of(shop)


def test_an_import_that_changes_nothing_leaves_the_snapshot_as_it_was(shop: Shop) -> None:
    orders = [*(row(name, "2026-01-10", name) for name in "abc"), row("late", "2026-11-01", "late")]
    shop.load(orders)
    before = numbers(shop), snapshot_of(shop)
    again = shop.load([*orders[2:], *orders[:2]])
    assert again.written is not None
    assert again.written.unchanged == 4
    assert (numbers(shop), snapshot_of(shop)) == before
