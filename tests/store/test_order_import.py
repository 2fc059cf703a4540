"""Importing files: what is refused and why, nothing half-written, the same file twice changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from store.sources.refusals import FileRefused, Refusal
from store.tables import identity_keys, order_lines, orders, touched
from tests.shop import Shop, as_csv, row

HEADINGS = "order_id,ordered_at,customer_id,sku,quantity,unit_price"


def refusals(shop: Shop, content: str | bytes) -> list[Refusal]:
    with pytest.raises(FileRefused) as refused:
        shop.load(content)
    with shop.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(orders)).scalar_one() == 0
    return refused.value.refusals


def counts(shop: Shop) -> tuple[int, int, int]:
    with shop.engine.connect() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(select(func.count()).select_from(t)).scalar_one()
            for t in (orders, order_lines, identity_keys)
        )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "import.refused.empty"),
        (b"\x00\x01\x02PNG", "import.refused.binary"),
        (f"{HEADINGS}\n", "import.refused.no_rows"),
        ("order_id,ordered_at,customer,sku,quantity,unit_price\n1,2026-01-01,c,A,1,1\n", "import.refused.heading"),
        (f"{HEADINGS},sku\n1,2026-01-01,c,A,1,1,B\n", "import.refused.heading_twice"),
        (f"{HEADINGS}\n1,2026-01-01,c,A,1,1\n2,2026-01", "import.refused.ragged"),
        (f'{HEADINGS}\n1,2026-01-01,"c,A,1,1\n2,2026-01-02,c,A,1,1', "import.refused.open_quote"),
        (
            f'{HEADINGS},product_name\n1,2026-01-01,c,A,1,1,a\n2,2026-01-02,c,A,1,1,"b\n3,2026',
            "import.refused.open_quote",
        ),
    ],
)
def test_a_broken_file_is_refused_whole(shop: Shop, content: str | bytes, reason: str) -> None:
    assert refusals(shop, content)[0].reason == reason


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"ordered_at": "2026-11-23T00:00:00+09:00"}, "ordered_at", "import.refused.future"),
        ({"ordered_at": "2026-02-30"}, "ordered_at", "import.refused.date"),
        ({"ordered_at": "2026-10-01T09:00:00+25:00"}, "ordered_at", "import.refused.date"),
        ({"ordered_at": "0001-01-01T00:00:00Z"}, "ordered_at", "import.refused.date"),
        ({"ordered_at": ""}, "ordered_at", "import.refused.missing_value"),
        ({"status": "delivered"}, "status", "import.refused.word"),
        ({"channel": "tiktok"}, "channel", "import.refused.word"),
        ({"quantity": "0"}, "quantity", "import.refused.too_small"),
        ({"quantity": "1.5"}, "quantity", "import.refused.whole"),
        ({"unit_price": "12.50"}, "unit_price", "import.refused.fraction"),
        ({"unit_price": "free"}, "unit_price", "import.refused.number"),
        ({"unit_price": "99999999999999"}, "unit_price", "import.refused.number"),
        ({"refund": "-5"}, "refund", "import.refused.too_small"),
        ({"currency": "USD"}, "currency", "import.refused.currency"),
        ({"order_id": ""}, "order_id", "import.refused.missing_value"),
        ({"sku": "S" * 256}, "sku", "import.refused.too_long"),
    ],
)
def test_a_bad_cell_names_line_column_and_value(shop: Shop, cells: dict[str, str], column: str, reason: str) -> None:
    good = row("1", "2026-01-01", "c1", email="a@example.jp")
    found = refusals(shop, as_csv([good, row("2", "2026-01-02", "c2") | cells]))
    assert found == [Refusal(reason, line=3, column=column, value=cells[column][:60], hint=found[0].hint)]


def test_line_numbers_are_those_of_an_editor(shop: Shop) -> None:
    content = f'{HEADINGS}\n"1\n1",2026-01-01,c,A,1,1\n\n2,never,c,A,1,1\n'
    assert refusals(shop, content)[0].line == 5


def test_a_status_that_differs_between_the_rows_of_an_order_is_a_fault(shop: Shop) -> None:
    rows = [row("1", "2026-01-01", "c", status="paid"), row("1", "2026-01-01", "c", sku="B", status="cancelled")]
    assert refusals(shop, as_csv(rows))[0] == Refusal("import.refused.contradiction", 2, "status", "1")


def test_two_times_of_one_order_without_a_version_are_a_fault(shop: Shop) -> None:
    """Not an earlier and a later state: the lines of the earlier time would be lost without a word."""
    rows = [
        row("1", "2026-01-01T10:00:00", "c"),
        row("1", "2026-01-01T10:05:00", "c", sku="B"),
        row("2", "2026-01-01", "d"),
    ]
    assert refusals(shop, as_csv(rows)) == [Refusal("import.refused.contradiction", 2, "ordered_at", "1")]
    shop.load([r | {"updated_at": f"2026-01-0{day}"} for day, r in enumerate(rows[:2], 2)])
    assert shop.ask("ltv all window=1", "2026-02-01")["result"]["net_sales"] == "1000"


def test_orders_that_are_written_in_pieces_are_all_there_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old and new ones in one file, some in two versions, more lines than orders."""
    monkeypatch.setattr("store.staging.ORDERS_AT_ONCE", 3)
    shop.load([row(f"o{n}", "2026-01-10", f"c{n}", price=100) for n in range(7)] + [row("z", "2026-06-30", "z")])
    shop.load(
        [
            row(f"o{n}", "2026-01-10", f"c{n}", sku=sku, price=price, updated_at=f"2026-01-{version}")
            for n in range(4, 15)
            for version, price in ((11, 7), (12, 1000))
            for sku in ("A", "B")
        ]
    )
    assert counts(shop)[:2] == (16, 4 + 11 * 2 + 1)
    result = shop.ask("ltv all window=30")["result"]
    assert (result["persons"], result["occasions"], result["net_sales"]) == (15, 15, str(4 * 100 + 11 * 2000))


