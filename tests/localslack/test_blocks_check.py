"""Blocks that Slack would refuse are refused here, with the place; what it accepts passes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localslack import limits
from localslack.blocks_check import check_message, check_view
from localslack.errors import ApiError
from tests.localslack.gallery import field, form, option, plain, report

Json = dict[str, Any]


def anything(file: Json) -> bool:
    """Every file is known."""
    return True


def section(text: str, **more: Any) -> Json:
    """A section with mrkdwn text."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def actions(*elements: Json) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)}


def button(**more: Any) -> Json:
    """A button."""
    return {"type": "button", "action_id": "a", "text": plain("押す"), **more}


def menu(count: int) -> Json:
    """A static_select with so many options."""
    options = [option(f"選択肢{number}", str(number)) for number in range(count)]
    return {"type": "static_select", "action_id": "m", "options": options}


def table(rows: int, columns: int, text: str = "x") -> Json:
    """A table of equal cells."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns for _ in range(rows)]}


def refused(blocks: list[Json]) -> tuple[str, list[str]]:
    """Name and messages of the refusal."""
    with pytest.raises(ApiError) as caught:
        check_message(blocks, lambda file: False)
    return caught.value.code, caught.value.messages


@pytest.mark.parametrize(
    ("blocks", "place"),
    [
        ([section("")], "/blocks/0/text/text"),
        ([section("あ" * 3001)], "/blocks/0/text/text"),
        ([{"type": "section"}], "/blocks/0"),
        ([section("a", fields=[plain("x")] * 11)], "/blocks/0/fields"),
        ([section("a", fields=[plain("x" * 2001)])], "/blocks/0/fields/0/text"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}], "/blocks/0/text/type"),
        ([{"type": "header", "text": plain("あ" * 151)}], "/blocks/0/text/text"),
        ([{"type": "video"}], "/blocks/0/type"),
        ([section("a")] * 51, "/blocks"),
        ([section("a", block_id="x"), section("b", block_id="x")], "/blocks/1/block_id"),
        ([section("a", block_id="x" * 256)], "/blocks/0/block_id"),
        ([actions()], "/blocks/0/elements"),
        ([actions(*[button(action_id=str(n)) for n in range(26)])], "/blocks/0/elements"),
        ([actions(button(), button())], "/blocks/0/elements/1/action_id"),
        ([actions(button(text=plain("あ" * 76)))], "/blocks/0/elements/0/text/text"),
        ([actions(button(value="x" * 2001))], "/blocks/0/elements/0/value"),
        ([actions(button(style="green"))], "/blocks/0/elements/0/style"),
        ([actions(button(confirm={"title": plain("x")}))], "/blocks/0/elements/0/confirm/text"),
        ([actions({"type": "plain_text_input", "action_id": "a"})], "/blocks/0/elements/0/type"),
        ([actions(menu(101))], "/blocks/0/elements/0/options"),
        ([actions(menu(0))], "/blocks/0/elements/0/options"),
        ([actions(menu(2) | {"initial_option": option("別", "9")})], "/blocks/0/elements/0"),
        ([actions({"type": "overflow", "options": menu(6)["options"]})], "/blocks/0/elements/0/options"),
        ([{"type": "context", "elements": [plain("a")] * 11}], "/blocks/0/elements"),
        ([{"type": "image", "image_url": "https://example.jp/a.png"}], "/blocks/0/alt_text"),
        ([{"type": "image", "alt_text": "図", "slack_file": {"id": "F0"}}], "/blocks/0/slack_file"),
        ([{"type": "input", "label": plain("a"), "element": button()}], "/blocks/0/element/type"),
        ([{"type": "rich_text", "elements": [{"type": "text", "text": "a"}]}], "/blocks/0/elements/0/type"),
        ([{"type": "markdown", "text": "a" * 7000}] * 2, "/blocks/1"),
        ([table(101, 1)], "/blocks/0/rows"),
        ([table(1, 21)], "/blocks/0/rows/0"),
        ([table(1, 1, "")], "/blocks/0/rows/0/0/text"),
        ([table(1, 1), table(1, 1)], "/blocks"),
        ([field("n", "数", {"type": "number_input", "is_decimal_allowed": True, "min_value": 1})],
         "/blocks/0/element/min_value"),
        ([field("n", "数", {"type": "number_input"})], "/blocks/0/element/is_decimal_allowed"),
        ([field("d", "日", {"type": "datepicker", "initial_date": "2026/11/22"})],
         "/blocks/0/element/initial_date"),
    ],
)  # fmt: skip
def test_what_slack_refuses_names_its_place(blocks: list[Json], place: str) -> None:
    code, messages = refused(blocks)
    assert code == "invalid_blocks"
    assert any(message.endswith(f"[json-pointer:{place}]") for message in messages), messages


def test_blocks_are_refused_when_their_json_is_too_long() -> None:
    assert refused([section("あ" * 2900)] * 5)[0] == "msg_blocks_too_long"


def test_a_rich_message_passes() -> None:
    check_message(report("F0CHART001"), anything)


def test_a_form_with_every_input_passes() -> None:
    check_view(form(), "modal", anything)


@pytest.mark.parametrize("surface", ["modal", "home"])
def test_tables_belong_on_messages_only(surface: Any) -> None:
    with pytest.raises(ApiError) as caught:
        check_view({"type": surface, "title": plain("x"), "blocks": [table(1, 1)]}, surface, anything)
    assert "/view/blocks/0/type" in caught.value.messages[0]


@given(st.integers(0, 2 * limits.SELECT_OPTIONS))
def test_menus_take_one_to_a_hundred_options(count: int) -> None:
    blocks = [actions(menu(count))]
    if 1 <= count <= limits.SELECT_OPTIONS:
        check_message(blocks, anything)
    else:
        assert refused(blocks)[0] == "invalid_blocks"


KEYS = st.sampled_from(["type", "text", "elements", "element", "rows", "options"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=12,
    )
)
def test_nonsense_is_refused_and_never_breaks_the_check(nonsense: Any) -> None:
    for kind in ("section", "actions", "input", "context", "table", "rich_text", "image", "header"):
        block = {**nonsense, "type": kind} if isinstance(nonsense, dict) else {"type": kind, "text": nonsense}
        assert refused([block])[0] == "invalid_blocks"
