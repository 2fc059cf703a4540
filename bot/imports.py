"""Importing files on behalf of the command line and of the inbox, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from bot.messages import Words
from bot.settings import Settings
from store.order_import import SCRATCH, ImportJob, ImportReport, import_orders
from store.progress import Progress, Stage, under_way
from store.shelves import mapping_file
from store.sources.csv_file import read_profile
from store.sources.refusals import FileRefused, Refusal
from store.spend_import import SpendReport, import_spend


def job(
    settings: Settings,
    engine: Engine,
    team: str,
    path: Path,
    profile: str,
    now: datetime,
    currency: str | None = None,
) -> ImportJob:
    """An import as the settings say."""
    return ImportJob(
        engine=engine,
        team=team,
        path=path,
        profile=profile,
        currency=currency,
        default_currency=settings.currency,
        zone=settings.zone,
        now=now,
        scratch=_scratch(settings.data),
        elsewhere=mapping_file(settings.data, settings.engine, settings.warehouse),
    )


def running(data: Path) -> list[Progress]:
    """The imports that this machine's processes are at, the oldest first."""
    return under_way(_scratch(data), SCRATCH)


def _scratch(data: Path) -> Path:
    return data / "scratch"


def progress_line(progress: Progress, words: Words) -> str:
    """How far an import is, in a few words."""
    if progress.stage is Stage.READING:
        return words("import.reading", file=progress.file_name, rows=words.count(progress.done))
    share = progress.done / progress.of if progress.of else 0.0
    return words("import.writing", file=progress.file_name, share=words.percent(share))


def run_import(work: ImportJob, told: Callable[[Progress], None] = lambda progress: None) -> ImportReport | SpendReport:
    """Import by the profile's kind; `told` hears how far it has come. Raises FileRefused: then nothing was written."""
    work = replace(work, progress=told)
    if read_profile(work.profile).kind == "ad_spend":
        return import_spend(work)
    if work.elsewhere is not None:
        raise FileRefused([Refusal("import.refused.elsewhere", value=work.elsewhere.name)])
    return import_orders(work)


def told(report: ImportReport | SpendReport, words: Words, *, dry_run: bool = False) -> str:
    """What an import did, in a few lines."""
    words = replace(words, currency=report.currency)
    lines = [words("import.dry" if dry_run else "import.done", file=report.file_name)]
    if isinstance(report, SpendReport):
        return "\n".join(lines + _spend_lines(report, words))
    if report.seen_before:
        lines = [words("import.again", file=report.file_name)]
    totals = report.totals
    first, last = report.first_day.isoformat(), report.last_day.isoformat()
    lines += [
        words(
            "import.orders",
            rows=words.count(totals.rows),
            orders=words.count(totals.orders),
            first=first,
            last=last,
        ),
        words(
            "import.sums",
            gross=words.money(totals.gross),
            net=words.money(totals.net),
            refund=words.money(totals.refund),
        ),
        words("import.names", products=totals.products, ads=totals.ads),
    ]
    if report.written is not None:
        done = report.written
        lines.append(
            words(
                "import.written",
                new=words.count(done.new),
                changed=words.count(done.changed),
                unchanged=words.count(done.unchanged),
                stale=words.count(done.stale),
            )
        )
    if report.unused_headings:
        lines.append(words("import.unused", names=", ".join(report.unused_headings)))
    return "\n".join(lines)


def refused(file_name: str, refusal: FileRefused, words: Words) -> str:
    """Why a file was not imported, fault by fault."""
    lines = [words("import.refused.title", file=file_name, total=refusal.total)]
    in_order = sorted(refusal.refusals, key=lambda fault: fault.line or 0)
    lines += [f"- {line}" for line in dict.fromkeys(_fault(fault, words) for fault in in_order)]
    if refusal.total > len(refusal.refusals):
        lines.append(words("import.refused.more", n=refusal.total - len(refusal.refusals)))
    return "\n".join(lines)


def _spend_lines(report: SpendReport, words: Words) -> list[str]:
    lines = [
        words(
            "import.spend",
            rows=words.count(report.rows),
            first=report.first_day.isoformat(),
            last=report.last_day.isoformat(),
            cost=words.money(report.cost),
        )
    ]
    if report.written is not None:
        lines.append(words("import.spend_written", written=words.count(report.written)))
    return lines


def _fault(fault: Refusal, words: Words) -> str:
    key = fault.reason
    if key == "import.refused.heading" and fault.hint:
        key = "import.refused.heading_near"
    said = words(key, column=fault.column or "", value=fault.value or "", hint=fault.hint or "")
    if fault.line is None:
        return said
    if fault.column is None:
        return words("import.at_line", line=fault.line) + said
    return words("import.at", line=fault.line, column=fault.column) + said
