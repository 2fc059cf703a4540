"""A backup holds all books as of one moment, and restoring it puts them back whole, into either database."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from store.backup import RESTORED, NoBackup, backup, restore
from store.database import migrate, open_engine
from store.posts import PostKey, PostState, claim_post, find_post, mark_sent
from store.schedules import Schedule, put_schedule
from store.tables import metadata, orders, teams, touched
from store.teams import HOME
from store.trouble import NewerSchema
from tests.postgresql import Cluster, empty_database
from tests.shop import NOW, Shop, row

ORDERS = [row(f"o{n}", f"2026-0{1 + n % 6}-10", f"c{n % 7}", price=1000 + n, ad_code="A") for n in range(40)]
LATER = [row(f"p{n}", "2026-04-01", f"d{n}") for n in range(5)]
KEY = PostKey(team=HOME, channel="C1", kind="weekly", period="2026-W47")
NEXT = PostKey(team=HOME, channel="C1", kind="weekly", period="2026-W48")
SCHEDULE = Schedule(
    team=HOME, kind="weekly", channel="C1", weekday=1, minute_of_day=510, created_by="U1", created_at=NOW
)


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that a backup holds, without the numbers that grow with a restore."""
    with engine.connect() as connection:
        found = {
            t.name: [tuple(r) for r in connection.execute(select(t).order_by(*t.primary_key.columns))]
            for t in RESTORED
            if t not in (teams, touched)
        }
        found["teams"] = [tuple(r) for r in connection.execute(select(teams.c.team, teams.c.secret, teams.c.currency))]
    return found


def sent(engine: Engine, key: PostKey) -> None:
    claimed = claim_post(engine, key, "p", NOW)
    assert claimed is not None
    mark_sent(engine, claimed, "1.0", NOW)


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """A shop with something in every kind of table."""
    shop.load(ORDERS)
    put_schedule(shop.engine, SCHEDULE)
    sent(shop.engine, KEY)
    return shop


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty store of either kind, on another machine as it were."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'other' / 'banto.sqlite3'}"
        migrate(url)
        engine = open_engine(url)
        yield engine
        engine.dispose()
        return
    server: Cluster = request.getfixturevalue("postgresql")
    with empty_database(server.url) as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


def test_books_move_to_either_database_and_go_on_there(kept: Shop, other: Engine, tmp_path: Path) -> None:
    file = tmp_path / "books.banto"
    before = kept.ask("ltv all window=30")
    rows, schema = backup(kept.engine, file)
    assert schema == "0002"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert restore(other, file, NOW) <= rows
    assert contents(other) == contents(kept.engine)

    moved = Shop(other, tmp_path / "other")
    moved.folder.mkdir(exist_ok=True)
    after = moved.ask("ltv all window=30")
    assert (after["result"], after["left_out"]) == (before["result"], before["left_out"])
    # Numbering goes on where it was: new orders, panels and posts do not meet old numbers.
    report = moved.load([*ORDERS, *LATER])
    assert report.written is not None
    assert (report.written.new, report.written.unchanged) == (5, 40)
    sent(other, NEXT)
    assert moved.ask("ltv all window=30")["result"]["persons"] == 12


def test_restoring_goes_back_to_the_backup_and_all_processes_build_their_facts_anew(kept: Shop, tmp_path: Path) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    before = kept.ask("ltv all window=30")
    held = contents(kept.engine)
    kept.load(LATER)
    assert kept.ask("ltv all window=30")["result"]["persons"] == 12
    restore(kept.engine, file, NOW)
    assert contents(kept.engine) == held
    # The same process, whose facts are of a later revision than the backup's.
    after = kept.ask("ltv all window=30")
    assert after["result"] == before["result"]
    assert after["snapshot"] != before["snapshot"]


