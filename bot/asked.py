"""What was asked and of which data: the frame that every answer states beside its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.query import Query


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The frame of one answer.

    `subject` is the product's name, None for the whole shop; `as_of` the last complete shop-local day that counts;
    `synced_at` (shop-local) when the data came in; `left_out` orders that are no purchases, by reason.
    """

    report: str
    query: Query
    subject: str | None
    window: int
    as_of: date
    data_from: date
    synced_at: datetime
    snapshot: str
    currency: str
    zone: str
    left_out: Mapping[str, int]
