"""Where questions get their facts: the newest snapshot of a team, refreshed when the truth has moved on."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend
from ibis.expr import types as ir
from sqlalchemy import Engine, func, select

from store.database import reading
from store.facts import raw, snapshot
from store.facts.duckdb_build import Carried, facts_of, in_memory, write_facts, write_parts
from store.facts.expressions import FactTables, patched
from store.facts.moment import moment
from store.facts.snapshot import Manifest, SnapshotUnusable
from store.orders import EVERYBODY
from store.scratch import scratch_folder
from store.tables import teams, touched
from store.teams import coverage, day_number

log = logging.getLogger(__name__)
SCRATCH = "build-"
PATCH_LIMIT = 50_000
"""A patch of more persons than this is folded into a new base."""
KEPT_PASTS = 8
"""So many as-of days are kept ready in each thread."""


class NoOrders(Exception):
    """Nothing was imported yet, so there is nothing to answer from."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of one team as of one day, ready to be asked (columns: store.facts.expressions).

    `as_of` is the last complete shop-local day: what was ordered later does not exist.
    """

    team: str
    shop: ir.Table
    product: ir.Table
    left_out: ir.Table
    as_of: date
    data_from: date
    synced_at: datetime
    snapshot: str

    def track(self, basis: str) -> ir.Table:
        """The occasions on the shop basis or the product basis."""
        return self.shop if basis == "shop" else self.product


class Shelf:
    """The facts of all teams in one data folder. Safe to use from many threads and processes."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = reading(engine)
        self._folder = folder
        self._local = threading.local()
        self._building = threading.Lock()
        self._verified: dict[Path, object] = {}

    def currency(self, team: str) -> str:
        """The currency the team's books are kept in."""
        with self._engine.connect() as connection:
            found = connection.execute(select(teams.c.currency).where(teams.c.team == team)).scalar()
        return found or "JPY"

    def facts(self, team: str, as_of: date | None = None) -> Facts:
        """Facts as of `as_of`, by default the last complete day. Raises NoOrders before the first import."""
        with self._engine.connect() as connection:
            covered = coverage(connection, team)
        if covered is None:
            raise NoOrders
        manifest = self.refresh(team)
        day = covered.data_through if as_of is None else as_of
        # Also today's orders, and those of a source that is ahead of the others, lie after the last complete day.
        tables = self._as_known(team, manifest, self._tables(team, manifest), day_number(day))
        return Facts(
            team=team,
            shop=tables.shop,
            product=tables.product,
            left_out=tables.left_out,
            as_of=day,
            data_from=covered.data_from,
            synced_at=covered.synced_at,
            snapshot=manifest.snapshot,
        )

    def refresh(self, team: str) -> Manifest:
        """Bring the snapshot up to the truth's revision: nothing, a patch of the touched persons, or a new base."""
        folder = self._folder / team
        manifest, why = self._usable(folder)
        if manifest is not None and manifest.revision == self._revision(team):
            return manifest
        with self._building:
            manifest, why = self._usable(folder)
            if manifest is None:
                return self.rebuild(team, why)
            revision = self._revision(team)
            if revision == manifest.revision:
                return manifest
            if revision < manifest.revision:
                snapshot.discard(folder)
                return self.rebuild(team, "it belongs to another or a newer database")
            if self._is_too_much(team, manifest.base_revision):
                return self.rebuild(team)
            with scratch_folder(folder, SCRATCH) as scratch:
                since = raw.export_touched(self._engine, team, manifest.revision, scratch)
                if pc.is_in(EVERYBODY, since.persons).as_py():
                    return self.rebuild(team)
                made = _empty(scratch)
                persons = pa.table({"person_id": pa.concat_arrays([pa.array([0], pa.int64()), since.persons])})
                before = folder / manifest.patch if manifest.patch else None
                write_facts(since.orders, made, None if before is None else Carried(before, persons))
                snapshot.write_persons(made, persons, before)
                made = snapshot.place(made, folder, since.revision)
            manifest = replace(manifest, revision=since.revision, patch=made.name)
            snapshot.swap(folder, manifest)
            snapshot.remove_old(folder)
            return manifest

    def rebuild(self, team: str, why: str | None = None) -> Manifest:
        """Build the facts from all raw orders, some persons at a time, so that memory does not grow with the shop.

        `why` is what was wrong with the snapshot that there was; it is logged, and kept for `bot doctor`.
        """
        folder = self._folder / team
        if why is not None:
            log.warning("the facts of %s are built anew: %s", team, why)
        with scratch_folder(folder, SCRATCH) as scratch:
            # Read before the orders: what is written meanwhile is patched in by the next refresh.
            revision = self._revision(team)
            raw.export(self._engine, team, scratch)
            made = _empty(scratch)
            write_parts(scratch, made)
            made = snapshot.place(made, folder, revision)
        manifest = Manifest(
            format=snapshot.FORMAT, revision=revision, base=made.name, base_revision=revision, rebuilt=why
        )
        snapshot.swap(folder, manifest)
        snapshot.remove_old(folder)
        return manifest

    def _usable(self, folder: Path) -> tuple[Manifest | None, str | None]:
        """The current snapshot; None when there is none or (then with the reason) it cannot be used.

        Files are compared with their checksums when this process meets them first, and again when they change.
        """
        try:
            manifest = snapshot.read_manifest(folder)
            for name in manifest.folders if manifest else ():
                stamp = snapshot.stamp(folder / name)
                if self._verified.get(folder / name) != stamp:
                    snapshot.verify(folder / name)
                    self._verified[folder / name] = stamp
            return manifest, None
        except SnapshotUnusable as error:
            return None, str(error)

    def _revision(self, team: str) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(select(teams.c.revision).where(teams.c.team == team)).scalar_one())

    def _is_too_much(self, team: str, since: int) -> bool:
        """Whether so many persons were touched after that revision that building all facts anew is cheaper."""
        person = touched.c.person_id
        named = select(func.count(person.distinct()), func.count(person).filter(person == EVERYBODY))
        with self._engine.connect() as connection:
            found = connection.execute(named.where(touched.c.team == team, touched.c.revision > since))
            persons, everybody = found.one()
        return int(persons) > PATCH_LIMIT or int(everybody) > 0

    def _backend(self) -> Backend:
        if not hasattr(self._local, "backend"):
            self._local.backend = _connect()
            self._local.tables = {}
            self._local.pasts = {}
        return self._local.backend

    def _tables(self, team: str, manifest: Manifest) -> FactTables:
        """The current facts as expressions over the files, in this thread's connection."""
        backend = self._backend()
        key = (team, manifest.snapshot)
        if key not in self._local.tables:
            self._local.tables = {k: v for k, v in self._local.tables.items() if k[0] != team}
            tables = _open(backend, self._folder / team / manifest.base)
            if manifest.patch:
                made = self._folder / team / manifest.patch
                persons = backend.read_parquet(str(made / f"{snapshot.PERSONS}.parquet"))
                tables = patched(tables, _open(backend, made), persons)
            self._local.tables[key] = tables
        found: FactTables = self._local.tables[key]
        return found

    def _as_known(self, team: str, manifest: Manifest, tables: FactTables, day: int) -> FactTables:
        """The facts when later orders do not exist: persons whom only later orders joined are apart again."""
        key = (team, manifest.snapshot, day)
        if key not in self._local.pasts:
            others = {k: v for k, v in self._local.pasts.items() if k[0] != team or k[1] == manifest.snapshot}
            kept = [*others.items(), (key, self._parted(team, tables, day))]
            self._local.pasts = dict(kept[-KEPT_PASTS:])
        found: FactTables = self._local.pasts[key]
        return found

    def _parted(self, team: str, tables: FactTables, day: int) -> FactTables:
        joined = tables.joined
        candidates = (
            joined.filter(joined.first_day <= day, joined.last_day > day).person_id.to_pyarrow().combine_chunks()
        )
        if len(candidates) == 0:
            return tables
        with moment(self._engine) as now:
            orders = raw.of_persons(now, team, candidates, through=day)
        apart = raw.with_persons_of_these_orders(orders)
        moved = pc.not_equal(apart.orders.column("person_id"), orders.orders.column("person_id"))
        if not pc.any(moved).as_py():
            return tables
        return patched(
            tables, FactTables(**in_memory(facts_of(apart))), ibis.memtable(pa.table({"person_id": candidates}))
        )


def open_parts(folder: Path) -> FactTables:
    """The facts in one folder, in a connection of their own."""
    return _open(_connect(), folder)


def _connect() -> Backend:
    """A DuckDB of its own that reads what the files say of themselves only once; they never change."""
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET parquet_metadata_cache = true")
    return backend


def _open(backend: Backend, folder: Path) -> FactTables:
    return FactTables(**{name: backend.read_parquet(str(folder / f"{name}-*.parquet")) for name in snapshot.TABLES})


def _empty(scratch: Path) -> Path:
    made = scratch / "facts"
    made.mkdir()
    return made
