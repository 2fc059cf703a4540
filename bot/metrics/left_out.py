"""Orders that are no purchases, counted by the reason, so that every number can say what it leaves out."""

from __future__ import annotations

from ibis.expr import types as ir

from bot.metrics.prepared import Number, Prepared


def count(left_out: ir.Table, product_id: int, as_of: int) -> dict[int, int]:
    """Orders by reason (store.vocabulary.LeftOut), through day `as_of`; product_id 0 is the whole shop."""
    rows = _by_reason(left_out, product_id=product_id, as_of=as_of).to_pylist()
    return {int(row["reason"]): int(row["orders"]) for row in rows}


@Prepared
def _by_reason(left_out: ir.Table, *, product_id: Number, as_of: Number) -> ir.Table:
    mine = left_out.filter(left_out.product_id == product_id, left_out.day <= as_of)
    return mine.group_by("reason").agg(orders=mine.count())
