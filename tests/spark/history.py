"""A generated shop for both engines, and everything the bot can be asked about it."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date
from typing import Any

import numpy as np

from bot.messages import Words
from bot.metrics import ad, weekly
from bot.reports import run_report
from store.books import Books
from store.shelf import Facts
from store.teams import day_number
from tests.shop import row

SKUS = ["A", "B", "化粧水", "D"]
ADS = ["", "AD1", "AD2", "広告 3"]
CHANNELS = ["web", "phone", "dm", "catalog", "store", ""]
STATES = ["paid", "shipped", "placed", "paid", "paid", "cancelled", "returned", "refused", "unpaid", "test"]
FIRST = np.datetime64("2024-06-01")
DAYS = 760
LAST_DAY = date(2026, 6, 30)
PAST = "2025-12-31"
WHOLESALE = 4_000_000_000
"""A price whose square does not fit into 64 bits."""


def orders(seed: int = 7, persons: int = 260) -> list[dict[str, Any]]:
    """Order lines with refunds, samples, cancellations, ads, channels, several lines, customers joined by e-mail."""
    dice = np.random.default_rng(seed)
    rows = [row("LAST", f"{LAST_DAY}T12:00:00+09:00", "nobody", sku="Z", status="test")]
    for person in range(persons):
        start = int(dice.integers(0, DAYS - 20))
        for purchase in range(int(dice.integers(1, 6))):
            day = min(start + purchase * int(dice.integers(0, 80)), DAYS - 10)
            at = FIRST + np.timedelta64(day, "D") + np.timedelta64(int(dice.integers(0, 86_400)), "s")
            order = {
                "customer_id": "" if dice.random() < 0.05 else f"c{person}{'b' if purchase > 2 else ''}",
                # The e-mail joins a person's two customer ids, but only from the fourth purchase on, and some couples.
                "email": f"p{person // 2 if person % 20 < 2 else person}@example.jp" if dice.random() < 0.5 else "",
                "status": str(dice.choice(STATES)),
                "channel": str(dice.choice(CHANNELS)),
                "ad_code": str(dice.choice(ADS)),
            }
            rows += _lines(dice, f"O{person}-{purchase}", f"{at}Z", order)
    return rows


def _lines(dice: np.random.Generator, order_id: str, at: str, order: dict[str, Any]) -> list[dict[str, Any]]:
    sample = dice.random() < 0.03
    rows = []
    for _ in range(dice.integers(1, 4)):
        price = 0 if sample else WHOLESALE if dice.random() < 0.01 else int(dice.integers(0, 9000))
        refund = int(dice.choice([0, 0, 0, price, price // 2]))
        cells = {name: value for name, value in order.items() if name != "customer_id"} | {"refund": refund}
        rows.append(row(order_id, at, order["customer_id"], sku=str(dice.choice(SKUS)), price=price, **cells))
    return rows


QUESTIONS = [
    *(f"ltv {words}" for words in ("all", "all window=30", "all ad=AD1", "all ad=unknown", "all channel=phone")),
    *(f"ltv {words}" for words in ("A", "化粧水 basis=product window=180", "D from=2025-01-01 to=2025-06-30")),
    *(f"repeat {words}" for words in ("all", "all window=365", "B", "B basis=product", "all channel=web ad=AD2")),
    *(f"cohort {words}" for words in ("all", "A channel=web", "B basis=product", "all ad=unknown from=2025-01-01")),
    *("ad", "ad AD1", "ad all from=2025-01-01"),
]
IN_THE_PAST = ["ltv all", "ltv A", "repeat all", "repeat B basis=product", "cohort all", "cohort B basis=product", "ad"]
"""Asked as of a day in the past, too."""


def answers(books: Books) -> dict[str, Any]:
    """What the bot says to all questions, and the figures of the weekly post."""
    said = asked(books, QUESTIONS) | asked(books, IN_THE_PAST, date.fromisoformat(PAST))
    facts = books.facts()
    said["weekly"] = astuple(weekly.measure(facts.shop, day_number(LAST_DAY) - 2))
    for since in (None, day_number(date(2025, 1, 1))):
        scan = ad.measure(facts.shop, day_number(LAST_DAY), since)
        said[f"ads since {since}"] = (dict(scan.sums), scan.weekly.to_dict("list"))
    return said


def asked(books: Books, questions: list[str], as_of: date | None = None) -> dict[str, Any]:
    """The answers as a program gets them, without the name of the snapshot they come from."""
    words = Words("ja", books.currency)
    said: dict[str, Any] = {}
    for question in questions:
        report, _, text = question.partition(" ")
        answer = run_report(report, text, books, words, today=LAST_DAY, as_of=as_of)
        said[f"{question} {as_of}"] = {name: value for name, value in answer.data.items() if name != "snapshot"}
    return said


def rows_of(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """All facts, in an order of their own."""
    tables = {"shop": facts.shop, "product": facts.product, "left_out": facts.left_out}
    return {name: table.order_by(*table.columns).to_pyarrow().to_pylist() for name, table in tables.items()}
