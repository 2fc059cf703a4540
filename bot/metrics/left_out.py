"""Orders that are no purchases, counted by the reason, so that every number can say what it leaves out."""

from __future__ import annotations

from ibis.expr import types as ir


def count(left_out: ir.Table, product_id: int, as_of: int) -> dict[int, int]:
    """Orders by reason (store.vocabulary.LeftOut), through day `as_of`; product_id 0 is the whole shop."""
    mine = left_out.filter(left_out.product_id == product_id, left_out.day <= as_of)
    rows = mine.group_by("reason").agg(orders=mine.count()).to_pyarrow().to_pylist()
    return {int(row["reason"]): int(row["orders"]) for row in rows}
