"""The weekly watch: an ad that falls is told once, in its week, with the evidence; others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from bot.ad_alerts import CATCH_UP_WEEKS, KIND_LIMIT, Notice, check_alerts, overview, post_kind
from bot.errors import UserError
from bot.messages import Words
from bot.metrics.intervals import Ratio
from store.database import migrate, open_engine
from tests.ads import FIRST_DAY, people, shop_at, through
from tests.shop import Shop

WEEKS = 60
FALL = 40
JA = Words("ja")
Heard = list[tuple[date, Notice]]
LAST = FIRST_DAY + timedelta(days=7 * WEEKS + 90)


def falling(week: int) -> int:
    """10 of 30 come back, after the fall 3."""
    return 10 if week < FALL else 3


def recovering(week: int) -> int:
    return 3 if FALL <= week < FALL + 8 else 10


def filled(engine: Engine, folder: object, ads: dict[str, Callable[[int], int]], last: date = LAST) -> Shop:
    made = shop_at(engine, folder, last + timedelta(days=1))  # type: ignore[arg-type]
    rows = [each for code, back in ads.items() for each in people(code, WEEKS, 30, back)]
    made.load([*rows, *through(last)])
    return made


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Three steady ads, one that falls and one that falls and comes back; organic people fall and do not matter."""
    folder = tmp_path_factory.mktemp("alerts")
    url = f"sqlite:///{folder}/banto.sqlite3"
    migrate(url)
    engine = open_engine(url)
    steady = {f"STEADY-{n}": (lambda week: 10) for n in range(3)}
    yield filled(engine, folder, {**steady, "FALLS": falling, "DIPS": recovering, "": falling})
    engine.dispose()


def notices(shop: Shop, as_of: date) -> tuple[Notice, ...]:
    return check_alerts(shop.books, JA, today=as_of + timedelta(days=1), as_of=as_of)


def every(shop: Shop) -> Heard:
    """What a checker that looks every Monday is told, each notice once, with the day on which it heard of it."""
    sunday = FIRST_DAY + timedelta(days=7 * FALL + 62)
    heard: dict[str, tuple[date, Notice]] = {}
    while (sunday := sunday + timedelta(days=7)) <= LAST:
        for notice in notices(shop, sunday):
            heard.setdefault(notice.key, (sunday, notice))
    return list(heard.values())


@pytest.fixture(scope="module")
def heard(watched: Shop) -> Heard:
    """All that is told about the watched shop."""
    return every(watched)


def test_only_those_that_fall_are_told_in_the_week_that_confirms_it(heard: Heard) -> None:
    kinds = [notice.kind for _, notice in heard]
    assert kinds == ["alert:DIPS+FALLS", "recovered:DIPS"]
    sunday, alert = heard[0]
    first_matured = FIRST_DAY + timedelta(days=7 * FALL + 90)
    assert timedelta(weeks=2) <= sunday - first_matured <= timedelta(weeks=8)
    year, week, _ = sunday.isocalendar()
    assert alert.period == f"{year}-W{week:02}"
    assert alert.key == f"alert:DIPS+FALLS:{alert.period}"


def test_the_same_facts_and_day_give_the_same_notices(watched: Shop, heard: Heard) -> None:
    day = heard[0][0]
    first, again = notices(watched, day), notices(watched, day)
    assert [(n.key, n.data, n.message) for n in first] == [(n.key, n.data, n.message) for n in again]


def test_a_missed_week_is_caught_up_and_an_old_one_is_not(watched: Shop, heard: Heard) -> None:
    day, alert = heard[0]
    for weeks in range(CATCH_UP_WEEKS):
        assert alert.key in [n.key for n in notices(watched, day + timedelta(weeks=weeks))]
    assert alert.key not in [n.key for n in notices(watched, day + timedelta(weeks=CATCH_UP_WEEKS))]


def test_a_week_counts_only_when_its_sunday_is_complete(watched: Shop, heard: Heard) -> None:
    day, alert = heard[0]
    assert [n.key for n in notices(watched, day - timedelta(days=1))] == []
    assert [n.key for n in notices(watched, day + timedelta(days=5))] == [alert.key]


