"""Raw orders → facts, as Ibis expressions: the same on DuckDB and on Spark.

Raw tables
    orders: order_id, person_id (null: unmatched), external_id, ordered_at (µs UTC), day, status, channel, ad_id, net,
    refund, customer_key, email_key
    lines:  order_id, product_id, net

Facts, all integers; days are shop-local days since 1970-01-01, money minor units
    shop     one row per purchase occasion of every person (product_id 0), and once more under each product that was
             in the person's first purchase (入口商品)
    product  one row per person, product and day on which the person bought the product; only its lines' net sales
    left_out one row per order that is no purchase (product_id 0) and per product in it, with the reason
    joined   persons whose orders carry more than one combination of keys: with the days on which the first and the
             last of these combinations appeared

Columns of `shop` and `product`: product_id, person_id, d0 (index date), age (days after d0), n (1 for the first
occasion), next_age (age of the next occasion, null while there is none), orders, net, cum_net (net sales from the
first occasion through this one), ad_id and channel (of the person's very first order), month0 and month (calendar
months since 1970-01 of d0 and of the occasion), month_first (the person's first occasion in that calendar month, so
that persons active in a month are a plain count). So within any window W the row with age ≤ W < next_age says
everything of a person: n occasions and cum_net net sales.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
from ibis import _
from ibis.common.deferred import Deferred
from ibis.expr import types as ir

from store.vocabulary import VALID_STATUSES, LeftOut

WHOLE_SHOP = 0
TRACK = {
    "product_id": "int32",
    "person_id": "int64",
    "d0": "int32",
    "age": "int32",
    "n": "int32",
    "next_age": "int32",
    "orders": "int32",
    "net": "int64",
    "cum_net": "int64",
    "ad_id": "int32",
    "channel": "int16",
    "month0": "int16",
    "month": "int16",
    "month_first": "boolean",
}
OCCASIONS = {name: kind for name, kind in TRACK.items() if name != "product_id"} | {"day": "int32"}
LEFT_OUT = {
    "product_id": "int32",
    "person_id": "int64",
    "order_id": "int64",
    "day": "int32",
    "reason": "int16",
}
JOINED = {"person_id": "int64", "first_day": "int32", "last_day": "int32"}


@dataclass(frozen=True)
class FactTables:
    """The four facts as expressions."""

    shop: ir.Table
    product: ir.Table
    left_out: ir.Table
    joined: ir.Table

    def items(self) -> dict[str, ir.Table]:
        """By name."""
        return {"shop": self.shop, "product": self.product, "left_out": self.left_out, "joined": self.joined}


def is_purchase(orders: ir.Table) -> ir.BooleanValue:
    """A valid order of a known person with net sales above zero."""
    return orders.person_id.notnull() & orders.status.isin([int(s) for s in VALID_STATUSES]) & (orders.net > 0)


Keep = Callable[[str, ir.Table], ir.Table]


def build(orders: ir.Table, lines: ir.Table, keep: Keep = lambda name, table: table) -> FactTables:
    """The facts of these raw tables; `keep(name, table)` may put by what is needed more than once."""
    bought = orders.filter(is_purchase(orders))
    occasions = _track(
        bought.group_by("person_id", "day").agg(net=_int64(_.net.sum()), orders=_.count()), ["person_id"]
    )
    occasions = keep("occasions", _columns(occasions.join(_acquired_by(bought, occasions), "person_id"), OCCASIONS))
    items = keep(
        "items",
        lines.join(bought.select("order_id", "person_id", "day"), "order_id")
        .group_by("order_id", "product_id", "person_id", "day")
        .agg(net=_int64(_.net.sum()))
        .group_by("product_id", "person_id", "day")
        .agg(net=_int64(_.net.sum()), orders=_.count()),
    )
    whole = occasions.mutate(product_id=ibis.literal(WHOLE_SHOP, "int64"))
    starts = occasions.filter(_.n == 1).select("person_id", "ad_id", "channel", day=_.d0)
    entries = items.join(starts.select("person_id", "day"), ["person_id", "day"]).select("product_id", "person_id")
    shop = _columns(whole, TRACK).union(_columns(entries.join(occasions, "person_id"), TRACK))
    product = _track(items, ["product_id", "person_id"]).join(starts.drop("day"), "person_id")
    return FactTables(shop, _columns(product, TRACK), _left_out(orders, lines), _joined(orders))


def patched(base: FactTables, patch: FactTables, persons: ir.Table) -> FactTables:
    """The facts with everything about these persons (column person_id) taken from `patch`."""
    return FactTables(
        **{
            name: table.anti_join(persons, "person_id").union(patch.items()[name].select(*table.columns))
            for name, table in base.items().items()
        }
    )


def _track(occasions: ir.Table, keys: list[str]) -> ir.Table:
    """Number the occasions of each subject in time."""
    ordered = ibis.window(group_by=keys, order_by="day")
    so_far = ibis.window(group_by=keys, order_by="day", preceding=None, following=0)
    numbered = occasions.mutate(month=month_of(occasions.day)).mutate(
        n=ibis.row_number().over(ordered) + 1,
        d0=_.day.first().over(so_far),
        next_day=_.day.lead(1).over(ordered),
        cum_net=_int64(_.net.sum().over(so_far)),
        month0=_.month.first().over(so_far),
        month_before=_.month.lag(1).over(ordered),
    )
    return numbered.mutate(
        age=_.day - _.d0,
        next_age=_.next_day - _.d0,
        month_first=_.month_before.isnull() | (_.month_before != _.month),
    )


def month_of(day: ir.IntegerColumn) -> ir.IntegerColumn:
    """Calendar months since 1970-01 of a day number, in integers alone, so that every engine agrees.

    The days are counted in years that begin in March, whose months have a fixed pattern of lengths.
    """
    shifted = day + 719_468
    era = shifted // 146_097
    in_era = shifted - era * 146_097
    year = (in_era - in_era // 1_460 + in_era // 36_524 - in_era // 146_096) // 365
    in_year = in_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * in_year + 2) // 153
    return (year + era * 400 - 1970) * 12 + march_month + 2


def _acquired_by(bought: ir.Table, occasions: ir.Table) -> ir.Table:
    """Ad and channel of the earliest order (time, then order id) of each person's first occasion."""
    first_days = occasions.filter(_.n == 1).select("person_id", day=_.d0)
    first = ibis.window(group_by="person_id", order_by=["ordered_at", "external_id", "order_id"])
    return (
        bought.join(first_days, ["person_id", "day"])
        .mutate(place=ibis.row_number().over(first))
        .filter(_.place == 0)
        .select("person_id", "ad_id", "channel")
    )


