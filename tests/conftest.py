"""What all tests share: calm hypothesis settings and an empty store on a real database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from store.database import migrate, open_engine
from tests.postgresql import VARIABLE, Cluster, NoServerPrograms, cluster, empty_database
from tests.shop import Shop

settings.register_profile(
    "banto", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("banto")

POSTGRESQL = os.environ.get(VARIABLE)
"""Address of a PostgreSQL server whose databases the tests may make and drop."""


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """An empty, migrated database: SQLite in `folder`, or PostgreSQL when BANTO_TEST_POSTGRESQL names a server."""
    if POSTGRESQL is None:
        url = f"sqlite:///{folder / 'banto.sqlite3'}"
        migrate(url)
        yield url
        return
    with empty_database(POSTGRESQL) as url:
        yield url


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database."""
    with new_database(tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server of the tests' own, which may be stopped and started; skips where none is installed."""
    try:
        with cluster() as server:
            yield server
    except NoServerPrograms as missing:
        pytest.skip(str(missing))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The empty store."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    """A shop whose orders a test imports."""
    return Shop(engine, tmp_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database is run: the rest was tried without it."""
    if POSTGRESQL is None:
        return
    mine = [item for item in items if "database_url" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in mine])
    items[:] = mine


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where BANTO_NO_SKIPS is set (CI), a skipped test is a failure: everything has to have been tried."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("BANTO_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = max(int(exitstatus), 1)
