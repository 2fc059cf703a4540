"""`bot import`: one file of orders into the store, all or nothing, the same file twice changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, update

from store.database import insert_or_ignore, upsert_into
from store.orders import Written, upsert_orders
from store.progress import Progress, Stage, note
from store.scratch import scratch_folder
from store.sources.csv_file import CsvFile, Profile, open_csv, read_profile
from store.sources.orders_csv import Reading, read_orders
from store.sources.refusals import FileRefused, Refusal
from store.staging import Staging, Totals
from store.tables import imports, sources, teams
from store.teams import Team, day_number, day_of, has_amounts, open_team

SCRATCH = "orders-"
"""How the folders begin in which files are prepared; they may hold personal data and never outlive their process."""


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What a file held and what it changed. Money in minor units of `currency`; `written` is None for a dry run."""

    file_name: str
    profile: str
    currency: str
    totals: Totals
    first_day: date
    last_day: date
    unused_headings: tuple[str, ...]
    written: Written | None
    seen_before: bool


@dataclass(frozen=True, kw_only=True)
class ImportJob:
    """Where and as what a file is imported.

    `currency` is None unless the caller names one for the file; `elsewhere` is the mapping of a warehouse that holds
    the orders in place of this store.
    """

    engine: Engine
    team: str
    path: Path
    profile: str
    currency: str | None
    default_currency: str
    zone: ZoneInfo
    now: datetime
    scratch: Path
    dry_run: bool = False
    elsewhere: Path | None = None
    progress: Callable[[Progress], None] = lambda progress: None

    @property
    def today(self) -> date:
        """The shop-local day of `now`."""
        return self.now.astimezone(self.zone).date()

    def note(self, scratch: Path, stage: Stage, done: int, of: int | None = None) -> None:
        """Tell how far it has come, to the caller and to other processes."""
        progress = Progress(file_name=self.path.name, since=self.now, stage=stage, done=done, of=of)
        note(scratch, progress)
        self.progress(progress)


def import_orders(job: ImportJob) -> ImportReport:
    """Import a file of orders in one transaction. Raises FileRefused, and then nothing was written."""
    profile = read_profile(job.profile)
    with scratch_folder(job.scratch, SCRATCH) as scratch:
        reading = partial(job.note, scratch, Stage.READING)
        writing = partial(job.note, scratch, Stage.WRITING)
        reading(0)
        file = open_csv(job.path, profile, scratch)
        with job.engine.begin() as connection:
            team = _team_of(connection, job)
        ways = Reading(source=profile.name, zone=job.zone, currency=team.currency, today=job.today, secret=team.secret)
        with Staging(scratch) as staging:
            totals = staging.gather(read_orders(file, ways, reading), file.file_line)
            if job.dry_run:
                return _report(job, profile, file, team, totals, None, seen_before=False)
            with job.engine.begin() as connection:
                seen = _remember_file(connection, job, profile, totals)
                written = upsert_orders(connection, job.team, profile.name, staging, writing)
                _cover(connection, job, profile, totals)
            return _report(job, profile, file, team, totals, written, seen_before=seen)


def _report(
    job: ImportJob,
    profile: Profile,
    file: CsvFile,
    team: Team,
    totals: Totals,
    written: Written | None,
    *,
    seen_before: bool,
) -> ImportReport:
    return ImportReport(
        file_name=job.path.name,
        profile=profile.name,
        currency=team.currency,
        totals=totals,
        first_day=day_of(totals.first_day),
        last_day=day_of(totals.last_day),
        unused_headings=file.unused,
        written=written,
        seen_before=seen_before,
    )


def _team_of(connection: Connection, job: ImportJob) -> Team:
    """The team, which keeps its books in one currency and one zone; until its first order the import may choose them.

    Days are worked out once, when an order comes in: in two zones one purchase would be on two days.
    """
    team = open_team(connection, job.team, currency=job.currency or job.default_currency, zone=job.zone.key)
    wanted, zone = job.currency or team.currency, job.zone.key
    if (wanted, zone) == (team.currency, team.zone):
        return team
    if has_amounts(connection, job.team):
        differ = (("other_currency", wanted, team.currency), ("other_zone", zone, team.zone))
        raise FileRefused(
            [Refusal(f"import.refused.{why}", value=v, hint=kept) for why, v, kept in differ if v != kept]
        )
    connection.execute(update(teams).where(teams.c.team == job.team).values(currency=wanted, zone=zone))
    return open_team(connection, job.team, currency=wanted, zone=zone)


def _remember_file(connection: Connection, job: ImportJob, profile: Profile, totals: Totals) -> bool:
    with job.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    done = connection.execute(
        insert_or_ignore(connection, imports),
        {
            "team": job.team,
            "profile": profile.name,
            "file_name": job.path.name[:255],
            "sha256": digest,
            "imported_at": job.now,
            "summary": asdict(totals),
        },
    )
    return done.rowcount == 0


def _cover(connection: Connection, job: ImportJob, profile: Profile, totals: Totals) -> None:
    """Data reaches through the last day with an order; today is never complete.

    A day that was thought complete while the clock was ahead is taken back.
    """
    yesterday = day_number(job.today) - 1
    through = min(totals.last_day, yesterday)
    put = upsert_into(connection, sources)
    old = sources.c
    new = put.excluded
    least, most = (func.min, func.max) if connection.dialect.name == "sqlite" else (func.least, func.greatest)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=["team", "source"],
            set_={
                "data_from": least(old.data_from, new.data_from),
                "data_through": least(most(old.data_through, new.data_through), yesterday),
                "synced_at": new.synced_at,
            },
        ).values(
            team=job.team,
            source=profile.name,
            data_from=totals.first_day,
            data_through=through,
            synced_at=job.now,
        )
    )
