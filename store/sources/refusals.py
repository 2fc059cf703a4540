"""Why a file is not imported: what is wrong, where, and what stands there."""

from __future__ import annotations

from dataclasses import dataclass, field

SHOWN = 20


@dataclass(frozen=True)
class Refusal:
    """One fault: `reason` is a key of the catalogues (`import.refused.*`), `line` counts the file's lines from 1."""

    reason: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    hint: str | None = None


class FileRefused(Exception):
    """The file was not imported and nothing was written."""

    def __init__(self, refusals: list[Refusal], total: int | None = None) -> None:
        super().__init__(refusals)
        self.refusals = refusals
        self.total = len(refusals) if total is None else total


@dataclass
class Refusals:
    """Faults collected while a file is read: the first twenty in full, the rest as a number."""

    found: list[Refusal] = field(default_factory=list)
    total: int = 0

    def add(self, refusal: Refusal) -> None:
        """Note one fault."""
        self.total += 1
        if len(self.found) < SHOWN:
            self.found.append(refusal)

    def take(self, others: Refusals) -> None:
        """Note the faults of a later piece."""
        self.total += others.total
        self.found += others.found[: SHOWN - len(self.found)]

    def stop_if_any(self) -> None:
        """Raise FileRefused when something was found."""
        if self.total:
            raise FileRefused(self.found, self.total)
