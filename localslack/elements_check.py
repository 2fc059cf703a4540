"""Checks of text objects, options and interactive elements against Slack's limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localslack import limits
from localslack.team import Json


@dataclass
class Problems:
    """Findings in Slack's wording, each with the JSON pointer of its place."""

    found: list[str] = field(default_factory=list)

    def add(self, at: str, text: str) -> None:
        """Note a problem at a place."""
        self.found.append(f"[ERROR] {text} [json-pointer:{at}]")


def listed(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one: wrong kinds are reported where they are required."""
    return value if isinstance(value, list) else []


def string(problems: Problems, at: str, value: Any, longest: int, *, required: bool = True) -> None:
    """A plain string of 1 to `longest` characters."""
    if value is None:
        if required:
            problems.add(at, "missing required field")
    elif not isinstance(value, str):
        problems.add(at, "must be a string")
    elif not value and required:
        problems.add(at, "must be more than 0 characters")
    elif len(value) > longest:
        problems.add(at, f"must be less than {longest + 1} characters")


def text(problems: Problems, at: str, value: Any, longest: int, *, plain: bool = False, required: bool = True) -> None:
    """A text object; `plain` allows plain_text only."""
    if value is None:
        if required:
            problems.add(at, "missing required field: text object")
        return
    if not isinstance(value, dict):
        problems.add(at, "must be a text object")
        return
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if value.get("type") not in allowed:
        problems.add(f"{at}/type", f"must be one of: {', '.join(allowed)}")
    if value.get("type") == "mrkdwn" and "emoji" in value:
        problems.add(f"{at}/emoji", "must not be given for mrkdwn")
    string(problems, f"{at}/text", value.get("text"), longest)


def _options(problems: Problems, at: str, options: Any, most: int, *, mrkdwn: bool = False) -> None:
    if not isinstance(options, list) or not options:
        problems.add(at, "must have at least 1 item")
        return
    if len(options) > most:
        problems.add(at, f"no more than {most} items allowed [{len(options)} given]")
    values: set[str] = set()
    for number, option in enumerate(options):
        here = f"{at}/{number}"
        if not isinstance(option, dict):
            problems.add(here, "must be an option object")
            continue
        text(problems, f"{here}/text", option.get("text"), limits.OPTION_TEXT, plain=not mrkdwn)
        string(problems, f"{here}/value", option.get("value"), limits.OPTION_VALUE)
        if option.get("description") is not None:
            text(problems, f"{here}/description", option["description"], limits.OPTION_TEXT, plain=not mrkdwn)
        if option.get("value") in values:
            problems.add(f"{here}/value", "duplicate value")
        values.add(str(option.get("value")))


def option_lists(problems: Problems, at: str, holder: Json) -> None:
    """The options or option_groups of a menu, or of an answer to block_suggestion."""
    groups = holder.get("option_groups")
    if groups is None:
        _options(problems, f"{at}/options", holder.get("options"), limits.SELECT_OPTIONS)
        return
    if holder.get("options") is not None:
        problems.add(at, "only one of options and option_groups may be given")
    if not isinstance(groups, list) or not groups or len(groups) > limits.OPTION_GROUPS:
        problems.add(f"{at}/option_groups", f"must have 1 to {limits.OPTION_GROUPS} items")
        return
    for number, group in enumerate(groups):
        here = f"{at}/option_groups/{number}"
        if not isinstance(group, dict):
            problems.add(here, "must be an option group object")
            continue
        text(problems, f"{here}/label", group.get("label"), limits.OPTION_TEXT, plain=True)
        _options(problems, f"{here}/options", group.get("options"), limits.SELECT_OPTIONS)


def _initial_known(problems: Problems, at: str, element: Json) -> None:
    groups = [group.get("options", []) for group in element.get("option_groups") or []]
    known = [option.get("value") for options in [element.get("options") or [], *groups] for option in options]
    chosen = [element["initial_option"]] if element.get("initial_option") else element.get("initial_options") or []
    if "initial_options" in element and not element["initial_options"]:
        problems.add(f"{at}/initial_options", "must have at least 1 item")
    for option in chosen:
        if option.get("value") not in known:
            problems.add(at, "initial option is not among the options")


def _menu(problems: Problems, at: str, element: Json) -> None:
    option_lists(problems, at, element)
    _initial_known(problems, at, element)


def _choices(problems: Problems, at: str, element: Json) -> None:
    _options(problems, f"{at}/options", element.get("options"), limits.CHOICE_OPTIONS, mrkdwn=True)
    _initial_known(problems, at, element)


def _overflow(problems: Problems, at: str, element: Json) -> None:
    _options(problems, f"{at}/options", element.get("options"), limits.OVERFLOW_OPTIONS)


def _button(problems: Problems, at: str, element: Json) -> None:
    text(problems, f"{at}/text", element.get("text"), limits.BUTTON_TEXT, plain=True)
    string(problems, f"{at}/value", element.get("value"), limits.BUTTON_VALUE, required=False)
    string(problems, f"{at}/url", element.get("url"), limits.URL, required=False)
    if element.get("style") not in (None, "primary", "danger"):
        problems.add(f"{at}/style", "must be one of: primary, danger")


def _text_input(problems: Problems, at: str, element: Json) -> None:
    for key in ("min_length", "max_length"):
        value = element.get(key)
        lowest = 0 if key == "min_length" else 1
        if value is not None and not (isinstance(value, int) and lowest <= value <= limits.INPUT_LENGTH):
            problems.add(f"{at}/{key}", f"must be a number from {lowest} to {limits.INPUT_LENGTH}")
    string(problems, f"{at}/initial_value", element.get("initial_value"), limits.INPUT_LENGTH, required=False)


def _number_input(problems: Problems, at: str, element: Json) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        problems.add(f"{at}/is_decimal_allowed", "missing required field")
    for key in ("min_value", "max_value", "initial_value"):
        if element.get(key) is not None and not isinstance(element[key], str):
            problems.add(f"{at}/{key}", "must be a string")


def _shaped(key: str, parts: int, separator: str) -> Callable[[Problems, str, Json], None]:
    def check(problems: Problems, at: str, element: Json) -> None:
        value = element.get(key)
        if value is not None:
            pieces = str(value).split(separator)
            if len(pieces) != parts or not all(piece.isdecimal() for piece in pieces):
                problems.add(f"{at}/{key}", "has a wrong format")

    return check


def _nothing(problems: Problems, at: str, element: Json) -> None:
    return None


ELEMENTS: dict[str, Callable[[Problems, str, Json], None]] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _menu,
    "multi_static_select": _menu,
    "external_select": _nothing,
    "multi_external_select": _nothing,
    "users_select": _nothing,
    "multi_users_select": _nothing,
    "channels_select": _nothing,
    "multi_channels_select": _nothing,
    "conversations_select": _nothing,
    "multi_conversations_select": _nothing,
    "datepicker": _shaped("initial_date", 3, "-"),
    "timepicker": _shaped("initial_time", 2, ":"),
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "plain_text_input": _text_input,
    "number_input": _number_input,
    "email_text_input": _text_input,
    "url_text_input": _text_input,
    "file_input": _nothing,
}
TYPED = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})
INPUT_ELEMENTS = frozenset(ELEMENTS) - {"button", "overflow"}
ACTION_ELEMENTS = frozenset(ELEMENTS) - TYPED - {"file_input"}
ACCESSORIES = ACTION_ELEMENTS | {"image"}


def element(problems: Problems, at: str, value: Any, allowed: frozenset[str]) -> None:
    """One interactive element: its type, ids, placeholder, confirm dialog and what its type asks for."""
    if not isinstance(value, dict):
        problems.add(at, "must be an element object")
        return
    kind = str(value.get("type"))
    if kind not in allowed or kind not in ELEMENTS:
        problems.add(f"{at}/type", f"unsupported element type: {kind}")
        return
    string(problems, f"{at}/action_id", value.get("action_id"), limits.IDENTIFIER, required=False)
    if value.get("placeholder") is not None:
        text(problems, f"{at}/placeholder", value["placeholder"], limits.PLACEHOLDER_TEXT, plain=True)
    if value.get("confirm") is not None:
        _confirm(problems, f"{at}/confirm", value["confirm"])
    ELEMENTS[kind](problems, at, value)


def _confirm(problems: Problems, at: str, value: Any) -> None:
    if not isinstance(value, dict):
        problems.add(at, "must be a confirm object")
        return
    text(problems, f"{at}/title", value.get("title"), limits.CONFIRM_TITLE, plain=True)
    text(problems, f"{at}/text", value.get("text"), limits.CONFIRM_TEXT)
    for key in ("confirm", "deny"):
        text(problems, f"{at}/{key}", value.get(key), limits.CONFIRM_BUTTON, plain=True)
