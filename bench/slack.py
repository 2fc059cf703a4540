"""From a signed `/ltv` to the answer at the response_url, chart included; and the acknowledgement under load.

The far end is the smallest Slack that lets the bot finish: it answers every call at once and notes when the answer
arrived. The bot is `bot run` over HTTP, as in production.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from slack_sdk.signature import SignatureVerifier

from bot.serve import free_port

SECRET = "bench"
COMMANDS = 40
LOAD_PER_SECOND = 50
LOAD_SECONDS = 10
Emit = Callable[..., None]


class FarEnd(ThreadingHTTPServer):
    """Answers the Web API and collects what is sent to response_urls."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: queue.Queue[str] = queue.Queue()
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request of the bot."""

    def do_POST(self) -> None:
        """Answer as Slack would when all is well."""
        assert isinstance(self.server, FarEnd)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/answer/"):
            self.server.answers.put(self.path)
        file = {"id": "F1", "mimetype": "image/png", "title": "x"}
        upload = {"upload_url": f"{self.server.address}/upload", "file_id": "F1"}
        body = {"ok": True, "team_id": "T1", "user_id": "U1", "bot_id": "B1", "files": [file], "file": file} | upload
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def measure_slack(folder: Path, emit: Emit) -> None:
    """Answers one after the other, then acknowledgements at fifty commands a second."""
    far = FarEnd()
    threading.Thread(target=far.serve_forever, daemon=True).start()
    port = free_port(4100)
    given = {
        "BANTO_DATA": str(folder / "bot"),
        "DATABASE_URL": f"sqlite:///{folder / 'banto.sqlite3'}",
        "SLACK_API_URL": f"{far.address}/api/",
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "PORT": str(port),
    }
    folder.joinpath("bot").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "bot", "run"]
    with subprocess.Popen(command, env=os.environ | given, stdout=subprocess.PIPE, text=True) as bot:
        try:
            assert bot.stdout is not None
            while "listens" not in (line := bot.stdout.readline()):
                assert line, "the bot did not start"
            _ask(f"http://127.0.0.1:{port}/slack/events", far, emit)
        finally:
            bot.kill()


def _ask(url: str, far: FarEnd, emit: Emit) -> None:
    answers = []
    for at in range(COMMANDS + 2):
        start = time.perf_counter()
        send(url, far.address, "SKU-7", at)
        # The first question of all has the facts built.
        far.answers.get(timeout=600)
        answers.append(time.perf_counter() - start)
    emit("/ltv to posted answer with chart, p95 of 40", [sorted(answers[2:])[int(COMMANDS * 0.95) - 1]])
    with ThreadPoolExecutor(64) as pool:
        begin, asked = time.perf_counter(), []
        for at in range(LOAD_PER_SECOND * LOAD_SECONDS):
            time.sleep(max(0.0, begin + at / LOAD_PER_SECOND - time.perf_counter()))
            asked.append(pool.submit(send, url, far.address, "all", at))
        acks = sorted(a.result() for a in asked)
    # The queued answers are not waited for.
    emit(f"ack at {LOAD_PER_SECOND} commands/s, p99", [acks[int(len(acks) * 0.99) - 1]])
    emit(f"ack at {LOAD_PER_SECOND} commands/s, median", [acks[len(acks) // 2]])


def send(url: str, far: str, text: str, at: int) -> float:
    """One signed `/ltv`; seconds until it was acknowledged."""
    body = urllib.parse.urlencode(
        {
            "command": "/ltv",
            "text": text,
            "team_id": "T1",
            "user_id": "U2",
            "channel_id": "C1",
            "trigger_id": "1.2",
            "response_url": f"{far}/answer/{at}",
        }
    )
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
    }
    start = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers), timeout=30) as answer:
        answer.read()
    return time.perf_counter() - start
