"""Deciding on an ad (止める・続ける・様子見): the buttons, the form, and what is said afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bot.messages import Words
from bot.messages.figures import money
from bot.views.kit import Block, Message, actions, button, context, escape, modal, plain, section, text_input

STOP = "stop"
KEEP = "keep"
WATCH = "watch"
CHOICES = (STOP, KEEP, WATCH)
DECIDE = "ad.decide"
FORM = "ad.decision"
SHARE_DECISION = "ad.decision.share"
REASON = "reason"
RECHECK = "recheck"
RECHECK_DAYS = 30
REASON_LIMIT = 1000


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """What a decision button stands for: the ad, the choice, and the day whose figures were shown.

    `channel` is where the button was pressed, if that is known.
    """

    code: str
    choice: str
    as_of: date
    channel: str | None = None

    def value(self) -> str:
        """As the value of a button or the metadata of the form."""
        told = {"ad": self.code, "choice": self.choice, "as_of": self.as_of.isoformat()}
        return json.dumps(told | ({"channel": self.channel} if self.channel else {}), ensure_ascii=False)

    @classmethod
    def read(cls, value: str, channel: str | None = None) -> Deciding:
        """From such a value; `channel` where it does not name one."""
        told = json.loads(value)
        return cls(
            code=told["ad"],
            choice=told["choice"],
            as_of=date.fromisoformat(told["as_of"]),
            channel=told.get("channel", channel),
        )


@dataclass(frozen=True, kw_only=True)
class DecisionShown:
    """A recorded decision as it is shown; `evidence` is that of the record (bot.views.ad_plain)."""

    number: int
    code: str
    choice: str
    reason: str
    decided_by: str
    recheck_on: date | None
    evidence: Mapping[str, Any]


def decision_buttons(code: str, as_of: date, words: Words) -> Block:
    """止める / 続ける / 様子見 on one ad."""
    return actions(
        [
            button(
                words(f"ad.decide.{choice}"),
                f"{DECIDE}.{choice}",
                Deciding(code=code, choice=choice, as_of=as_of).value(),
                "danger" if choice == STOP else None,
            )
            for choice in CHOICES
        ]
    )


def decision_form(deciding: Deciding, today: date, words: Words) -> Block:
    """Asks for the reason and the day on which to look again."""
    picker: Block = {
        "type": "datepicker",
        "action_id": "value",
        "initial_date": (today + timedelta(days=RECHECK_DAYS)).isoformat(),
    }
    blocks = [
        section(words(f"ad.form.{deciding.choice}", ad=escape(deciding.code))),
        context(words("ad.form.hands_off")),
        text_input(
            REASON,
            words("ad.form.reason"),
            multiline=True,
            placeholder=words(f"ad.form.{deciding.choice}.placeholder"),
            max_length=REASON_LIMIT,
        ),
        {
            "type": "input",
            "block_id": RECHECK,
            "label": plain(words("ad.form.recheck")),
            "element": picker,
            "hint": plain(words("ad.form.recheck.hint")),
            "optional": False,
        },
    ]
    return modal(
        FORM,
        words(f"ad.decide.{deciding.choice}"),
        blocks,
        submit=words("ad.form.submit"),
        close=words("button.cancel"),
        metadata=deciding.value(),
    )


def recorded(decision: DecisionShown, words: Words) -> Message:
    """Told to the one who decided; a button shares it."""
    text = _told("ad.recorded", decision, words)
    share = button(words("ad.button.share_decision"), SHARE_DECISION, str(decision.number), "primary")
    return Message(text, [section(text), context(words("ad.form.hands_off")), actions([share])])


def shared(decision: DecisionShown, words: Words) -> Message:
    """Told to the channel."""
    text = _told("ad.shared", decision, words)
    return Message(text, [section(text)])


def _told(key: str, decision: DecisionShown, words: Words) -> str:
    figures = decision.evidence["figures"]
    ltv = figures["ltv"]["value"]
    return words(
        key,
        ad=escape(decision.code),
        choice=words(f"ad.decide.{decision.choice}"),
        user=decision.decided_by,
        reason=escape(decision.reason),
        recheck="–" if decision.recheck_on is None else words.day(decision.recheck_on),
        cpa=_amount(figures["cpa"], words),
        f2=words.percent(figures["f2"]["rate"]),
        f2_n=words.count(figures["f2"]["denominator"]),
        ltv=_amount(ltv, words),
        ltv_n=words.count(figures["ltv"]["persons"]),
        verdict=words(f"ad.verdict.{figures['verdict']}"),
        as_of=words.day(date.fromisoformat(decision.evidence["as_of"])),
    )


def _amount(major: str | None, words: Words) -> str:
    return words.money(None) if major is None else money(Decimal(major), words)
