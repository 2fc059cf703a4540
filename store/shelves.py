"""Which shelf a configuration asks for: DuckDB in this process, or a Spark Connect server."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from store.shelf import Facts, Shelf

DUCKDB = "duckdb"


class AnyShelf(Protocol):
    """What all shelves do: answer with facts, and keep them up to date."""

    def currency(self, team: str) -> str:
        """The currency the team's books are kept in."""

    def facts(self, team: str, as_of: date | None = None) -> Facts:
        """Facts as of a day, by default the last complete one; raises store.shelf.NoOrders."""

    def refresh(self, team: str) -> object:
        """Bring the facts up to the newest orders."""

    def rebuild(self, team: str) -> object:
        """Build the facts from all raw orders."""


def open_shelf(engine: Engine, data: Path, url: str = DUCKDB, warehouse: Path | None = None) -> AnyShelf:
    """The shelf over the data folder; `url` is "duckdb" or the address sc://host:port of a Spark Connect server.

    `warehouse` names a mapping file; without one, warehouse.toml in the data folder counts if it is there. Nothing is
    connected to before the first question.
    """
    if url == DUCKDB:
        return Shelf(engine, data / "facts")
    from store.spark.origin import Origin, OwnOrders, WarehouseOrders
    from store.spark.shelf import SparkShelf

    folder = data / "spark"
    file = mapping_file(data, url, warehouse)
    origin: Origin = OwnOrders(engine, folder) if file is None else WarehouseOrders(engine, folder, file)
    return SparkShelf(engine, folder, url, origin)


def check_engine(data: Path, url: str, warehouse: Path | None = None) -> None:
    """Try what the first question will need: the server, and the columns of a mapping, without reading a row.

    Raises EngineUnreachable and WarehouseRefused (store.spark.errors).
    """
    if url == DUCKDB:
        return
    from store.spark.mapping import open_warehouse, read_warehouse
    from store.spark.session import connect

    file = mapping_file(data, url, warehouse)
    said = None if file is None else read_warehouse(file)
    backend = connect(url)
    try:
        if said is not None:
            open_warehouse(backend, said)
    finally:
        backend.disconnect()


def mapping_file(data: Path, url: str, warehouse: Path | None) -> Path | None:
    """The mapping that says where the orders lie; None when they are in Banto's own database."""
    if url == DUCKDB:
        return None
    file = warehouse or data / "warehouse.toml"
    return file if warehouse is not None or file.exists() else None