def test_stale_data_is_silent_and_says_so(watched: Shop, heard: Heard) -> None:
    fresh, stale = LAST + timedelta(days=10), LAST + timedelta(days=11)
    assert "古い" not in str(overview(watched.books, JA, today=fresh, precision=Ratio(0, 0)).blocks)
    assert "10日より古い" in str(overview(watched.books, JA, today=stale, precision=Ratio(0, 0)).blocks)
    confirmed = heard[0][0]
    assert check_alerts(watched.books, JA, today=fresh, as_of=confirmed) != ()
    assert check_alerts(watched.books, JA, today=stale, as_of=confirmed) == ()


def test_the_message_says_how_much_of_what_and_what_to_do(heard: Heard) -> None:
    _, alert = heard[0]
    shown = alert.message.text + str(alert.message.blocks)
    evidence = {ad["code"]: ad for ad in alert.data["ads"]}["FALLS"]
    window = evidence["window"]
    assert f"{window['denominator']}人中 {window['numerator']}人" in shown
    assert f"*{evidence['baseline']['rate'] * 100:.1f}%* から *{window['rate'] * 100:.1f}%* へ" in shown
    assert "の売上に当たります" in shown
    assert "オファー" in shown
    buttons = [e["action_id"] for b in alert.message.blocks if b["type"] == "actions" for e in b["elements"]]
    each = ["ad.alert.right", "ad.alert.wrong", "ad.decide.stop", "ad.decide.keep", "ad.decide.watch"]
    assert buttons == each * 2
    assert alert.message.pictures[0].png.startswith(b"\x89PNG")


def test_the_evidence_can_be_checked_by_hand(heard: Heard) -> None:
    day, alert = heard[0]
    evidence = {ad["code"]: ad for ad in alert.data["ads"]}["FALLS"]
    start = day - timedelta(days=55 + 90)
    end = day - timedelta(days=90)
    new = back = 0
    for week in range(WEEKS):
        for number in range(30):
            first = FIRST_DAY + timedelta(days=7 * week + number % 7)
            if start <= first <= end:
                new += 1
                back += number < falling(week)
    assert (evidence["window"]["denominator"], evidence["window"]["numerator"]) == (new, back)
    assert evidence["baseline"]["rate"] == pytest.approx(1 / 3, abs=0.01)


def test_all_ads_together_are_one_notice_about_the_shop(engine: Engine, tmp_path: object) -> None:
    shop = filled(engine, tmp_path, {f"AD-{n}": falling for n in range(5)})
    told = [notice for _, notice in every(shop)]
    assert [notice.kind for notice in told] == ["shop-alert"]
    assert len(told[0].data["ads"]) == 5
    assert "ショップ全体" in told[0].message.text


def test_states_and_precision_are_listed(watched: Shop) -> None:
    message = overview(watched.books, JA, today=LAST + timedelta(days=1), precision=Ratio(2, 3))
    table = next(block for block in message.blocks if block["type"] == "table")
    shown = {row[0]["text"]: row[1]["text"] for row in table["rows"][1:]}
    assert shown == {"FALLS": "警報", "DIPS": "正常", "STEADY-0": "正常", "STEADY-1": "正常", "STEADY-2": "正常"}
    assert "2/3（67%）" in str(message.blocks)


def test_without_orders_nothing_is_told(shop: Shop) -> None:
    assert check_alerts(shop.books, JA, today=LAST) == ()
    with pytest.raises(UserError, match="no_orders"):
        overview(shop.books, JA, today=LAST, precision=Ratio(0, 0))


@settings(max_examples=50)
@given(codes=st.lists(st.text("abc", min_size=1, max_size=255), min_size=1, max_size=20, unique=True))
def test_a_kind_fits_the_table_of_posts_and_stays_its_own(codes: list[str]) -> None:
    kinds = {post_kind(f"alert:{code}") for code in codes}
    assert len(kinds) == len(codes)
    assert max(map(len, kinds)) <= KIND_LIMIT
