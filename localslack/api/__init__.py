"""The Web API under /api/: authentication, scopes, rate limits and the answer's shape for every method."""

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from localslack.api import chat, conversations, files, users, views
from localslack.api.call import Call, Method
from localslack.api.scopes import SCOPES
from localslack.errors import ApiError, RateLimited
from localslack.team import Json
from localslack.workspace import Workspace

log = logging.getLogger(__name__)

METHODS: Mapping[str, Method] = {
    **users.METHODS,
    **conversations.METHODS,
    **chat.METHODS,
    **views.METHODS,
    **files.METHODS,
}


async def _arguments(request: Request) -> dict[str, Any]:
    arguments: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        try:
            given = json.loads(body or b"{}")
        except ValueError:
            raise ApiError("invalid_json") from None
        if not isinstance(given, dict):
            raise ApiError("json_not_object")
        return arguments | given
    if content_type.startswith("multipart/form-data"):
        raise ApiError("invalid_form_data")
    return arguments | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _authenticate(workspace: Workspace, request: Request, arguments: Mapping[str, Any]) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token if scheme.lower() == "bearer" else str(arguments.get("token") or "")
    if not given:
        raise ApiError("not_authed")
    if given != workspace.bot_token:
        raise ApiError("invalid_auth")


def _check_scope(workspace: Workspace, method: str) -> None:
    granted = workspace.manifest.scopes
    needed = SCOPES.get(method, frozenset())
    if granted is not None and needed and not needed & granted:
        raise ApiError("missing_scope", needed=",".join(sorted(needed)), provided=",".join(sorted(granted)))


async def answer(workspace: Workspace, method: str, request: Request) -> Json:
    """Run one method and give its answer. Raises ApiError and RateLimited."""
    if method not in METHODS:
        raise ApiError("unknown_method", req_method=method)
    arguments = await _arguments(request)
    if method != "api.test":
        _authenticate(workspace, request, arguments)
    _check_scope(workspace, method)
    return {"ok": True, **METHODS[method](Call(workspace, arguments))}


def routes(workspace: Workspace) -> list[Route]:
    """The routes /api/{method} and /upload/v1/{file}."""

    async def call(request: Request) -> Response:
        headers = {"x-oauth-scopes": ",".join(sorted(workspace.manifest.scopes or {"chat:write"}))}
        method = request.path_params["method"]
        try:
            return JSONResponse(await answer(workspace, method, request), headers=headers)
        except ApiError as error:
            log.warning("%s refused: %s %s", method, error.code, error.messages)
            return JSONResponse(error.body(), headers=headers)
        except RateLimited as limited:
            log.warning("%s refused: ratelimited", method)
            return JSONResponse(
                {"ok": False, "error": "ratelimited"},
                429,
                headers | {"Retry-After": str(limited.retry_after)},
            )

    async def upload(request: Request) -> Response:
        file = workspace.state.file(request.path_params["file"])
        if file is None or file["state"] != "waiting":
            return PlainTextResponse("not found", 404)
        body = await request.body()
        files.keep_bytes(workspace, file, files.multipart_file(request.headers.get("content-type", ""), body))
        return PlainTextResponse(f"OK - {file['size']}")

    return [
        Route("/api/{method}", call, methods=["GET", "POST"]),
        Route("/upload/v1/{file}", upload, methods=["POST", "PUT"]),
    ]
