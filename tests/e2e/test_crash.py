"""Kill -9 and Ctrl-C on real processes: the store is consistent afterwards, and nothing runs on.

A death while posting is tested in tests/test_delivery.py.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localslack.serve import listen
from localslack.shop.__main__ import main as make_shop
from store.order_import import SCRATCH
from tests.e2e.demo_process import Demo, ask, environment, until
from tests.forks import Fork

PERSONS, FEW = 9000, 300
KILLS = 8
OWNER, PLANS = "U0OWNER01", "C0PLAN001"
QUESTIONS = ("ltv all", "repeat all", "repeat product-x", "ltv product-x basis=product")


def shop_in(folder: Path, persons: int) -> None:
    """Two years of a small shop as the cart exports them."""
    now = datetime.now(UTC).isoformat()
    assert make_shop(["--out", str(folder), "--now", now, "--persons", str(persons)]) == 0


def importing(folder: Path, file: Path) -> Fork:
    """`python -m bot import` into the store in `folder`."""
    folder.mkdir(exist_ok=True)
    return Fork("bot", "import", str(file), env=environment(BANTO_DATA=str(folder)), cwd=folder)


def ended(process: Fork) -> tuple[int, str]:
    """How it ended, and what it said."""
    said, mistakes = process.communicate(timeout=120)
    return process.wait(10), said + mistakes


def rows(folder: Path) -> dict[str, int]:
    """How many rows each table of the store holds."""
    with closing(sqlite3.connect(folder / "banto.sqlite3")) as store:
        assert store.execute("pragma integrity_check").fetchone() == ("ok",)
        tables = [name for (name,) in store.execute("select name from sqlite_master where type = 'table'")]
        return {name: store.execute(f'select count(*) from "{name}"').fetchone()[0] for name in sorted(tables)}


def answers(folder: Path) -> list[Any]:
    """The figures of the reports."""
    told = [ask(folder, question) for question in QUESTIONS]
    return [[one["result"], one["left_out"], one["data_from"], one["data_through"]] for one in told]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of about twenty thousand orders."""
    folder = tmp_path_factory.mktemp("cart")
    shop_in(folder, PERSONS)
    return folder / "orders-history.csv"


@pytest.fixture(scope="module")
def once(export: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A store that imported the file without any trouble, and how many seconds that took."""
    folder = tmp_path_factory.mktemp("once")
    process = importing(folder, export)
    began = time.monotonic()
    code, said = ended(process)
    assert code == 0, said
    assert rows(folder)["orders"] > 15_000
    return folder, time.monotonic() - began


def test_imports_killed_at_any_moment_leave_all_or_nothing(
    export: Path, once: tuple[Path, float], tmp_path: Path
) -> None:
    clean, seconds = once
    whole = rows(clean)["orders"]
    chance = random.Random(7)
    killed = 0
    for _ in range(KILLS):
        process = importing(tmp_path, export)
        try:
            process.wait(seconds * chance.uniform(0.2, 0.95))
        except subprocess.TimeoutExpired:
            process.kill()
        killed += ended(process)[0] == -signal.SIGKILL
        assert rows_so_far(tmp_path) in (0, whole)
    assert killed >= KILLS // 2, "most imports were over before they could be killed"

    code, said = ended(importing(tmp_path, export))
    assert code == 0, said
    assert rows(tmp_path) == rows(clean)
    assert answers(tmp_path) == answers(clean)
    assert list((tmp_path / "scratch").glob(f"{SCRATCH}*")) == [], "a killed import left its working files behind"


def rows_so_far(folder: Path) -> int:
    """Orders in a store whose tables may not exist yet."""
    if not (folder / "banto.sqlite3").exists():
        return 0
    return rows(folder).get("orders", 0)


def test_two_imports_at_once_double_nothing(export: Path, once: tuple[Path, float], tmp_path: Path) -> None:
    clean, _ = once
    both = [importing(tmp_path, export) for _ in range(2)]
    outcomes = [ended(process) for process in both]
    assert 0 in [code for code, _ in outcomes], outcomes
    for code, said in outcomes:
        assert code in (0, 1), said
        assert "Traceback" not in said
        assert said.strip(), "it failed without a word"
    assert rows(tmp_path) == rows(clean)
    assert answers(tmp_path) == answers(clean)


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo with a small shop, which starts quickly."""
    demo = Demo(tmp_path_factory.mktemp("small"))
    shop_in(demo.home / "inbox", FEW)
    return demo


@pytest.fixture
def small(small_shop: Demo) -> Iterator[Demo]:
    """The small demo, running; a failing test's report holds its log."""
    small_shop.start()
    yield small_shop
    small_shop.kill()


def panel_in(demo: Demo, concept: str) -> None:
    """Record a panel and wait for its card."""
    demo.do("command", OWNER, channel=PLANS, text="/panel")
    until(lambda: demo.views(OWNER))
    values = {"concept": concept, "proposition": "朝が楽になる", "price": "4000", "people": "10"}
    demo.do("submit", OWNER, values={f"{block}/value": value for block, value in values.items()})
    until(lambda: [m for m in demo.seen(OWNER, PLANS) if concept in m["text"]])


def ports_are_free(demo: Demo) -> bool:
    """Whether page and bot have left their ports."""
    try:
        for port in (demo.port, demo.port + 1):
            listen(port).close()
    except OSError:
        return False
    return True


def test_a_killed_demo_comes_back_with_all_it_had(small: Demo) -> None:
    panel_in(small, "消えないパネル")
    small.do("command", OWNER, channel=PLANS, text="座談会は10時からです")
    messages, figures = small.seen(OWNER, PLANS), answers(small.home)
    small.kill()
    until(lambda: ports_are_free(small))

    small.start()
    assert small.seen(OWNER, PLANS) == messages
    assert answers(small.home) == figures
    (card,) = [m for m in messages if "消えないパネル" in m["text"]]
    small.do("action", OWNER, channel=PLANS, ts=card["ts"], action_id="panel.reveal")
    until(lambda: [m for m in small.seen(OWNER, PLANS) if m["ts"] == card["ts"] and "価格を伝えて" in m["text"]])

    assert small.stop() == 0
    assert small.workspace_pids() == []
    assert ports_are_free(small)
    assert "Traceback" not in small.tail(200)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_workspace_leaves_with_its_bot(small: Demo, how: signal.Signals) -> None:
    assert small.process is not None
    small.process.send_signal(how)
    small.process.wait(10)
    until(lambda: ports_are_free(small), 3)
