"""The sample shop tells the story that it should, the same one every time."""

import os
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from localslack.shop.__main__ import main
from localslack.shop.catalogue import ADS, CHANNELS, FALLING_AD, GIVEAWAY_AD, PRODUCTS
from localslack.shop.export import ShopError, advance, export_between
from localslack.shop.fates import STATUSES
from localslack.shop.story import Shop

NOW = datetime.fromisoformat("2026-11-22T09:00+09:00")
YESTERDAY = date(2026, 11, 21)
INVALID = ["cancelled", "returned", "refused", "unpaid", "test"]


def read(path: Path) -> pd.DataFrame:
    table: pd.DataFrame = pd.read_csv(path, dtype={"subscription_cycle": str}, keep_default_na=False)
    return table


def latest(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """What a store holds after importing these exports: the newest state of every order."""
    rows = pd.concat(tables)
    newest = rows.groupby("order_id")["updated_at"].transform("max")
    order = ["order_id", "sku", "quantity"]
    return rows[rows["updated_at"] == newest].sort_values(order, ignore_index=True)


def people(orders: pd.DataFrame) -> pd.Series:
    """The person of each row. An e-mail, where there is one, belongs to exactly one person."""
    mail = orders["email"].str.strip().str.casefold()
    by_id = mail[mail != ""].groupby(orders["customer_id"]).first()
    return orders["customer_id"].map(by_id).fillna(orders["customer_id"])


def first_and_second(orders: pd.DataFrame) -> pd.DataFrame:
    """For each person: day, ad, channel of the first purchase and days until the second, naively."""
    valid = orders.assign(person=people(orders))[~orders["status"].isin(INVALID)]
    valid = valid.assign(net=valid["unit_price"] * valid["quantity"] - valid["discount"] - valid["refund"])
    columns = ["person", "order_id", "ordered_at", "ad_code", "channel"]
    bought = valid.groupby(columns, as_index=False)["net"].sum().query("net > 0")
    bought = bought.assign(day=pd.to_datetime(bought["ordered_at"].str[:10]))
    bought = bought.sort_values(["person", "ordered_at", "order_id"])
    first = bought.drop_duplicates("person").set_index("person")
    days = bought.drop_duplicates(["person", "day"])
    second = days[days.groupby("person").cumcount() == 1].set_index("person")["day"]
    table: pd.DataFrame = first.assign(gap=(second - first["day"]).dt.days)
    return table


def mature(first: pd.DataFrame, until: date) -> pd.DataFrame:
    return first[first["day"] + pd.Timedelta(days=90) <= pd.Timestamp(until)]


def f2(first: pd.DataFrame) -> float:
    return float((first["gap"] <= 90).mean())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shop")
    began = time.perf_counter()
    advance(out, NOW)
    print(f"history of two years written in {time.perf_counter() - began:.1f} s")
    return out


@pytest.fixture(scope="module")
def history(folder: Path) -> pd.DataFrame:
    return read(folder / "orders-history.csv")


@pytest.fixture(scope="module")
def first(history: pd.DataFrame) -> pd.DataFrame:
    return first_and_second(history)


@pytest.fixture(scope="module")
def spend(folder: Path) -> pd.DataFrame:
    return read(folder / "ad-spend-history.csv")


def test_two_runs_are_identical_to_the_byte(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for now in (NOW, NOW + timedelta(days=7)):
            advance(tmp_path / name, now, seed=3, persons=400)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [
        "ad-spend-2026-11-28.csv",
        "ad-spend-history.csv",
        "orders-2026-11-28.csv",
        "orders-history.csv",
        "shop.json",
    ]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_another_seed_is_another_shop() -> None:
    shops = [Shop.ending(YESTERDAY, seed, 400) for seed in (1, 2)]
    one, other = (export_between(shop, YESTERDAY - timedelta(days=30), YESTERDAY)[0] for shop in shops)
    assert not one.equals(other)


@pytest.mark.parametrize("steps", [[28], [7, 7, 7, 7], [1] * 8 + [20]])
def test_weeks_one_by_one_end_like_one_jump(tmp_path: Path, steps: list[int]) -> None:
    written = [advance(tmp_path, NOW, persons=400)]
    now = NOW
    for days in steps:
        now += timedelta(days=days)
        written.append(advance(tmp_path, now))
    shop = Shop.ending(YESTERDAY, 7, 400)
    whole, spent = export_between(shop, shop.opened - timedelta(days=1), YESTERDAY + timedelta(days=28))
    whole.to_csv(tmp_path / "whole.csv", index=False)
    spent.to_csv(tmp_path / "spent.csv", index=False)
    got = latest([read(orders) for orders, _ in written])
    pd.testing.assert_frame_equal(got, latest([read(tmp_path / "whole.csv")]), check_dtype=False)
    got = pd.concat([read(costs) for _, costs in written], ignore_index=True)
    pd.testing.assert_frame_equal(got, read(tmp_path / "spent.csv"))


@settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.integers(0, 10**6), st.integers(1, 500), st.integers(1, 400))
def test_what_has_happened_is_never_told_otherwise_later(seed: int, days: int, more: int) -> None:
    shop = Shop.ending(YESTERDAY, seed, 200)
    middle, end = YESTERDAY + timedelta(days=days), YESTERDAY + timedelta(days=days + more)
    before, _ = export_between(shop, YESTERDAY, middle)
    after, _ = export_between(shop, middle, end)
    straight, _ = export_between(shop, YESTERDAY, end)
    pd.testing.assert_frame_equal(latest([before, after]), latest([straight]), check_dtype=False)


def test_late_changes_export_the_whole_order_again(tmp_path: Path) -> None:
    advance(tmp_path, NOW, persons=12_000)
    orders, _ = advance(tmp_path, NOW + timedelta(days=21))
    old, weeks = read(tmp_path / "orders-history.csv"), read(orders)
    again = weeks[weeks["ordered_at"] < "2026-11-22"]
    assert {"shipped", "cancelled", "refused", "returned", "unpaid"} <= set(again["status"])
    assert (again["refund"] > 0).any()
    assert (again["updated_at"] >= "2026-11-22").all()
    assert (weeks["updated_at"] < "2026-12-13").all()
    keys = ["order_id", "sku"]
    both = again.merge(old, on=keys, how="left", suffixes=("", "_before"))
    assert (both["updated_at"] > both["updated_at_before"]).all()
    assert len(old[old["order_id"].isin(again["order_id"])]) == len(again)


@pytest.mark.parametrize("hours", [0, 5, -24, -9000])
def test_nothing_is_written_when_no_new_day_is_complete(tmp_path: Path, hours: int) -> None:
    advance(tmp_path, NOW, persons=200)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    moment = (NOW + timedelta(hours=hours)).isoformat()
    assert main(["--out", str(tmp_path), "--now", moment]) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_day_ends_at_local_midnight(tmp_path: Path) -> None:
    advance(tmp_path, datetime.fromisoformat("2026-11-21T23:59+09:00"), persons=200)
    assert (tmp_path / "shop.json").read_text("utf-8").count('"2026-11-20"') == 2
    assert advance(tmp_path, datetime.fromisoformat("2026-11-21T14:59:59+00:00")) == []
    orders, _ = advance(tmp_path, datetime.fromisoformat("2026-11-21T15:00:00+00:00"))
    assert orders.name == "orders-2026-11-21.csv"


def test_a_write_that_breaks_off_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advance(tmp_path / "whole", NOW, persons=200)
    replace = os.replace

    def full_disk(source: Path, target: Path) -> None:
        if target.name.startswith("ad-spend"):
            raise OSError("disk full")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_disk)
        with pytest.raises(OSError, match="disk full"):
            advance(tmp_path / "broken", NOW, persons=200)
    assert not (tmp_path / "broken" / "ad-spend-history.csv").exists()
    for path in advance(tmp_path / "broken", NOW, persons=200):
        assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()
    assert not list((tmp_path / "broken").glob(".*"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--now", "2026-11-22T09:00"], "lacks an offset"),
        (["--now", "yesterday"], "not an ISO 8601 time"),
        (["--persons", "0"], "not a positive number"),
    ],
)
def test_a_wrong_argument_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: list[str], words: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path), "--now", NOW.isoformat(), *changed])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_folder_keeps_its_shop(tmp_path: Path) -> None:
    advance(tmp_path, NOW, seed=1, persons=200)
    assert len(advance(tmp_path, NOW + timedelta(days=1), seed=1, persons=200)) == 2
    with pytest.raises(ShopError, match="seed 1 with 200 persons"):
        advance(tmp_path, NOW + timedelta(days=2), seed=2)


