"""Folders for work in progress that do not outlive it, even when the process is killed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LOCK = ".lock"


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder of one's own in `parent`, removed at the end; those of processes that died are removed first."""
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent / LOCK):
        for left in abandoned(parent, prefix):
            shutil.rmtree(left)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        held = _open_lock(folder / LOCK)
    try:
        yield folder
    finally:
        with held:
            shutil.rmtree(folder)


def abandoned(parent: Path, prefix: str) -> list[Path]:
    """The folders whose processes have died: the system has let go of their locks."""
    return [folder for folder in parent.glob(f"{prefix}*") if folder.is_dir() and _free(folder / LOCK)]


def in_use(parent: Path, prefix: str) -> list[Path]:
    """The folders that living processes work in."""
    return [folder for folder in parent.glob(f"{prefix}*") if folder.is_dir() and not _free(folder / LOCK)]


def _free(lock: Path) -> bool:
    try:
        with lock.open("r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _open_lock(path: Path) -> IO[bytes]:
    stream = path.open("a+b")
    fcntl.flock(stream, fcntl.LOCK_EX)
    return stream


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with _open_lock(path):
        yield
