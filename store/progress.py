"""How far an import has come, noted in its scratch folder, where every process of the machine can read it.

The database cannot hold this: while SQLite is being written, nobody sees what the writer has written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from store.scratch import in_use

FILE = "progress.json"


class Stage(StrEnum):
    """What an import is doing."""

    READING = "reading"
    WRITING = "writing"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` rows of the file were read and checked, or `done` of `of` orders and lines were written."""

    file_name: str
    since: datetime
    stage: Stage
    done: int
    of: int | None = None


def note(folder: Path, progress: Progress) -> None:
    """Note it in the import's own folder, in place of what stood there."""
    said = asdict(progress) | {"since": progress.since.isoformat()}
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps(said), encoding="utf-8")
    new.replace(folder / FILE)


def under_way(parent: Path, prefix: str) -> list[Progress]:
    """The imports that are running now, the oldest first; what a process left that died is not among them."""
    found = (_read(folder / FILE) for folder in in_use(parent, prefix))
    return sorted((each for each in found if each is not None), key=lambda each: each.since)


def _read(file: Path) -> Progress | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        # It has only just begun, or ended a moment ago.
        return None
    return Progress(**said | {"since": datetime.fromisoformat(said["since"]), "stage": Stage(said["stage"])})


def counted(batches: Iterable[pa.RecordBatch], told: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """The same pieces; after each is used, `told` hears how many rows that makes."""
    rows = 0
    for batch in batches:
        yield batch
        rows += batch.num_rows
        told(rows)