def test_scale(history: pd.DataFrame, spend: pd.DataFrame) -> None:
    assert 90_000 <= history["order_id"].nunique() <= 110_000
    assert 39_000 <= people(history).nunique() <= 41_000
    assert len(PRODUCTS) == history["sku"].nunique() == history["product_name"].nunique() == 30
    assert spend["ad_code"].nunique() == 20
    assert set(history["ad_code"]) == set(spend["ad_code"]) | {""}
    assert set(history["channel"]) == set(CHANNELS)
    assert set(history["status"]) == set(STATUSES)


def test_every_value_has_the_form_of_the_import(history: pd.DataFrame) -> None:
    for column in ("quantity", "unit_price", "discount", "refund", "shipping", "tax"):
        assert history[column].dtype == "int64"
        assert (history[column] >= 0).all()
    line = history["unit_price"] * history["quantity"]
    assert (history["quantity"] > 0).all()
    assert (history["discount"] + history["refund"] <= line).all()
    stamp = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00"
    assert history["ordered_at"].str.fullmatch(stamp).all()
    assert (history["updated_at"] >= history["ordered_at"]).all()
    assert (history["updated_at"] < "2026-11-22").all()
    per_order = history.groupby("order_id")
    for column in ("ordered_at", "customer_id", "shipping", "status", "ad_code", "updated_at", "channel"):
        assert (per_order[column].transform("first") == history[column]).all()
    assert not history.duplicated(["order_id", "sku"]).any()
    assert history["order_id"].is_monotonic_increasing


