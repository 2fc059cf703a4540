"""Monthly cohorts (月別コホート): of those who first bought in a month, how many bought again k months later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ibis.expr import types as ir

from bot.metrics.cohort import Cohort, exact_sum, of_cohort
from bot.metrics.intervals import Ratio
from bot.metrics.prepared import Number, Prepared

MONTHS_SHOWN = 12


@dataclass(frozen=True)
class MonthCohort:
    """One first month (months since 1970-01) and the calendar months after it that are complete.

    `active[k]` are the persons with a purchase in the k-th month after, `net_sales[k]` (minor units) what the whole
    cohort bought in it; month 0 is the first month itself.
    """

    month: int
    persons: int
    active: tuple[int, ...]
    net_sales: tuple[int, ...]

    def share(self, k: int) -> Ratio:
        """Persons active in month k ÷ all persons of the cohort."""
        return Ratio(self.active[k], self.persons)


def measure(track: ir.Table, cohort: Cohort, last_month: int, months: int = MONTHS_SHOWN) -> tuple[MonthCohort, ...]:
    """All cohorts up to `last_month`, the last calendar month (since 1970-01) that the data holds completely.

    A month that is not over yet would look like a fall, so it is not counted.
    """
    counted = _by_month(track, **asdict(cohort), last_month=last_month, months=months).to_pylist()
    cells = {(r["month0"], r["month"]): (int(r["active"]), int(r["net_sales"])) for r in counted}
    found = []
    for first in sorted({month0 for month0, _ in cells}):
        row = [cells.get((first, month), (0, 0)) for month in range(first, min(first + months, last_month) + 1)]
        found.append(MonthCohort(first, row[0][0], tuple(a for a, _ in row), tuple(n for _, n in row)))
    return tuple(found)


@Prepared
def _by_month(track: ir.Table, *, last_month: Number, months: Number, **cohort: Any) -> ir.Table:
    mine = of_cohort(track, Cohort(**cohort))
    mine = mine.filter(mine.month <= last_month, mine.month - mine.month0 <= months)
    return mine.group_by("month0", "month").agg(
        active=mine.month_first.cast("int32").sum(), net_sales=exact_sum(mine.net)
    )
