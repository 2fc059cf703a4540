"""説明: what a number means, what it leaves out, and the calculation with its figures, in a modal."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.messages import Words
from bot.views.framing import Again
from bot.views.kit import Block, actions, button, context, escape, modal, section

CALLBACK = "report.explained"
ROWS = "report.rows"


def waiting(words: Words) -> Block:
    """Shown at once, because the trigger dies after three seconds."""
    return modal(
        CALLBACK,
        words("report.explain_title"),
        [section(words("report.counting"))],
        close=words("button.close"),
    )


def explained(again: Again, data: Mapping[str, Any], words: Words) -> Block:
    """The whole explanation of an answer's data (bot.views.plain)."""
    rules = "\n".join(f"• {escape(rule)}" for rule in data["definition"]["rules"])
    left = "\n".join(f"• {words(f'explain.{name}')}: {words.count(n)}" for name, n in data["left_out"].items())
    blocks = [
        section(f"*{words('report.explain_formula')}*\n{_formula(data, words)}"),
        section(f"*{words('report.explain_definition')}*\n{rules}"),
        section(f"*{words('report.explain_left_out')}*\n{left}"),
        context(words("explain.frame", as_of=data["as_of"], start=data["data_from"], snapshot=data["snapshot"])),
        actions([button(words("explain.rows"), ROWS, again.value())]),
    ]
    return modal(CALLBACK, words("report.explain_title"), blocks, close=words("button.close"))


def rows_sent(shown: Mapping[str, Any], words: Words) -> Block:
    """The same explanation once the rows are on their way: where to find them instead of the button."""
    kept = [block for block in shown["blocks"] if block["type"] != "actions"]
    return modal(
        CALLBACK,
        words("report.explain_title"),
        [*kept, section(words("explain.rows_where"))],
        close=words("button.close"),
    )


def _formula(data: Mapping[str, Any], words: Words) -> str:
    result = data["result"]
    if data["report"] == "ltv":
        return words(
            "explain.ltv",
            net=words.amount(Decimal(result["net_sales"])),
            occasions=words.count(result["occasions"]),
            persons=words.count(result["persons"]),
            ltv="n/a" if result["ltv"] is None else words.amount(Decimal(result["ltv"])),
        )
    return words(
        "explain.repeat",
        returned=words.count(result["returned"]),
        mature=words.count(result["mature"]),
        rate=words.percent(result["rate"], 2),
    )
