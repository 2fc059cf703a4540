"""Every metric computed a second time, in the plainest way, from the raw rows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd

INVALID = {"cancelled", "returned", "refused", "unpaid", "test"}
REASONS = {"cancelled": 4, "returned": 5, "refused": 6, "unpaid": 7, "test": 8}
UNMATCHED, REFUNDED, SAMPLE = 1, 9, 10
EARLY_DAYS = 90
YEAR = 365


@dataclass(frozen=True)
class Naive:
    """The numbers of one question.

    `by_age` and `seconds` are the curves: net sales, and persons who bought the second time, by age in days; `waits`
    (days, came back) of the persons of the last two windows, to the second purchase or to the last known day.
    """

    persons: int
    occasions: int
    net_sales: int
    squares: int
    top_sales: int
    returned: int
    ladder: tuple[int, ...]
    immature: int
    next_mature: date | None
    unknown_ad: int
    early: int
    by_age: dict[int, int]
    seconds: dict[int, int]
    waits: list[tuple[int, bool]]


def measure(
    rows: list[dict[str, Any]],
    window: int,
    as_of: date,
    *,
    product: str | None = None,
    basis: str = "shop",
    **filters: Any,
) -> Naive:
    """Count by hand: newest version of each order, persons by chained keys, one occasion per person and Tokyo day."""
    mature: list[list[int]] = []
    young: list[date] = []
    waits: list[tuple[int, bool]] = []
    unknown_ad = early = 0
    by_age: Counter[int] = Counter()
    seconds: Counter[int] = Counter()
    data_from = min(order["day"] for order in newest_orders(rows))
    for mine in purchases(rows, as_of):
        if not _chosen(mine[0], filters):
            continue
        sales = _sales_by_day(mine, product, basis)
        if sales is None:
            continue
        start = min(sales)
        ages = {(day - start).days: amount for day, amount in sorted(sales.items())}
        if start > as_of - timedelta(days=2 * window):
            waits.append((list(ages)[1], True) if len(ages) > 1 else ((as_of - start).days, False))
        if start + timedelta(days=window) > as_of:
            young.append(start)
            continue
        inside = {age: amount for age, amount in ages.items() if age <= window}
        by_age.update(inside)
        seconds.update(list(inside)[1:2])
        unknown_ad += mine[0]["ad"] == ""
        early += start < data_from + timedelta(days=EARLY_DAYS)
        mature.append(list(inside.values()))
    totals = sorted((sum(m) for m in mature), reverse=True)
    steps = tuple(sum(len(m) >= n for m in mature) for n in range(1, 8))
    return Naive(
        persons=len(mature),
        occasions=sum(len(m) for m in mature),
        net_sales=sum(totals),
        squares=sum(t * t for t in totals),
        top_sales=sum(totals[: -(-len(totals) // 100)]),
        returned=steps[1],
        ladder=steps,
        immature=len(young),
        next_mature=min(young) + timedelta(days=window) if young else None,
        unknown_ad=unknown_ad,
        early=early,
        by_age=dict(by_age),
        seconds=dict(seconds),
        waits=waits,
    )


def provisional(waits: list[tuple[int, bool]], window: int) -> tuple[int, int, int, float | None]:
    """Kaplan–Meier by hand: persons, those back within the window, those still waited for at its end, and F2."""
    back = [days for days, returned in waits if returned and days <= window]
    at_risk = sum(days >= window for days, _ in waits)
    stayed = Fraction(1)
    for day in set(back):
        waiting = sum(days >= day for days, _ in waits)
        stayed *= Fraction(waiting - back.count(day), waiting)
    nobody_left = bool(back) and all(back.count(days) and returned for days, returned in waits if days == max(waits)[0])
    return len(waits), len(back), at_risk, float(1 - stayed) if at_risk or nobody_left else None


def left_out(rows: list[dict[str, Any]], as_of: date) -> dict[str | None, dict[int, int]]:
    """Orders that are no purchases by reason, of the whole shop (None) and of every product in them."""
    found: dict[str | None, dict[int, int]] = {}
    orders = newest_orders(rows, as_of)
    person_of = persons(orders)
    for order in orders:
        if order["status"] in INVALID:
            reason = REASONS[order["status"]]
        elif order["net"] <= 0:
            reason = REFUNDED if order["refund"] > 0 else SAMPLE
        elif order["order_id"] not in person_of:
            reason = UNMATCHED
        else:
            continue
        for sku in {None, *(sku for sku, _ in order["lines"])}:
            mine = found.setdefault(sku, {})
            mine[reason] = mine.get(reason, 0) + 1
    return found


def purchases(rows: list[dict[str, Any]], as_of: date) -> list[list[dict[str, Any]]]:
    """The valid orders of each person, the earliest first."""
    orders = newest_orders(rows, as_of)
    person_of = persons(orders)
    per_person: dict[Hashable, list[dict[str, Any]]] = {}
    for order in orders:
        who = person_of.get(order["order_id"])
        if who is not None and order["status"] not in INVALID and order["net"] > 0:
            per_person.setdefault(who, []).append(order)
    return [sorted(mine, key=lambda o: (o["at"], o["order_id"])) for mine in per_person.values()]


def sales_of(rows: list[dict[str, Any]], as_of: date) -> list[tuple[str, dict[date, int]]]:
    """(ad of the first order, net sales by day) of each person."""
    return [(mine[0]["ad"], _sales_by_day(mine, None, "shop") or {}) for mine in purchases(rows, as_of)]


def months(rows: list[dict[str, Any]], as_of: date, last: tuple[int, int]) -> dict[tuple[int, int], Any]:
    """By first (year, month): persons, and by every (year, month) through `last` those who bought and for how much."""
    found: dict[tuple[int, int], Any] = {}
    for _, sales in sales_of(rows, as_of):
        first = min(sales)
        if (first.year, first.month) > last:
            continue
        row = found.setdefault((first.year, first.month), {"persons": 0, "active": {}, "net_sales": {}})
        row["persons"] += 1
        for month in {(day.year, day.month) for day in sales}:
            if month <= last:
                row["active"][month] = row["active"].get(month, 0) + 1
        for day, amount in sales.items():
            month = (day.year, day.month)
            if month <= last:
                row["net_sales"][month] = row["net_sales"].get(month, 0) + amount
    return found


def ads(rows: list[dict[str, Any]], as_of: date, since: date | None = None) -> dict[str, dict[str, int]]:
    """By ad, of the persons whose first purchase is not before `since`: everything that is known of an ad."""
    found: dict[str, dict[str, int]] = {}
    for ad, sales in sales_of(rows, as_of):
        first = min(sales)
        if since is not None and first < since:
            continue
        year = {day: amount for day, amount in sales.items() if (day - first).days <= YEAR}
        grown, f2 = first + timedelta(days=YEAR) <= as_of, first + timedelta(days=EARLY_DAYS) <= as_of
        total = sum(year.values())
        mine = {
            "new_persons": 1,
            "recent": first > as_of - timedelta(days=28),
            "first_sales": sales[first],
            "year_sales": total,
            "waiting": not grown,
            "ltv_n": grown,
            "ltv_total": grown * total,
            "ltv_squares": grown * total * total,
            "repeaters": grown and len(year) > 1,
            "later_sales": grown * (total - sales[first]),
            "f2_n": f2,
            "f2_returned": f2 and any(0 < (day - first).days <= EARLY_DAYS for day in sales),
        }
        sums = found.setdefault(ad, dict.fromkeys(mine, 0))
        for name, number in mine.items():
            sums[name] += number
    return found


def f2_by_week(rows: list[dict[str, Any]], as_of: date) -> dict[tuple[str, date], tuple[int, int]]:
    """By known ad and the Monday of the week, whole weeks only, in which their 90 days end: persons, came back."""
    found: dict[tuple[str, date], tuple[int, int]] = {}
    for ad, sales in sales_of(rows, as_of):
        first = min(sales)
        ends = first + timedelta(days=EARLY_DAYS)
        monday = ends - timedelta(days=ends.weekday())
        if ad and monday + timedelta(days=6) <= as_of:
            old = found.get((ad, monday), (0, 0))
            found[ad, monday] = (old[0] + 1, old[1] + any(first < day <= ends for day in sales))
    return found


def matured_in_week(rows: list[dict[str, Any]], ends: date, as_of: date, window: int) -> tuple[int, int]:
    """Persons whose window ended in the seven days through `ends`, and those who came back within it."""
    counted = [0, 0]
    for _, sales in sales_of(rows, as_of):
        first = min(sales)
        last = first + timedelta(days=window)
        if ends - timedelta(days=7) < last <= ends:
            counted[0] += 1
            counted[1] += any(first < day <= last for day in sales)
    return counted[0], counted[1]


def week(rows: list[dict[str, Any]], ends: date, as_of: date) -> tuple[int, int, int]:
    """Net sales, occasions and new persons of the seven days through `ends`, with the persons known on `as_of`."""
    days = [ends - timedelta(days=back) for back in range(7)]
    everybody = [sales for _, sales in sales_of(rows, as_of)]
    return (
        sum(sales.get(day, 0) for sales in everybody for day in days),
        sum(day in sales for sales in everybody for day in days),
        sum(min(sales) in days for sales in everybody),
    )


def newest_orders(rows: list[dict[str, Any]], as_of: date | None = None) -> list[dict[str, Any]]:
    """Whole orders in their newest state; of equal versions the later file's rows win (`batch`)."""
    found: dict[str, dict[tuple[Any, int], list[dict[str, Any]]]] = {}
    for r in rows:
        at = pd.Timestamp(r["ordered_at"])
        at = at.tz_localize("Asia/Tokyo") if at.tzinfo is None else at
        version = pd.Timestamp(r["updated_at"]) if r.get("updated_at") else at
        version = version.tz_localize("Asia/Tokyo") if version.tzinfo is None else version
        found.setdefault(r["order_id"], {}).setdefault((version, r.get("batch", 0)), []).append(r | {"at": at})
    orders = []
    for order_id, versions in found.items():
        lines = versions[max(versions)]
        first = lines[0]
        day = first["at"].tz_convert("Asia/Tokyo").date()
        if as_of is not None and day > as_of:
            continue
        amounts = [
            (
                x["sku"],
                int(x["unit_price"]) * int(x["quantity"]) - int(x.get("discount") or 0) - int(x.get("refund") or 0),
            )
            for x in lines
        ]
        orders.append(
            {
                "order_id": order_id,
                "at": first["at"],
                "day": day,
                "status": (first.get("status") or "paid").lower(),
                "customer": first.get("customer_id") or None,
                "email": _email(first.get("email")),
                "channel": (first.get("channel") or "").lower(),
                "ad": first.get("ad_code") or "",
                "lines": amounts,
                "net": sum(a for _, a in amounts),
                "refund": sum(int(x.get("refund") or 0) for x in lines),
            }
        )
    return orders