def test_a_japanese_file_from_excel_is_read(shop: Shop) -> None:
    content = as_csv([row("1", "2026/10/1 9:05", "髙﨑①", price="￥4,980", product_name="青汁 30包")])
    report = shop.load(content.encode("cp932"))
    assert report.totals.gross == 4980
    assert [p.name for p in shop.books.products()] == ["青汁 30包"]


def test_full_width_and_excel_spellings_are_numbers(shop: Shop) -> None:
    content = f'{HEADINGS}\n1,2026-10-01,"=""00123""",A,２,4980円\n'
    assert shop.load(content.encode("utf-8-sig")).totals.net == 9960


def test_the_same_file_twice_changes_nothing(shop: Shop) -> None:
    rows = [row("1", "2026-01-01", "c1"), row("1", "2026-01-01", "c1", sku="B"), row("2", "2026-02-01", "c1")]
    shop.load(rows)
    before = counts(shop), shop.ask("ltv all window=30")["result"]
    again = shop.load(rows)
    assert again.written is not None
    assert (again.written.new, again.written.changed, again.written.unchanged, again.seen_before) == (0, 0, 2, True)
    assert (counts(shop), shop.ask("ltv all window=30")["result"]) == before


def test_a_newer_state_replaces_and_an_older_one_does_not(shop: Shop) -> None:
    paid = row("1", "2026-01-01", "c1", updated_at="2026-01-02T00:00:00Z", status="paid")
    shop.load([paid, row("9", "2026-06-01", "c9")])
    shop.load([paid | {"status": "cancelled", "updated_at": "2026-01-03T00:00:00Z"}])
    assert shop.ask("ltv all window=30")["left_out"]["cancelled"] == 1
    stale = shop.load([paid])
    assert stale.written is not None
    assert stale.written.stale == 1
    assert shop.ask("ltv all window=30")["left_out"]["cancelled"] == 1


def test_the_newest_state_in_one_file_wins(shop: Shop) -> None:
    old = row("1", "2026-01-01", "c1", updated_at="2026-01-02", status="placed")
    new = old | {"updated_at": "2026-01-05", "status": "shipped", "unit_price": 500}
    report = shop.load([new, old])
    assert (report.totals.orders, report.totals.net) == (1, 500)


