"""The one kind of error a person is shown as it is."""

from __future__ import annotations


class UserError(Exception):
    """A person's mistake or an impossible wish: `key` names a sentence in the catalogues that says what to do.

    `figures` fill the sentence's placeholders; strings among them are escaped where the sentence is drawn.
    `block` names the field of a modal the sentence belongs under.
    """

    def __init__(self, key: str, *, block: str | None = None, **figures: object) -> None:
        super().__init__(key, figures)
        self.key = key
        self.block = block
        self.figures = figures
