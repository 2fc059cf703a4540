"""The card of a concept panel: what the room may see at each stage, and in the end the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from bot.messages import Words
from bot.messages.figures import ends
from bot.metrics.panel import PanelResult
from bot.views import kit
from bot.views.kit import Block, Message, Picture
from bot.views.panel_result import formula, ladder, needed, result_blocks
from bot.views.panel_shown import (
    AGREEMENT,
    CLOSED,
    CLOSING,
    DROP,
    PROCEED,
    RETEST,
    DecisionShown,
    PanelShown,
    PersonShown,
)

AGREE = "panel.agree"
REVEAL = "panel.reveal"
BUYERS = "panel.buyers"
CLOSE = "panel.close"
NEXT_ROUND = "panel.next_round"
WITHDRAW = "panel.withdraw"
WHY = "panel.why"
REPOST = "panel.repost"
OPEN = "panel.open"
NEW = "panel.new"

VOTES: dict[str, tuple[str, bool | None]] = {
    "panel.vote.agree": (AGREEMENT, True),
    "panel.vote.disagree": (AGREEMENT, False),
    "panel.vote.buy": (CLOSING, True),
    "panel.vote.not_buy": (CLOSING, False),
    "panel.vote.unsure": (CLOSING, None),
}
"""A member's own buttons in an internal panel: the stage they belong to and the answer."""

DECIDE = {f"panel.decide.{choice}": choice for choice in (PROCEED, DROP, RETEST)}

NAMES_SHOWN = 30
REASONS_SHOWN = 10
REASON_SHOWN = 200
PROPOSITION_SHOWN = 300
DECISIONS_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a card is drawn from. `pooled`: all rounds of the concept at this price, if more than one."""

    panel: PanelShown
    zone: ZoneInfo
    result: PanelResult | None = None
    pooled: PanelResult | None = None
    pooled_rounds: int = 0
    decisions: Sequence[DecisionShown] = ()
    picture: Picture | None = None


def card(sheet: Sheet, words: Words) -> Message:
    """The public card with the buttons of its stage. The price is nowhere in it before the reveal."""
    words = replace(words, currency=sheet.panel.currency)
    return Message(
        text=_text(sheet, words),
        blocks=[*_body(sheet, words), *_buttons(sheet.panel, words)],
        pictures=(sheet.picture,) if sheet.picture else (),
    )


def card_copy(sheet: Sheet, words: Words, link: str | None) -> Message:
    """A copy for one person whose only button is the way to the real card (`link`, if there is one)."""
    words = replace(words, currency=sheet.panel.currency)
    where = words("panel.copy.linked", link=link) if link else words("panel.copy.unposted")
    repost = kit.button(words("panel.button.repost"), REPOST, str(sheet.panel.id))
    return Message(
        text=_text(sheet, words),
        blocks=[*_body(sheet, words), kit.section(where), kit.actions([repost])],
        pictures=(sheet.picture,) if sheet.picture else (),
    )


def moved(panel: PanelShown, words: Words, link: str) -> Message:
    """What is left where a card was before it was posted anew."""
    text = words("panel.moved", concept=kit.escape(panel.concept), link=link)
    return Message(text=text, blocks=[kit.section(text)])


def name_of(person: PersonShown) -> str:
    """A seat's name, made inert; a member by mention."""
    return f"<@{person.slack_user}>" if person.slack_user else kit.escape(person.alias)


def names(people: Sequence[PersonShown], words: Words) -> str:
    """Up to thirty names and how many more there are."""
    shown = words("panel.names.separator").join(name_of(person) for person in people[:NAMES_SHOWN])
    rest = len(people) - NAMES_SHOWN
    return shown + words("panel.names.more", count=rest) if rest > 0 else shown


def said(person: PersonShown, words: Words) -> str:
    """One person's reason as a line, with whether they would buy."""
    answer = {True: "buy", False: "not_buy", None: "unsure"}[person.would_buy]
    reason = kit.cut(kit.escape(person.reason), REASON_SHOWN)
    return words("panel.said", name=name_of(person), answer=words(f"panel.answer.{answer}"), reason=reason)


def _text(sheet: Sheet, words: Words) -> str:
    """What notifications and screen readers get."""
    panel = sheet.panel
    concept = kit.escape(panel.concept)
    if sheet.result and panel.stage == CLOSED:
        verdict = words("panel.verdict.passes" if sheet.result.passes else "panel.verdict.fails")
        return words("panel.text.closed", concept=concept, verdict=verdict, formula=formula(sheet.result, words))
    return words(f"panel.text.{panel.stage}", concept=concept)


