"""`/ad` from imported files to the answer: figures, verdicts, and what a person may ask for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.ad_report import AdUnknown
from bot.errors import UserError
from bot.messages import Words
from bot.metrics.intervals import wilson
from bot.reports import run_report
from store.database import migrate, open_engine
from store.tables import teams
from tests import naive
from tests.ads import load_spend, people, shop_at, spend, through
from tests.shop import Shop, row

TODAY = date(2026, 6, 30)
YESTERDAY = TODAY - timedelta(days=1)
COSTS = {"GOOD": 700_000, "DEAR": 2_700_000, "CHEAP": 80_000, "NOBODY": 30_000}


def chance_rows() -> list[dict[str, Any]]:
    """Persons of two years with cancellations, refunds, tests, samples and unknown ads, drawn with a fixed seed."""
    chance = random.Random(7)
    rows = []
    for person in range(300):
        day = date(2024, 7, 1) + timedelta(days=chance.randrange(725))
        for number in range(chance.choice([1, 1, 1, 2, 3])):
            day += timedelta(days=chance.randrange(0, 120) if number else 0)
            price = chance.choice([0, 1000, 4980, 12_000])
            rows.append(
                row(
                    f"O{person}-{number}",
                    f"{day}T{chance.randrange(24):02}:30:00+09:00",
                    f"c{person % 280}",
                    price=price,
                    refund=price if chance.random() < 0.05 else chance.choice([0, 0, 100 if price else 0]),
                    status=chance.choice(["paid", "paid", "paid", "shipped", "cancelled", "test"]),
                    ad_code=chance.choice(["GOOD", "DEAR", "CHEAP", ""]),
                )
            )
    return [r for r in rows if r["ordered_at"] < TODAY.isoformat()]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a good, a dear and a cheap ad that nobody repeats from, one that brought nobody, and organic."""
    folder = tmp_path_factory.mktemp("ads")
    url = f"sqlite:///{folder}/banto.sqlite3"
    migrate(url)
    engine = open_engine(url)
    shop = shop_at(engine, folder, TODAY)
    rows = [
        *people("GOOD", 20, 10, lambda week: 5, price=9000),
        *people("DEAR", 20, 10, lambda week: 3, price=3000),
        *people("CHEAP", 20, 10, lambda week: 0, price=3000),
        *people("", 20, 5, lambda week: 2),
        *through(YESTERDAY),
    ]
    shop.load(rows)
    load_spend(shop, spend(COSTS))
    yield shop
    engine.dispose()


def margin(shop: Shop, permille: int | None) -> None:
    with shop.engine.begin() as connection:
        connection.execute(update(teams).values(margin_permille=permille))


