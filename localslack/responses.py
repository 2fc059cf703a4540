"""The far end of response_url: the bot's later answers to a command or a pressed button."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from localslack import limits
from localslack.api.files import file_known
from localslack.blocks_check import check_message
from localslack.errors import ApiError
from localslack.team import Json
from localslack.tickets import ResponseUrl
from localslack.workspace import Workspace


def _content(workspace: Workspace, given: Json) -> Json:
    blocks = given.get("blocks")
    text = str(given.get("text") or "")
    if not text and not blocks and not given.get("attachments"):
        raise ApiError("no_text")
    if blocks:
        check_message(blocks, file_known(workspace))
    return {
        "text": text[: limits.MESSAGE_TEXT],
        "blocks": blocks,
        "attachments": given.get("attachments"),
        "metadata": given.get("metadata"),
    }


def respond(workspace: Workspace, ticket: ResponseUrl, given: Json) -> None:
    """Post, replace or delete as the body says. Raises ApiError; a refused body does not count as a use."""
    channel = ticket.channel
    old = workspace.state.message(channel, ticket.message_ts) if ticket.message_ts else None
    if given.get("delete_original"):
        if old is None:
            raise ApiError("message_not_found")
        workspace.erase(channel, old[0]["ts"], old[1])
    elif given.get("replace_original"):
        if old is None:
            raise ApiError("message_not_found")
        message, to_user = old
        content = _content(workspace, given)
        kept = {key: value for key, value in message.items() if key not in ("blocks", "attachments")}
        workspace.change(channel, kept, content, to_user)
    else:
        content = _content(workspace, given)
        content["thread_ts"] = given.get("thread_ts") or ticket.thread_ts
        public = given.get("response_type") == "in_channel"
        workspace.write_new(channel, content, None if public else ticket.user)
    ticket.uses += 1


def routes(workspace: Workspace) -> list[Route]:
    """The route /response/{secret}."""

    async def answer(request: Request) -> Response:
        try:
            ticket = workspace.tickets.response_url(request.path_params["secret"])
        except ApiError as error:
            return JSONResponse(error.body(), 404)
        try:
            given = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        try:
            respond(workspace, ticket, given)
        except ApiError as error:
            return JSONResponse(error.body(), 400)
        return PlainTextResponse("ok")

    return [Route("/response/{secret}", answer, methods=["POST"])]
