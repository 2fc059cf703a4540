"""Several processes write to one store at once: each waits for its turn and nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select

from store.database import migrate, open_engine
from store.order_import import import_orders
from store.spend_import import import_spend
from store.tables import ad_spend, ads, imports, order_lines, orders, teams
from tests.postgresql import Cluster, empty_database
from tests.shell import bot, environment, start
from tests.shop import Shop, as_csv, row

FIRST = [row(f"o{n}", f"2025-0{1 + n % 9}-10", f"c{n % 900}", ad_code=f"A{n % 7}") for n in range(2500)]
SECOND = [
    row(f"o{n}", f"2025-0{1 + n % 9}-10", f"c{n % 900}", price=2000, ad_code=f"A{6 - n % 7}", updated_at="2025-12-01")
    for n in range(1500, 4000)
]
SPEND = "date,ad_code,cost\n" + "".join(f"2025-01-{1 + n // 7:02d},A{n % 7},{100 + n}\n" for n in range(28 * 7))


@pytest.fixture(params=["sqlite", "postgresql"])
def untouched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shared' / 'banto.sqlite3'}"
        return
    server: Cluster = request.getfixturevalue("postgresql")
    with empty_database(server.url, migrated=False) as url:
        yield url


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    found = {name: folder / f"{name}.csv" for name in ("first", "second", "spend")}
    found["first"].write_text(as_csv(FIRST))
    found["second"].write_text(as_csv(SECOND))
    found["spend"].write_text(SPEND)
    return found


@pytest.fixture(scope="module")
def one_by_one(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[list[int], Any]:
    """Counts and answer when the imports follow one another."""
    folder = tmp_path_factory.mktemp("alone")
    url = f"sqlite:///{folder / 'banto.sqlite3'}"
    migrate(url)
    shop = Shop(open_engine(url), folder)
    for name in ("first", "second", "first"):
        import_orders(shop.job(files[name]))
    import_spend(shop.job(files["spend"], profile="ad_spend"))
    said = shop.ask("ltv all window=90", as_of="2025-10-01")
    return counts(url), (said["result"], said["left_out"])


def answer(env: dict[str, str]) -> Any:
    code, out, err = bot(env, "ask", "ltv all window=90", "--as-of", "2025-10-01", "--json")
    assert code == 0, err
    said = json.loads(out)
    return said["result"], said["left_out"]


def counts(database: str) -> list[int]:
    engine = open_engine(database)
    with engine.connect() as connection:
        tables = (orders, order_lines, imports, ads, ad_spend, teams)
        found = [connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables]
        revision = connection.execute(select(teams.c.revision)).scalar_one()
    engine.dispose()
    return [*found, revision]


def test_imports_at_once_end_as_if_one_had_followed_the_other(
    untouched: str, files: dict[str, Path], one_by_one: tuple[list[int], Any], tmp_path: Path
) -> None:
    # The database is made by whoever comes first; two of them bring the same file.
    envs = [environment(tmp_path / f"data{n}", untouched) for n in range(4)]
    processes = [
        start(envs[0], "import", str(files["first"])),
        start(envs[1], "import", str(files["second"])),
        start(envs[2], "import", str(files["first"])),
        start(envs[3], "import", str(files["spend"]), "--profile", "ad_spend"),
    ]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err

    assert (counts(untouched), answer(envs[0])) == one_by_one


def test_a_store_that_stays_locked_is_said_in_one_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = tmp_path / "first.csv"
    file.write_text(as_csv(FIRST[:10]))
    env = environment(data, f"sqlite:///{data / 'banto.sqlite3'}?timeout=0.2")
    assert bot(env, "import", str(file))[0] == 0
    assert bot(env, "ask", "ltv all window=30")[0] == 0
    writer = create_engine(f"sqlite:///{data / 'banto.sqlite3'}", isolation_level="AUTOCOMMIT")
    with writer.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        code, out, err = bot(env, "import", str(file))
        assert (code, out) == (1, "")
        assert "いま取り込み中です。少し待ってから" in err
        assert "Traceback" not in err
        # Questions do not wait for whoever writes.
        assert bot(env, "ask", "ltv all window=30")[0] == 0
        code, out, err = bot(env, "doctor")
        assert code == 1
        assert "Another process is writing the database" in out
        connection.exec_driver_sql("ROLLBACK")
    assert bot(env, "import", str(file))[0] == 0
    assert "Another process" not in bot(env, "doctor")[1]
    writer.dispose()
