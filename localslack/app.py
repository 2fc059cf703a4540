"""build_app: the one place where the workspace is put together."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from localslack import api, control, limits, page, responses
from localslack.clock import Clock, write_clock_file
from localslack.manifest import Manifest
from localslack.modals import Modals
from localslack.sender import Sender
from localslack.state import State
from localslack.stream import Stream
from localslack.tickets import Tickets
from localslack.workspace import Workspace


@dataclass(frozen=True)
class Config:
    """What the command line says. `base_url` is this server's own address without a slash at the end."""

    base_url: str
    data: Path
    bot_url: str
    signing_secret: str
    bot_token: str
    manifest: Manifest
    clock_file: Path | None = None
    on_clock: str | None = None
    file_processing_seconds: float = 0.2
    retry_seconds: tuple[float, ...] = limits.EVENT_RETRY_SECONDS


def open_workspace(config: Config, real: Callable[[], float] = time.time) -> Workspace:
    """Open the state and put the parts together. `real` gives the real time in seconds since 1970."""
    state = State(config.data)
    offset = float(state.setting("clock_offset", "0"))
    workspace = Workspace(
        state=state,
        clock=Clock(real, offset, lambda value: state.put_setting("clock_offset", str(value))),
        stream=Stream(),
        tickets=Tickets(real),
        modals=Modals(),
        sender=Sender(config.bot_url, config.signing_secret, real, config.retry_seconds),
        manifest=config.manifest,
        bot_token=config.bot_token,
        base_url=config.base_url,
        clock_file=config.clock_file,
        on_clock=config.on_clock,
        file_processing_seconds=config.file_processing_seconds,
    )
    if config.clock_file:
        write_clock_file(config.clock_file, offset)
    return workspace


def build_app(workspace: Workspace) -> Starlette:
    """The web application. Requests whose Host is not this machine are refused (DNS rebinding)."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await workspace.sender.stop()
        workspace.state.close()

    return Starlette(
        routes=[
            *api.routes(workspace),
            *responses.routes(workspace),
            *control.routes(workspace),
            *page.routes(workspace),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])],
        lifespan=lifespan,
    )
