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
    orders = newest_orders(rows, as_of)
    person_of = persons(orders)
    bought = [o for o in orders if o["status"] not in INVALID and o["net"] > 0]
    per_person: dict[Hashable, list[dict[str, Any]]] = {}
    for order in bought:
        who = person_of.get(order["order_id"])
        if who is not None:
            per_person.setdefault(who, []).append(order)
    mature: list[list[int]] = []
    immature = 0
    for mine in per_person.values():
        first_order = min(mine, key=lambda o: (o["at"], o["order_id"]))
        if not _chosen(first_order, filters):
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
