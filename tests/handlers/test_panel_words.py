"""The words behind `/panel`: list, show, calc, search, help."""

from __future__ import annotations

from store.panels import recent_panels
from tests.handlers.conftest import TEAM, Office, buttons_of
from tests.handlers.panel_steps import closed, newest, started
from tests.localslack.running import OWNER

CRM = "U0CRM0001"


def test_the_list_opens_a_copy_and_brings_the_card_here(office: Office) -> None:
    closed(office, 5)
    office.command("/panel list", user=OWNER, channel="C0CRM0001")
    listed = office.message("最近のパネル", user=OWNER, channel="C0CRM0001")
    assert "指数 2,000 · WEBに進む" in listed["shown"]
    office.press(listed, "panel.open", user=OWNER)
    copy = office.message("あなただけに見える写し", user=OWNER, channel="C0CRM0001")
    assert office.private(copy)
    office.press(copy, "panel.repost", user=OWNER)
    card = office.message("価格のはしご", user=CRM, channel="C0CRM0001")
    assert "panel.decide.proceed" in buttons_of(card)
    assert "に移りました" in office.message("移りました")["shown"]
    assert newest(office).channel == "C0CRM0001"


def test_show_search_help_and_unknown_words(office: Office) -> None:
    closed(office, 5, "A: 少し高い\nB: 香りが好き")
    office.command("/panel show 朝だけ")
    assert "売れる通販指数 2,000" in office.message("あなただけに見える写し")["shown"]
    office.command("/panel show 朝だけ美容駅")
    assert "もしかして: 朝だけ美容液" in office.message("もしかして")["shown"]
    office.command("/panel search 高い")
    found = office.message("を含む理由")
    assert "少し高い" in found["shown"]
    assert "香り" not in found["shown"]
    office.command("/panel search %")
    office.message("「%」を含む理由は見つかりません")
    office.command("/panel help")
    assert "ページの閲覧数" in office.message("数えないもの")["shown"]
    office.command("/panel foo*bar")
    unknown = office.message("のどれかを続けて")
    for word in ("new", "list", "show", "calc", "search", "help"):
        assert word in unknown["shown"]
    assert all(office.private(m) for m in office.messages() if "price" not in m and m["ts"] > found["ts"])


def test_open_votes_of_members_are_not_found_by_searching(office: Office) -> None:
    office.press(started(office, internal=["yes"], people="2"), "panel.reveal")
    office.press(office.message("② この価格で"), "panel.why")
    assert office.submit({"reason": "ないしょの理由"}) == {}
    office.message("理由を記録しました")
    office.command("/panel search ないしょ", user=OWNER)
    office.message("見つかりませんでした", user=OWNER)


def test_a_trial_is_calculated_for_the_asker_and_not_recorded(office: Office) -> None:
    office.command("/panel calc 4000 5/10")
    answer = office.message("試算です")
    assert office.private(answer)
    assert "WEBに進む ・ 売れる通販指数 2,000" in answer["shown"]
    assert [block["type"] for block in answer["blocks"]].count("image") == 1
    assert recent_panels(office.deps.engine, TEAM, 1) == ()


def test_an_impossible_trial_gets_a_clear_sentence(office: Office) -> None:
    office.command("/panel calc 4000 11 10")
    assert office.private(office.message("買う人"))
    office.command("/panel calc")
    office.message("`/panel calc 単価 買う人 聞いた人`")
    office.command("/panel calc <!channel> 5 10")
    assert "<!channel>" not in office.message("単価は数字で")["shown"]
