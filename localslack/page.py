"""The chat page: its files, its stream of live updates, and the files that people and the bot have shared."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from localslack.control import guarded
from localslack.workspace import Workspace

_STATIC = Path(__file__).parent / "static"
_SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_KEEP_ALIVE_SECONDS = 15.0
_PAGE_HEADERS = {
    # No script but our own files. 'unsafe-eval' is for tools that drive the page from outside (browser
    # tests wait for expressions); the page itself never evaluates text.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-eval'; img-src * data:; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}


async def _events(workspace: Workspace, user: str) -> AsyncIterator[str]:
    queue = workspace.stream.open(user)
    try:
        yield "retry: 1000\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            yield f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
    finally:
        workspace.stream.close(queue)


class _Fresh(StaticFiles):
    """Static files that a browser asks for again, so that a new version is never mixed with an old one."""

    def file_response(self, *args: Any, **given: Any) -> Response:
        """The file, to be revalidated on every use."""
        response = super().file_response(*args, **given)
        response.headers["Cache-Control"] = "no-cache"
        return response


def routes(workspace: Workspace) -> list[BaseRoute]:
    """The routes /, /static/, /stream, /files/ and /archives/ (permalinks)."""

    async def index(request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers=_PAGE_HEADERS)

    async def stream(request: Request) -> Response:
        user = workspace.person(request.query_params.get("user", "")).id
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(_events(workspace, user), media_type="text/event-stream", headers=headers)

    async def file(request: Request) -> Response:
        known = workspace.state.file(request.path_params["id"])
        if known is None or known["state"] == "waiting":
            return PlainTextResponse("not found", 404)
        inline = known["mimetype"] in _SHOWN_INLINE and "download" not in request.query_params
        # Anything but a picture is only ever saved: a file must not run as a page of this origin.
        kind = "inline" if inline else "attachment"
        return FileResponse(
            workspace.state.files_folder / known["id"],
            media_type=known["mimetype"],
            headers={
                "Content-Disposition": f"{kind}; filename*=utf-8''{quote(known['name'])}",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def permalink(request: Request) -> Response:
        return RedirectResponse(f"/#/{request.path_params['channel']}/{request.path_params['place']}")

    return [
        Route("/", index),
        Route("/stream", guarded(stream)),
        Route("/files/{id}/{name}", file),
        Route("/archives/{channel}/{place}", permalink),
        Mount("/static", _Fresh(directory=_STATIC)),
    ]
