"""Other Ibis backends: the expressions compile to their SQL. Nothing is run there and nothing more is claimed."""

from __future__ import annotations

import ibis
import pytest
import sqlglot

from bot.metrics.cohort import Cohort, immature, mature_at, of_cohort
from store.facts import raw
from store.facts.expressions import build

DIALECTS = ["bigquery", "snowflake", "postgres", "trino"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_facts_and_cohorts_compile(dialect: str) -> None:
    orders = ibis.table(ibis.Schema.from_pyarrow(raw.ORDERS), name="orders")
    lines = ibis.table(ibis.Schema.from_pyarrow(raw.LINES), name="lines")
    facts = build(orders, lines)
    mine = of_cohort(facts.shop, Cohort(product_id=3, channel=1, ad_id=2, first_from=19_000, first_to=20_000))
    mature = mature_at(mine, 90, 20_500)
    squares = (mature.cum_net.cast("decimal(38, 0)") * mature.cum_net.cast("decimal(38, 0)")).sum()
    asked = [
        *facts.items().values(),
        mature.agg(persons=mature.count(), squares=squares),
        immature(mine, 90, 20_500).agg(first=lambda t: t.d0.min()),
    ]
    for expression in asked:
        written = str(ibis.to_sql(expression, dialect=dialect))
        assert isinstance(sqlglot.parse_one(written, read=dialect), sqlglot.exp.Query)
