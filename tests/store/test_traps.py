"""The traps of mail-order data, one by one, with numbers that can be checked in the head."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.shop import Shop, row

END = row("END", "2026-11-20", "end", status="test")


def ltv(shop: Shop, words: str = "all window=30", as_of: str | None = None) -> dict[str, Any]:
    return dict(shop.ask(f"ltv {words}", as_of)["result"])


def repeat(shop: Shop, words: str = "all window=30", as_of: str | None = None) -> tuple[int, int]:
    result = shop.ask(f"repeat {words}", as_of)["result"]
    return result["returned"], result["mature"]


def test_people_whose_window_is_not_over_do_not_pull_the_rate_down(shop: Shop) -> None:
    shop.load([END, row("1", "2026-01-01", "a"), row("2", "2026-01-15", "a"), row("3", "2026-11-10", "b")])
    assert repeat(shop) == (1, 1)


def test_the_window_includes_its_last_day_and_maturity_too(shop: Shop) -> None:
    shop.load([row("1", "2026-01-01", "a"), row("2", "2026-01-31", "a"), END])
    assert repeat(shop, as_of="2026-01-31") == (1, 1)
    assert repeat(shop, as_of="2026-01-30") == (0, 0)
    assert repeat(shop, "all window=29") == (0, 1)


def test_the_provisional_rate_knows_who_came_back_on_the_last_day(shop: Shop) -> None:
    shop.load([END, row("1", "2026-11-01", "a"), row("2", "2026-11-20", "a")])
    young = shop.ask("repeat all window=30")["result"]["provisional"]
    assert (young["persons"], young["rate"]) == (1, 1.0)


def test_a_late_cancellation_takes_the_purchase_back(shop: Shop) -> None:
    first = row("1", "2026-01-01", "a", updated_at="2026-01-01")
    shop.load([END, first, row("2", "2026-01-05", "a", updated_at="2026-01-05")])
    assert repeat(shop) == (1, 1)
    shop.load([row("2", "2026-01-05", "a", status="cancelled", updated_at="2026-03-01")])
    assert repeat(shop) == (0, 1)


def test_refunds_belong_to_their_original_order(shop: Shop) -> None:
    shop.load(
        [END, row("1", "2026-01-01", "a", price=1000, refund=400), row("2", "2026-01-09", "b", price=500, refund=500)]
    )
    answer = shop.ask("ltv all window=30")
    assert (answer["result"]["persons"], answer["result"]["net_sales"]) == (1, "600")
    assert answer["left_out"]["refunded"] == 1


def test_lines_orders_and_shipments_of_one_day_are_one_purchase(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01T09:00:00+09:00", "a", sku="A"),
            row("1", "2026-01-01T09:00:00+09:00", "a", sku="B"),
            row("2", "2026-01-01T21:00:00+09:00", "a", sku="C"),
        ]
    )
    result = ltv(shop)
    assert (result["occasions"], result["net_sales"]) == (1, "3000")


def test_days_end_at_midnight_in_tokyo(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01T14:59:59Z", "a"),
            row("2", "2026-01-01T15:00:00Z", "a"),
            row("3", "2026-01-31T23:30:00Z", "b"),
        ]
    )
    assert ltv(shop)["occasions"] == 3
    assert shop.ask("ltv all window=30 初回2026-02")["result"]["persons"] == 1


def test_29_february_is_a_day(shop: Shop) -> None:
    shop.load([END, row("1", "2024-02-28", "a"), row("2", "2024-02-29", "a"), row("3", "2024-03-01", "a")])
    assert repeat(shop, "all window=1") == (1, 1)
    assert ltv(shop, "all window=2")["occasions"] == 3


def test_samples_test_orders_and_other_invalid_orders_are_no_purchases(shop: Shop) -> None:
    words = ("cancelled", "returned", "refused", "unpaid", "test")
    rows = [row(s, "2026-01-02", "a", status=s) for s in words]
    shop.load([*rows, row("S", "2026-01-01", "a", price=0), row("1", "2026-01-03", "a"), END])
    answer = shop.ask("ltv all window=30")
    assert (answer["result"]["persons"], answer["result"]["occasions"]) == (1, 1)
    assert [answer["left_out"][w] for w in words] == [1, 1, 1, 1, 2]
    assert answer["left_out"]["sample"] == 1


def test_a_sample_before_the_first_purchase_is_not_the_index_date(shop: Shop) -> None:
    shop.load([END, row("S", "2026-01-01", "a", sku="T", price=0), row("1", "2026-03-01", "a", sku="A")])
    assert repeat(shop, "A window=30") == (0, 1)
    assert repeat(shop, "T window=30") == (0, 0)


def test_shop_basis_counts_everything_later_and_product_basis_only_the_product(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01", "a", sku="X", price=1000),
            row("2", "2026-01-05", "a", sku="Y", price=300),
            row("2", "2026-01-05", "a", sku="X", price=200),
            row("3", "2026-01-01", "b", sku="Y", price=700),
            row("4", "2026-01-20", "b", sku="X", price=50),
        ]
    )
    shop_basis = ltv(shop, "X window=30")
    assert (shop_basis["persons"], shop_basis["occasions"], shop_basis["net_sales"]) == (1, 2, "1500")
    product_basis = ltv(shop, "X window=30 basis=product")
    assert (product_basis["persons"], product_basis["occasions"], product_basis["net_sales"]) == (2, 3, "1250")


def test_ad_and_channel_are_those_of_the_earliest_order(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("2", "2026-01-01T10:00:00+09:00", "a", ad_code="LATE", channel="phone"),
            row("1", "2026-01-01T09:00:00+09:00", "a", ad_code="EARLY", channel="web"),
            row("4", "2026-01-01T09:00:00+09:00", "b", ad_code="LATE"),
            row("3", "2026-01-01T09:00:00+09:00", "b", ad_code="EARLY"),
            row("5", "2026-01-01", "c"),
        ]
    )
    assert ltv(shop, "all window=30 ad=EARLY")["persons"] == 2
    assert ltv(shop, "all window=30 channel=web")["persons"] == 1
    assert ltv(shop, "all window=30 ad=unknown")["persons"] == 1
    assert ltv(shop)["unknown_ad_persons"] == 1


def test_guest_and_member_with_one_email_are_one_person(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01", "guest-1", email="a@example.jp"),
            row("2", "2026-01-09", "7", email="A@example.JP "),
        ]
    )
    assert repeat(shop) == (1, 1)


def test_a_later_link_between_two_ids_does_not_exist_in_the_past(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01", "a"),
            row("2", "2026-01-09", "b"),
            row("3", "2026-06-01", "a", email="x@example.jp"),
            row("4", "2026-06-01", "b", email="x@example.jp"),
        ]
    )
    assert repeat(shop) == (1, 1)
    assert repeat(shop, as_of="2026-05-31") == (0, 2)


def test_a_link_made_today_does_not_exist_yesterday_whether_asked_for_or_not(shop: Shop) -> None:
    today = "2026-11-22T10:00:00+09:00"
    shop.load(
        [
            row("1", "2026-01-01", "a"),
            row("2", "2026-01-09", "b"),
            row("3", today, "a", email="x@example.jp"),
            row("4", today, "b", email="x@example.jp"),
        ]
    )
    assert shop.ask("repeat all window=30")["as_of"] == "2026-11-21"
    assert repeat(shop) == repeat(shop, as_of="2026-11-21") == (0, 2)
    assert repeat(shop, as_of="2026-11-22") == (1, 1)


def test_orders_of_nobody_are_left_out_once_also_in_the_past_of_people_joined_later(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01", "a"),
            row("2", "2026-01-09", "b"),
            row("3", "2026-06-01", "a", email="x@example.jp"),
            row("4", "2026-06-01", "b", email="x@example.jp"),
            row("nobody", "2026-01-01", ""),
            row("nobody-either", "2026-01-02", "", status="cancelled"),
        ]
    )
    for day in (None, "2026-05-31"):
        left_out = shop.ask("ltv all window=30", day)["left_out"]
        assert (left_out["unmatched"], left_out["cancelled"]) == (1, 1), day


def test_a_state_between_two_equal_ones_does_not_come_back(shop: Shop) -> None:
    shop.load([END, row("1", "2026-01-01", "a", updated_at="2026-02-01")])
    again = shop.load([row("1", "2026-01-01", "a", updated_at="2026-02-03")]).written
    late = shop.load([row("1", "2026-01-01", "a", status="cancelled", updated_at="2026-02-02")]).written
    assert again is not None
    assert late is not None
    assert (again.unchanged, late.stale) == (1, 1)
    assert ltv(shop)["persons"] == 1


def test_placeholders_that_are_no_address_join_nobody(shop: Shop) -> None:
    shop.load([END, row("1", "2026-01-01", "a", email="なし"), row("2", "2026-01-02", "b", email="なし")])
    assert repeat(shop) == (0, 2)


def test_orders_without_any_customer_are_told_apart(shop: Shop) -> None:
    shop.load([END, row("1", "2026-01-01", "a"), row("2", "2026-01-02", "")])
    answer = shop.ask("ltv all window=30")
    assert (answer["result"]["persons"], answer["left_out"]["unmatched"]) == (1, 1)


def test_a_renamed_product_is_found_by_its_newest_name(shop: Shop) -> None:
    shop.load([END, row("1", "2026-01-01", "a", product_name="旧名"), row("2", "2026-03-01", "b", product_name="新名")])
    assert shop.ask("ltv 新名 window=30")["result"]["persons"] == 2


def test_one_wholesale_buyer_shows_in_the_share_of_the_top(shop: Shop) -> None:
    people = [row(f"{n}", "2026-01-01", f"c{n}", price=100) for n in range(99)]
    shop.load([END, *people, row("W", "2026-01-01", "w", price=990_100)])
    result = ltv(shop)
    assert result["ltv"] == "10000.000000"
    assert result["top_1_percent_share"] == 0.9901


def test_price_times_purchases_is_the_ltv(shop: Shop) -> None:
    shop.load(
        [
            END,
            row("1", "2026-01-01", "a", price=1000),
            row("2", "2026-01-05", "a", price=500),
            row("3", "2026-01-01", "b", price=1),
        ]
    )
    result = ltv(shop)
    product = Decimal(result["average_purchase_price"]) * Decimal(str(result["purchases_per_person"]))
    assert abs(product - Decimal(result["ltv"])) < Decimal("0.00001")
    assert result["ltv"] == "750.500000"


def test_nobody_gives_no_rate_instead_of_zero(shop: Shop) -> None:
    shop.load([END, row("1", "2026-11-15", "a")])
    assert ltv(shop)["ltv"] is None
    assert shop.ask("repeat all window=30")["result"]["rate"] is None


def test_a_product_name_that_looks_like_markup_is_a_name(shop: Shop) -> None:
    name = "*限定* <b>セット</b> & <!channel>"
    shop.load([END, row("1", "2026-01-01", "a", product_name=name)])
    assert shop.ask(f"ltv {name} window=30")["result"]["persons"] == 1


def test_today_is_never_a_complete_day(shop: Shop) -> None:
    shop.load([row("1", "2026-01-01", "a"), row("2", "2026-11-22T10:00:00+09:00", "b")])
    assert shop.ask("ltv all")["data_through"] == "2026-11-21"


def test_large_amounts_keep_every_yen(shop: Shop) -> None:
    shop.load([END, *(row(f"{n}", "2026-01-01", f"c{n}", price=9_007_199_254_741) for n in range(3))])
    assert ltv(shop)["net_sales"] == "27021597764223"


def test_people_who_may_have_been_customers_before_the_data_begins_are_named(shop: Shop) -> None:
    shop.load([END, row("1", "2026-01-01", "a"), row("2", "2026-03-31", "b"), row("3", "2026-04-01", "c")])
    assert ltv(shop)["maybe_earlier_persons"] == 2
    assert ltv(shop, "all window=30 from=2026-04-01")["maybe_earlier_persons"] == 0
