"""LTV and F2 computed a second time, in the plainest pandas, from the raw rows alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

INVALID = {"cancelled", "returned", "refused", "unpaid", "test"}


@dataclass(frozen=True)
class Naive:
    """The numbers of one question."""

    persons: int
    occasions: int
    net_sales: int
    squares: int
    returned: int
    ladder: tuple[int, ...]
    immature: int


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
    immature = 0
    for mine in purchases(rows, as_of):
        if not _chosen(mine[0], filters):
            continue
        sales = _sales_by_day(mine, product, basis)
        if sales is None:
            continue
        start = min(sales)
        if start + timedelta(days=window) > as_of:
            immature += 1
            continue
        mature.append([amount for day, amount in sales.items() if day <= start + timedelta(days=window)])
    totals = [sum(m) for m in mature]
    steps = tuple(sum(len(m) >= n for m in mature) for n in range(1, 5))
    return Naive(
        persons=len(mature),
        occasions=sum(len(m) for m in mature),
        net_sales=sum(totals),
        squares=sum(t * t for t in totals),
        returned=steps[1],
        ladder=steps,
        immature=immature,
    )


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


def f2_by_ad(rows: list[dict[str, Any]], as_of: date, window: int) -> dict[str, tuple[int, int, int, int]]:
    """By ad: persons, their net sales on the first day, mature ones, and those of them who came back."""
    found: dict[str, tuple[int, int, int, int]] = {}
    for ad, sales in sales_of(rows, as_of):
        first, *later = sorted(sales)
        mature = first + timedelta(days=window) <= as_of
        back = mature and any(day <= first + timedelta(days=window) for day in later)
        old = found.get(ad, (0, 0, 0, 0))
        found[ad] = (old[0] + 1, old[1] + sales[first], old[2] + mature, old[3] + back)
    return found


def week(rows: list[dict[str, Any]], ends: date) -> tuple[int, int, int]:
    """Net sales, occasions and new persons of the seven days through `ends`."""
    days = [ends - timedelta(days=back) for back in range(7)]
    everybody = [sales for _, sales in sales_of(rows, ends)]
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
