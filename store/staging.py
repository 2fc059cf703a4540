"""Checked rows of a file gathered into whole orders, outside the database and without needing much memory.

DuckDB does the grouping and spills to the scratch folder. Of several versions of one order in a file the newest
counts; rows of one version that contradict each other are a fault of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from store.identity import EDGES
from store.sources.orders_csv import ROWS
from store.sources.refusals import FileRefused, Refusal

MEMORY = "400MB"
CHUNK = 50_000
ORDERS_AT_ONCE = 500_000
"""Whole orders and their lines are sorted in pieces of so many, because a sorted answer is held in memory."""
KNOWN = pa.schema(
    [
        ("external_id", pa.string()),
        ("id", pa.int64()),
        ("updated_at", pa.int64()),
        ("fingerprint", pa.int64()),
        ("person_id", pa.int64()),
    ]
)
"""The state of an order in the store; `updated_at` in microseconds."""

ORDERS = """
create or replace table staged_orders as
select external_id, max(updated_at) as updated_at, min(ordered_at) as ordered_at, min(day) as day,
       min(status) as status, arg_min(channel, seq) as channel, coalesce(arg_min(nullif(ad, ''), seq), '') as ad,
       arg_min(nullif(customer, ''), seq) as customer,
       arg_min(customer_key, seq) as customer_key, arg_min(email_key, seq) as email_key,
       sum(unit_price * quantity)::bigint as gross,
       sum(unit_price * quantity - discount - refund)::bigint as net,
       sum(refund)::bigint as refund, max(shipping) as shipping, max(tax) as tax, count(*) as lines,
       ('0x' || substr(md5(concat_ws('|', min(ordered_at), min(status), arg_min(channel, seq),
           coalesce(arg_min(nullif(ad, ''), seq), ''), arg_min(customer_key, seq), arg_min(email_key, seq),
           max(shipping), max(tax), count(*), sum(line_print))), 1, 15))::bigint as fingerprint,
       case when min(ordered_at) <> max(ordered_at) then 'ordered_at'
            when min(status) <> max(status) then 'status'
            when min(nullif(customer, '')) <> max(nullif(customer, '')) then 'customer_id' end as contradiction,
       min(seq) as seq, min(updated_at) <> max(updated_at) as repeated,
       bool_and(updated_at = ordered_at) as unversioned
