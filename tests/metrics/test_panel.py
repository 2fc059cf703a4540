"""The sellability index: exact at the gate, honest about ten people."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from bot.metrics.panel import (
    PanelError,
    PanelResult,
    PanelRound,
    can_pass,
    measure,
    needed_buyers,
    pool,
)

prices = st.one_of(
    st.integers(1, 999_999_999).map(Decimal),
    st.decimals(Decimal("0.01"), Decimal(99_999), places=2),
)
answers = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def panel(would_buy: int, asked: int = 10, price: str = "4000") -> PanelResult:
    return measure(price=Decimal(price), asked=asked, would_buy=would_buy, agreed=asked)


def test_five_of_ten_at_4000_is_exactly_2000_and_passes() -> None:
    result = panel(5)
    assert result.index == 2000
    assert result.passes
    assert (round(result.interval.low), round(result.interval.high)) == (946, 3054)
    assert result.probability == pytest.approx(0.5)
    assert (result.needed, result.needed_rate) == (5, Fraction(1, 2))


def test_eight_of_ten_at_4000() -> None:
    result = panel(8)
    assert result.index == 3200
    assert (round(result.interval.low), round(result.interval.high)) == (1961, 3773)
    assert result.ask_more == 0


def test_four_of_ten_at_4000_does_not_pass() -> None:
    result = panel(4)
    assert result.index == 1600
    assert not result.passes


@pytest.mark.parametrize(("price", "rate"), [("4000", "1/2"), ("10000", "1/5"), ("20000", "1/10")])
def test_the_needed_rate_is_the_threshold_over_the_price(price: str, rate: str) -> None:
    assert panel(1, price=price).needed_rate == Fraction(rate)


def test_a_price_under_the_threshold_can_never_pass() -> None:
    result = panel(10, price="1999")
    assert not result.can_pass
    assert not result.passes
    assert result.needed is None
    assert result.probability == 0
    assert can_pass(Decimal(2000))


def test_a_third_of_6000_passes_although_no_float_says_so() -> None:
    result = panel(1, asked=3, price="6000")
    assert result.passes
    assert result.index == 2000


@settings(deadline=None)
@given(prices, answers)
def test_the_index_and_the_gate_are_exact(price: Decimal, answer: tuple[int, int]) -> None:
    k, n = answer
    result = measure(price=price, asked=n, would_buy=k, agreed=0)
    assert result.index * n == Fraction(price) * k
    assert result.passes == (Fraction(price) * k >= 2000 * n)
    assert result.interval.low <= float(result.index) * (1 + 1e-12)
    assert result.interval.high >= float(result.index) * (1 - 1e-12)


@given(prices, st.integers(1, 300))
def test_needed_is_the_smallest_number_that_passes(price: Decimal, asked: int) -> None:
    needed = needed_buyers(price, asked)
    if needed is None:
        assert Fraction(price) * asked < 2000 * asked
        return
    assert Fraction(price) * needed >= 2000 * asked
    assert Fraction(price) * (needed - 1) < 2000 * asked
    assert needed <= asked


@settings(deadline=None)
@given(st.integers(2001, 50_000).map(Decimal), answers)
def test_one_more_buyer_never_makes_success_less_probable(price: Decimal, answer: tuple[int, int]) -> None:
    k, n = answer
    assume(k < n)
    fewer = measure(price=price, asked=n, would_buy=k, agreed=n)
    more = measure(price=price, asked=n, would_buy=k + 1, agreed=n)
    assert more.probability >= fewer.probability


def test_the_probability_is_that_of_the_jeffreys_posterior() -> None:
    def posterior(rate: float) -> float:
        return float(rate**3.5 * (1 - rate) ** 5.5)

    above, _ = integrate.quad(posterior, 0.5, 1)
    whole, _ = integrate.quad(posterior, 0, 1)
    assert panel(4).probability == pytest.approx(above / whole)


def test_too_close_to_the_threshold_for_a_thousand_people() -> None:
    assert panel(3, price="7000").ask_more is None


def test_exactly_at_the_threshold_no_number_of_people_decides() -> None:
    assert panel(5).ask_more is None


@pytest.mark.parametrize(("would_buy", "price"), [(4, "4000"), (6, "4000"), (1, "10000"), (4, "6000")])
def test_ask_more_is_the_first_number_that_makes_it_clear(would_buy: int, price: str) -> None:
    result = panel(would_buy, price=price)
    more = 0
    while True:
        people = 10 + more
        buyers = people * would_buy / 10
        chance = float(stats.beta.sf(2000 / float(price), buyers + 0.5, people - buyers + 0.5))
        if not 0.1 <= chance <= 0.9:
            break
        more += 1
    assert result.ask_more == more > 0


def test_the_ladder_holds_round_prices_around_the_price_and_the_lowest_that_passes() -> None:
    result = panel(6)
    ladder = {int(rung.price): (rung.needed, rung.passes) for rung in result.ladder}
    assert list(ladder) == [2500, 3000, 3334, 3500, 4000, 5000, 6000, 7000]
    assert result.lowest_passing_price == 3334
    assert ladder[3000] == (7, False)
    assert ladder[3334] == (6, True)


@settings(deadline=None)
@given(prices, answers)
def test_the_ladder_is_ascending_and_true_on_every_rung(price: Decimal, answer: tuple[int, int]) -> None:
    k, n = answer
    result = measure(price=price, asked=n, would_buy=k, agreed=n)
    listed = [rung.price for rung in result.ladder]
    assert listed == sorted(set(listed))
    assert price in listed
    for rung in result.ladder:
        again = measure(price=rung.price, asked=n, would_buy=k, agreed=n)
        assert (rung.needed, rung.index, rung.passes) == (again.needed, again.index, again.passes)
    if result.lowest_passing_price is None:
        assert k == 0
    else:
        lowest = Fraction(result.lowest_passing_price)
        assert lowest * k >= 2000 * n > (lowest - 1) * k


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"price": Decimal(0)}, "price_not_positive"),
        ({"price": Decimal(-1)}, "price_not_positive"),
        ({"price": Decimal("NaN")}, "price_not_positive"),
        ({"price": Decimal(1_000_000_000)}, "price_too_large"),
        ({"price": Decimal("Infinity")}, "price_too_large"),
        ({"asked": 0, "would_buy": 0, "agreed": 0}, "nobody_asked"),
        ({"would_buy": 11}, "more_buyers_than_people"),
        ({"agreed": 11}, "more_agreed_than_people"),
        ({"would_buy": -1}, "negative"),
    ],
)
def test_impossible_input_is_refused_with_a_code(figures: dict[str, int | Decimal], code: str) -> None:
    usual: dict[str, int | Decimal] = {"price": Decimal(4000), "asked": 10, "would_buy": 5, "agreed": 8}
    with pytest.raises(PanelError) as caught:
        measure(**{**usual, **figures})  # type: ignore[arg-type]
    assert caught.value.code == code
    assert set(caught.value.figures) >= set(figures) or code == "nobody_asked"


def test_the_largest_price_of_nine_digits_is_accepted() -> None:
    assert panel(1, price="999999999").passes


def round_(panel: int, would_buy: int, asked: int = 10, price: str = "4000") -> PanelRound:
    return PanelRound(panel=panel, price=Decimal(price), asked=asked, would_buy=would_buy, agreed=asked)


def test_panels_of_one_concept_pool_their_people_and_do_not_average_indices() -> None:
    total = pool([round_(1, 1, asked=2), round_(2, 10, asked=40)])
    result = measure(price=total.price, asked=total.asked, would_buy=total.would_buy, agreed=total.agreed)
    assert (total.asked, total.would_buy, total.agreed) == (42, 11, 42)
    assert result.index == Fraction(4000 * 11, 42) != Fraction(2000 + 1000, 2)


def test_only_the_newest_price_counts_and_the_rest_is_named() -> None:
    first, second, third = round_(1, 9), round_(2, 4, price="5000"), round_(3, 3, price="5000")
    total = pool([first, second, third])
    assert total.price == Decimal(5000)
    assert (total.asked, total.would_buy) == (20, 7)
    assert total.left_out == (first,)


def test_people_asked_again_at_the_same_price_count_once() -> None:
    before, other, again = round_(1, 3), round_(1, 5, price="3000"), round_(1, 6)
    total = pool([before, other, again])
    assert (total.asked, total.would_buy) == (10, 6)
    assert total.left_out == (before, other)


@given(st.lists(answers, min_size=1, max_size=8))
def test_pooling_adds_up_everyone(answered: list[tuple[int, int]]) -> None:
    total = pool([round_(number, k, asked=n) for number, (k, n) in enumerate(answered)])
    assert total.would_buy == sum(k for k, _ in answered)
    assert total.asked == sum(n for _, n in answered)


def test_a_pool_of_nothing_or_of_an_impossible_round_is_refused() -> None:
    with pytest.raises(PanelError, match="nobody_asked"):
        pool([])
    with pytest.raises(PanelError, match="more_buyers_than_people"):
        pool([round_(1, 11), round_(2, 1, asked=20)])