def _body(sheet: Sheet, words: Words) -> list[Block]:
    panel = sheet.panel
    top = [kit.header(words("panel.header", concept=panel.concept)), kit.context(_origin(sheet, words))]
    if panel.stage == AGREEMENT:
        return [*top, *_agreement(panel, words)]
    if panel.stage == CLOSING:
        return [*top, *_closing(sheet, words)]
    if panel.stage == CLOSED:
        return [*top, *_closed(sheet, words)]
    return [*top, kit.section(words("panel.withdrawn"))]


def _origin(sheet: Sheet, words: Words) -> str:
    panel = sheet.panel
    parts = [words("panel.round", round=panel.round)]
    if panel.internal:
        parts.append(words("panel.internal"))
    parts.append(words("panel.begun", user=panel.created_by, time=words.time(panel.created_at.astimezone(sheet.zone))))
    if panel.closed_at:
        parts.append(words("panel.closed_at", time=words.time(panel.closed_at.astimezone(sheet.zone))))
    return " · ".join(parts)


def _agreement(panel: PanelShown, words: Words) -> list[Block]:
    hint = "panel.step.agreement.internal" if panel.internal else "panel.step.agreement"
    if panel.internal:
        done = sum(person.agreed is not None for person in panel.people)
        state = words("panel.agreement.answered", count=done, asked=len(panel.people))
    elif panel.agreement_recorded:
        state = words("panel.agreement.recorded", count=panel.agreed, asked=len(panel.people))
    else:
        state = words("panel.agreement.none")
    return [
        kit.section(words("panel.label.proposition")),
        _plain_section(panel.proposition),
        kit.divider(),
        kit.section(words(hint)),
        kit.section(state),
        kit.context(_seats(panel, words)),
    ]


def _closing(sheet: Sheet, words: Words) -> list[Block]:
    panel, result = sheet.panel, sheet.result
    assert result is not None  # measured from the reveal on
    hint = words("panel.step.closing.internal" if panel.internal else "panel.step.closing")
    goal = words("panel.goal", price=words.money(panel.price), needed=needed(result, words))
    return [
        kit.section(words("panel.label.proposition")),
        _plain_section(kit.cut(panel.proposition, PROPOSITION_SHOWN)),
        kit.divider(),
        kit.section(f"{hint}\n{goal}"),
        kit.section(_progress(panel, result, words)),
        kit.context(_seats(panel, words)),
    ]


def _progress(panel: PanelShown, result: PanelResult, words: Words) -> str:
    if panel.tally_hidden:
        return words("panel.closing.answered", count=panel.answered, asked=len(panel.people))
    agreed = _agreed(panel, words)
    if not panel.answered:
        return f"{agreed}\n{words('panel.closing.none')}"
    line = words("panel.closing.recorded", count=panel.would_buy, asked=result.asked)
    if result.passes:
        line += words("panel.closing.reached")
    elif result.needed is not None:
        line += words("panel.closing.missing", count=result.needed - panel.would_buy)
    return f"{agreed}\n{line}"


def _agreed(panel: PanelShown, words: Words) -> str:
    if not panel.agreement_recorded:
        return words("panel.agreement.skipped")
    return words("panel.agreement.kept", count=panel.agreed, asked=len(panel.people))


def _closed(sheet: Sheet, words: Words) -> list[Block]:
    panel, result = sheet.panel, sheet.result
    assert result is not None  # measured from the reveal on
    blocks = [_plain_section(kit.cut(panel.proposition, PROPOSITION_SHOWN)), *result_blocks(result, words)]
    blocks += [_decision(each, sheet, words) for each in sheet.decisions[-DECISIONS_SHOWN:]]
    blocks.append(kit.section(_answers(panel, words)))
    if sheet.pooled:
        key = "panel.pooled.passes" if sheet.pooled.passes else "panel.pooled.fails"
        pooled = words(
            key,
            rounds=sheet.pooled_rounds,
            formula=formula(sheet.pooled, words),
            probability=words.percent(sheet.pooled.probability, 0),
            **ends(sheet.pooled.interval, words),
        )
        blocks.append(kit.section(pooled))
    blocks += [kit.section(words("panel.ladder.title")), ladder(result, words)]
    return [*blocks, kit.context(words("panel.definition", threshold=words.count(result.threshold)))]