def test_books_are_kept_in_one_currency(shop: Shop) -> None:
    first = shop.load([row("1", "2026-01-01", "c1", price="11.77")], currency="USD")
    assert (first.currency, first.totals.net) == ("USD", 1177)
    with pytest.raises(FileRefused) as refused:
        shop.load([row("2", "2026-01-02", "c1", price="10")], currency="EUR")
    assert refused.value.refusals[0].reason == "import.refused.other_currency"
    assert shop.load([row("2", "2026-01-02", "c1", price="10.50")]).currency == "USD"


def test_books_are_kept_in_one_zone(shop: Shop) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    shop.load([row("1", "2026-01-01T23:30:00Z", "c1")], zone=berlin)
    assert shop.ask("ltv all window=30")["data_from"] == "2026-01-02"
    with pytest.raises(FileRefused) as refused:
        shop.load([row("2", "2026-01-02", "c1")])
    assert refused.value.refusals == [Refusal("import.refused.other_zone", value="Asia/Tokyo", hint="Europe/Berlin")]
    report = shop.load([row("2", "2026-01-02", "c1")], zone=berlin)
    assert report.written is not None
    assert report.written.new == 1


def test_a_dry_run_writes_nothing(shop: Shop) -> None:
    report = shop.load([row("1", "2026-01-01", "c1")], dry_run=True)
    assert (report.totals.orders, report.written, counts(shop)) == (1, None, (0, 0, 0))


def test_no_name_address_or_email_is_kept(shop: Shop, tmp_path: Path) -> None:
    content = as_csv([row("1", "2026-01-01", "c1", email="hanako@example.jp")])
    shop.load(content.replace("currency\n", "currency,name,phone\n").replace("\r\n", ",山田花子,090-0000-0001\r\n", 2))
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and not p.name.startswith("orders-"))
    assert b"hanako" not in kept
    assert "山田花子".encode() not in kept
    assert b"090-0000-0001" not in kept


def test_persons_are_joined_and_parted_as_the_orders_say(shop: Shop) -> None:
    shop.load([row("1", "2026-01-01", "c1"), row("2", "2026-01-10", "c2", email="a@example.jp")])
    assert shop.ask("repeat all window=30")["left_out"]["immature_persons"] == 2
    link = row("3", "2026-01-11", "c1", email=" A@EXAMPLE.jp", updated_at="2026-02-01")
    shop.load([link, row("9", "2026-05-01", "c9", status="test")])
    result = shop.ask("repeat all window=30")["result"]
    assert (result["mature"], result["returned"]) == (1, 1)
    shop.load([link | {"email": "", "updated_at": "2026-02-02"}])
    result = shop.ask("repeat all window=30")["result"]
    assert (result["mature"], result["returned"]) == (2, 1)


def test_only_the_persons_concerned_are_touched(shop: Shop) -> None:
    shop.load([row(str(n), "2026-01-01", f"c{n}") for n in range(20)])
    shop.load([row("100", "2026-02-01", "c3")])
    with shop.engine.connect() as connection:
        newest = connection.execute(select(func.max(touched.c.revision))).scalar_one()
        assert connection.execute(select(func.count()).where(touched.c.revision == newest)).scalar_one() == 1


def test_a_killed_import_leaves_the_store_as_it_was(shop: Shop, tmp_path: Path) -> None:
    shop.load([row("1", "2026-01-01", "c1")])
    big = tmp_path / "big.csv"
    big.write_text(as_csv([row(f"K{n}", "2026-02-01", f"k{n}") for n in range(3000)]))
    # The child dies inside the transaction, when orders and lines are written and persons are not.
    child = textwrap.dedent(
        f"""
        import os, signal, store.orders
        from pathlib import Path
        from store.order_import import import_orders
        from store.database import open_engine
        from tests.shop import Shop
        store.orders._move_orders = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
        shop = Shop(open_engine({shop.engine.url.render_as_string(hide_password=False)!r}), Path({str(tmp_path)!r}))
        import_orders(shop.job(Path({str(big)!r})))
        """
    )
    killed = subprocess.run([sys.executable, "-c", child], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert counts(shop) == (1, 1, 1)
    report = import_again(shop, big)
    assert report.written is not None
    assert report.written.new == 3000
    assert counts(shop)[0] == 3001


def import_again(shop: Shop, path: Path):  # type: ignore[no-untyped-def]
    from store.order_import import import_orders

    return import_orders(shop.job(path))
