"""Servers for the whole run, and one shop kept on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from store.books import Books
from store.database import migrate, open_engine
from store.shelves import AnyShelf, open_shelf
from store.teams import HOME
from tests.shop import Shop
from tests.spark import history, servers


@pytest.fixture(scope="session", autouse=True)
def spark_home() -> Iterator[None]:
    """Where the client's package lies; it looks for this itself, but not in a test run of several processes."""
    found = find_spec("pyspark")
    if found is None or not found.submodule_search_locations:
        pytest.skip("pyspark-client is not installed: `make setup` installs it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", found.submodule_search_locations[0])
        yield


@pytest.fixture(scope="session")
def sail_url() -> Iterator[str]:
    """Sail, a Spark Connect server without a JVM."""
    with servers.sail() as url:
        yield url


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Spark itself: a master and two workers on loopback."""
    with servers.cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(scope="session", params=["sail", pytest.param("cluster", marks=pytest.mark.spark_cluster)])
def spark_url(request: pytest.FixtureRequest) -> str:
    """Each server in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@dataclass(frozen=True)
class Both:
    """The generated shop and its books on DuckDB."""

    shop: Shop
    duckdb: Books

    def on(self, url: str, data: Path | None = None) -> tuple[AnyShelf, Books]:
        """Shelf and books of the same truth on a server."""
        shelf = open_shelf(self.shop.engine, data or self.shop.folder, url)
        return shelf, Books(self.shop.engine, shelf, HOME, self.shop.zone)


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The generated shop, imported once."""
    folder = tmp_path_factory.mktemp("both")
    url = f"sqlite:///{folder / 'banto.sqlite3'}"
    migrate(url)
    shop = Shop(open_engine(url), folder)
    shop.load(history.orders())
    return Both(shop, shop.books)
