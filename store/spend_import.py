"""`bot import --profile ad_spend`: what ads cost, by day, platform and ad; the newest import wins, all or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, and_, delete, exists, func, literal, select, true

from store.bulk import insert_batches, number_column, temporary, text_column
from store.database import insert_or_ignore, upsert_into
from store.order_import import SCRATCH, ImportJob
from store.orders import ids_of_ads
from store.progress import Stage
from store.scratch import scratch_folder
from store.sources.ad_spend_csv import SpendReading, read_spend
from store.sources.csv_file import open_csv, read_profile
from store.sources.refusals import FileRefused, Refusal
from store.tables import ad_spend, imports
from store.teams import day_of, open_team

FIGURES = ("cost", "impressions", "clicks")


@dataclass(frozen=True, kw_only=True)
class SpendTotals:
    """What a file of ad spend holds. Cost in minor units, days since 1970-01-01."""

    rows: int
    first_day: int
    last_day: int
    cost: int
    ads: int


@dataclass(frozen=True, kw_only=True)
class SpendReport:
    """What a file held and how many rows (day, platform, ad) it changed; `written` is None for a dry run."""

    file_name: str
    profile: str
    currency: str
    rows: int
    ads: int
    first_day: date
    last_day: date
    cost: int
    unused_headings: tuple[str, ...]
    written: int | None
    seen_before: bool


def import_spend(job: ImportJob) -> SpendReport:
    """Import a file of ad spend in one transaction. Raises FileRefused, and then nothing was written."""
    profile = read_profile(job.profile)
    with scratch_folder(job.scratch, SCRATCH) as scratch:
        reading = partial(job.note, scratch, Stage.READING)
        reading(0)
        file = open_csv(job.path, profile, scratch)
        currency = _currency(job)
        rows = read_spend(file, SpendReading(zone=job.zone, currency=currency, today=job.today), reading)
    totals = _totals(rows)
    written: int | None = None
    seen = False
    if not job.dry_run:
        with job.engine.begin() as connection:
            seen = _remember_file(connection, job, profile.name, totals)
            written = _upsert(connection, job.team, rows)
    return SpendReport(
        file_name=job.path.name,
        profile=profile.name,
        currency=currency,
        rows=totals.rows,
        ads=totals.ads,
        first_day=day_of(totals.first_day),
        last_day=day_of(totals.last_day),
        cost=totals.cost,
        unused_headings=file.unused,
        written=written,
        seen_before=seen,
    )


def _currency(job: ImportJob) -> str:
    """The currency of the team's books; FileRefused when the caller names another one."""
    with job.engine.begin() as connection:
        team = open_team(connection, job.team, currency=job.currency or job.default_currency, zone=job.zone.key)
    if job.currency is not None and job.currency != team.currency:
        raise FileRefused([Refusal("import.refused.other_currency", value=job.currency, hint=team.currency)])
    return team.currency


def _totals(rows: pa.Table) -> SpendTotals:
    days = pc.min_max(rows.column("day"))
    return SpendTotals(
        rows=rows.num_rows,
        first_day=days["min"].as_py(),
        last_day=days["max"].as_py(),
        cost=pc.sum(rows.column("cost")).as_py(),
        ads=pc.count_distinct(rows.column("code")).as_py(),
    )


def _upsert(connection: Connection, team: str, rows: pa.Table) -> int:
    """Put the rows in place of those with the same day, platform and ad; the number of rows that changed."""
    codes = rows.column("code").combine_chunks().dictionary_encode()
    known = codes.dictionary.to_pylist()
    numbers = ids_of_ads(connection, team, known)
    ad_ids = pa.array([numbers[code] for code in known], pa.int64()).take(codes.indices)
    columns = [
        number_column("day"),
        text_column("platform"),
        number_column("ad_id"),
        *map(number_column, FIGURES),
    ]
    staged = temporary(connection, "staged_spend", columns)
    table = rows.append_column("ad_id", ad_ids).select([column.name for column in columns]).combine_chunks()
    insert_batches(connection, staged, table.to_batches())
    same = [ad_spend.c.team == team, *(ad_spend.c[n] == staged.c[n] for n in ("day", "platform", "ad_id"))]
    figures = [ad_spend.c[name].is_not_distinct_from(staged.c[name]) for name in FIGURES]
    connection.execute(delete(staged).where(exists().where(and_(*same, *figures))))
    changed = connection.execute(select(func.count()).select_from(staged)).scalar_one()
    names = [column.name for column in staged.columns]
    put = upsert_into(connection, ad_spend).from_select(
        ["team", *names], select(literal(team), *staged.columns).where(true())
    )
    put = put.on_conflict_do_update(
        index_elements=["team", "day", "platform", "ad_id"],
        set_={name: put.excluded[name] for name in FIGURES},
    )
    connection.execute(put)
    return int(changed)


def _remember_file(connection: Connection, job: ImportJob, profile: str, totals: SpendTotals) -> bool:
    """Note the file; whether the same one was imported before."""
    with job.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    noted = {
        "team": job.team,
        "profile": profile,
        "file_name": job.path.name[:255],
        "sha256": digest,
        "imported_at": job.now,
        "summary": asdict(totals),
    }
    return connection.execute(insert_or_ignore(connection, imports), noted).rowcount == 0
