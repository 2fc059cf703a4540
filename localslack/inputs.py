"""What people put into Block Kit elements: state.values, the actions array, the checks before a submission.

The page and the tests send plain values (a string, a list of strings, or for external menus an option
object); here they become exactly what Slack sends.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from localslack.errors import PersonRefused
from localslack.team import Json

_ONE = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}
_MANY = {
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "file_input": "files",
}
_OPTION_KEYS = ("selected_option", "selected_options")


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block, in reading order."""
    for block in blocks:
        held = block.get("elements", []) if block.get("type") == "actions" else []
        for item in (*held, block.get("accessory"), block.get("element")):
            if isinstance(item, dict) and "action_id" in item:
                yield block, item


def _choose(element: Json, raw: Any) -> Any:
    if isinstance(raw, dict):
        return raw
    groups = [group["options"] for group in element.get("option_groups") or []]
    for options in [element.get("options") or [], *groups]:
        for option in options:
            if option["value"] == raw:
                return option
    if "external" in element["type"]:
        return {"text": {"type": "plain_text", "text": str(raw), "emoji": True}, "value": str(raw)}
    raise PersonRefused(f"「{raw}」という選択肢はありません。")


def _initial(element: Json, key: str) -> Any:
    name = "initial_" + key.removeprefix("selected_")
    return element.get(name)


def state_entry(element: Json, raw: Any = None, *, given: bool = False) -> Json | None:
    """The entry of state.values for one element; not given: its initial value. None: it has no state."""
    kind = element["type"]
    if kind in _MANY:
        key = _MANY[kind]
        chosen = (raw or []) if given else (_initial(element, key) or [])
        if given and key in _OPTION_KEYS:
            chosen = [_choose(element, item) for item in chosen]
        return {"type": kind, key: chosen}
    if kind in _ONE:
        key = _ONE[kind]
        if not given:
            return {"type": kind, key: _initial(element, key)}
        if raw in (None, ""):
            return {"type": kind, key: None}
        return {"type": kind, key: _choose(element, raw) if key in _OPTION_KEYS else str(raw)}
    return None


def state_values(blocks: list[Json], given: Mapping[str, Any]) -> Json:
    """state.values of a message or view.

    `given` maps "block_id/action_id" or action_id to plain values; the rest have their initial values.
    """
    values: Json = {}
    for block, element in elements(blocks):
        names = [f"{block['block_id']}/{element['action_id']}", element["action_id"]]
        name = next((name for name in names if name in given), None)
        entry = state_entry(element, given.get(name) if name else None, given=name is not None)
        if entry is not None:
            values.setdefault(block["block_id"], {})[element["action_id"]] = entry
    return values


def action(block: Json, element: Json, raw: Any, ts: str) -> Json:
    """One item of the actions array of block_actions."""
    kind = element["type"]
    sent: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": ts,
    }
    if kind == "button":
        sent |= {key: element[key] for key in ("text", "value", "style", "url") if key in element}
    elif kind == "overflow":
        sent["selected_option"] = _choose(element, raw)
    else:
        sent |= state_entry(element, raw, given=True) or {}
        sent |= {key: element[key] for key in ("placeholder", "initial_option", "initial_date") if key in element}
    return sent


def input_problems(blocks: list[Json], values: Json) -> Json:
    """What Slack's client refuses before sending a modal: block_id → sentence for the person."""
    problems: Json = {}
    for block, element in elements(blocks):
        if block["type"] != "input":
            continue
        entry = values[block["block_id"]][element["action_id"]]
        value = next((item for key, item in entry.items() if key != "type"), None)
        said = _missing(block, value) or (_wrong(element, value) if value else None)
        if said:
            problems[block["block_id"]] = said
    return problems


def _missing(block: Json, value: Any) -> str | None:
    if block.get("optional") or (value.strip() if isinstance(value, str) else value):
        return None
    return "この項目は必須です。"


def _wrong(element: Json, value: Any) -> str | None:
    kind = element["type"]
    if kind == "plain_text_input":
        shortest, longest = element.get("min_length") or 0, element.get("max_length") or 3000
        if len(value) < shortest:
            return f"{shortest}文字以上で入力してください。"
        if len(value) > longest:
            return f"{longest}文字以内で入力してください。"
    if kind == "number_input":
        return _wrong_number(element, value)
    if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "メールアドレスを入力してください。"
    if kind == "url_text_input" and not re.match(r"https?://\S+$", value):
        return "URLを入力してください。"
    return None


def _wrong_number(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "数値を入力してください。"
    if not value.isascii() or not number.is_finite():
        return "数値を入力してください。"
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "整数を入力してください。"
    if element.get("min_value") is not None and number < Decimal(element["min_value"]):
        return f"{element['min_value']}以上の数値を入力してください。"
    if element.get("max_value") is not None and number > Decimal(element["max_value"]):
        return f"{element['max_value']}以下の数値を入力してください。"
    return None
