"""Processes of the tests' own that start at once: forked from one that has loaded the program already.

They are processes like any other (own memory, own connections, killed with SIGKILL for real); only the three seconds
in which Python loads its libraries are spent once per test run. What is said of `python -m bot` itself is tested with
processes of the plain kind (tests/test_cli.py, tests/e2e).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import runpy
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
LOADED = ["bot.app", "bot.demo", "bot.run", "bot.imports", "bot.reports", "bot.doctor", "tests.scheduling", "uvicorn"]

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(LOADED)


class Fork:
    """`python -m MODULE WORDS` in a process of its own, with pipes to its standard streams, as subprocess.Popen."""

    def __init__(
        self,
        module: str,
        *words: str,
        env: Mapping[str, str],
        cwd: Path | str = ROOT,
        file_limit: int | None = None,
    ) -> None:
        """`file_limit`: no file may become larger than so many bytes."""
        (stdin, to_stdin), (from_stdout, stdout), (from_stderr, stderr) = os.pipe(), os.pipe(), os.pipe()
        given = (module, words, dict(env), str(cwd), file_limit)
        self._process = _forks.Process(target=_run, args=(_Streams(stdin, stdout, stderr), *given))
        self._process.start()
        for fd in (stdin, stdout, stderr):
            os.close(fd)
        self.stdin: IO[str] = os.fdopen(to_stdin, "w")
        self.stdout: IO[str] = os.fdopen(from_stdout)
        self.stderr: IO[str] = os.fdopen(from_stderr)

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the signal that killed it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self, timeout: float) -> int:
        """Wait for its end: the exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout)
        return self._process.exitcode

    def communicate(self, given: str = "", timeout: float = 120) -> tuple[str, str]:
        """Say something to it, wait for its end, and give back what it printed and its errors."""
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.append(self.stderr.read()))
        reader.start()
        ender = threading.Timer(timeout, self.kill)
        ender.start()
        try:
            self.stdin.write(given)
            self.stdin.close()
        except BrokenPipeError:
            pass  # It had ended without reading.
        out = self.stdout.read()
        ender.cancel()
        reader.join()
        self.wait(10)
        return out, errors[0]

    def __enter__(self) -> Fork:
        return self

    def __exit__(self, *raised: object) -> None:
        self.kill()
        self.wait(10)
        for stream in (self.stdin, self.stdout, self.stderr):
            if not stream.closed:
                stream.close()


class _Streams:
    """Standard streams on their way to a new process."""

    def __init__(self, *fds: int) -> None:
        self.fds = fds

    def __reduce__(self) -> tuple[Any, ...]:
        return _streams, tuple(DupFd(fd) for fd in self.fds)


def _streams(*sent: Any) -> _Streams:
    return _Streams(*(each.detach() for each in sent))


def _run(
    streams: _Streams,
    module: str,
    words: tuple[str, ...],
    env: dict[str, str],
    cwd: str,
    file_limit: int | None,
) -> None:
    for fd, standard in zip(streams.fds, range(3), strict=True):
        os.dup2(fd, standard)
        os.close(fd)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    if file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