def _columns(table: ir.Table, types: dict[str, str]) -> ir.Table:
    """The columns in the types that are stored."""
    return table.select(**{name: table[name].cast(kind) for name, kind in types.items()})


def _int64(total: Deferred) -> Deferred:
    """A sum in the type of what is summed.

    DuckDB sums 64-bit integers to 128 bits, which Ibis takes for 64 already and Parquet would keep as a float: the
    step over a decimal makes the cast back real.
    """
    return total.cast("decimal(38, 0)").cast("int64")


def _left_out(orders: ir.Table, lines: ir.Table) -> ir.Table:
    others = orders.filter(~is_purchase(orders)).mutate(
        reason=ibis.cases(
            (~_.status.isin([int(s) for s in VALID_STATUSES]), _.status.cast("int16")),
            ((_.net <= 0) & (_.refund > 0), ibis.literal(int(LeftOut.REFUNDED), "int16")),
            (_.net <= 0, ibis.literal(int(LeftOut.SAMPLE), "int16")),
            else_=ibis.literal(int(LeftOut.UNMATCHED), "int16"),
        ),
        person_id=_.person_id.fill_null(0),
    )
    each = lines.select("order_id", "product_id").join(others, "order_id").distinct()
    whole = others.mutate(product_id=ibis.literal(WHOLE_SHOP, "int32"))
    return _columns(whole, LEFT_OUT).union(_columns(each, LEFT_OUT))


def _joined(orders: ir.Table) -> ir.Table:
    """Persons held together by more than one combination of keys: only these can fall apart as of an earlier day."""
    known = orders.filter(_.person_id.notnull())
    signatures = known.group_by("person_id", "customer_key", "email_key").agg(first=_.day.min())
    held = signatures.group_by("person_id").agg(signatures=_.count(), first_day=_.first.min(), last_day=_.first.max())
    return _columns(held.filter(_.signatures > 1), JOINED)
