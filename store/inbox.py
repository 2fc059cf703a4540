"""The inbox folder: CSV files that a cart exports every night are imported by themselves and then removed.

A file that is refused is set aside in `refused/` with a text that says why; nothing is lost and nothing is tried
twice. Files still being written (a hidden name, or one that ends in .part or .tmp) are left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from store.order_import import ImportJob, ImportReport
from store.sources.refusals import FileRefused
from store.spend_import import SpendReport

log = logging.getLogger(__name__)
SPEND_PREFIX = "ad-spend"


@dataclass(frozen=True)
class Taken:
    """What became of one file: a report when it was imported, the refusal when it was not."""

    name: str
    report: ImportReport | SpendReport | None
    refused: FileRefused | None


def take_in(
    inbox: Path,
    job_of: Callable[[Path, str], ImportJob],
    run: Callable[[ImportJob], ImportReport | SpendReport],
    explain: Callable[[str, FileRefused], str],
) -> Iterator[Taken]:
    """Import every waiting file, orders before spend, oldest name first."""
    if not inbox.is_dir():
        return
    waiting = [f for f in inbox.glob("*.csv") if f.is_file() and not f.name.startswith(".")]
    for file in sorted(waiting, key=lambda f: (f.name.startswith(SPEND_PREFIX), f.name)):
        profile = "ad_spend" if file.name.startswith(SPEND_PREFIX) else "generic"
        try:
            report = run(job_of(file, profile))
        except FileRefused as refused:
            if all(fault.reason == "import.refused.future" for fault in refused.refusals):
                # The exporting clock is ahead of ours by a moment: the file waits until our day has come.
                log.info("%s lies in the future and waits", file.name)
                continue
            _set_aside(file, explain(file.name, refused))
            yield Taken(file.name, None, refused)
            continue
        # The store holds what is needed; personal data does not stay on disk.
        file.unlink()
        yield Taken(file.name, report, None)


def _set_aside(file: Path, reason: str) -> None:
    folder = file.parent / "refused"
    folder.mkdir(exist_ok=True)
    target = folder / file.name
    target.with_suffix(".txt").write_text(reason, encoding="utf-8")
    file.replace(target)
