"""Where the cluster's raw orders come from: Banto's own truth, or a warehouse that already holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import ibis
import pyarrow as pa
from ibis.expr import types as ir
from sqlalchemy import Connection, Engine, select

from store.database import reading, upsert_into
from store.facts import raw
from store.facts.moment import moment
from store.orders import ids_of_ads
from store.scratch import scratch_folder
from store.spark.errors import WarehouseRefused
from store.spark.mapping import Mapped, Warehouse, check_rows, open_warehouse, read_warehouse
from store.tables import orders, products, sources, teams
from store.teams import HOME, coverage

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

WAREHOUSE_SOURCE = "warehouse"
LONGEST = 255
"""Characters of a sku, name or ad code in the truth."""


@dataclass(frozen=True)
class RawTables:
    """Raw orders and lines as the cluster sees them (columns: store.facts.expressions)."""

    orders: ir.Table
    lines: ir.Table


class Origin(Protocol):
    """One supply of raw orders."""

    trusted_seconds: float
    """So long the orders are taken to be where they were without asking again."""

    def name(self) -> str:
        """Facts of another origin are never taken for this one's."""

    def revision(self, backend: Backend, team: str) -> int | None:
        """How far the orders have come; None when there are none at all."""

    def tables(self, backend: Backend, team: str) -> AbstractContextManager[RawTables]:
        """The raw tables, there as long as the context lasts."""

    def place(self, team: str) -> str:
        """The folder for facts, as the cluster knows it."""

    def parted(self, team: str, candidates: pa.Array, through: int) -> raw.Raw | None:
        """The orders of these persons through a day, with persons as the orders of then tell; None: as they are."""


class OwnOrders:
    """The orders of the truth, handed to the cluster as Parquet in a folder that both see under the same path."""

    trusted_seconds = 0.0

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = reading(engine)
        self._folder = folder

    def name(self) -> str:
        """There is only one truth."""
        return "own"

    def revision(self, backend: Backend, team: str) -> int | None:
        """The team's revision."""
        with self._engine.connect() as connection:
            if coverage(connection, team) is None:
                return None
            return int(connection.execute(select(teams.c.revision).where(teams.c.team == team)).scalar_one())

    @contextmanager
    def tables(self, backend: Backend, team: str) -> Iterator[RawTables]:
        """All raw orders, written out for the build and removed afterwards."""
        home = self._folder / team
        with scratch_folder(home, "raw-") as scratch:
            # The cluster's processes may run as somebody else.
            scratch.chmod(0o755)
            raw.export(self._engine, team, scratch)
            yield RawTables(
                backend.read_parquet((scratch / "orders.parquet").as_uri()),
                backend.read_parquet((scratch / "lines.parquet").as_uri()),
            )

    def place(self, team: str) -> str:
        """Beside the exported orders."""
        return (self._folder / team).as_uri()

    def parted(self, team: str, candidates: pa.Array, through: int) -> raw.Raw | None:
        """Persons whom only later orders joined are apart again."""
        with moment(self._engine) as now:
            then = raw.of_persons(now, team, candidates, through=through)
        apart = raw.with_persons_of_these_orders(then)
        return None if apart.orders.column("person_id").equals(then.orders.column("person_id")) else apart


