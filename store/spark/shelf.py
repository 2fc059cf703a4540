"""The shelf on a Spark Connect server: the cluster builds the facts and answers; only small results travel."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
from ibis.expr import types as ir
from sqlalchemy import Engine, select

from store.database import reading
from store.facts.duckdb_build import facts_of
from store.facts.expressions import JOINED, LEFT_OUT, TRACK, FactTables, build, patched
from store.facts.snapshot import FORMAT, TABLES
from store.shelf import Facts, NoOrders
from store.spark.origin import Origin, RawTables
from store.spark.session import alive, connect, small_table
from store.spark.snapshot import Built, new_name, read_built, remove_old, swap
from store.tables import teams
from store.teams import coverage, day_number

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

log = logging.getLogger(__name__)
COLUMNS = {"shop": TRACK, "product": TRACK, "left_out": LEFT_OUT, "joined": JOINED}
KEPT_PASTS = 8
"""So many as-of days keep their views in the session."""


class SparkShelf:
    """The facts of all teams, built and kept by a cluster. Safe to use from many threads and processes.

    Facts are always built as a whole: on a cluster that is cheaper than keeping track of single persons.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        url: str,
        origin: Origin,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = reading(engine)
        self._folder = folder
        self._url = url
        self._origin = origin
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._session: Backend | None = None
        self._checked: dict[str, float] = {}
        self._opened: dict[tuple[str, str], FactTables] = {}
        self._pasts: dict[tuple[str, str, int], FactTables] = {}

    def currency(self, team: str) -> str:
        """The currency the team's books are kept in."""
        with self._engine.connect() as connection:
            found = connection.execute(select(teams.c.currency).where(teams.c.team == team)).scalar()
        return found or "JPY"

    def facts(self, team: str, as_of: date | None = None) -> Facts:
        """Facts as of `as_of`, by default the last complete day.

        Raises NoOrders before there are any, EngineUnreachable and WarehouseRefused.
        """
        with self._lock:
            backend = self._connected()
            built = self._current(backend, team)
            with self._engine.connect() as connection:
                covered = coverage(connection, team)
            if covered is None:
                raise NoOrders
            built, tables = self._open(backend, team, built)
            day = covered.data_through if as_of is None else as_of
            tables = self._as_known(backend, team, built, tables, day_number(day))
        return Facts(
            team=team,
            shop=tables.shop,
            product=tables.product,
            left_out=tables.left_out,
            as_of=day,
            data_from=covered.data_from,
            synced_at=covered.synced_at,
            snapshot=built.snapshot,
        )

    def refresh(self, team: str) -> Built:
        """Build the facts again if the orders have moved on since. Raises as `facts` does."""
        with self._lock:
            self._checked.pop(team, None)
            return self._current(self._connected(), team)

    def rebuild(self, team: str) -> Built:
        """Build the facts from all raw orders, on the cluster. Raises as `facts` does."""
        with self._lock:
            backend = self._connected()
            revision = self._origin.revision(backend, team)
            if revision is None:
                raise NoOrders
            return self._build(backend, team, revision)

    def _current(self, backend: Backend, team: str) -> Built:
        built = read_built(self._folder / team)
        if built is not None and built.origin != self._origin.name():
            built = None
        known = self._checked.get(team)
        if built is not None and known is not None and self._monotonic() - known < self._origin.trusted_seconds:
            return built
        revision = self._origin.revision(backend, team)
        if revision is None:
            raise NoOrders
        if built is None or built.revision != revision:
            built = self._build(backend, team, revision)
        self._checked[team] = self._monotonic()
        return built

    def _build(self, backend: Backend, team: str, revision: int) -> Built:
        home = self._folder / team
        name = new_name(revision)
        place = f"{self._origin.place(team)}/{name}"
        with self._origin.tables(backend, team) as orders:
            _write(backend, orders, place)
        made = Built(
            format=FORMAT,
            origin=self._origin.name(),
            revision=revision,
            snapshot=name,
            place=place,
            empty=tuple(table for table in TABLES if _written(backend, f"{place}/{table}") is None),
        )
        built = swap(home, made)
        remove_old(home, built)
        return built

    def _connected(self) -> Backend:
        """A session that answers; after the server was gone, or has forgotten us, a new one."""
        if self._session is None or not alive(self._session):
            self._session = None
            self._opened, self._pasts = {}, {}
            self._session = connect(self._url)
        return self._session

    def _open(self, backend: Backend, team: str, built: Built) -> tuple[Built, FactTables]:
        """The facts, ready to be asked; those that were lost are built again."""
        key = (team, built.snapshot)
        if key not in self._opened:
            try:
                tables = _read(backend, built)
            except _FactsLost as lost:
                log.warning("facts of %s are built anew: %s", team, lost)
                built = self.rebuild(team)
                key, tables = (team, built.snapshot), _read(backend, built)
            self._opened = {k: v for k, v in self._opened.items() if k[0] != team} | {key: tables}
        return built, self._opened[key]

    def _as_known(self, backend: Backend, team: str, built: Built, tables: FactTables, day: int) -> FactTables:
        """The facts when later orders do not exist: persons whom only later orders joined are apart again."""
        key = (team, built.snapshot, day)
        if key in self._pasts:
            return self._pasts[key]
        joined = tables.joined
        candidates = joined.filter(joined.first_day <= day, joined.last_day > day).person_id.to_pyarrow()
        candidates = candidates.combine_chunks() if isinstance(candidates, pa.ChunkedArray) else candidates
        apart = self._origin.parted(team, candidates, day) if len(candidates) else None
        if apart is not None:
            view = f"banto_past_{secrets.token_hex(4)}"
            facts = facts_of(apart).items()
            patch = FactTables(**{name: small_table(backend, f"{view}_{name}", table) for name, table in facts})
            persons = small_table(backend, f"{view}_persons", pa.table({"person_id": candidates}))
            tables = patched(tables, patch, persons)
        self._pasts = dict([*self._pasts.items(), (key, tables)][-KEPT_PASTS:])
        return tables


class _FactsLost(Exception):
    """A folder that the manifest names is not there."""


def _read(backend: Backend, built: Built) -> FactTables:
    return FactTables(**{name: _table(backend, built, name) for name in TABLES})


def _table(backend: Backend, built: Built, name: str) -> ir.Table:
    """What the cluster wrote, in the types that were meant: engines widen small integers."""
    if name in built.empty:
        nothing = ibis.schema(COLUMNS[name]).to_pyarrow().empty_table()
        return small_table(backend, f"banto_nothing_{name}", nothing)
    table = _written(backend, f"{built.place}/{name}")
    if table is None:
        raise _FactsLost(f"{built.place}/{name} is not there")
    return table.cast(COLUMNS[name])


def _written(backend: Backend, folder: str) -> ir.Table | None:
    """The table in a folder, None where there is no file. (Spark says so by an error, Sail by having no columns.)"""
    from pyspark.errors import AnalysisException

    try:
        table = backend.read_parquet(folder)
    except AnalysisException:
        return None
    return table if table.columns else None


def _write(backend: Backend, orders: RawTables, place: str) -> None:
    for name, table in build(orders.orders, orders.lines).items().items():
        order = ["product_id", "person_id"] if "product_id" in table.columns else ["person_id"]
        backend.to_parquet(table.order_by(order), f"{place}/{name}")
