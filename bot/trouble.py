"""Trouble with the place where the books are kept, as a sentence for the person who met it."""

from __future__ import annotations

import logging

from bot.messages import Words
from store.trouble import trouble_of

log = logging.getLogger(__name__)


def told(error: Exception, words: Words) -> str | None:
    """What to say of `error` when it is trouble with the store (it is logged, too); None for any other error."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    log.warning("the store is in trouble (%s): %s", trouble, str(error).partition("\n")[0])
    return words(f"trouble.{trouble}")
