"""Outside text in messages: shown as it is, never interpreted by Slack."""

from __future__ import annotations

import pytest

from bot.views.kit import escape, without_marks


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("*限定* セット", "＊限定＊ セット"),
        ("新*限定*セット", "新＊限定＊セット"),
        ("_お試し_ ~終売~ `A`", "＿お試し＿ ～終売～ ｀A｀"),
        ("product_x_30 2*3*4", "product_x_30 2*3*4"),
        ("A:cat:B 10:30", "A：cat：B 10:30"),
        ("<!channel> & <http://x.jp|罠>", "&lt;!channel&gt; &amp; &lt;http：//x.jp|罠&gt;"),
    ],
)
def test_marks_of_outside_text_mean_nothing(name: str, shown: str) -> None:
    assert escape(name) == shown


def test_a_terminal_shows_neither_entities_nor_asterisks() -> None:
    said = f"*まだ判断できません。* {escape('*限定* <b> & 2*3*4')} *12人*"
    assert without_marks(said) == "まだ判断できません。 ＊限定＊ <b> & 2*3*4 12人"
