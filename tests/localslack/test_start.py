"""python -m localslack as a process: starting, stopping, and what it says when it cannot start."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localslack.manifest import Manifest, read_manifest
from localslack.serve import listen

MANIFEST = """
features:
  app_home: {messages_tab_enabled: true, messages_tab_read_only_enabled: true}
  slash_commands:
    - {command: /ltv, description: LTVを出す, usage_hint: product-x, should_escape: true}
oauth_config: {scopes: {bot: [chat:write]}}
settings: {event_subscriptions: {bot_events: [app_mention]}}
"""


def command(data: Path, port: int, *more: str) -> list[str]:
    """The command line of a workspace."""
    start = [sys.executable, "-m", "localslack", "--data", str(data), "--port", str(port)]
    return [*start, "--signing-secret", "s", "--bot-token", "xoxb-t", *more]


@contextmanager
def started(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running workspace and the address that it printed."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip().removeprefix("localslack: ")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_with_a_page_open(tmp_path: Path, how: signal.Signals) -> None:
    with started(*command(tmp_path, 0)) as (process, url):
        with urllib.request.urlopen(f"{url}/stream?user=U0OWNER01", timeout=5) as stream:
            assert stream.readline() == b"retry: 1000\n"
            process.send_signal(how)
            _, said = process.communicate(timeout=10)
        assert "Traceback" not in said


def test_a_busy_port_is_said_in_plain_words(tmp_path: Path) -> None:
    listener = listen(0)
    port = listener.getsockname()[1]
    done = subprocess.run(command(tmp_path, port), capture_output=True, text=True, timeout=20)
    listener.close()
    assert done.returncode == 1
    assert done.stderr.startswith(f"localslack: cannot start: port {port}:")


def test_a_missing_or_broken_manifest_is_said(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.yml"
    done = subprocess.run(command(tmp_path, 0, "--manifest", str(nowhere)), capture_output=True, text=True, timeout=20)
    assert (done.returncode, str(nowhere) in done.stderr) == (1, True)
    nowhere.write_text("a: [", encoding="utf-8")
    done = subprocess.run(command(tmp_path, 0, "--manifest", str(nowhere)), capture_output=True, text=True, timeout=20)
    assert (done.returncode, "is not a manifest" in done.stderr) == (1, True)


def test_the_manifest_gives_commands_scopes_and_events(tmp_path: Path) -> None:
    path = tmp_path / "app_manifest.yml"
    path.write_text(MANIFEST, encoding="utf-8")
    manifest = read_manifest(path)
    command = manifest.command("/ltv")
    assert command is not None
    assert (command.usage_hint, command.should_escape) == ("product-x", True)
    assert manifest.command("/other") is None
    assert manifest.scopes == frozenset({"chat:write"})
    assert manifest.events == frozenset({"app_mention"})
    assert manifest.messages_read_only
    assert Manifest().scopes is None
