"""A shop for tests: write order rows as a CSV, import them, ask the bot."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from bot.messages import Words
from bot.reports import run_report
from store.books import Books
from store.order_import import ImportJob, ImportReport, import_orders
from store.shelf import Shelf
from store.teams import HOME

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HEADINGS = (
    *("order_id", "ordered_at", "customer_id", "sku", "quantity", "unit_price", "product_name", "updated_at"),
    *("email", "discount", "shipping", "tax", "refund", "status", "channel", "ad_code", "subscription_cycle"),
    "currency",
)


def row(
    order_id: str, ordered_at: str, customer_id: str, *, sku: str = "A", price: str | int = 1000, **cells: Any
) -> dict[str, Any]:
    """One line item; every other heading can be given as a keyword."""
    return {
        "order_id": order_id,
        "ordered_at": ordered_at,
        "customer_id": customer_id,
        "sku": sku,
        "quantity": 1,
        "unit_price": price,
    } | cells


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows under all headings of the generic profile."""
    out = io.StringIO()
    sheet = csv.DictWriter(out, HEADINGS, restval="")
    sheet.writeheader()
    sheet.writerows(rows)
    return out.getvalue()


@dataclass
class Shop:
    """One team's store in a folder."""

    engine: Engine
    folder: Path
    zone: ZoneInfo = TOKYO
    now: datetime = NOW
    files: int = field(default=0)

    def load(self, content: str | bytes | list[dict[str, Any]], **job: Any) -> ImportReport:
        """Import rows or the bytes of a file."""
        self.files += 1
        path = self.folder / f"orders-{self.files}.csv"
        text = as_csv(content) if isinstance(content, list) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return import_orders(self.job(path, **job))

    def job(self, path: Path, **changed: Any) -> ImportJob:
        """An import of `path` into this shop."""
        words: dict[str, Any] = {
            "engine": self.engine,
            "team": HOME,
            "path": path,
            "profile": "generic",
            "currency": None,
            "default_currency": "JPY",
            "zone": self.zone,
            "now": self.now,
            "scratch": self.folder / "scratch",
        }
        return ImportJob(**(words | changed))

    @cached_property
    def shelf(self) -> Shelf:
        """The shelf over the shop's facts."""
        return Shelf(self.engine, self.folder / "facts")

    @property
    def books(self) -> Books:
        """The shop's books."""
        return Books(self.engine, self.shelf, HOME, self.zone)

    def ask(self, question: str, as_of: str | None = None) -> dict[str, Any]:
        """The answer as a program gets it."""
        report, _, text = question.partition(" ")
        books = self.books
        today = self.now.astimezone(self.zone).date()
        day = None if as_of is None else datetime.fromisoformat(as_of).date()
        words = Words("ja", books.currency)
        return dict(run_report(report, text, books, words, today=today, as_of=day).data)
