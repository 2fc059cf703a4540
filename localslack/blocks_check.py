"""Checks of blocks on messages, modals and the App Home: what Slack would refuse is refused here."""

import json
from collections.abc import Callable
from typing import Any, Literal

from localslack import limits
from localslack.elements_check import (
    ACCESSORIES,
    ACTION_ELEMENTS,
    INPUT_ELEMENTS,
    Problems,
    element,
    listed,
    string,
    text,
)
from localslack.errors import ApiError
from localslack.team import Json

Surface = Literal["message", "modal", "home"]
FileKnown = Callable[[Json], bool]
"""Says whether a slack_file object ({"id": …} or {"url": …}) names a file that is ready."""

_EVERYWHERE = frozenset({"header", "section", "divider", "context", "actions", "image", "input", "rich_text"})
_ALLOWED: dict[Surface, frozenset[str]] = {
    "message": _EVERYWHERE | {"markdown", "table", "file"},
    "modal": _EVERYWHERE,
    "home": _EVERYWHERE,
}
_RICH = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"})


class _Checker:
    """One walk over a list of blocks."""

    def __init__(self, surface: Surface, file_known: FileKnown) -> None:
        self.surface = surface
        self.file_known = file_known
        self.problems = Problems()
        self.block_ids: set[str] = set()
        self.tables = 0
        self.markdown = 0

    def blocks(self, blocks: Any) -> None:
        if not isinstance(blocks, list):
            self.problems.add("/blocks", "must be an array")
            return
        most = limits.MESSAGE_BLOCKS if self.surface == "message" else limits.VIEW_BLOCKS
        if len(blocks) > most:
            self.problems.add("/blocks", f"no more than {most} items allowed [{len(blocks)} given]")
        if not blocks and self.surface == "modal":
            self.problems.add("/blocks", "must have at least 1 item")
        for number, block in enumerate(blocks):
            self.block(f"/blocks/{number}", block)

    def block(self, at: str, block: Any) -> None:
        if not isinstance(block, dict):
            self.problems.add(at, "must be an object")
            return
        kind = str(block.get("type"))
        if kind not in _ALLOWED[self.surface]:
            self.problems.add(f"{at}/type", f"unsupported type: {kind}")
            return
        block_id = block.get("block_id")
        if block_id is not None:
            string(self.problems, f"{at}/block_id", block_id, limits.IDENTIFIER)
            if str(block_id) in self.block_ids:
                self.problems.add(f"{at}/block_id", f"`block_id` {block_id} already exists")
            self.block_ids.add(str(block_id))
        self._unique_actions(at, block)
        getattr(self, f"_{kind}")(at, block)

    def _unique_actions(self, at: str, block: Json) -> None:
        seen: set[str] = set()
        for number, item in enumerate(listed(block.get("elements"))):
            action_id = item.get("action_id") if isinstance(item, dict) else None
            if not isinstance(action_id, str):
                continue
            if action_id in seen:
                self.problems.add(f"{at}/elements/{number}/action_id", f"`action_id` {action_id} already exists")
            seen.add(action_id)

    def _header(self, at: str, block: Json) -> None:
        text(self.problems, f"{at}/text", block.get("text"), limits.HEADER_TEXT, plain=True)

    def _section(self, at: str, block: Json) -> None:
        if block.get("text") is None and not block.get("fields"):
            self.problems.add(at, "must provide either text or fields")
        text(self.problems, f"{at}/text", block.get("text"), limits.TEXT_OBJECT, required=False)
        fields = block.get("fields")
        if fields is not None:
            if not isinstance(fields, list) or not 1 <= len(fields) <= limits.SECTION_FIELDS:
                self.problems.add(f"{at}/fields", f"must have 1 to {limits.SECTION_FIELDS} items")
            else:
                for number, item in enumerate(fields):
                    text(self.problems, f"{at}/fields/{number}", item, limits.FIELD_TEXT)
        accessory = block.get("accessory")
        if isinstance(accessory, dict) and accessory.get("type") == "image":
            self._image(f"{at}/accessory", accessory)
        elif accessory is not None:
            element(self.problems, f"{at}/accessory", accessory, ACCESSORIES)

    def _divider(self, at: str, block: Json) -> None:
        return None

    def _context(self, at: str, block: Json) -> None:
        for number, item in enumerate(self._items(at, block, limits.CONTEXT_ELEMENTS)):
            here = f"{at}/elements/{number}"
            if isinstance(item, dict) and item.get("type") == "image":
                self._image(here, item)
            else:
                text(self.problems, here, item, limits.TEXT_OBJECT)

    def _actions(self, at: str, block: Json) -> None:
        for number, item in enumerate(self._items(at, block, limits.ACTIONS_ELEMENTS)):
            element(self.problems, f"{at}/elements/{number}", item, ACTION_ELEMENTS)

    def _items(self, at: str, block: Json, most: int) -> list[Any]:
        items = block.get("elements")
        if not isinstance(items, list) or not 1 <= len(items) <= most:
            self.problems.add(f"{at}/elements", f"must have 1 to {most} items")
            return []
        return items

    def _image(self, at: str, block: Json) -> None:
        string(self.problems, f"{at}/alt_text", block.get("alt_text"), limits.ALT_TEXT)
        if block.get("title") is not None:
            text(self.problems, f"{at}/title", block["title"], limits.ALT_TEXT, plain=True)
        file = block.get("slack_file")
        if (file is None) == (block.get("image_url") is None):
            self.problems.add(at, "must provide exactly one of image_url and slack_file")
        elif file is None:
            string(self.problems, f"{at}/image_url", block["image_url"], limits.URL)
        elif not isinstance(file, dict) or not self.file_known(file):
            self.problems.add(f"{at}/slack_file", "invalid slack file")

    def _input(self, at: str, block: Json) -> None:
        text(self.problems, f"{at}/label", block.get("label"), limits.LABEL_TEXT, plain=True)
        if block.get("hint") is not None:
            text(self.problems, f"{at}/hint", block["hint"], limits.LABEL_TEXT, plain=True)
        element(self.problems, f"{at}/element", block.get("element"), INPUT_ELEMENTS)

    def _rich_text(self, at: str, block: Json) -> None:
        items = block.get("elements")
        if not isinstance(items, list) or not items:
            self.problems.add(f"{at}/elements", "must have at least 1 item")
            return
        for number, item in enumerate(items):
            if not isinstance(item, dict) or str(item.get("type")) not in _RICH:
                self.problems.add(f"{at}/elements/{number}/type", f"must be one of: {', '.join(sorted(_RICH))}")
            elif not isinstance(item.get("elements"), list):
                self.problems.add(f"{at}/elements/{number}/elements", "missing required field")

    def _markdown(self, at: str, block: Json) -> None:
        value = block.get("text")
        string(self.problems, f"{at}/text", value, limits.MARKDOWN_TEXT)
        self.markdown += len(value) if isinstance(value, str) else 0
        if self.markdown > limits.MARKDOWN_TEXT:
            self.problems.add(at, f"markdown blocks have more than {limits.MARKDOWN_TEXT} characters in total")

    def _file(self, at: str, block: Json) -> None:
        self.problems.add(at, "file blocks cannot be written by apps")

    def _table(self, at: str, block: Json) -> None:
        self.tables += 1
        rows = block.get("rows")
        if not isinstance(rows, list) or not 1 <= len(rows) <= limits.TABLE_ROWS:
            self.problems.add(f"{at}/rows", f"must have 1 to {limits.TABLE_ROWS} items")
            return
        for row_number, row in enumerate(rows):
            here = f"{at}/rows/{row_number}"
            if not isinstance(row, list) or not 1 <= len(row) <= limits.TABLE_COLUMNS:
                self.problems.add(here, f"must have 1 to {limits.TABLE_COLUMNS} items")
                continue
            for number, cell in enumerate(row):
                self._cell(f"{here}/{number}", cell)
        settings = listed(block.get("column_settings"))
        if len(settings) > limits.TABLE_COLUMNS:
            self.problems.add(f"{at}/column_settings", f"no more than {limits.TABLE_COLUMNS} items allowed")
        for number, setting in enumerate(settings):
            if isinstance(setting, dict) and setting.get("align") not in (None, "left", "center", "right"):
                self.problems.add(f"{at}/column_settings/{number}/align", "must be one of: left, center, right")

    def _cell(self, at: str, cell: Any) -> None:
        kind = cell.get("type") if isinstance(cell, dict) else None
        if kind == "raw_text":
            string(self.problems, f"{at}/text", cell.get("text"), limits.TEXT_OBJECT)
        elif kind == "raw_number":
            value = cell.get("value")
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.problems.add(f"{at}/value", "must be a number")
            string(self.problems, f"{at}/text", cell.get("text"), limits.TEXT_OBJECT, required=False)
        elif kind == "rich_text":
            self._rich_text(at, cell)
        else:
            self.problems.add(f"{at}/type", "must be one of: raw_text, raw_number, rich_text")


