"""The pseudonymous rows behind a number: one line per mature person, as CSV."""

from __future__ import annotations

import csv
import io

from bot.metrics.cohort import mature_at, of_cohort
from bot.periods import day_of
from bot.reports import Question
from bot.views.plain import major

ROWS_LIMIT = 200_000


def rows_csv(question: Question) -> tuple[bytes, int]:
    """(CSV with a BOM, number of persons): pseudonym, first purchase, purchases and net sales within the window."""
    asked = question.asked
    mature = mature_at(of_cohort(question.track, question.cohort), asked.window, question.day)
    found = mature.select("person_id", "d0", "n", "cum_net").order_by("d0", "person_id").limit(ROWS_LIMIT).to_pyarrow()
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["person", "first_purchase", f"purchases_{asked.window}d", f"net_sales_{asked.window}d"])
    for row in found.to_pylist():
        person = f"p{row['person_id'] % 2**64:016x}"
        sheet.writerow([person, day_of(row["d0"]).isoformat(), row["n"], major(row["cum_net"], asked.currency)])
    return out.getvalue().encode("utf-8-sig"), found.num_rows
