"""Saying back what was understood, and asking back in doubt."""

from __future__ import annotations

from dataclasses import replace

from bot.mention import Doubtful, Understood
from bot.messages import Words
from bot.query import Query
from bot.views.framing import RUN, Again
from bot.views.kit import Message, actions, button, context, cut, escape, section
from bot.views.picker import label

REPORTS = ("ltv", "repeat", "ad")


def echoed(message: Message, understood: Understood, words: Words) -> Message:
    """The report's own answer under what was understood."""
    name = None if understood.subject is None else understood.subject.name
    question = _question(understood.report, name, understood.query, words)
    heard = words("mention.understood", question=question)
    return replace(message, text=f"{heard}\n{message.text}", blocks=[context(heard), *message.blocks])


def ask_back(doubtful: Doubtful, words: Words) -> Message:
    """Which report or which product? Each answer is a button that runs a report."""
    asked = Query(
        product=doubtful.near[0].label if doubtful.near else None,
        window=doubtful.window,
        first_from=doubtful.first_from,
        first_to=doubtful.first_to,
    )
    if doubtful.report is None:
        if doubtful.subject and not doubtful.near:
            return help_text(words)
        about = doubtful.near[0].name if doubtful.near else words("mention.all")
        text = words("mention.which_report", about=escape(about))
        choices = [(words(f"mention.question.{name}"), Again(name, asked.typed())) for name in REPORTS[:2]]
    else:
        known = cut(doubtful.subject or "", 80)
        if not doubtful.near:
            text = words("mention.which_product_none", product=escape(known))
            return Message(text, [section(text)])
        text = words("mention.which_product", product=escape(known))
        choices = [
            (
                label((near.label, near.name)),
                Again(doubtful.report, replace(asked, product=near.label).typed()),
            )
            for near in doubtful.near
        ]
    row = [button(title, f"{RUN}.{at}", again.value()) for at, (title, again) in enumerate(choices)]
    return Message(text, [section(text), actions(row)])


def use_command(report: str, command: str, words: Words) -> Message:
    """A subject that has a command of its own instead of a report."""
    text = words("mention.use_command", report=words(f"mention.question.{report}"), command=command)
    return Message(text, [section(text)])


def help_text(words: Words) -> Message:
    """What can be asked."""
    text = words("mention.help")
    return Message(text, [section(text)])


def _question(report: str, product: str | None, query: Query, words: Words) -> str:
    about = words("mention.all") if product is None else escape(product)
    said = words(f"mention.question.{report}")
    if query.first_from is None or query.first_to is None:
        return words("mention.question", about=about, report=said)
    first, last = query.first_from.isoformat(), query.first_to.isoformat()
    return words("mention.question_period", about=about, report=said, first=first, last=last)