def _answers(panel: PanelShown, words: Words) -> str:
    asked = len(panel.people)
    lines = [_agreed(panel, words)]
    buyers = [person for person in panel.people if person.would_buy]
    line = words("panel.closing.recorded", count=len(buyers), asked=asked)
    lines.append(line + (words("panel.closing.who", names=names(buyers, words)) if buyers else ""))
    if silent := sum(not person.answered for person in panel.people):
        lines.append(words("panel.silent", count=silent))
    reasons = [person for person in panel.people if person.reason]
    if reasons:
        lines.append(words("panel.label.reasons"))
        lines += [said(person, words) for person in reasons[:REASONS_SHOWN]]
    if len(reasons) > REASONS_SHOWN:
        lines.append(words("panel.reasons.more", count=len(reasons) - REASONS_SHOWN))
    return "\n".join(lines)


def _decision(decision: DecisionShown, sheet: Sheet, words: Words) -> Block:
    text = words(
        "panel.decision",
        choice=words(f"panel.choice.{decision.choice}"),
        user=decision.decided_by,
        time=words.time(decision.decided_at.astimezone(sheet.zone)),
        reason=kit.cut(kit.escape(decision.reason), PROPOSITION_SHOWN),
    )
    launch = decision.evidence.get("launch", {})
    if launch:
        text += "\n" + words(
            "panel.launch",
            product=kit.escape(launch["product"]) or kit.EMPTY_CELL,
            day=launch["day"] or kit.EMPTY_CELL,
        )
    return kit.section(text)


def _seats(panel: PanelShown, words: Words) -> str:
    if not panel.internal:
        return words("panel.people", count=len(panel.people), names=names(panel.people, words))
    members = [person for person in panel.people if person.slack_user]
    if not members:
        return words("panel.members.none", count=len(panel.people))
    return words("panel.members", count=len(panel.people), names=names(members, words))


def _buttons(panel: PanelShown, words: Words) -> list[Block]:
    value = str(panel.id)

    def press(action_id: str, key: str, style: Literal["primary", "danger"] | None = None) -> Block:
        return kit.button(words(f"panel.button.{key}"), action_id, value, style)

    withdraw = _confirmed(press(WITHDRAW, "withdraw"), "withdraw", words)
    close = _confirmed(press(CLOSE, "close", "primary"), "close", words)
    if panel.stage == AGREEMENT:
        reveal = _confirmed(press(REVEAL, "reveal", "primary"), "reveal", words)
        if panel.internal:
            return [kit.actions(_votes(panel, words)), kit.actions([reveal, withdraw])]
        agree = press(AGREE, "agree_again" if panel.agreement_recorded else "agree")
        return [kit.actions([agree, reveal, withdraw])]
    if panel.stage == CLOSING:
        # Once answers stand, the round is closed before its price changes: nothing said is lost.
        leave = [] if panel.answered else [press(NEXT_ROUND, "next_round")]
        if panel.internal:
            own = [*_votes(panel, words), press(WHY, "why")]
            return [kit.actions(own), kit.actions([close, *leave, withdraw])]
        if panel.answered:
            return [kit.actions([press(BUYERS, "buyers_again"), close, withdraw])]
        return [kit.actions([press(BUYERS, "buyers", "primary"), *leave, withdraw])]
    if panel.stage == CLOSED:
        choices = [press(action_id, f"decide.{choice}") for action_id, choice in DECIDE.items()]
        return [kit.actions([*choices, press(NEXT_ROUND, "next_round")])]
    return []


def _votes(panel: PanelShown, words: Words) -> list[Block]:
    return [
        kit.button(words(action_id), action_id, str(panel.id))
        for action_id, (stage, _) in VOTES.items()
        if stage == panel.stage
    ]


def _confirmed(button: Block, key: str, words: Words) -> Block:
    """The button with a question before it acts."""
    confirm = {
        "title": kit.plain(button["text"]["text"], 100),
        "text": kit.plain(words(f"panel.confirm.{key}"), 300),
        "confirm": button["text"],
        "deny": kit.plain(words("button.cancel"), 30),
    }
    return button | {"confirm": confirm}


def _plain_section(text: str) -> Block:
    """Outside text as it was typed, line breaks included; nothing in it is interpreted."""
    return {"type": "section", "text": kit.plain(text)}