def test_persons_are_invented_and_some_have_two_ids(history: pd.DataFrame) -> None:
    mails = history["email"].str.strip().str.casefold()
    assert mails.str.fullmatch(r"(c\d{6}@example\.jp)?").all()
    assert (history["email"] != mails).any()
    assert history["phone"].str.fullmatch(r"0[2-9]0-(0000|9999)-\d{4}").all()
    assert history["postcode"].str.startswith("000-").all()
    assert history["name"].str.contains("髙﨑").any()
    assert history["name"].str.contains("①").any()
    ids = history.groupby(people(history))["customer_id"].nunique()
    assert ids.max() == 2
    assert 0.02 < (ids == 2).mean() < 0.04


def test_dirt(history: pd.DataFrame) -> None:
    orders = history.drop_duplicates("order_id")
    share = orders["status"].value_counts(normalize=True)
    assert 0.02 < share["cancelled"] < 0.03
    assert 0.002 < share["test"] < 0.005
    assert 0.01 < (history.groupby("order_id")["refund"].sum() > 0).mean() < 0.015
    value = (history["unit_price"] * history["quantity"]).groupby(history["order_id"]).sum()
    assert (value == 0).sum() > 500
    times = orders["ordered_at"].str[11:19]
    assert {"00:00:00", "23:59:59", "08:30:00", "08:29:59", "09:00:00"} <= set(times)
    assert orders.duplicated(["customer_id", "name"]).any()
    assert history["product_name"].str.contains("<!channel>", regex=False).any()
    cancelled = orders[orders["status"] == "cancelled"]
    days = pd.to_datetime(cancelled["updated_at"]) - pd.to_datetime(cancelled["ordered_at"])
    assert (days > pd.Timedelta(days=3)).mean() > 0.3