class WarehouseOrders:
    """The orders of a warehouse, read through warehouse.toml. Only our own truth is written: names and coverage."""

    trusted_seconds = 30.0

    def __init__(self, engine: Engine, folder: Path, file: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._file = file

    def name(self) -> str:
        """Another mapping is another origin."""
        return f"warehouse {self._warehouse().fingerprint}"

    def revision(self, backend: Backend, team: str) -> int | None:
        """The second of the last load. Raises WarehouseRefused."""
        if team != HOME:
            raise WarehouseRefused("warehouse.toml holds the orders of one company; this bot serves several.")
        row = self._through(open_warehouse(backend, self._warehouse()))
        return None if row is None else row[1]

    @contextmanager
    def tables(self, backend: Backend, team: str) -> Iterator[RawTables]:
        """The mapped tables, with ads and products by the truth's numbers. Raises WarehouseRefused."""
        mapped = open_warehouse(backend, self._warehouse())
        check_rows(mapped)
        codes = _texts(mapped.orders.select(name=mapped.orders.ad_code).distinct())
        skus = mapped.lines.group_by("sku").agg(name=mapped.lines.product_name.max())
        names = {row["sku"]: row["name"] for row in skus.to_pyarrow().to_pylist()}
        too_long = [text for text in (*codes, *names) if len(text) > LONGEST]
        if too_long:
            raise WarehouseRefused(f"warehouse.toml: {too_long[0][:40]}… has more than {LONGEST} characters.")
        through = self._through(mapped)
        if through is None:
            raise WarehouseRefused("warehouse.toml: through gives no day.")
        first = mapped.orders.day.min().to_pyarrow().as_py()
        with self._engine.begin() as connection:
            if connection.execute(select(orders.c.id).where(orders.c.team == team).limit(1)).first() is not None:
                raise WarehouseRefused(
                    "orders were imported into this data folder; with warehouse.toml they would not count. "
                    "Use a data folder of its own for the warehouse."
                )
            ads = ids_of_ads(connection, team, codes)
            numbers = _ids_of_products(connection, team, names, _instant(through[1]))
            _cover(connection, team, through[0] if first is None else int(first), through)
        yield _numbered(mapped, ads, numbers)

    def place(self, team: str) -> str:
        """Where warehouse.toml says, else the data folder."""
        said = self._warehouse().facts
        return (self._folder / team).as_uri() if said is None else f"{said.rstrip('/')}/{team}"

    def parted(self, team: str, candidates: pa.Array, through: int) -> raw.Raw | None:
        """Who is who is the warehouse's matter, also for a day in the past."""
        return None

    def _warehouse(self) -> Warehouse:
        return read_warehouse(self._file)

    def _through(self, mapped: Mapped) -> tuple[int, int] | None:
        """(last complete day, second of the load)."""
        rows = mapped.through.limit(2).to_pyarrow().to_pylist()
        if len(rows) > 1:
            raise WarehouseRefused("warehouse.toml: through gives more than one row.")
        if not rows or rows[0]["day"] is None or rows[0]["loaded_at"] is None:
            return None
        return int(rows[0]["day"]), int(rows[0]["loaded_at"])


def _numbered(mapped: Mapped, ads: dict[str, int], numbers: dict[str, int]) -> RawTables:
    """Texts replaced by numbers. One key per person stands for all: nobody falls apart in the past."""
    codes = ibis.memtable(
        pa.table({"ad_code": pa.array(ads, pa.string()), "ad_id": pa.array(ads.values(), pa.int64())})
    )
    skus = ibis.memtable(
        pa.table({"sku": pa.array(numbers, pa.string()), "product_id": pa.array(numbers.values(), pa.int64())})
    )
    found = mapped.orders.left_join(codes, "ad_code")
    found = found.mutate(
        ad_id=found.ad_id.fill_null(0).cast("int32"),
        customer_key=found.person_id,
        email_key=ibis.null("int64"),
    )
    lines = mapped.lines.join(skus, "sku")
    return RawTables(
        found.select(*raw.ORDERS.names),
        lines.select("order_id", product_id=lines.product_id.cast("int32"), net=lines.net),
    )


def _ids_of_products(connection: Connection, team: str, names: dict[str, str], at: datetime) -> dict[str, int]:
    put = upsert_into(connection, products)
    put = put.on_conflict_do_update(
        index_elements=["team", "sku"], set_={"name": put.excluded.name, "named_at": put.excluded.named_at}
    )
    if names:
        rows = [
            {"team": team, "sku": sku, "name": (name or sku)[:LONGEST], "named_at": at} for sku, name in names.items()
        ]
        connection.execute(put, rows)
    known = connection.execute(select(products.c.sku, products.c.id).where(products.c.team == team))
    return {sku: number for sku, number in known}


def _cover(connection: Connection, team: str, first: int, through: tuple[int, int]) -> None:
    put = upsert_into(connection, sources)
    span = {"data_from": first, "data_through": through[0], "synced_at": _instant(through[1])}
    put = put.values(team=team, source=WAREHOUSE_SOURCE, **span)
    connection.execute(put.on_conflict_do_update(index_elements=["team", "source"], set_=span))


def _texts(names: ir.Table) -> list[str]:
    return sorted(name for name in names.to_pyarrow().column("name").to_pylist() if name)


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