def test_facts_that_outlived_their_database_are_not_taken_for_those_of_the_backup(
    kept: Shop, other: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    before = kept.ask("ltv all window=30")
    kept.load(LATER)
    assert kept.ask("ltv all window=30")["result"]["persons"] == 12
    # The database is lost, the data folder is not: its facts are of the revision that comes after the backup's.
    restore(other, file, NOW)
    assert Shop(other, kept.folder).ask("ltv all window=30")["result"] == before["result"]


def test_what_was_posted_since_the_backup_is_not_posted_again(kept: Shop, tmp_path: Path) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    sent(kept.engine, NEXT)
    restore(kept.engine, file, NOW)
    assert claim_post(kept.engine, NEXT, "q", NOW) is None
    found = find_post(kept.engine, NEXT)
    assert found is not None
    assert found.state is PostState.SENT


def test_a_backup_during_an_import_holds_what_was_complete(kept: Shop, tmp_path: Path) -> None:
    held = contents(kept.engine)
    file = tmp_path / "books.banto"
    with kept.engine.begin() as writing:
        writing.execute(update(orders).values(net=0))
        backup(kept.engine, file)
    assert contents(kept.engine) != held
    restore(kept.engine, file, NOW)
    assert contents(kept.engine) == held


def test_imports_and_backups_at_the_same_time_do_not_disturb_each_other(kept: Shop, tmp_path: Path) -> None:
    files = [tmp_path / f"books-{n}.banto" for n in range(4)]
    many = [row(f"m{n}", "2026-07-01", f"m{n}") for n in range(3000)]
    importing = threading.Thread(target=lambda: kept.load(many))
    importing.start()
    for file in files:
        backup(kept.engine, file)
    importing.join()
    for file in files:
        with closing(sqlite3.connect(file)) as connection:
            (found,) = connection.execute("SELECT count(*) FROM orders").fetchone()
            assert found in (40, 3040)


def test_a_restore_that_fails_on_the_way_changes_nothing(
    kept: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    kept.load(LATER)
    held = contents(kept.engine)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.backup.forget_touched", fail)
    with pytest.raises(OSError, match="No space left"):
        restore(kept.engine, file, NOW)
    assert contents(kept.engine) == held


def not_there(file: Path) -> None:
    file.unlink()


def a_csv(file: Path) -> None:
    file.write_text("order_id,sku\n1,A\n")


def another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize(
    ("befalls", "key"),
    [
        (not_there, "backup.missing"),
        (a_csv, "backup.no_backup"),
        (another_program, "backup.no_backup"),
        (cut_short, "backup.no_backup"),
    ],
)
def test_what_is_no_backup_is_refused(kept: Shop, tmp_path: Path, befalls: Callable[[Path], None], key: str) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    held = contents(kept.engine)
    befalls(file)
    with pytest.raises(NoBackup) as refused:
        restore(kept.engine, file, NOW)
    assert refused.value.key == key
    assert contents(kept.engine) == held


def test_a_backup_of_a_newer_version_is_refused(kept: Shop, tmp_path: Path) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    held = contents(kept.engine)
    with pytest.raises(NewerSchema):
        restore(kept.engine, file, NOW)
    assert contents(kept.engine) == held


def test_a_folder_that_is_not_there_is_said(kept: Shop, tmp_path: Path) -> None:
    with pytest.raises(NoBackup) as refused:
        backup(kept.engine, tmp_path / "nowhere" / "books.banto")
    assert refused.value.key == "backup.no_folder"


def test_no_file_is_overwritten(kept: Shop, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("mine")
    with pytest.raises(NoBackup) as refused:
        backup(kept.engine, file)
    assert (refused.value.key, file.read_text()) == ("backup.exists", "mine")


def test_every_table_is_in_the_backup(kept: Shop, tmp_path: Path) -> None:
    file = tmp_path / "books.banto"
    backup(kept.engine, file)
    with closing(sqlite3.connect(file)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(metadata.tables) <= names
    assert not list(tmp_path.glob(".banto-backup-*"))