def check_message(blocks: Any, file_known: FileKnown) -> None:
    """Refuse what chat.postMessage would refuse.

    Raises ApiError invalid_blocks (with the places), msg_blocks_too_long or only_one_table_allowed.
    """
    checker = _Checker("message", file_known)
    checker.blocks(blocks)
    if checker.problems.found:
        raise ApiError("invalid_blocks", checker.problems.found)
    if checker.tables > 1:
        raise ApiError("invalid_blocks", ["[ERROR] only_one_table_allowed [json-pointer:/blocks]"])
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > limits.MESSAGE_BLOCKS_JSON:
        raise ApiError("msg_blocks_too_long")


def check_view(view: Any, surface: Literal["modal", "home"], file_known: FileKnown) -> None:
    """Refuse what views.open, views.update, views.push and views.publish would refuse.

    Raises ApiError invalid_arguments (with the places) or view_too_large.
    """
    problems = Problems()
    if not isinstance(view, dict):
        raise ApiError("invalid_arguments", ["[ERROR] must be a view object [json-pointer:/view]"])
    if view.get("type") != surface:
        problems.add("/type", f"must be {surface}")
    if surface == "modal":
        text(problems, "/title", view.get("title"), limits.VIEW_TITLE, plain=True)
        for key in ("submit", "close"):
            text(problems, f"/{key}", view.get(key), limits.VIEW_TITLE, plain=True, required=False)
    string(problems, "/callback_id", view.get("callback_id"), limits.IDENTIFIER, required=False)
    string(problems, "/external_id", view.get("external_id"), limits.IDENTIFIER, required=False)
    string(problems, "/private_metadata", view.get("private_metadata"), limits.PRIVATE_METADATA, required=False)
    checker = _Checker(surface, file_known)
    checker.blocks(view.get("blocks"))
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if surface == "modal" and has_input and not view.get("submit"):
        problems.add("/submit", "submit is required when an input block is within blocks")
    found = problems.found + checker.problems.found
    if found:
        raise ApiError("invalid_arguments", [line.replace("json-pointer:", "json-pointer:/view") for line in found])
    if len(json.dumps(view, ensure_ascii=False).encode()) > limits.VIEW_BYTES:
        raise ApiError("view_too_large")
