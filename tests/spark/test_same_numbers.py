"""The same expressions on DuckDB and on Spark Connect: equal to the last unit, for every number the bot has."""

from __future__ import annotations

from datetime import date

from tests.spark.conftest import Both
from tests.spark.history import PAST, WHOLESALE, answers, rows_of


def test_facts_and_answers_are_those_of_duckdb(both: Both, spark_url: str) -> None:
    _, books = both.on(spark_url)
    wanted, got = answers(both.duckdb), answers(books)
    assert list(got) == list(wanted)
    for question, said in wanted.items():
        assert got[question] == said, question
    for day in (None, date.fromisoformat(PAST)):
        assert rows_of(books.facts(day)) == rows_of(both.duckdb.facts(day))


def test_the_generated_shop_has_what_could_go_wrong(both: Both) -> None:
    now = both.duckdb.facts()
    left_out = {row["reason"] for row in rows_of(now)["left_out"]}
    assert left_out == {1, 4, 5, 6, 7, 8, 9, 10}
    assert max(row["cum_net"] for row in rows_of(now)["shop"]) ** 2 > 2**63 > WHOLESALE
    persons_now = {row["person_id"] for row in rows_of(now)["shop"]}
    then = both.duckdb.facts(date.fromisoformat(PAST))
    assert {row["person_id"] for row in rows_of(then)["shop"]} - persons_now, "nobody was joined later"
