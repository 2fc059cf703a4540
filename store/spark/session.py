"""The connection to a Spark Connect server: opened when first needed, opened again after the server was gone."""

from __future__ import annotations

import socket
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from store.spark.errors import EngineUnreachable

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

DEFAULT_PORT = 15002
CONNECT_SECONDS = 3.0
RETRIES = 4
"""About five seconds; Spark's own default would keep a person waiting for ten minutes."""


def check_reachable(url: str) -> None:
    """Raise EngineUnreachable unless something listens at the address sc://host:port of a Spark Connect server."""
    where = urlsplit(url)
    try:
        port = where.port or DEFAULT_PORT
        with socket.create_connection((where.hostname or "", port), CONNECT_SECONDS):
            return
    except (OSError, ValueError) as error:
        raise EngineUnreachable(
            f"nothing answers at {where.hostname}:{where.netloc.rpartition(':')[2]}: {error}"
        ) from error


def connect(url: str) -> Backend:
    """A new session on the server. Raises EngineUnreachable, also when the client package is not installed."""
    # What is used of the client is tested with the pandas that is installed.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    try:
        from pyspark.sql import SparkSession
        from pyspark.sql.connect.client.retries import DefaultPolicy
    except ImportError as error:
        raise EngineUnreachable("the Spark Connect client is not installed (pip install 'banto[spark]')") from error
    check_reachable(url)
    session: Any = SparkSession.builder.remote(url).create()
    session.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
    try:
        backend: Backend = ibis.pyspark.connect(session)
    except _server_errors() as error:
        raise EngineUnreachable(f"{url} does not speak Spark Connect: {_first_line(error)}") from error
    return backend


def alive(backend: Backend) -> bool:
    """Whether the server still knows this session (it forgets idle ones, and all of them when it starts again)."""
    try:
        session_of(backend).sql("SELECT 1").collect()
    except _server_errors():
        return False
    return True


def session_of(backend: Backend) -> Any:
    """Spark's own session behind the Ibis backend."""
    return backend._session


def small_table(backend: Backend, name: str, rows: pa.Table) -> ir.Table:
    """Rows of ours as a temporary view of the session: columns keep their types, empty tables too."""
    from ibis.backends.pyspark.datatypes import PySparkSchema

    schema = PySparkSchema.from_ibis(ibis.Schema.from_pyarrow(rows.schema))
    session_of(backend).createDataFrame(rows, schema=schema).createOrReplaceTempView(name)
    return backend.table(name)


def _server_errors() -> tuple[type[Exception], ...]:
    import grpc  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    return (PySparkException, grpc.RpcError)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