def test_one_wholesale_buyer_stands_out(history: pd.DataFrame) -> None:
    paid = history[~history["status"].isin(INVALID)]
    net = paid["unit_price"] * paid["quantity"] - paid["discount"] - paid["refund"]
    sales = net.groupby(people(paid)).sum().sort_values(ascending=False)
    assert 0.06 < sales.iloc[0] / sales.sum() < 0.1
    assert sales.iloc[1] < sales.iloc[0] / 20


def test_people_repeat_as_mail_order_people_do(first: pd.DataFrame) -> None:
    assert 0.28 < f2(mature(first, YESTERDAY)) < 0.32
    assert 35 <= first["gap"].median() <= 45
    assert first["gap"].quantile(0.95) > 150
    old = first[first["day"] <= pd.Timestamp(YESTERDAY) - pd.Timedelta(days=365)]
    assert 0.55 < old["gap"].isna().mean() < 0.65


def test_ads_repeat_as_the_catalogue_says(first: pd.DataFrame) -> None:
    shop = Shop.ending(YESTERDAY, 7, 40_000)
    seen = mature(first, YESTERDAY)
    for ad in ADS:
        of_ad = seen[seen["ad_code"] == shop.code(ad)]
        assert abs(f2(of_ad) - ad.f2) < (0.03 if len(of_ad) > 1000 else 0.06), ad.code


def test_only_one_ad_changes(first: pd.DataFrame) -> None:
    seen = mature(first, YESTERDAY)
    half = seen["day"] < seen["day"].median()
    for code, of_ad in seen.groupby("ad_code"):
        early, late = of_ad[half[of_ad.index]], of_ad[~half[of_ad.index]]
        if min(len(early), len(late)) > 100:
            error = (f2(of_ad) * (1 - f2(of_ad)) * (1 / len(early) + 1 / len(late))) ** 0.5
            assert abs(f2(early) - f2(late)) < 2.5 * error, code


def test_the_falling_ad_falls_for_those_who_come_late() -> None:
    shop = Shop.ending(YESTERDAY, 7, 40_000)
    until = YESTERDAY + timedelta(days=90)
    orders, _ = export_between(shop, shop.opened - timedelta(days=1), until)
    seen = mature(first_and_second(orders), until)
    seen = seen[seen["ad_code"] == FALLING_AD]
    fell = seen["day"] >= pd.Timestamp(YESTERDAY) - pd.Timedelta(days=102)
    assert 0.29 < f2(seen[~fell]) < 0.34
    assert 0.12 < f2(seen[fell]) < 0.20
    weekly = seen.groupby(seen["day"].dt.to_period("W")).size().iloc[1:-1]
    assert 22 <= weekly.mean() <= 28


def test_enough_ads_can_be_judged_every_week(first: pd.DataFrame) -> None:
    for weeks in range(40):
        end = pd.Timestamp(YESTERDAY) - pd.Timedelta(days=90 + 7 * weeks)
        window = first[(first["day"] <= end) & (first["day"] > end - pd.Timedelta(days=56))]
        assert (window["ad_code"].value_counts().drop("") >= 100).sum() >= 10


def test_what_a_new_person_costs(first: pd.DataFrame, spend: pd.DataFrame) -> None:
    cpa = spend.groupby("ad_code")["cost"].sum() / first.groupby("ad_code").size()
    assert 1700 < cpa[GIVEAWAY_AD] < 2300
    assert cpa.drop(["", GIVEAWAY_AD]).between(7_500, 20_500).all()
    giveaway = mature(first[first["ad_code"] == GIVEAWAY_AD], YESTERDAY)
    assert f2(giveaway) < 0.06
    running = spend[spend["ad_code"] == FALLING_AD]
    assert running["date"].nunique() == 730
    assert (running["cost"] > 0).all()


def test_the_new_product_is_five_months_old(history: pd.DataFrame) -> None:
    bought = history[history["sku"] == "AGE-050"]["ordered_at"]
    assert "2026-06-24" <= bought.min() < "2026-07-01"
    assert len(bought) > 500
