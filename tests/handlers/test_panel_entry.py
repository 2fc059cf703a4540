"""What people type is read as they mean it, or answered with the sentence that helps them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.messages import Words
from bot.views.mistake import sentence
from handlers.panel_entry import minor_price, read_panel, read_people, read_reasons, read_trial
from store.panel_records import Person

JA = Words("ja")
FORM = {"concept": "朝だけ美容液", "proposition": "ひと塗り", "price": "4000", "people": "10"}


def submitted(**fields: str) -> dict[str, Any]:
    state = {block: {"value": {"type": "plain_text_input", "value": text}} for block, text in fields.items()}
    return {"view": {"state": {"values": state}}}


def said(error: pytest.ExceptionInfo[UserError]) -> str:
    return sentence(JA, error.value)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"price": "0"}, "price", "0より大きい"),
        ({"price": "0.0"}, "price", "0より大きい"),
        ({"price": "-1"}, "price", "0より大きい"),
        ({"price": "\u22121"}, "price", "0より大きい"),
        ({"price": "1234567890"}, "price", "9桁まで"),
        ({"price": "四千円くらい"}, "price", "数字で"),
        ({"price": "abc"}, "price", "数字で"),
        ({"price": "NaN"}, "price", "数字で"),
        ({"price": "Infinity"}, "price", "数字で"),
        ({"price": "1e3"}, "price", "数字で"),
        ({"price": "\u0664\u0660"}, "price", "数字で"),
        ({"price": "4000.5"}, "price", "小数を付けずに"),
        ({"price": "円"}, "price", "数字で"),
        ({"people": "0"}, "people", "1以上"),
        ({"people": "-3"}, "people", "1以上"),
        ({"people": "2.5"}, "people", "1以上"),
        ({"people": "101"}, "people", "100人まで"),
        ({"people": "9" * 30}, "people", "100人まで"),
        ({"people": "\n".join(f"参加者{n}" for n in range(101))}, "people", "100人まで"),
        ({"people": " \n \n"}, "people", "1人以上"),
        ({"people": "佐藤\n鈴木\n佐藤"}, "people", "「佐藤」が2回"),
        ({"people": "A\n\uff41"}, "people", "2回"),
        ({"people": "名" * 41}, "people", "長すぎ"),
        ({"concept": "  "}, "concept", "コンセプトを"),
        ({"proposition": " \n "}, "proposition", "価値提案を"),
    ],
)
def test_a_slip_is_named_under_its_field(changes: dict[str, str], field: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        read_panel(submitted(**{**FORM, **changes}), JA)
    assert error.value.block == field
    assert says in said(error)


@pytest.mark.parametrize("typed", ["\uff14\uff10\uff10\uff10", "4,000円", "¥4000", " 4 000 ", "\uffe54,000", "4000.0"])
def test_prices_as_people_type_them(typed: str) -> None:
    assert minor_price(typed, "JPY") == 4000


def test_prices_with_cents() -> None:
    assert minor_price("$40.25", "USD") == 4025
    with pytest.raises(UserError) as error:
        minor_price("40.255", "USD")
    assert "2桁まで" in said(error)


@given(st.integers(1, 999_999_999))
def test_every_possible_price_is_read_back(price: int) -> None:
    assert minor_price(f"{price:,}円", "JPY") == price
    assert minor_price(str(price), "USD") == price * 100


@pytest.mark.parametrize(
    ("typed", "aliases"),
    [
        ("3", ("Aさん", "Bさん", "Cさん")),
        ("\uff13人", ("Aさん", "Bさん", "Cさん")),
        ("佐藤\n 鈴木 \n\n髙﨑", ("佐藤", "鈴木", "髙﨑")),
        ("佐藤、鈴木", ("佐藤", "鈴木")),
        ("ひとりだけ", ("ひとりだけ",)),
    ],
)
def test_attendees_as_people_type_them(typed: str, aliases: tuple[str, ...]) -> None:
    assert read_people(typed, JA) == aliases


@given(st.integers(1, 100))
def test_a_number_of_attendees_gives_as_many_different_names(count: int) -> None:
    aliases = read_people(str(count), JA)
    assert len(set(aliases)) == count


PEOPLE = [Person(seat=1, alias="Aさん"), Person(seat=2, alias="B: 妹"), Person(seat=3, alias="B")]


@pytest.mark.parametrize(
    ("typed", "reasons"),
    [
        ("Aさん: 高い", {1: "高い"}),
        ("a\uff1a高い: とても", {1: "高い: とても"}),
        ("B: 妹: ほしい", {3: "妹: ほしい"}),
        ("Aさん: 高い\n\nAさん: でもほしい", {1: "高い / でもほしい"}),
        ("Aさん:", {}),
        ("", {}),
    ],
)
def test_reasons_line_by_line(typed: str, reasons: dict[int, str]) -> None:
    assert read_reasons(typed, PEOPLE, JA) == reasons


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("Xさん: 高い", "「Xさん」という参加者はいません。参加者: Aさん"),
        ("高いと思う", "「名前: 理由」の形で"),
        ("Aさん: よい\n: 高い", "参加者はいません"),
    ],
)
def test_a_reason_of_nobody_is_refused(typed: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        read_reasons(typed, PEOPLE, JA)
    assert error.value.block == "reasons"
    assert says in said(error)


@pytest.mark.parametrize(
    "typed",
    [
        "4000 5 10",
        "4000 5/10",
        "4,000円 5人 10人",
        "4000円 5人/10人中",
        "\uff14\uff10\uff10\uff10 \uff15 \uff11\uff10",
        "4000 \u00d7 5 ÷ 10",
    ],
)
def test_a_trial_as_people_type_it(typed: str) -> None:
    result = read_trial(typed, "JPY")
    assert result.index == 2000
    assert result.passes


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "`/panel calc 単価 買う人 聞いた人`"),
        ("4000 5", "`/panel calc 単価 買う人 聞いた人`"),
        ("4000 5 10 2", "`/panel calc 単価 買う人 聞いた人`"),
        ("4000 11 10", "より多く"),
        ("4000 0 0", "聞いた人が0人"),
        ("4000 -1 10", "人数は0以上"),
        ("4000 1.5 10", "「1.5」は読めませんでした"),
        ("4000 五 10", "「五」は読めませんでした"),
        ("0 5 10", "0より大きい"),
        ("-1 5 10", "0より大きい"),
        ("1234567890 5 10", "9桁まで"),
        ("abc 5 10", "数字で"),
        ("4000.5 5 10", "小数を付けずに"),
        ("4000 5 999999999", "人までです"),
        ("4000 5 99999999999999", "読めませんでした"),
    ],
)
def test_an_impossible_trial_gets_a_clear_sentence(typed: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        read_trial(typed, "JPY")
    assert says in said(error)
