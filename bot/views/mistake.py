"""A person's mistake as a sentence."""

from __future__ import annotations

from bot.errors import UserError
from bot.messages import Words
from bot.views.kit import escape


def sentence(words: Words, error: UserError, *, escaped: bool = True) -> str:
    """The error in the person's language; outside text in it is made inert for mrkdwn unless `escaped` is off."""
    figures = {
        name: escape(value) if escaped and isinstance(value, str) else value for name, value in error.figures.items()
    }
    return words(error.key, **figures)
