"""Asking back: the nearest products as buttons, or a menu of all products."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Words
from bot.query import quoted
from bot.views.framing import PICK, RUN, Again
from bot.views.kit import Block, Message, actions, button, escape, option, plain, section

MENU_LIMIT = 100
Choice = tuple[str, str]
"""A product's sku and name."""


def nearest(report: str, typed: str, rest: str, near: Sequence[Choice], words: Words) -> Message:
    """No product is called so: the nearest ones as buttons. `rest` are the settings that were typed."""
    if not near:
        text = words("report.none_near", product=escape(typed))
        return Message(text, [section(text)])
    text = words("report.nearest", product=escape(typed))
    choices = [
        button(label(choice), f"{RUN}.{at}", Again(report, f"{quoted(choice[0])} {rest}".strip()).value())
        for at, choice in enumerate(near)
    ]
    return Message(text, [section(text), actions(choices)])


def picker(report: str, rest: str, products: Sequence[Choice], words: Words) -> Message:
    """No product was named: a menu, and the whole shop as a button."""
    text = words("report.pick")
    menu: Block = {"action_id": PICK, "placeholder": plain(words("report.pick_placeholder"), 150)}
    if len(products) <= MENU_LIMIT:
        menu |= {"type": "static_select", "options": options(products)}
    else:
        menu |= {"type": "external_select", "min_query_length": 1}
    whole = button(words("report.whole_shop"), RUN, Again(report, f"all {rest}".strip()).value())
    elements = [menu, whole] if products else [whole]
    return Message(text, [section(text), actions(elements, block_id=_block_id(report, rest))])


def options(products: Sequence[Choice]) -> list[Block]:
    """Products as choices of a menu."""
    return [option(label(p), p[0]) for p in products if len(p[0]) <= 150][:MENU_LIMIT]


def picked(block_id: str, sku: str) -> Again:
    """The question that a choice in the menu asks."""
    _, report, rest = block_id.split(":", 2)
    return Again(report, f"{quoted(sku)} {rest}".strip())


def label(choice: Choice) -> str:
    """Name and sku, once where they are the same."""
    sku, name = choice
    return name if sku == name else f"{name}（{sku}）"


def _block_id(report: str, rest: str) -> str:
    return f"pick:{report}:{rest}"[:255]
