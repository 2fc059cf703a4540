"""Reading raw orders out of the truth: everything, or some persons only, through some day only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import BigInteger, Engine, Select, select, type_coerce, union_all

from store.database import reading
from store.facts.moment import Moment, Query, write_moment
from store.identity import components
from store.tables import order_lines, orders, teams, touched

ORDERS = pa.schema(
    [
        ("order_id", pa.int64()),
        ("person_id", pa.int64()),
        ("external_id", pa.string()),
        ("ordered_at", pa.int64()),
        ("day", pa.int32()),
        ("status", pa.int16()),
        ("channel", pa.int16()),
        ("ad_id", pa.int32()),
        ("net", pa.int64()),
        ("refund", pa.int64()),
        ("customer_key", pa.int64()),
        ("email_key", pa.int64()),
    ]
)
LINES = pa.schema([("order_id", pa.int64()), ("product_id", pa.int32()), ("net", pa.int64())])
NUMBER = pa.schema([("number", pa.int64())])


@dataclass(frozen=True)
class Raw:
    """Raw tables in memory (schemas ORDERS and LINES)."""

    orders: pa.Table
    lines: pa.Table


@dataclass(frozen=True)
class Touched:
    """The truth's revision, the persons named since an older one (0: everybody), and their orders and nobody's."""

    revision: int
    persons: pa.Array
    orders: Raw


def export(engine: Engine, team: str, folder: Path) -> None:
    """Write all raw orders and lines of the team, as of one moment, to orders.parquet and lines.parquet in `folder`."""
    alone = _alone(engine, team)
    _export(engine, team, folder, alone=alone)
    if alone and not _alone(engine, team):
        # Another team's first orders came meanwhile.
        _export(engine, team, folder, alone=False)


def _alone(engine: Engine, team: str) -> bool:
    with reading(engine).connect() as connection:
        return connection.execute(select(orders.c.id).where(orders.c.team != team).limit(1)).first() is None


def _export(engine: Engine, team: str, folder: Path, *, alone: bool) -> None:
    heads, lines = _orders(), _lines()
    if not alone:
        # Only then: without it the tables are read from end to end and not through an index, three times as fast.
        heads = heads.where(orders.c.team == team)
        lines = lines.join_from(order_lines, orders).where(orders.c.team == team)
    write_moment(engine, {folder / "orders.parquet": (heads, ORDERS), folder / "lines.parquet": (lines, LINES)})


def export_touched(engine: Engine, team: str, since: int, folder: Path) -> Touched:
    """Everybody named by the write side after revision `since`, with their orders; `folder` is for the work."""
    files = {name: folder / f"touched-{name}.parquet" for name in ("revision", "persons", "orders", "lines")}
    named = select(touched.c.person_id).where(touched.c.team == team, touched.c.revision > since)
    # Two conditions side by side, because with an OR no index is used.
    theirs = (orders.c.person_id.in_(named), orders.c.person_id.is_(None))
    mine = [orders.c.team == team]
    ids = union_all(*[select(orders.c.id).where(*mine, who) for who in theirs])
    wanted: dict[str, tuple[Query, pa.Schema]] = {
        "revision": (select(teams.c.revision).where(teams.c.team == team), NUMBER),
        "persons": (named.distinct().order_by(touched.c.person_id), NUMBER),
        "orders": (union_all(*[_orders().where(*mine, who) for who in theirs]), ORDERS),
        "lines": (_lines().where(order_lines.c.order_id.in_(ids)), LINES),
    }
    write_moment(engine, {files[name]: query for name, query in wanted.items()}, scattered=True)
    found = {name: pq.read_table(file) for name, file in files.items()}
    (revision,) = found["revision"].column(0).to_pylist()
    return Touched(revision, found["persons"].column(0).combine_chunks(), Raw(found["orders"], found["lines"]))


def of_persons(now: Moment, team: str, persons: pa.Array, *, through: int | None = None) -> Raw:
    """The orders of these persons, ordered on day `through` or before."""
    wanted = now.numbers("wanted_persons", persons)
    mine = [orders.c.team == team, *([] if through is None else [orders.c.day <= through])]
    query = _orders().where(*mine, orders.c.person_id.in_(select(wanted.c.number)))
    found = pa.Table.from_batches(now.batches(query, ORDERS), ORDERS)
    ids = now.numbers("wanted_orders", found.column("order_id").combine_chunks())
    lines = _lines().where(order_lines.c.order_id.in_(select(ids.c.number)))
    return Raw(found, pa.Table.from_batches(now.batches(lines, LINES), LINES))


def with_persons_of_these_orders(raw: Raw) -> Raw:
    """The same orders with persons worked out from them alone: links made by other orders do not exist."""
    who = components(raw.orders.select(["customer_key", "email_key"]))
    key = pc.coalesce(raw.orders.column("customer_key"), raw.orders.column("email_key"))
    person = pc.take(who.column("person_id"), pc.index_in(key, who.column("key")))
    at = raw.orders.schema.get_field_index("person_id")
    return Raw(raw.orders.set_column(at, "person_id", person), raw.lines)


def _orders() -> Select[tuple[object, ...]]:
    names = [name for name in ORDERS.names if name != "order_id"]
    # Instants are read as stored, in microseconds.
    return select(
        orders.c.id,
        *(type_coerce(orders.c[n], BigInteger) if n == "ordered_at" else orders.c[n] for n in names),
    )


def _lines() -> Select[tuple[object, ...]]:
    return select(order_lines.c.order_id, order_lines.c.product_id, order_lines.c.net)
