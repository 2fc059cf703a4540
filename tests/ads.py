"""Ads for tests: people who come through an ad, how many of them come back, and what the ad cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from store.spend_import import SpendReport, import_spend
from tests.shop import Shop, row

FIRST_DAY = date(2025, 1, 6)
"""A Monday."""


def people(
    code: str,
    weeks: int,
    per_week: int,
    returning: Callable[[int], int],
    *,
    price: int = 5000,
    start: date = FIRST_DAY,
) -> list[dict[str, Any]]:
    """Order rows of an ad: each week so many new people, of whom `returning(week)` buy again 30 days later."""
    rows = []
    for week in range(weeks):
        for number in range(per_week):
            who = f"{code or 'none'}-{week}-{number}"
            day = start + timedelta(days=7 * week + number % 7)
            rows.append(row(f"{who}-1", f"{day}T12:00:00+09:00", who, price=price, ad_code=code))
            if number < returning(week):
                again = day + timedelta(days=30)
                rows.append(row(f"{who}-2", f"{again}T12:00:00+09:00", who, price=price, ad_code=""))
    return rows


def through(day: date) -> list[dict[str, Any]]:
    """A test order: no purchase, but the data reaches through that day."""
    return [row("LAST", f"{day}T23:00:00+09:00", "sentinel", status="test")]


def load_spend(shop: Shop, text: str, **job: Any) -> SpendReport:
    """Import the text of an ad spend file."""
    shop.files += 1
    path = shop.folder / f"ad-spend-{shop.files}.csv"
    path.write_text(text, encoding="utf-8")
    return import_spend(shop.job(path, **({"profile": "ad_spend"} | job)))


def spend(costs: dict[str, int], day: date = FIRST_DAY) -> str:
    """A file that says what each ad cost in all."""
    return "date,ad_code,cost\n" + "".join(f"{day},{code},{cost}\n" for code, cost in costs.items())


def shop_at(engine: Any, folder: Path, today: date) -> Shop:
    """A shop whose clock stands at nine in the morning of `today`."""
    made = Shop(engine, folder)
    made.now = datetime(today.year, today.month, today.day, 9, tzinfo=made.zone)
    return made
