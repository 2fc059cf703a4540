"""A workspace and a tiny Bolt app as its bot, both real servers on loopback."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from slack_bolt import App
from slack_bolt.adapter.starlette import SlackRequestHandler
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localslack.app import Config, build_app, open_workspace
from localslack.manifest import Command, Manifest
from localslack.serve import Server, listen
from localslack.workspace import Workspace

SECRET = "a-signing-secret"
TOKEN = "xoxb-local-test"
OWNER, PLANNER, OUTSIDER = "U0OWNER01", "U0PLAN001", "U0AGENT01"
GENERAL, PLANS, ADS = "C0GENERAL", "C0PLAN001", "C0ADS0001"


@dataclass
class Ticking:
    """A real clock that a test can push forward."""

    pushed: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.pushed


@dataclass
class Running:
    """A running workspace with its bot, and the ways a test reaches both."""

    url: str
    workspace: Workspace
    bot: App
    client: WebClient
    time: Ticking
    arrived: list[Request] = field(default_factory=list)

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """GET an address of the workspace."""
        return fetch(urllib.request.Request(self.url + path, headers=headers or {}))

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """POST JSON to an address of the workspace."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        data = json.dumps(body).encode()
        return fetch(urllib.request.Request(self.url + path, data=data, headers=sent))

    def do(self, what: str, user: str, **given: Any) -> Any:
        """Let a person act: command, action, submit, close, options, home, read."""
        status, answer = self.post(f"/_local/{what}", {"user": user, **given})
        assert status == 200, answer
        return answer

    def seen(self, user: str, channel: str) -> list[Any]:
        """The messages this person sees in a channel."""
        status, answer = self.get(f"/_local/state?user={user}&channel={channel}")
        assert status == 200, answer
        return list(answer["messages"])

    def views(self, user: str) -> list[Any]:
        """The modals this person has open."""
        return list(self.get(f"/_local/state?user={user}")[1]["views"])

    def until(self, true: Callable[[], Any], seconds: float = 5.0) -> Any:
        """Wait until something the bot does in the background has happened, and give it back."""
        end = time.monotonic() + seconds
        turn = threading.Event()
        while not (value := true()):
            assert time.monotonic() < end, "it did not happen"
            turn.wait(0.02)
        return value


def fetch(request: urllib.request.Request) -> tuple[int, Any]:
    """Status and decoded body of an answer, whatever the status."""
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, body.decode("utf-8", "replace")


@contextmanager
def serving(server: uvicorn.Server, listener: socket.socket) -> Iterator[str]:
    """Run a server in a thread on a listening socket; its address."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield address(listener)
    finally:
        server.should_exit = True
        thread.join(10)


MANIFEST = Manifest(
    commands=tuple(
        Command(name, f"{name} の説明", "[使い方]", name == "/escape")
        for name in ("/modal", "/say", "/slow", "/crash", "/inchannel", "/silent", "/escape")
    ),
    events=frozenset({"app_home_opened", "app_mention", "message.im"}),
    scopes=frozenset(
        {
            "chat:write",
            "channels:read",
            "channels:join",
            "channels:history",
            "im:read",
            "im:write",
            "users:read",
            "team:read",
            "files:write",
            "files:read",
        }
    ),
)


@contextmanager
def running(
    data: Path, register: Callable[[App], None], time: Ticking | None = None, **changes: Any
) -> Iterator[Running]:
    """Start a workspace on `data` and a bot whose listeners `register` adds."""
    ticking = time or Ticking()
    listener = listen(0)
    url = address(listener)
    client = WebClient(token=TOKEN, base_url=f"{url}/api/")
    bot = App(client=client, signing_secret=SECRET, token_verification_enabled=False)
    register(bot)
    handler = SlackRequestHandler(bot)
    arrived: list[Request] = []

    async def events(request: Request) -> Response:
        await request.body()
        arrived.append(request)
        return await handler.handle(request)

    bot_app = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
    bot_server = uvicorn.Server(uvicorn.Config(bot_app, log_level="warning"))
    with serving(bot_server, listen(0)) as bot_url:
        config = Config(
            base_url=url,
            data=data,
            bot_url=bot_url,
            signing_secret=SECRET,
            bot_token=TOKEN,
            manifest=MANIFEST,
            retry_seconds=(0.0, 0.05),
            file_processing_seconds=0.0,
        )
        workspace = open_workspace(replace(config, **changes), ticking)
        with serving(Server(build_app(workspace), workspace.stream), listener):
            try:
                yield Running(url, workspace, bot, client, ticking, arrived)
            finally:
                # Both servers leave at the same time, which halves the time a test takes to end.
                bot_server.should_exit = True


def address(listener: socket.socket) -> str:
    """The address a listening socket serves."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
