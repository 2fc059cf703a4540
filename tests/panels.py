"""Panels for tests, made of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from store.panel_records import Panel, Person, Stage

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def a_panel(
    stage: Stage,
    *,
    asked: int = 10,
    agreed: int | None = None,
    buyers: int | None = None,
    reasons: Mapping[int, str] | None = None,
    **changes: Any,
) -> Panel:
    """Ten people at ¥4,000; the first `agreed` agree and the first `buyers` buy, None: not recorded."""
    people = tuple(
        Person(
            seat=seat,
            alias=f"{LETTERS[(seat - 1) % 26]}さん",
            agreed=None if agreed is None else seat <= agreed,
            would_buy=None if buyers is None else seat <= buyers,
            answered=buyers is not None,
            reason=(reasons or {}).get(seat, ""),
        )
        for seat in range(1, asked + 1)
    )
    told: dict[str, Any] = {
        "id": 7,
        "team": "T1",
        "concept_id": 3,
        "concept": "朝だけ美容液",
        "proposition": "忙しい朝、ひと塗りで夕方までうるおいが続く美容液です。\n"
        "夜のお手入れは、いつも通りで構いません。",
        "first_round": 7,
        "round": 1,
        "price": 4000,
        "currency": "JPY",
        "threshold": 2000,
        "internal": False,
        "created_by": "U0PLAN001",
        "created_at": AT,
        "closed_at": AT if stage is Stage.CLOSED else None,
        "channel": "C0PLAN001",
        "message_ts": "1.0",
        "people": people,
    }
    return Panel(**{**told, "stage": stage, **changes})