def by_code(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {ad["code"]: ad for ad in answer["result"]["ads"]}


def test_the_figures_of_every_ad_are_those_of_the_plain_computation(shop: Shop) -> None:
    rows = chance_rows()
    shop.now = shop_at(shop.engine, shop.folder, TODAY).now
    shop.load([*rows, *through(YESTERDAY)])
    load_spend(shop, spend({"GOOD": 10_000, "DEAR": 0}))
    for day in (YESTERDAY, date(2026, 1, 31)):
        answer = shop.ask("ad all", day.isoformat())
        ads = by_code(answer) | {"": answer["result"]["unknown_ad"]}
        for code in ("GOOD", "DEAR", "CHEAP", ""):
            year, f2 = naive.measure(rows, 365, day, ad=code), naive.measure(rows, 90, day, ad=code)
            got = ads[code]
            assert got["new_persons"] == year.persons + year.immature
            assert (got["ltv"]["persons"], int(got["ltv"]["net_sales"])) == (year.persons, year.net_sales)
            assert (got["f2"]["denominator"], got["f2"]["numerator"]) == (f2.persons, f2.returned)
            assert got["left_out"] == {"immature_ltv": year.immature, "immature_f2": f2.immature}
        assert answer["left_out"]["immature_persons"] == sum(ad["left_out"]["immature_ltv"] for ad in ads.values())
    assert float(ads["GOOD"]["cpa"]) == pytest.approx(10_000 / ads["GOOD"]["new_persons"], abs=1e-6)
    assert float(ads["DEAR"]["cpa"]) == 0
    assert (ads["CHEAP"]["spend"], ads["CHEAP"]["cpa"], ads["CHEAP"]["verdict"]) == (None, None, "no_spend")


def test_verdicts_of_good_dear_and_cheap_ads(told: Shop) -> None:
    margin(told, 600)
    answer = told.ask("ad all")
    ads = by_code(answer)
    assert {code: ad["verdict"] for code, ad in ads.items()} == {
        "GOOD": "increase",
        "DEAR": "stop",
        "CHEAP": "stop_cheap_no_repeat",
        "NOBODY": "not_yet",
    }
    assert [ad["code"] for ad in answer["result"]["ads"]] == ["DEAR", "GOOD", "CHEAP", "NOBODY"]
    good = ads["GOOD"]
    assert (good["new_persons"], good["cpa"], good["ltv"]["value"]) == (200, "3500.000000", "13500.000000")
    assert (good["mr"], good["roas"]) == (pytest.approx(1_800_000 / 700_000), pytest.approx(2_700_000 / 700_000))
    assert good["margin_ltv"] == good["allowable_cpa"] == "8100.000000"
    interval = wilson(100, 200)
    assert interval is not None
    assert good["f2"] == {
        "window": 90,
        "numerator": 100,
        "denominator": 200,
        "rate": 0.5,
        "interval": {"low": interval.low, "high": interval.high},
    }
    assert answer["result"]["acquired_by_ads"]["numerator"] == 600
    assert answer["result"]["acquired_by_ads"]["denominator"] == 700


def test_without_a_margin_nothing_is_increased_and_it_is_said(told: Shop) -> None:
    margin(told, None)
    assert by_code(told.ask("ad"))["GOOD"]["verdict"] == "hold"
    text = said(told, "all")
    assert "粗利率が未設定" in text
    assert "増やす候補" not in text


def test_the_message_names_what_matters(told: Shop) -> None:
    margin(told, 600)
    text = said(told, "all")
    assert "止める候補 2本・増やす候補 1本・まだ判断できない 1本" in text
    assert "安いがリピートしない" in text
    assert "費用だけで新規のいない広告 1本（CPA n/a）：NOBODY ¥30,000" in text
    assert "広告から 85.7%・広告不明と自然流入 14.3%" in text
    assert "広告不明・自然流入" in text


def test_one_ad_says_when_it_has_paid_for_itself(told: Shop) -> None:
    margin(told, 600)
    good, dear = said(told, "good"), said(told, "DEAR")
    # 5,400 of margin with the first purchase are more than the CPA of 3,500.
    assert "1か月目" in good
    assert "観察期間（12か月）内には回収していません" in dear
    answer = told.ask("ad GOOD")
    assert answer["definition"]["ad"] == "GOOD"
    assert answer["result"]["ads"][0]["payback_month"] == 1
    assert sum(week["mature"] for week in answer["result"]["ads"][0]["weekly_f2"]) == 200


def test_a_period_restricts_spend_and_people_alike(told: Shop) -> None:
    answer = by_code(told.ask("ad all from=2025-01-13 to=2025-01-26"))
    assert answer["GOOD"]["new_persons"] == 20
    assert (answer["GOOD"]["spend"], answer["GOOD"]["verdict"]) == (None, "no_spend")
    assert "NOBODY" not in answer


def test_an_earlier_day_knows_nothing_later(told: Shop) -> None:
    early = by_code(told.ask("ad all", "2025-01-12"))
    assert early["GOOD"]["new_persons"] == 10
    assert early["GOOD"]["f2"]["denominator"] == 0
    assert early["GOOD"]["verdict"] == "not_yet"


def test_a_misspelt_code_brings_the_nearest(told: Shop) -> None:
    with pytest.raises(AdUnknown) as unknown:
        told.ask("ad GODD")
    assert unknown.value.near[0].label == "GOOD"


@pytest.mark.parametrize("words", ["all window=90", "GOOD channel=web", "GOOD basis=product", "GOOD ad=DEAR"])
def test_words_that_mean_nothing_here_are_refused(told: Shop, words: str) -> None:
    with pytest.raises(UserError) as refused:
        told.ask(f"ad {words}")
    assert refused.value.key in ("ad.error.setting", "query.twice")


def test_before_the_first_import_there_is_a_sentence(shop: Shop) -> None:
    with pytest.raises(UserError, match="no_orders"):
        shop.ask("ad all")


def said(shop: Shop, text: str) -> str:
    """Everything the message shows."""
    message = run_report("ad", text, shop.books, Words("ja"), today=TODAY).message
    return message.text + str(message.blocks)


def test_many_ads_fit_into_one_message(tmp_path: Path, shop: Shop) -> None:
    shop.now = shop_at(shop.engine, shop.folder, TODAY).now
    codes = [f"広告-{n:02}-<!channel>-{'長' * 60}" for n in range(30)]
    rows = [each for code in codes for each in people(code, 2, 20, lambda week: 1)]
    shop.load([*rows, *through(YESTERDAY)])
    load_spend(shop, spend({code: 9_000_000 + n for n, code in enumerate(codes)}))
    message = run_report("ad", "all", shop.books, Words("ja"), today=TODAY).message
    table = next(block for block in message.blocks if block["type"] == "table")
    assert len(table["rows"]) == 1 + 20 + 1
    assert "ほか10本" in str(message.blocks)
    marked = [b for b in message.blocks if b["type"] == "section" and "<!channel>" in str(b)]
    assert marked == []
