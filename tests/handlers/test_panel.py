"""`/panel` as people use it: the real handlers, a real workspace, a real database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bot import speaker
from handlers.panel_cards import refresh_card
from store.panel_records import NewPanel, Stage
from store.panels import decisions_on, find_panel, recent_panels, record_buyers, start_panel
from store.tables import decisions
from store.teams import day_number
from tests.handlers.conftest import NOW, TEAM, Office, buttons_of, words_of
from tests.handlers.panel_steps import FORM, closed, newest, recorded, revealed, seats, stale_press, started
from tests.localslack.running import ADS, GENERAL, OUTSIDER, OWNER, PLANNER, PLANS

CLERK, CRM = "U0CLERK01", "U0CRM0001"


def test_five_of_ten_at_4000_goes_to_web(office: Office) -> None:
    card = started(office)
    assert "4,000" not in card["shown"]
    assert "4000" not in json.dumps(card)
    card = revealed(office, concept="別のコンセプト")
    assert "10人中5人以上" in card["shown"]
    office.press(card, "panel.buyers")
    office.submit({"seats": seats(2), "reasons": "Aさん: 続けられそう\nC：高い\n"})
    card = office.message("あと3人")
    office.press(card, "panel.buyers")
    assert [each["value"] for each in office.modal()["blocks"][1]["element"]["initial_options"]] == ["1", "2"]
    office.submit({"seats": seats(5), "reasons": "Aさん: 続けられそう\nC：高い\n"})
    office.press(office.message("合格線に届いています"), "panel.close")
    card = office.message("価格のはしご")
    assert "WEBに進む ・ 売れる通販指数 2,000" in card["shown"]
    assert "946" in card["shown"]
    assert "3,054" in card["shown"]
    assert "高い" in card["shown"]
    assert [block["type"] for block in card["blocks"]].count("image") == 1
    assert "panel.close" not in buttons_of(card)
    assert newest(office).closed_at == NOW


def test_four_of_ten_does_not_and_says_how_many_more_to_ask(office: Office) -> None:
    card = closed(office, 4)
    assert "まだ届きません ・ 売れる通販指数 1,600" in card["shown"]
    assert "あと *31人* に聞く" in card["shown"]


def test_a_decision_is_kept_with_its_evidence(office: Office) -> None:
    office.press(closed(office, 5), "panel.decide.proceed", user=OWNER)
    given = {"reason": "声が前向き <!here>", "product": "product-x", "launch": "2027-02-01"}
    assert office.submit(given, user=OWNER) == {}
    card = office.message("判断: 進む")
    assert f"<@{OWNER}>" in card["shown"]
    assert "2027-02-01" in card["shown"]
    assert "<!here>" not in card["shown"]
    [decision] = decisions_on(office.deps.engine, newest(office))
    evidence = decision.evidence
    assert (evidence["index"], evidence["threshold"], evidence["asked"]) == ("2000", 2000, 10)
    assert evidence["people"][4]["would_buy"] == "yes"
    assert evidence["launch"] == {"product": "product-x", "day": "2027-02-01"}
    with office.deps.engine.connect() as connection:
        [row] = connection.execute(select(decisions.c.decided_by, decisions.c.recheck_on))
    assert row == (OWNER, day_number(date(2027, 3, 3)))  # 30 days after the launch


def test_a_second_decision_stands_beside_the_first(office: Office) -> None:
    office.press(closed(office, 4), "panel.decide.drop")
    assert office.submit({"reason": "採算が合わない"}) == {}
    office.press(office.message("判断: 見送り"), "panel.decide.retest", user=OWNER)
    assert office.submit({"reason": "言い方を変えてもう一度"}, user=OWNER) == {}
    card = office.message("判断: 再テスト")
    assert "採算が合わない" in card["shown"]


def test_slips_are_named_under_their_fields_and_nothing_is_recorded(office: Office) -> None:
    office.command("/panel")
    assert "0より大きい" in office.submit({**FORM, "price": "0"})["price"]
    assert "9桁まで" in office.submit({**FORM, "price": "1234567890"})["price"]
    assert "100人まで" in office.submit({**FORM, "people": "101"})["people"]
    assert recent_panels(office.deps.engine, TEAM, 1) == ()
    assert office.submit(FORM) == {}
    office.message("① 賛同を聞く")
    assert len(recent_panels(office.deps.engine, TEAM, 9)) == 1


def test_a_reason_of_nobody_keeps_the_form_open_and_records_nothing(office: Office) -> None:
    office.press(revealed(office), "panel.buyers")
    errors = office.submit({"seats": seats(5), "reasons": "Xさん: 高い"})
    assert "「Xさん」という参加者はいません" in errors["reasons"]
    assert newest(office).answered == 0


def test_a_hundred_attendees_can_all_be_recorded(office: Office) -> None:
    card = closed(office, 50, people="100")
    assert [person.alias for person in newest(office).people][25:28] == ["Zさん", "AAさん", "ABさん"]
    assert "聞いた人100人 = 2,000" in card["shown"]


def test_only_those_who_were_chosen_last_would_buy(office: Office) -> None:
    office.press(recorded(office, 5, "A: 高い"), "panel.buyers")
    assert office.submit({"seats": ["2"], "reasons": ""}) == {}
    office.message("購入意向 *1人*")
    people = newest(office).people
    assert [person.seat for person in people if person.would_buy] == [2]
    assert not any(person.reason for person in people)


def test_nobody_buying_is_a_result_too(office: Office) -> None:
    office.press(revealed(office), "panel.buyers")
    assert office.submit({}) == {}
    office.press(office.message("購入意向 *0人*"), "panel.close")
    assert "まだ届きません ・ 売れる通販指数 0" in office.message("価格のはしご")["shown"]


def test_a_price_that_cannot_pass_is_told_to_the_one_who_typed_it_only(office: Office) -> None:
    card = started(office, price="1999")
    warning = office.message("合格線 2,000 に満たない")
    assert office.private(warning)
    assert "1,999" not in card["shown"]
    assert not [m for m in office.messages(OWNER) if "1,999" in words_of(m)]
    office.press(card, "panel.reveal")
    assert "全員が買っても届きません" in office.message("② 価格を伝えて")["shown"]


def test_two_who_close_at_once_make_one_closing(office: Office) -> None:
    recorded(office, 5)
    panel = newest(office)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user: stale_press(office, "panel.close", panel.id, user), [PLANNER, OWNER]))

    def refused() -> list[str]:
        return [u for u in (PLANNER, OWNER) for m in office.messages(u) if "もう締められて" in words_of(m)]

    office.message("価格のはしご")
    assert len(office.slack.until(refused)) == 1
    assert newest(office).stage is Stage.CLOSED


@pytest.mark.parametrize(
    "action_id",
    ["panel.agree", "panel.reveal", "panel.buyers", "panel.close", "panel.withdraw", "panel.vote.buy"],
)
def test_old_buttons_answer_with_a_sentence_after_the_closing(office: Office, action_id: str) -> None:
    closed(office, 5)
    before = newest(office)
    stale_press(office, action_id, before.id)
    assert office.private(office.message("もう締められています"))
    assert newest(office) == before


def test_agreement_is_closed_once_the_price_is_out(office: Office) -> None:
    revealed(office)
    stale_press(office, "panel.agree", newest(office).id)
    assert office.private(office.message("賛同の記録はここまで"))


def test_another_teams_panel_does_not_exist(office: Office) -> None:
    new = NewPanel(
        concept="よその企画",
        proposition="秘密",
        price=4000,
        currency="JPY",
        threshold=2000,
        internal=False,
        aliases=("Aさん",),
    )
    other = start_panel(office.deps.engine, "T0OTHER", new, channel="C9", user="U9", at=NOW)
    for action_id in ("panel.reveal", "panel.open", "panel.agree", "panel.vote.agree", "panel.repost"):
        stale_press(office, action_id, other.id)
    office.slack.until(lambda: len([m for m in office.messages() if "見つかりません" in words_of(m)]) == 5 or None)
    office.command("/panel show よその企画")
    office.message("「よその企画」というコンセプトは見つかりません")
    assert find_panel(office.deps.engine, "T0OTHER", other.id) == other


def test_people_of_other_companies_cannot_press(office: Office) -> None:
    office.command("/panel", channel=ADS)
    assert office.submit(FORM) == {}
    card = office.message("① 賛同を聞く", channel=ADS)
    office.press(card, "panel.reveal", user=OUTSIDER)
    office.message("見つかりません", user=OUTSIDER, channel=ADS)
    assert newest(office).stage is Stage.AGREEMENT


def test_where_the_bot_is_not_the_panel_waits_for_the_invitation(office: Office) -> None:
    office.command("/panel", channel=GENERAL)
    assert office.submit(FORM) == {}
    dm = f"D{PLANNER[1:]}"
    notice = office.message("/invite", channel=dm)
    assert "朝だけ美容液" in notice["shown"]
    assert newest(office).message_ts is None
    office.press(notice, "panel.repost")
    office.message("番頭がこのチャンネルにいない", channel=dm)
    office.command("/invite @番頭", channel=GENERAL)
    office.press(notice, "panel.repost")
    card = office.message("① 賛同を聞く", channel=GENERAL)
    # It is noted once Slack has taken it, a moment after it can be seen.
    office.slack.until(lambda: newest(office).message_ts == card["ts"])


def test_members_vote_for_themselves_and_nobody_sees_it_before_the_end(office: Office) -> None:
    card = started(office, internal=["yes"], people="4")
    office.press(card, "panel.vote.agree", user=PLANNER)
    office.press(office.message("回答 *1人*"), "panel.vote.disagree", user=OWNER)
    office.press(office.message("回答 *2人*"), "panel.reveal")
    card = office.message("② この価格で買いますか")
    office.press(card, "panel.vote.buy", user=PLANNER)
    assert office.private(office.message("「買う」と記録しました"))
    office.press(office.message("回答 *1人*"), "panel.vote.buy", user=OWNER)
    office.press(office.message("回答 *2人*"), "panel.vote.not_buy", user=OWNER)
    office.message("「買わない」と記録しました", user=OWNER)
    office.press(office.message("回答 *2人*"), "panel.vote.unsure", user=CRM)
    card = office.message("回答 *3人*")
    office.press(card, "panel.why", user=OWNER)
    assert office.submit({"reason": "香りが強そう"}, user=OWNER) == {}
    office.message("理由を記録しました", user=OWNER)
    card = office.message("回答 *3人* / 4人")
    assert "香りが強そう" not in card["shown"]
    assert "購入意向 *" not in card["shown"]
    office.press(card, "panel.close")
    shown = office.message("価格のはしご")["shown"]
    assert "聞いた人4人 = 1,000" in shown
    assert "答えなかった 1人" in shown
    assert f"<@{OWNER}>（買わない）: 香りが強そう" in shown
    assert "賛同 1人 / 4人" in shown


def test_more_members_than_expected_are_all_counted(office: Office) -> None:
    office.press(started(office, internal=["yes"], people="1"), "panel.reveal")
    for done, user in enumerate((PLANNER, OWNER, CLERK), 1):
        office.press(office.message("② この価格で"), "panel.vote.buy", user=user)
        office.message(f"回答 *{done}人*")
    assert len(newest(office).people) == 3


def test_an_unanswered_panel_cannot_be_closed(office: Office) -> None:
    office.press(started(office, internal=["yes"]), "panel.reveal")
    office.press(office.message("② この価格で"), "panel.close")
    office.message("まだ誰の答えも記録されていません")
    assert newest(office).stage is Stage.CLOSING


def test_a_new_price_is_a_new_round_and_the_old_one_stays(office: Office) -> None:
    office.press(closed(office, 4), "panel.next_round")
    assert "同じです" in office.submit({"price": "4000"})["price"]
    assert office.submit({"price": "5000"}) == {}
    card = office.message("ラウンド2")
    assert "¥5,000" in card["shown"]
    second, first = recent_panels(office.deps.engine, TEAM, 2)
    assert (first.stage, first.would_buy, first.price) == (Stage.CLOSED, 4, 4000)
    assert (second.agreed, second.answered, second.first_round) == (8, 0, first.id)
    office.press(card, "panel.buyers")
    office.submit({"seats": seats(4)})
    office.press(office.message("合格線に届いています"), "panel.close")
    office.message("WEBに進む ・ 売れる通販指数 2,000")
    stale_press(office, "panel.next_round", first.id)


def test_a_mistyped_price_is_corrected_before_anybody_answers(office: Office) -> None:
    office.press(revealed(office, price="40000"), "panel.next_round")
    assert office.submit({"price": "4000"}) == {}
    office.message("取り下げられました")
    second, first = recent_panels(office.deps.engine, TEAM, 2)
    assert (first.stage, second.stage, second.price) == (Stage.WITHDRAWN, Stage.CLOSING, 4000)


def test_panels_of_one_concept_at_one_price_are_pooled(office: Office) -> None:
    closed(office, 5)
    office.command("/panel")
    given = {name: value for name, value in FORM.items() if name != "concept"}
    assert office.submit({**given, "known_concept": "朝だけ美容液"}) == {}
    office.press(office.message("① 賛同を聞く"), "panel.reveal")
    office.press(office.message("② 価格を伝えて"), "panel.buyers")
    office.submit({"seats": seats(3)})
    office.press(office.message("購入意向 *3人*"), "panel.close")
    card = office.message("同じ価格の2ラウンド")
    assert "購入意向8人 ÷ 聞いた人20人 = 1,600" in card["shown"]


def test_a_concept_is_written_or_chosen_but_not_both(office: Office) -> None:
    started(office)
    office.command("/panel")
    assert "どちらか一方" in office.submit({**FORM, "known_concept": "朝だけ美容液"})["concept"]


def test_a_deleted_card_loses_nothing(office: Office) -> None:
    card = recorded(office, 5)
    office.slack.client.chat_delete(channel=PLANS, ts=card["ts"])
    stale_press(office, "panel.close", newest(office).id)
    office.message("カードが見つかりません")
    assert newest(office).stage is Stage.CLOSED


def test_a_card_drawn_while_somebody_else_records_is_drawn_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    revealed(office)
    panel, update, late = newest(office), speaker.update, [[1, 2], [1, 2, 3]]

    def slow(*given: Any) -> None:
        if late:
            record_buyers(office.deps.engine, TEAM, panel.id, late.pop(0), {})
        update(*given)

    monkeypatch.setattr(speaker, "update", slow)
    refresh_card(office.deps, office.slack.client, TEAM, panel.id)
    [card] = [m for m in office.messages() if m["ts"] == panel.message_ts]
    assert "購入意向 *3人* / 10人" in words_of(card)


def test_a_hostile_concept_pings_nobody(office: Office) -> None:
    hostile = "<!channel> *x* & <http://example.jp|y>"
    card = closed(office, 5, "A: <!here> 高い", concept=hostile, proposition=hostile * 50)
    marked = [text for text in _mrkdwn(card["blocks"]) if "<!" in text or "<http" in text]
    assert marked == []
    assert "<!" not in card["text"]
    assert hostile in card["blocks"][0]["text"]["text"]


def _mrkdwn(thing: Any) -> list[str]:
    if isinstance(thing, dict):
        own = [thing["text"]] if thing.get("type") == "mrkdwn" else []
        return own + [text for value in thing.values() for text in _mrkdwn(value)]
    return [text for value in thing for text in _mrkdwn(value)] if isinstance(thing, list) else []
