"""A full disk, and folders that may not be written: one sentence, nothing half-recorded, and it goes on after."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from store.database import open_engine
from store.facts.snapshot import read_manifest
from store.tables import imports, orders
from store.teams import HOME
from tests.shell import ROOT, bot, environment
from tests.shop import as_csv, row

NOBODY = 65534
SMALL = [row(f"s{n}", f"2026-0{1 + n % 9}-10", f"c{n}") for n in range(10)]
BIG = [row(f"b{n}", f"2026-0{1 + n % 9}-10", f"customer-{n}", product_name="名前" * 20) for n in range(30_000)]
FULL = "保存先の空き容量が足りません"
NOT_WRITABLE = "データの保存先に書き込めません"
ASK = ("ask", "ltv all window=30")


@dataclass
class Disk:
    """A folder on a disk that can be filled up: a small one of its own where mounting is allowed, else by a limit."""

    folder: Path
    mounted: bool

    def room(self, size: int) -> None:
        """Make the disk so big."""
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)
        self.size = size

    @property
    def limit(self) -> int | None:
        """How large the files of a process may become, where nothing else makes it meet the end of the disk."""
        return None if self.mounted else self.size


@pytest.fixture(params=["disk", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = False
    if request.param == "disk" and os.geteuid() == 0:
        mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
        mounted = subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode == 0
    made = Disk(folder, mounted)
    made.room(64 << 20)
    yield made
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def written(tmp_path: Path, name: str, rows: list[dict[str, object]]) -> str:
    file = tmp_path / f"{name}.csv"
    file.write_text(as_csv(rows))
    return str(file)


def count(database: str) -> tuple[int, int]:
    engine = open_engine(database)
    with engine.connect() as connection:
        found = tuple(connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (orders, imports))
    engine.dispose()
    return found[0], found[1]


@pytest.mark.parametrize("on_it", ["everything", "database"])
def test_an_import_that_fills_the_disk_records_nothing(disk: Disk, tmp_path: Path, on_it: str) -> None:
    database = f"sqlite:///{disk.folder / 'banto.sqlite3'}"
    data = disk.folder if on_it == "everything" else tmp_path / "data"
    env = environment(data, database)
    assert bot(env, "import", written(tmp_path, "small", SMALL))[0] == 0
    disk.room(2 << 20)
    code, out, err = bot(env, "import", written(tmp_path, "big", BIG), file_limit=disk.limit)
    assert (code, out) == (1, "")
    assert FULL in err
    assert "Traceback" not in err
    assert count(database) == (10, 1)
    if disk.mounted:
        place = "the data folder" if on_it == "everything" else "the database's folder"
        assert f"MB are free in {place}" in bot(env, "doctor")[1]
    assert [f for f in (data / "scratch").iterdir() if f.is_dir()] == []

    disk.room(256 << 20)
    assert bot(env, "import", written(tmp_path, "big", BIG))[0] == 0
    assert count(database) == (30_010, 2)


def test_facts_that_do_not_fit_leave_the_old_ones(disk: Disk, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'banto.sqlite3'}"
    elsewhere, here = environment(tmp_path / "data", database), environment(disk.folder, database)
    assert bot(elsewhere, "import", written(tmp_path, "small", SMALL))[0] == 0
    code, before, err = bot(here, *ASK)
    assert code == 0, err
    old = read_manifest(disk.folder / "facts" / HOME)
    assert bot(elsewhere, "import", written(tmp_path, "big", BIG))[0] == 0

    disk.room(300 << 10)
    code, out, err = bot(here, *ASK, file_limit=disk.limit)
    assert (code, out) == (1, "")
    assert FULL in err
    assert "Traceback" not in err
    assert read_manifest(disk.folder / "facts" / HOME) == old
    assert list((disk.folder / "facts" / HOME).glob("build-*")) == []

    disk.room(256 << 20)
    code, after, err = bot(here, *ASK)
    assert code == 0, err
    assert after != before


def test_the_doctor_finds_a_page_of_the_database_that_is_damaged(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert bot(env, "import", written(tmp_path, "big", BIG))[0] == 0
    file = tmp_path / "banto.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'orders'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    assert "database" not in bot(env, "doctor")[1]
    with file.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xff" * size)
    code, out, err = bot(env, "doctor")
    assert (code, err) == (1, "")
    assert "The database is damaged" in out
    assert "bot restore" in out


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that everybody can reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="banto-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(env: dict[str, str], *words: str) -> tuple[int, str, str]:
    """Run `bot WORDS` without the right to write: root gives its rights up once the program is loaded."""
    program = (
        "import os, sys, bot.imports, bot.reports, bot.doctor, bot.messages, bot.charts, bot.__main__ as main\n"
        "bot.messages.catalogue('ja'), bot.charts.png(bot.charts.new_figure(1))\n"
        f"if os.geteuid() == 0: os.setuid({NOBODY})\n"
        "sys.exit(main.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_a_data_folder_that_may_not_be_written_is_said_in_one_sentence(readable: Path, tmp_path: Path) -> None:
    data = readable / "data"
    env = environment(data)
    small = readable / "small.csv"
    small.write_text(as_csv(SMALL))
    assert bot(env, "import", str(small))[0] == 0
    for folder in (data, *(d for d in data.rglob("*") if d.is_dir())):
        folder.chmod(0o555)
    (data / "banto.sqlite3").chmod(0o444)
    for words in (("import", str(small)), ASK):
        code, out, err = as_nobody(env, *words)
        assert (code, out) == (1, ""), words
        assert NOT_WRITABLE in err
        assert "Traceback" not in err
    code, out, err = as_nobody(env, "doctor")
    assert code == 1
    assert f"The data folder {data} cannot be written" in out
    for folder in (data, *(d for d in data.rglob("*") if d.is_dir())):
        folder.chmod(0o755)
    (data / "banto.sqlite3").chmod(0o644)
    assert bot(env, *ASK)[0] == 0