def persons(orders: list[dict[str, Any]]) -> dict[str, Hashable]:
    """Order id → a name of the person, by walking from key to key until nothing new is reached."""
    orders_of: dict[Hashable, set[str]] = {}
    keys_of: dict[str, list[Hashable]] = {}
    for o in orders:
        keys: list[Hashable] = [("c", o["customer"])] if o["customer"] else []
        keys += [("e", o["email"])] if o["email"] else []
        keys_of[o["order_id"]] = keys
        for key in keys:
            orders_of.setdefault(key, set()).add(o["order_id"])
    person_of: dict[str, Hashable] = {}
    for order_id, keys in keys_of.items():
        if not keys or order_id in person_of:
            continue
        waiting = [order_id]
        while waiting:
            one = waiting.pop()
            if one in person_of:
                continue
            person_of[one] = order_id
            waiting += [other for key in keys_of[one] for other in orders_of[key]]
    return person_of


def _email(value: Any) -> str | None:
    text = (value or "").strip().casefold()
    return text if text.count("@") == 1 and not text.startswith("@") and not text.endswith("@") else None


def _chosen(first: dict[str, Any], filters: dict[str, Any]) -> bool:
    return all(first[name] == wanted for name, wanted in filters.items())


def _sales_by_day(mine: list[dict[str, Any]], product: str | None, basis: str) -> dict[date, int] | None:
    if product is not None and basis == "shop":
        start = min(o["day"] for o in mine)
        if not any(sku == product for o in mine if o["day"] == start for sku, _ in o["lines"]):
            return None
    by_day: dict[date, int] = {}
    for o in mine:
        lines = [a for sku, a in o["lines"] if basis == "shop" or sku == product]
        if lines:
            by_day[o["day"]] = by_day.get(o["day"], 0) + sum(lines)
    return by_day or None
