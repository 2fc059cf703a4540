"""What every answer shows beside its number: whom it is about, the definition, what was left out, freshness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bot.asked import Asked
from bot.messages import Words
from bot.metrics.intervals import MINIMUM_N
from bot.views.kit import Block, actions, button, context, escape

SHARE = "report.share"
EXPLAIN = "report.explain"
RUN = "report.run"
PICK = "report.pick"
SISTERS = {"ltv": ("repeat", "cohort"), "repeat": ("ltv", "cohort"), "cohort": ("ltv", "repeat")}
"""Other reports about the same people."""
EXPLAINED = ("ltv", "repeat")
SHORTER = (180, 90, 60, 30)
"""Windows in which young people can be judged sooner, in days."""
OFFERED = 2


def about(asked: Asked, words: Words, *, escaped: bool = True) -> str:
    """Whom the number is about, in one phrase: product or whole shop, and the filters."""
    name = words("about.shop") if asked.subject is None else asked.subject
    query = asked.query
    parts = [escape(name) if escaped else name]
    if query.basis == "product":
        parts.append(words("about.product_basis"))
    if query.channel:
        parts.append(words("about.channel", channel=words(f"channel.{query.channel}")))
    if query.ad:
        parts.append(words("about.ad", ad=escape(query.ad) if escaped else query.ad))
    if query.first_from or query.first_to:
        first = query.first_from.isoformat() if query.first_from else ""
        last = query.first_to.isoformat() if query.first_to else ""
        parts.append(words("about.first", first=first, last=last))
    return words("about.joint").join(parts)


def footer(
    asked: Asked,
    words: Words,
    immature: int,
    next_mature: date | None,
    unknown_ad: int,
    maybe_earlier: int = 0,
) -> list[Block]:
    """Definition, what was left out, and the freshness of the data."""
    left = [words("left_out.immature", n=words.count(immature))] if immature else []
    left += [words(f"left_out.{name}", n=words.count(n)) for name, n in asked.left_out.items() if n]
    lines = [
        words(
            "frame.definition",
            text=words(f"definition.{asked.report}", window=asked.window),
            basis=_basis(asked, words),
        ),
        words("frame.left_out", text=words("frame.joint").join(left) or words("frame.nothing")),
    ]
    if unknown_ad:
        lines.append(words("frame.unknown_ad", n=words.count(unknown_ad)))
    if maybe_earlier:
        start = words.day(asked.data_from)
        lines.append(words("frame.maybe_earlier", n=words.count(maybe_earlier), start=start))
    if next_mature is not None:
        lines.append(words("frame.next_mature", day=words.day(next_mature)))
    fresh = words(
        "frame.fresh",
        through=words.day(asked.as_of),
        synced=words.time(asked.synced_at),
        snapshot=asked.snapshot,
    )
    return [context("\n".join(lines)), context(fresh)]


def buttons(asked: Asked, words: Words, *, young: bool = False) -> Block:
    """Share with the channel, explain the number, and the other reports about the same people.

    Where they are too `young` for the window, also the longest windows that the first of them have lived through.
    """
    typed = asked.query.typed()
    same = Again(asked.report, typed, asked.as_of).value()
    elements = [button(words("button.share"), SHARE, same, "primary")]
    if asked.report in EXPLAINED:
        elements.append(button(words("button.explain"), EXPLAIN, same))
    for at, sister in enumerate(SISTERS[asked.report]):
        again = Again(sister, typed, asked.as_of).value()
        elements.append(button(words(f"button.{sister}"), f"{RUN}.{at}", again))
    for window in _shorter(asked) if young else ():
        again = Again(asked.report, replace(asked.query, window=window).typed(), asked.as_of).value()
        elements.append(button(words("button.window", window=window), f"{RUN}.w{window}", again))
    return actions(elements)


def _shorter(asked: Asked) -> list[int]:
    lived = (asked.as_of - (asked.query.first_from or asked.data_from)).days
    return [window for window in SHORTER if window < asked.window and window <= lived][:OFFERED]


@dataclass(frozen=True)
class Again:
    """A question in a button: the report, the words that ask it, and the day it was asked as of (None: newest)."""

    report: str
    text: str
    as_of: date | None = None

    def value(self) -> str:
        """As the value of a button."""
        return "\n".join([self.report, self.as_of.isoformat() if self.as_of else "", self.text])

    @classmethod
    def read(cls, value: str) -> Again:
        """From the value of a button."""
        report, day, text = value.split("\n", 2)
        return cls(report, text, date.fromisoformat(day) if day else None)


def not_yet(people: int, decidable_on: date | None, words: Words) -> str:
    """まだ判断できません: how many people are missing and when they will be there."""
    needed = words.count(MINIMUM_N - people)
    if decidable_on is None:
        return words("frame.not_yet", n=words.count(people), needed=needed)
    return words("frame.not_yet_until", n=words.count(people), needed=needed, day=words.day(decidable_on))


def too_young(decidable: bool, people: int, immature: int) -> bool:
    """Whether there are people enough and only their window is not over."""
    return not decidable and people + immature >= MINIMUM_N


def _basis(asked: Asked, words: Words) -> str:
    return words("basis.product" if asked.query.basis == "product" else "basis.shop")
