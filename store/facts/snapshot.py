"""Facts on disk: immutable folders of Parquet files and one small manifest that is swapped atomically.

A snapshot is a *base* (everything at one revision) and at most one *patch*: the facts of the persons touched since,
and the list of those persons, whose rows in the base no longer count. Readers in any process open the manifest and
see either the old or the new snapshot; a crash leaves a folder that nobody names and that is removed later. Each
folder carries the sizes and checksums of its files.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FORMAT = 2
TABLES = ("shop", "product", "left_out", "joined")
PERSONS = "persons"
MANIFEST = "current.json"
SUMS = "sums.json"
BLOCK_BYTES = 1 << 20
KEPT_SNAPSHOTS = 3
KEPT_SECONDS = 24 * 3600


class SnapshotUnusable(Exception):
    """The snapshot on disk cannot be used and has to be built again; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Which folders make the current facts, and of which revision of the truth.

    `rebuilt` says why the base was built although there was an earlier snapshot.
    """

    format: int
    revision: int
    base: str
    base_revision: int
    patch: str | None = None
    rebuilt: str | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders."""
        return (self.base, self.patch) if self.patch else (self.base,)

    @property
    def snapshot(self) -> str:
        """The name an answer and a post carry."""
        return f"{self.base}+{self.patch}" if self.patch else self.base


def read_manifest(folder: Path) -> Manifest | None:
    """The current manifest; None when there is none yet. Raises SnapshotUnusable."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    try:
        data = json.loads(content)
        if data["format"] != FORMAT:
            whose = "a newer" if data["format"] > FORMAT else "an older"
            raise SnapshotUnusable(
                f"{whose} version of Banto wrote it (format {data['format']}, this version reads {FORMAT})"
            )
        manifest = Manifest(**data)
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotUnusable(f"manifest cannot be read: {error}") from error
    for name in manifest.folders:
        _check_sizes(folder / name)
    return manifest


def discard(folder: Path) -> None:
    """Forget the current snapshot, so that any other can take its place."""
    (folder / MANIFEST).unlink(missing_ok=True)


def verify(folder: Path) -> None:
    """Compare every file of a snapshot's folder with its checksum. Raises SnapshotUnusable."""
    for name, (_, checksum) in _sums(folder).items():
        try:
            found = _checksum(folder / name)
        except OSError as error:
            raise SnapshotUnusable(f"{folder.name}/{name} cannot be read: {error.strerror}") from error
        if found != checksum:
            raise SnapshotUnusable(f"{folder.name}/{name} is damaged")


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when anybody touches the folder's files: names, sizes, times."""
    return tuple((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(folder.iterdir()))


def place(made: Path, folder: Path, revision: int) -> Path:
    """Move a finished build among the snapshots, with its checksums; the manifest does not name it yet."""
    (made / SUMS).write_text(json.dumps({f.name: (f.stat().st_size, _checksum(f)) for f in made.iterdir()}))
    for file in made.iterdir():
        _to_disk(file)
    target = folder / f"r{revision:06d}-{secrets.token_hex(3)}"
    os.rename(made, target)
    return target


def swap(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the current one, unless a newer revision got there first."""
    try:
        current = read_manifest(folder)
    except SnapshotUnusable:
        current = None
    if current is not None and current.revision > manifest.revision:
        return
    draft = folder / f"{MANIFEST}.{secrets.token_hex(4)}"
    try:
        draft.write_text(json.dumps(asdict(manifest)))
        _to_disk(draft)
        os.replace(draft, folder / MANIFEST)
    finally:
        draft.unlink(missing_ok=True)


def remove_old(folder: Path, now: float | None = None) -> None:
    """Remove snapshots nobody needs: all but the newest few, those younger than a day and the current one."""
    now = time.time() if now is None else now
    try:
        current = read_manifest(folder)
    except SnapshotUnusable:
        return
    named = current.folders if current else ()
    ages = {d: now - d.stat().st_mtime for d in folder.glob("r[0-9]*-*")}
    for old in sorted(ages, key=ages.__getitem__)[KEPT_SNAPSHOTS:]:
        if old.name not in named and ages[old] > KEPT_SECONDS:
            # Another process may be removing it, too.
            shutil.rmtree(old, ignore_errors=True)


def write_persons(folder: Path, persons: pa.Table, before: Path | None) -> None:
    """Name the persons (column person_id) whose rows in the base a patch replaces: these and those of the patch
    `before` it."""
    file = f"{PERSONS}.parquet"
    named = persons if before is None else pa.concat_tables([persons, pq.read_table(before / file)])
    pq.write_table(named.group_by("person_id").aggregate([]), folder / file)


def _check_sizes(folder: Path) -> None:
    for name, (size, _) in _sums(folder).items():
        try:
            found = (folder / name).stat().st_size
        except OSError as error:
            raise SnapshotUnusable(f"{folder.name}/{name} is missing") from error
        if found != size:
            raise SnapshotUnusable(f"{folder.name}/{name} is damaged: {found} bytes instead of {size}")


def _sums(folder: Path) -> dict[str, tuple[int, int]]:
    try:
        found = json.loads((folder / SUMS).read_text())
        return {name: (int(size), int(checksum)) for name, (size, checksum) in found.items()}
    except OSError as error:
        raise SnapshotUnusable(f"{folder.name} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise SnapshotUnusable(f"{folder.name}/{SUMS} cannot be read: {error}") from error


def _checksum(file: Path) -> int:
    found = 0
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            found = zlib.crc32(block, found)
    return found


def _to_disk(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
