"""Serving the bot: HTTP for commands, interactions, options and events, or Socket Mode."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

log = logging.getLogger(__name__)
SWITCH_SECONDS = 0.0005
"""How long a thread that computes may keep one waiting that has to acknowledge; Python's own 5 ms add up."""


def web_app(app: App) -> Starlette:
    """`POST /slack/events` for Slack, `GET /healthz` for whoever watches the process."""

    async def slack(request: Request) -> Response:
        body = await request.body()
        answer = await run_in_threadpool(app.dispatch, to_bolt_request(request, body))
        return to_starlette_response(answer)

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    return Starlette(routes=[Route("/slack/events", slack, methods=["POST"]), Route("/healthz", health)])


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """`wanted`, or the next free port above it."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex((host, port)) != 0:
                return port
    raise OSError(f"no free port from {wanted} to {wanted + 99}")


class Announcing(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        self._ready()


@contextmanager
def _short_pauses() -> Iterator[None]:
    """Keep acknowledgements quick while answers are computed.

    What was made at the start lives to the end, so the garbage collector need not walk through it again and again,
    which takes a fifth of a second each time.
    """
    usual = sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        # Without this the libraries complain at the end that their objects were never given back.
        gc.unfreeze()
        sys.setswitchinterval(usual)


def serve_http(app: App, host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve until the process is told to stop; `ready` is called as soon as requests are taken."""
    config = uvicorn.Config(web_app(app), host=host, port=port, log_level="warning", timeout_graceful_shutdown=3)
    with _short_pauses():
        Announcing(config, ready).run()


def serve_socket(app: App, app_token: str, client: WebClient) -> None:
    """Connect by Socket Mode until the process is told to stop."""
    with _short_pauses():
        SocketModeHandler(app, app_token, web_client=client).start()  # type: ignore[no-untyped-call]
