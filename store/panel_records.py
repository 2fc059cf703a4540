"""Concept panels as values: what was shown, who sat there, what they said and what was decided.

Free of database and Slack, so that the store, the views and the handlers can share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from babel.numbers import get_currency_precision

PEOPLE_LIMIT = 100
"""Seats of one panel: a menu of Slack holds no more choices."""


class Stage(StrEnum):
    """Where a round stands. The price is shown from `CLOSING` on and never before."""

    AGREEMENT = "agreement"
    CLOSING = "closing"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Choice(StrEnum):
    """What was decided on a closed panel: 進む, 見送り, 再テスト."""

    PROCEED = "proceed"
    DROP = "drop"
    RETEST = "retest"


class UnknownPanel(LookupError):
    """This team has no such panel."""


class WrongStage(Exception):
    """What was asked for belongs to another stage than `stage`, where the panel stands now."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.stage = stage


class NothingRecorded(Exception):
    """A round cannot be closed before anybody's answer to the price is recorded."""


class AnswersOpen(Exception):
    """A round with answers must be closed before the price changes, or its answers would be lost."""


class RoundExists(Exception):
    """The same people already have a later round."""


class PanelFull(Exception):
    """No seat is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A seat of the panel. None means silent or undecided; such a person still counts among those asked."""

    seat: int
    alias: str
    slack_user: str | None = None
    agreed: bool | None = None
    would_buy: bool | None = None
    answered: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One round of a concept panel. `price` is in minor units, `threshold` in major units of the currency."""

    id: int
    team: str
    concept_id: int
    concept: str
    proposition: str
    first_round: int
    """The id of the first round with the same people; its own id there."""
    round: int
    price: int
    currency: str
    threshold: int
    stage: Stage
    internal: bool
    created_by: str
    created_at: datetime
    closed_at: datetime | None
    channel: str
    message_ts: str | None
    people: tuple[Person, ...]

    @property
    def major_price(self) -> Decimal:
        """The price in yen or dollars, as the index takes it."""
        return Decimal(self.price).scaleb(-get_currency_precision(self.currency))

    @property
    def agreed(self) -> int:
        """How many agreed with the value proposition (賛同)."""
        return sum(person.agreed is True for person in self.people)

    @property
    def would_buy(self) -> int:
        """How many would buy at this price (購入意向)."""
        return sum(person.would_buy is True for person in self.people)

    @property
    def agreement_recorded(self) -> bool:
        """Whether anybody's agreement or refusal is known."""
        return any(person.agreed is not None for person in self.people)

    @property
    def answered(self) -> int:
        """How many have answered to the price, 'do not know' included."""
        return sum(person.answered for person in self.people)

    @property
    def tally_hidden(self) -> bool:
        """Members who vote themselves must not see how the others vote before the panel is closed."""
        return self.internal and self.stage in (Stage.AGREEMENT, Stage.CLOSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPanel:
    """What a person enters to start a panel."""

    concept: str
    proposition: str
    price: int
    currency: str
    threshold: int
    internal: bool
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A judgement on a closed panel, with the evidence it rested on."""

    choice: Choice
    reason: str
    decided_by: str
    decided_at: datetime
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What one person said about a concept at a price (minor units)."""

    panel_id: int
    concept: str
    price: int
    alias: str
    slack_user: str | None
    would_buy: bool | None
    reason: str