from newest group by external_id
"""
NEWEST = "select * from rows qualify updated_at = max(updated_at) over (partition by external_id)"

CONTRADICTIONS = """
select seq, external_id, contradiction from staged_orders where contradiction is not null order by 1
"""
TWO_TIMES = """
select seq, external_id, 'ordered_at' from staged_orders where repeated and unversioned order by 1
"""
"""Without a version of their own, rows with different times are no earlier and later state but one muddled order."""


@dataclass(frozen=True)
class Totals:
    """What a file holds, before it is compared with the store. Money in minor units, days since 1970-01-01."""

    rows: int
    orders: int
    first_day: int
    last_day: int
    gross: int
    net: int
    refund: int
    products: int
    ads: int


@dataclass(frozen=True)
class Plan:
    """How many staged orders are new, change what the store has, repeat it, or are older than it.

    `lines` is the number of line items of those that will be written.
    """

    new: int
    changed: int
    unchanged: int
    stale: int
    lines: int


class Staging:
    """The orders of one file, ready to be written."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": 2,
            "temp_directory": str(scratch / "spill"),
            "preserve_insertion_order": False,
        }
        self._db = duckdb.connect(config=config)

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *raised: object) -> None:
        self._db.close()

    def gather(self, rows: Iterable[pa.RecordBatch], file_line: Callable[[int], int]) -> Totals:
        """Take all checked rows (schema ROWS) and group them; FileRefused when rows of an order contradict."""
        path = self._scratch / "rows.parquet"
        with pq.ParquetWriter(path, ROWS, compression="lz4", use_dictionary=False) as out:
            for batch in rows:
                out.write_batch(batch)
        self._db.read_parquet(str(path)).create_view("rows")
        self._db.execute("create view newest as select * from rows")
        self._db.execute(ORDERS)
        if self._db.execute("select 1 from staged_orders where repeated limit 1").fetchall():
            self._refuse(TWO_TIMES, file_line)
            newest = self._scratch / "newest.parquet"
            self._db.sql(NEWEST).write_parquet(str(newest), compression="lz4")
            self._db.read_parquet(str(newest)).create_view("newest", replace=True)
            self._db.execute(ORDERS)
        self._refuse(CONTRADICTIONS, file_line)
        return Totals(
            *self._db.execute(
                "select (select count(*) from rows), count(*), min(day), max(day), sum(gross)::bigint, "
                "sum(net)::bigint, sum(refund)::bigint, (select count(distinct sku) from newest), "
                "count(distinct nullif(ad, '')) from staged_orders"
            ).fetchall()[0]
        )

    def _refuse(self, contradictions: str, file_line: Callable[[int], int]) -> None:
        found = self._db.execute(contradictions).fetchall()
        if found:
            refusals = [
                Refusal("import.refused.contradiction", file_line(line), cell, order)
                for line, order, cell in found[:20]
            ]
            raise FileRefused(refusals, len(found))

    def products(self) -> list[tuple[str, str, int]]:
        """(sku, name, instant of the newest row that carries a name; without any the sku itself, instant 0)."""
        return self._db.execute(
            "select sku, coalesce(arg_max(nullif(product, ''), updated_at), sku), "
            "coalesce(max(updated_at) filter (product <> ''), 0) from newest group by sku order by sku"
        ).fetchall()

    def ads(self) -> list[str]:
        """All ad codes."""
        return [code for (code,) in self._db.execute("select distinct ad from staged_orders where ad <> ''").fetchall()]

    def map_ids(self, products: Mapping[str, int], ads: Mapping[str, int]) -> None:
        """Tell the store's numbers of skus and ad codes."""
        self._register("product_ids", {"sku": pa.array(products, pa.string()), "id": pa.array(products.values())})
        self._register("ad_ids", {"code": pa.array(ads, pa.string()), "id": pa.array(ads.values(), pa.int64())})

    def external_ids(self) -> Iterator[pa.RecordBatch]:
        """The orders' ids in their cart."""
        yield from self._stream("select external_id from staged_orders")

    def plan(self, known: pa.Table, next_id: int) -> Plan:
        """Compare with the states that the store has (schema KNOWN) and number the orders to be written."""
        self._db.register("known", known)
        self._db.execute(
            "create table compared as select o.*, k.id as known_id, k.person_id as known_person, "
            "k.updated_at as known_version, "
            "case when k.id is null then 'new' when o.updated_at < k.updated_at then 'stale' "
            "when o.fingerprint = k.fingerprint then 'unchanged' else 'changed' end as action "
            "from staged_orders o left join known k using (external_id)"
        )
        self._db.execute(
            "create table kept as select *, coalesce(known_id, $1 - 1 + row_number() over "
            "(partition by known_id is null order by seq)) as order_id "
            "from compared where action in ('new', 'changed')",
            [next_id],
        )
        counted = dict(self._db.execute("select action, count(*) from compared group by action").fetchall())
        (lines,) = self._db.execute("select coalesce(sum(lines), 0)::bigint from kept").fetchall()[0]
        return Plan(**{name: counted.get(name, 0) for name in ("new", "changed", "unchanged", "stale")}, lines=lines)

    def confirmed(self) -> Iterator[pa.RecordBatch]:
        """(id, updated_at) of unchanged orders that the file says of a newer version than the store."""
        yield from self._stream(
            "select known_id as id, updated_at from compared "
            "where action = 'unchanged' and updated_at > known_version order by 1"
        )

    def customers(self) -> Iterator[pa.RecordBatch]:
        """Distinct (key, label) of the customers in this cart, by key."""
        yield from self._stream(
            "select customer_key as key, any_value(customer) as label from kept "
            "where customer_key is not null group by customer_key order by customer_key"
        )

    def keys(self) -> Iterator[pa.RecordBatch]:
        """Distinct keys of the orders to be written."""
        yield from self._stream(
            "select distinct key from (select customer_key as key from kept union all select email_key from kept) "
            "where key is not null order by key"
        )

    def edges(self) -> pa.Table:
        """Distinct key pairs of the orders to be written (store.identity.EDGES)."""
        query = "select distinct customer_key, email_key from kept"
        return pa.Table.from_batches(self._stream(query), EDGES)

    def replaced(self) -> Iterator[pa.RecordBatch]:
        """The numbers of the orders that are replaced."""
        yield from self._stream("select known_id as id from kept where known_id is not null order by 1")

    def replaced_ids(self) -> pa.Array:
        """The same in one array."""
        batches = [batch.column(0) for batch in self.replaced()]
        return pa.concat_arrays(batches) if batches else pa.array([], pa.int64())

    def replaced_persons(self) -> Iterator[pa.RecordBatch]:
        """The persons whose orders are replaced."""
        yield from self._stream("select distinct known_person as person_id from kept where known_person is not null")

    def orders(self, members: pa.Table) -> Iterator[pa.RecordBatch]:
        """Whole orders to be written, with the persons that `members` (key, person_id) names."""
        self._db.register("members", members)
        for piece in self._pieces():
            yield from self._stream(
                "select o.order_id as id, o.external_id, o.customer_key, o.email_key, m.person_id, o.ordered_at, "
                "o.updated_at, o.day, o.status, o.channel, coalesce(a.id, 0) as ad_id, o.gross, o.net, o.refund, "
                "o.shipping, o.tax, o.fingerprint from kept o left join ad_ids a on a.code = o.ad "
                "left join members m on m.key = coalesce(o.customer_key, o.email_key) "
                "where o.order_id between $1 and $2 order by o.order_id",
                piece,
            )

    def lines(self) -> Iterator[pa.RecordBatch]:
        """Their line items, numbered within the order independently of the file's order."""
        for piece in self._pieces():
            yield from self._stream(
                "select k.order_id, row_number() over (partition by k.order_id order by n.sku, n.quantity, "
                "n.unit_price, n.discount, n.refund, n.cycle)::int as line_no, p.id as product_id, n.quantity, "
                "n.unit_price, n.discount, n.refund, n.unit_price * n.quantity - n.discount - n.refund as net, "
                "n.cycle as subscription_cycle from newest n "
                "join (select external_id, order_id from kept where order_id between $1 and $2) k using (external_id) "
                "join product_ids p on p.sku = n.sku order by 1, 2",
                piece,
            )

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Ranges of order numbers, ascending, each with at most ORDERS_AT_ONCE of the orders to be written."""
        numbers = self._db.sql("select order_id from kept order by order_id").to_arrow_table().column("order_id")
        for start in range(0, len(numbers), ORDERS_AT_ONCE):
            last = min(start + ORDERS_AT_ONCE, len(numbers)) - 1
            yield numbers[start].as_py(), numbers[last].as_py()

    def _register(self, name: str, columns: Mapping[str, pa.Array]) -> None:
        self._db.register(name, pa.table(dict(columns)))

    def _stream(self, query: str, given: Sequence[int] = ()) -> Iterator[pa.RecordBatch]:
        yield from self._db.sql(query, params=list(given)).to_arrow_reader(CHUNK)
