"""What people type behind `/banto`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.typed import When, read_margin, read_person, read_profit, read_when


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("", When(1, 510)),
        ("月 9:00", When(0, 540)),
        ("9:00 月曜日", When(0, 540)),
        ("mon 9:00", When(0, 540)),
        ("Friday", When(4, 510)),
        ("毎週木曜 １８時半", When(3, 1110)),
        ("日 0:00", When(6, 0)),
        ("日曜 23時5分", When(6, 1385)),
        ("7時", When(1, 420)),
    ],
)
def test_day_and_time_in_any_order_and_script(text: str, when: When) -> None:
    assert read_when(text) == when


@pytest.mark.parametrize("text", ["24:00", "9:60", "8:3", "25時", "来週", "月 火", "9:00 10:00", "-1:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_when(text)


@given(st.integers(0, 6), st.integers(0, 1439))
def test_every_time_of_the_week_can_be_said(day: int, minute: int) -> None:
    text = f"{'月火水木金土日'[day]}曜 {minute // 60}:{minute % 60:02d}"
    assert read_when(text) == When(day, minute)


@pytest.mark.parametrize(("text", "permille"), [("0", 0), ("60", 600), ("62.5%", 625), ("６０％", 600), ("100", 1000)])
def test_a_margin_is_a_percentage_with_one_decimal(text: str, permille: int) -> None:
    assert read_margin(text) == permille


@pytest.mark.parametrize("text", ["-1", "100.1", "62.55", "0.6.1", "たくさん", "1e1", "%"])
def test_what_is_no_margin_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_margin(text)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1000", "JPY", 1000),
        ("¥1,000", "JPY", 1000),
        ("￥1,000", "JPY", 1000),
        ("1000円", "JPY", 1000),
        ("12.5", "USD", 1250),
        ("$12", "USD", 1200),
        ("0", "JPY", 0),
    ],
)
def test_a_profit_is_an_amount_of_the_shops_currency(text: str, currency: str, minor: int) -> None:
    assert read_profit(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"), [("12.5", "JPY"), ("-5", "JPY"), ("1234567890", "JPY"), ("12.555", "USD"), ("円", "JPY")]
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(UserError):
        read_profit(text, currency)


def test_a_person_is_a_mention_or_oneself() -> None:
    assert read_person("me", "U1") == "U1"
    assert read_person("<@U2|misaki>", "U1") == "U2"
    for text in ("misaki", "@misaki", "<!channel>", "<@U2> <@U3>", "<#C1|x>"):
        with pytest.raises(UserError):
            read_person(text, "U1")
