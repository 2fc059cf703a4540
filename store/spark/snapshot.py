"""Which facts are the current ones: folders that the cluster wrote, and one small manifest that is swapped atomically.

The folders may lie where only the cluster can read them; the manifest lies in Banto's own data folder.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from store.facts.snapshot import FORMAT, KEPT_SNAPSHOTS, MANIFEST

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Built:
    """One complete set of facts.

    `origin` says from which orders they were built and `revision` how far those had come; `place` is the folder, as
    the cluster knows it, and `snapshot` the name that answers and posts carry. `empty` are the tables without rows, of
    which some engines write no file: any other table that is not there was lost.
    """

    format: int
    origin: str
    revision: int
    snapshot: str
    place: str
    empty: tuple[str, ...] = ()


def new_name(revision: int) -> str:
    """A name for the next snapshot."""
    return f"s{revision:06d}-{secrets.token_hex(3)}"


def read_built(folder: Path) -> Built | None:
    """The current facts; None when there are none yet or they are of another format and have to be built again."""
    try:
        said = json.loads((folder / MANIFEST).read_text())
        if said["format"] != FORMAT:
            whose = "a newer" if said["format"] > FORMAT else "an older"
            log.warning("facts in %s are built anew: %s version of Banto wrote them", folder, whose)
            return None
        return Built(**said | {"empty": tuple(said["empty"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        log.warning("facts in %s are built anew: the manifest cannot be read (%s)", folder, error)
        return None


def swap(folder: Path, built: Built) -> Built:
    """Make `built` the current facts unless newer ones of the same orders got there first; the current facts."""
    current = read_built(folder)
    if current is not None and current.origin == built.origin and current.revision > built.revision:
        return current
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{MANIFEST}.{secrets.token_hex(4)}"
    with draft.open("w") as stream:
        stream.write(json.dumps(asdict(built)))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, folder / MANIFEST)
    return built


def remove_old(place: Path, current: Built) -> None:
    """Remove all but the newest few folders; those in an object store are left to its own retention rules."""
    found = sorted((d for d in place.glob("s*") if d.is_dir()), key=lambda d: d.stat().st_mtime, reverse=True)
    for old in found[KEPT_SNAPSHOTS:]:
        if old.name != current.snapshot:
            shutil.rmtree(old)
