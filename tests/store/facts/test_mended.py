"""Facts that are damaged, missing, of another version or of another database are built anew, and it is said so."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot import doctor_books
from bot.settings import Settings, read_settings
from store.database import migrate
from store.facts.snapshot import FORMAT, read_manifest
from store.shelf import Shelf
from store.tables import teams
from store.teams import HOME
from tests.shop import NOW, Shop, row

ROOT = Path(__file__).parents[3]
ORDERS = [row(f"o{n}", f"2026-0{1 + n % 6}-10", f"c{n % 7}", price=1000 + n) for n in range(40)]
QUESTION = "ltv all window=30"


def facts_of(shop: Shop) -> Path:
    return shop.folder / "facts" / HOME


def base_of(shop: Shop) -> Path:
    manifest = read_manifest(facts_of(shop))
    assert manifest is not None
    return facts_of(shop) / manifest.base


def settings_of(shop: Shop) -> Settings:
    url = shop.engine.url.render_as_string(hide_password=False)
    return read_settings({"BANTO_DATA": str(shop.folder), "DATABASE_URL": url})


def numbers(shop: Shop) -> tuple[Any, Any]:
    """The answer of a process that starts now."""
    shop.shelf = Shelf(shop.engine, shop.folder / "facts")
    answer = shop.ask(QUESTION)
    return answer["result"], answer["left_out"]


def one_bit(shop: Shop) -> None:
    file = base_of(shop) / "shop-00.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)


def cut_short(shop: Shop) -> None:
    os.truncate(base_of(shop) / "product-00.parquet", 100)


def unreadable(shop: Shop) -> None:
    """Of the right size, but not to be read, as on a failing disk."""
    base = base_of(shop)
    file, sums = base / "shop-00.parquet", base / "sums.json"
    file.unlink()
    file.mkdir()
    said = json.loads(sums.read_text())
    said[file.name][0] = file.stat().st_size
    sums.write_text(json.dumps(said))


def file_missing(shop: Shop) -> None:
    (base_of(shop) / "left_out-00.parquet").unlink()


def folder_missing(shop: Shop) -> None:
    shutil.rmtree(base_of(shop))


def no_sums(shop: Shop) -> None:
    (base_of(shop) / "sums.json").write_text("{")


def manifest_garbled(shop: Shop) -> None:
    (facts_of(shop) / "current.json").write_bytes(b"\x00\xff{")


def newer_version(shop: Shop) -> None:
    manifest = facts_of(shop) / "current.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": FORMAT + 1, "shape": "unheard of"}))


@pytest.mark.parametrize(
    ("befalls", "said"),
    [
        (one_bit, "shop-00.parquet is damaged"),
        (cut_short, "product-00.parquet is damaged: 100 bytes instead of"),
        (unreadable, "shop-00.parquet cannot be read"),
        (file_missing, "left_out-00.parquet is missing"),
        (folder_missing, "is missing"),
        (no_sums, "sums.json cannot be read"),
        (manifest_garbled, "manifest cannot be read"),
        (newer_version, f"a newer version of Banto wrote it (format {FORMAT + 1}, this version reads {FORMAT})"),
    ],
)
def test_unusable_facts_are_built_anew_and_both_log_and_doctor_say_why(
    shop: Shop, befalls: Callable[[Shop], None], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.load(ORDERS)
    before = numbers(shop)
    settings = settings_of(shop)
    assert list(doctor_books.facts(settings)) == []
    assert list(doctor_books.notes(settings)) == []

    befalls(shop)
    (found,) = doctor_books.facts(settings)
    assert said in found

    caplog.clear()
    assert numbers(shop) == before
    assert said in caplog.text
    assert "built anew" in caplog.text
    assert list(doctor_books.facts(settings)) == []
    (note,) = doctor_books.notes(settings)
    assert said in note


def test_damage_while_a_process_runs_is_seen_at_its_next_question(shop: Shop) -> None:
    shop.load(ORDERS)
    before = shop.ask(QUESTION)
    one_bit(shop)
    after = shop.ask(QUESTION)
    assert after["result"] == before["result"]
    assert after["snapshot"] != before["snapshot"]


def test_facts_that_are_ahead_of_the_database_are_not_believed(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.load(ORDERS[:20])
    shop.load(ORDERS[20:])
    before = numbers(shop)
    with shop.engine.begin() as connection:
        connection.execute(update(teams).values(revision=1))
    assert numbers(shop) == before
    assert "another or a newer database" in caplog.text
    manifest = read_manifest(facts_of(shop))
    assert manifest is not None
    assert manifest.revision == 1


@pytest.mark.parametrize("made", [False, True])
def test_the_doctor_sees_that_the_database_of_the_facts_is_not_there(shop: Shop, tmp_path: Path, made: bool) -> None:
    shop.load(ORDERS)
    numbers(shop)
    assert not [found for found in doctor_books.database(settings_of(shop), NOW) if "more imports" in found]
    url = f"sqlite:///{tmp_path / 'new' / 'banto.sqlite3'}"
    if made:
        migrate(url)
    settings = read_settings({"BANTO_DATA": str(shop.folder), "DATABASE_URL": url})
    assert "more imports than this one" in next(doctor_books.database(settings, NOW))


def test_the_doctor_sees_that_the_books_are_kept_in_another_zone(shop: Shop) -> None:
    shop.load(ORDERS)
    url = shop.engine.url.render_as_string(hide_password=False)
    said = {"BANTO_DATA": str(shop.folder), "DATABASE_URL": url}
    assert list(doctor_books.database(read_settings(said), NOW)) == []
    (found,) = doctor_books.database(read_settings(said | {"BANTO_TIMEZONE": "America/New_York"}), NOW)
    assert "BANTO_TIMEZONE is America/New_York, but the days of the books are those of Asia/Tokyo" in found


def test_a_killed_build_leaves_the_old_facts_and_its_folder_goes_at_the_next_build(shop: Shop, tmp_path: Path) -> None:
    shop.load(ORDERS[:20])
    numbers(shop)
    old = base_of(shop)
    child = textwrap.dedent(
        f"""
        import os, signal, store.shelf
        from pathlib import Path
        from store.database import open_engine
        written = store.shelf.write_parts
        def die(exported, folder):
            written(exported, folder)
            os.kill(os.getpid(), signal.SIGKILL)
        store.shelf.write_parts = die
        engine = open_engine({shop.engine.url.render_as_string(hide_password=False)!r})
        store.shelf.Shelf(engine, Path({str(shop.folder / "facts")!r})).rebuild("main")
        """
    )
    killed = subprocess.run([sys.executable, "-c", child], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert base_of(shop) == old
    assert len(list(facts_of(shop).glob("build-*"))) == 1
    (note,) = doctor_books.notes(settings_of(shop))
    assert "interrupted build of the facts left 1 folder(s)" in note

    shop.load(ORDERS[20:])
    numbers(shop)
    assert list(facts_of(shop).glob("build-*")) == []
    assert list(doctor_books.notes(settings_of(shop))) == []


def test_the_folder_of_a_living_build_is_left_alone(shop: Shop) -> None:
    from store.scratch import abandoned, scratch_folder

    parent = facts_of(shop)
    with scratch_folder(parent, "build-") as mine:
        (mine / "half").write_text("work")
        assert abandoned(parent, "build-") == []
        with scratch_folder(parent, "build-") as other:
            assert (mine / "half").exists()
        assert not other.exists()
    assert not mine.exists()
