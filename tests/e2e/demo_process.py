"""The demo as a process of its own: started, watched, asked and stopped as a newcomer's terminal would."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.__main__ import main
from tests.localslack.running import fetch
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
READY = "番頭 is ready:"
OURS = ("SLACK_", "BANTO_", "DATABASE_URL", "PORT")
"""What the environment may not say, so that the developer's own settings never reach a test."""


def environment(**more: str) -> dict[str, str]:
    """The environment of a bot that was set up by nobody, with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | more


def bot(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` on the data in `folder` to its end."""
    command = [sys.executable, "-m", "bot", *words]
    env = environment(BANTO_DATA=str(folder), **more)
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def ask(folder: Path, question: str, **more: str) -> dict[str, Any]:
    """What `bot ask --json` answers on the data in `folder`; in this process, which saves its start."""
    said = io.StringIO()
    env = environment(BANTO_DATA=str(folder), **more)
    with patch.dict(os.environ, env, clear=True), chdir(folder), redirect_stdout(said):
        assert main(["ask", question, "--json"]) == 0
    answer: dict[str, Any] = json.loads(said.getvalue())
    return answer


def until(true: Callable[[], Any], seconds: float = 15) -> Any:
    """Wait until something in another process has happened, and give it back."""
    end = time.monotonic() + seconds
    turn = threading.Event()
    while not (value := true()):
        assert time.monotonic() < end, "it did not happen"
        turn.wait(0.05)
    return value


@dataclass
class Demo:
    """One `bot demo` on `data`. `log` holds what all its runs have printed."""

    data: Path
    port: int = field(default_factory=lambda: free_port(together=2))
    log: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bot_url(self) -> str:
        """Where the bot takes requests."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def home(self) -> Path:
        """The folder of the demo's store, inbox and workspace."""
        return self.data / "demo"

    def start(self) -> None:
        """Start it and wait until page and bot answer; its log is in the error when it does not come up."""
        self.data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(self.port)]
        env = environment(BANTO_DATA=str(self.data))
        self.process = subprocess.Popen(
            command,
            cwd=self.data,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        assert ready.wait(START_SECONDS), self.tail()
        assert self.process.poll() is None, self.tail()
        assert any(f"{READY}  {self.url}" in line for line in self.log[-5:]), self.tail()
        until(lambda: answers(self.bot_url), 10)

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.log.append(line.rstrip("\n"))
            if READY in line:
                ready.set()
        ready.set()

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill -9 of the bot and of its workspace."""
        if self.process is None:
            return
        for pid in (self.process.pid, *self.workspace_pids()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)

    def workspace_pids(self) -> list[int]:
        """The processes of this demo's workspace and of its shop, wherever their parent is."""
        mine = str(self.home).encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(word.startswith(b"localslack") for word in words) and any(mine in word for word in words):
                found.append(int(folder.name))
        return found

    def tail(self, lines: int = 60) -> str:
        """The end of the log."""
        return "\n".join(self.log[-lines:])

    def secret(self) -> str:
        """With which the workspace signs."""
        return str(json.loads((self.home / "keys.json").read_text())["signing_secret"])

    def ask(self, question: str) -> dict[str, Any]:
        """The answer of `bot ask --json` on this demo's store, by its clock."""
        return ask(self.home, question, BANTO_CLOCK_FILE=str(self.home / "clock.json"))

    def get(self, path: str) -> Any:
        """GET an address of the workspace."""
        status, answer = fetch(urllib.request.Request(self.url + path))
        assert status == 200, answer
        return answer

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST JSON to an address of the workspace, as its own page does."""
        headers = {"Content-Type": "application/json", "Origin": self.url}
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers)
        status, answer = fetch(request)
        assert status == 200, answer
        return answer

    def do(self, what: str, user: str, **given: Any) -> Any:
        """Let a person act: command, action, submit, close."""
        return self.post(f"/_local/{what}", {"user": user, **given})

    def seen(self, user: str, channel: str) -> list[dict[str, Any]]:
        """The messages this person sees in a channel."""
        return list(self.get(f"/_local/state?user={user}&channel={channel}")["messages"])

    def views(self, user: str) -> list[dict[str, Any]]:
        """The modals this person has open."""
        return list(self.get(f"/_local/state?user={user}")["views"])

    def told(self, user: str, channel: str, text: str) -> dict[str, Any]:
        """Type something into a channel; the next message that this person sees there besides the own."""
        before = {message["ts"] for message in self.seen(user, channel)}
        self.do("command", user, channel=channel, text=text)

        def answer() -> dict[str, Any] | None:
            new = [m for m in self.seen(user, channel) if m["ts"] not in before and m["user"] != user]
            return new[0] if new else None

        return dict(until(answer, 15))


def answers(url: str) -> bool:
    """Whether somebody serves at this address."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
