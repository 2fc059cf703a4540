"""The shared pieces of every message: escaping, blocks within Slack's limits, and the message value itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Block = dict[str, Any]
Align = Literal["left", "center", "right"]

TEXT_LIMIT = 3000
HEADER_LIMIT = 150
FIELDS_LIMIT = 10
FIELD_LIMIT = 2000
BUTTON_TEXT_LIMIT = 75
BUTTON_VALUE_LIMIT = 2000
OPTION_TEXT_LIMIT = 75
TABLE_ROWS_LIMIT = 100
ALT_LIMIT = 2000
EMPTY_CELL = "–"
INERT = str.maketrans("*_~`:", "＊＿～｀：")
"""Marks of mrkdwn and the characters that look the same and mean nothing; names with either are found (NFKC)."""
STYLING = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`|:[\w+'-]+:|://", re.ASCII)
"""What could open or close a style, be an emoji or make a link. A mark inside a word (product_x) does none of it."""


@dataclass(frozen=True)
class Picture:
    """A chart to be shown with a message: file name, what a screen reader says, PNG bytes."""

    name: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Message:
    """What is sent to Slack: a text that stands alone, blocks, and pictures.

    The pictures stand before the block number `pictures_at`, or under all blocks.
    """

    text: str
    blocks: list[Block]
    pictures: tuple[Picture, ...] = ()
    pictures_at: int | None = None


def escape(text: str) -> str:
    """Outside text made inert for mrkdwn: &, <, > as entities, marks that could style it as their full-width twins.

    Invisible characters beside a mark would not help: they are no letters, so that Slack takes the mark for one that
    stands at the edge of a word, which is where it styles.
    """
    plain = STYLING.sub(lambda found: found[0].translate(INERT), text)
    return " ".join(plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())


def without_marks(text: str) -> str:
    """A message's text for a terminal: entities back as characters, and what would be bold without its asterisks."""
    plain = re.sub(r"(?<![A-Za-z0-9])\*([^*\n]+)\*(?![A-Za-z0-9])", r"\1", text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def cut(text: str, limit: int) -> str:
    """`text` within `limit` characters, with … where something was left off."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str, limit: int = TEXT_LIMIT) -> Block:
    """A plain_text object; nothing in it is ever interpreted."""
    return {"type": "plain_text", "text": cut(text, limit) or EMPTY_CELL, "emoji": False}


def mrkdwn(text: str, limit: int = TEXT_LIMIT) -> Block:
    """A mrkdwn object; outside text in it must have gone through `escape`."""
    return {"type": "mrkdwn", "text": cut(text, limit) or EMPTY_CELL}


def header(text: str) -> Block:
    """A heading in plain text (outside text needs no escaping here)."""
    return {"type": "header", "text": plain(text, HEADER_LIMIT)}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph of mrkdwn, with an optional element at its right."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | {"accessory": accessory} if accessory else block


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Label over value, two columns; at most ten pairs."""
    return {
        "type": "section",
        "fields": [mrkdwn(f"*{label}*\n{value}", FIELD_LIMIT) for label, value in pairs[:FIELDS_LIMIT]],
    }


def context(*texts: str) -> Block:
    """Small grey lines: definitions, freshness, what was left out."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def divider() -> Block:
    """A thin line."""
    return {"type": "divider"}


def button(text: str, action_id: str, value: str, style: Literal["primary", "danger"] | None = None) -> Block:
    """A button; `value` comes back in the action."""
    if len(value) > BUTTON_VALUE_LIMIT:
        raise ValueError(f"button value of {len(value)} characters")
    block: Block = {
        "type": "button",
        "text": plain(text, BUTTON_TEXT_LIMIT),
        "action_id": action_id,
        "value": value,
    }
    return block | {"style": style} if style else block


def actions(elements: Sequence[Block], block_id: str | None = None) -> Block:
    """A row of buttons or menus."""
    block: Block = {"type": "actions", "elements": list(elements)}
    return block | {"block_id": block_id} if block_id else block


def option(text: str, value: str) -> Block:
    """One choice of a menu."""
    return {"text": plain(text, OPTION_TEXT_LIMIT), "value": value}


def image(file_id: str, alt: str) -> Block:
    """An uploaded picture, by its file id."""
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": cut(alt, ALT_LIMIT)}


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[Align]) -> Block:
    """A table of text; empty cells become –, rows past Slack's hundred are left off."""

    def cell(text: str) -> Block:
        return {"type": "raw_text", "text": text or EMPTY_CELL}

    kept = [headings, *rows][:TABLE_ROWS_LIMIT]
    return {
        "type": "table",
        "column_settings": [{"align": side, "is_wrapped": True} for side in align],
        "rows": [[cell(text) for text in row] for row in kept],
    }


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    close: str,
    submit: str | None = None,
    metadata: str = "",
) -> Block:
    """A modal view; titles and buttons are cut to Slack's 24 characters."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }
    return view | {"submit": plain(submit, 24)} if submit else view


def text_input(
    block_id: str,
    label: str,
    *,
    multiline: bool = False,
    optional: bool = False,
    initial: str = "",
    hint: str = "",
    placeholder: str = "",
    max_length: int = 3000,
) -> Block:
    """A text field; its value stands under state.values[block_id]["value"]."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": multiline,
        "max_length": max_length,
    }
    if initial:
        element["initial_value"] = initial
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return _input(block_id, label, element, optional, hint)


def number_input(
    block_id: str,
    label: str,
    *,
    initial: str = "",
    hint: str = "",
    optional: bool = False,
    live: bool = False,
) -> Block:
    """A number field (Slack sends its value as a string); `live` sends each change at once."""
    element: Block = {"type": "number_input", "action_id": "value", "is_decimal_allowed": True}
    if initial:
        element["initial_value"] = initial
    block = _input(block_id, label, element, optional, hint)
    return block | {"dispatch_action": True} if live else block


def choice_input(
    block_id: str,
    label: str,
    kind: Literal["static_select", "multi_static_select", "radio_buttons", "checkboxes"],
    options: Sequence[Block],
    *,
    initial: Sequence[Block] = (),
    optional: bool = False,
    hint: str = "",
    placeholder: str = "",
) -> Block:
    """A menu; several choices for multi_static_select and checkboxes."""
    element: Block = {"type": kind, "action_id": "value", "options": list(options)}
    if initial:
        many = kind in ("multi_static_select", "checkboxes")
        element["initial_options" if many else "initial_option"] = list(initial) if many else initial[0]
    if placeholder and kind in ("static_select", "multi_static_select"):
        element["placeholder"] = plain(placeholder, 150)
    return _input(block_id, label, element, optional, hint)


def _input(block_id: str, label: str, element: Block, optional: bool, hint: str) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    return block | {"hint": plain(hint, 2000)} if hint else block
