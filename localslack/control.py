"""/_local/ and /clock: what the page does on behalf of a person; tests use the same without a browser."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localslack import interactions
from localslack.api.files import finish, keep_bytes, new_file
from localslack.clock import ClockRefused, run_hook, write_clock_file
from localslack.errors import PersonRefused
from localslack.events import home_opened
from localslack.team import EVERYONE, TEAM_ID, TEAM_NAME, Json
from localslack.typing_box import enter
from localslack.workspace import Workspace

Handler = Callable[[Request], Awaitable[Response]]


def _refused(text: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"ok": False, "error": text}, status)


def own_page(request: Request) -> bool:
    """Whether a state-changing request comes from our own page or a program, not from another web site."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    same = origin is None or origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
    return same and site in ("same-origin", "none")


def guarded(handler: Handler) -> Handler:
    """Let only our own page and local programs change state; a person's mistake becomes status 400."""

    async def checked(request: Request) -> Response:
        if request.method == "POST" and not own_page(request):
            return _refused("このページからの操作だけを受け付けます。", 403)
        try:
            return await handler(request)
        except (PersonRefused, ClockRefused) as refused:
            return _refused(str(refused))
        except json.JSONDecodeError:
            return _refused("JSONではありません。")

    return checked


def boot(workspace: Workspace, user: str) -> Json:
    """All that a page needs to draw its frame for a person."""
    person = workspace.person(user)
    mine = [c for c in workspace.state.channels() if person.id in c["members"]]
    unread = workspace.state.unread(person.id)
    return {
        "me": person.id,
        "team": {"id": TEAM_ID, "name": TEAM_NAME},
        "people": [
            {
                "id": p.id,
                "name": p.name,
                "real_name": p.real_name,
                "role": p.role,
                "color": p.color,
                "is_bot": p.is_bot,
                "outside": p.team_id != TEAM_ID,
            }
            for p in EVERYONE.values()
        ],
        "channels": mine,
        "unread": [channel["id"] for channel in mine if channel["id"] in unread],
        "commands": [
            {"command": c.command, "description": c.description, "usage_hint": c.usage_hint}
            for c in (workspace.manifest.commands if person.team_id == TEAM_ID else ())
        ],
        "messages_read_only": workspace.manifest.messages_read_only,
        "clock": clock_state(workspace),
        "home": workspace.state.home(person.id),
        "views": workspace.modals.of(person.id),
    }


def clock_state(workspace: Workspace) -> Json:
    """The clock as GET /clock gives it."""
    now = workspace.clock.now().isoformat(timespec="seconds")
    return {"now": now, "offset_seconds": workspace.clock.offset}


async def move_clock(workspace: Workspace, given: Json) -> Json:
    """Move the clock: first the outside world (--on-clock) lives through the time, then all see it."""
    goal = workspace.clock.goal(given.get("advance_seconds"), given.get("now"))
    problem = await run_hook(workspace.on_clock, goal) if workspace.on_clock else None
    workspace.clock.move_to(goal)
    if workspace.clock_file:
        write_clock_file(workspace.clock_file, workspace.clock.offset)
    state = clock_state(workspace)
    workspace.stream.tell({"type": "clock", **state})
    if problem:
        workspace.notice(problem)
        state["problem"] = problem
    return state


def _where(given: Json) -> Json:
    return {key: given[key] for key in ("channel", "ts", "view_id") if given.get(key)}


def _acts(workspace: Workspace) -> dict[str, Callable[[str, Json], Awaitable[Json]]]:
    """The state-changing addresses under /_local/; each takes the person's id and the request's body."""

    async def command(user: str, given: Json) -> Json:
        channel = workspace.conversation(str(given.get("channel") or ""))
        return await enter(workspace, user, channel, str(given.get("text") or ""), given.get("thread_ts"))

    async def action(user: str, given: Json) -> Json:
        action_id = str(given.get("action_id") or "")
        state: dict[str, Any] = given.get("state") or {}
        return await interactions.act(
            workspace, user, _where(given), action_id, given.get("block_id"), given.get("value"), state
        )

    async def options(user: str, given: Json) -> Json:
        action_id, typed = str(given.get("action_id") or ""), str(given.get("value") or "")
        return await interactions.suggest(workspace, user, _where(given), action_id, given.get("block_id"), typed)

    async def submit(user: str, given: Json) -> Json:
        return await interactions.submit(workspace, user, given.get("view_id"), given.get("values") or {})

    async def close(user: str, given: Json) -> Json:
        return await interactions.close(workspace, user, given.get("view_id"), given.get("values"))

    async def home(user: str, given: Json) -> Json:
        home_opened(workspace, user, str(given.get("tab") or "home"))
        return {}

    async def read(user: str, given: Json) -> Json:
        channel = workspace.conversation(str(given.get("channel") or ""))
        workspace.state.mark_read(user, channel["id"], str(given.get("ts") or ""))
        return {}

    return {
        "command": command,
        "action": action,
        "options": options,
        "submit": submit,
        "close": close,
        "home": home,
        "read": read,
    }


def _act_route(workspace: Workspace, name: str, act: Callable[[str, Json], Awaitable[Json]]) -> Route:
    async def run(request: Request) -> Response:
        given = await request.json()
        if not isinstance(given, dict):
            return _refused("JSONのオブジェクトを送ってください。")
        user = workspace.person(str(given.get("user") or "")).id
        return JSONResponse({"ok": True, **await act(user, given)})

    return Route(f"/_local/{name}", guarded(run), methods=["POST"])


def routes(workspace: Workspace) -> list[Route]:
    """The routes /_local/*, /clock and /healthz."""
    clock_lock = asyncio.Lock()

    async def state(request: Request) -> Response:
        user = workspace.person(request.query_params.get("user", "")).id
        answer: Json = {"ok": True, "views": workspace.modals.of(user), "home": workspace.state.home(user)}
        if "channel" in request.query_params:
            channel = workspace.conversation(request.query_params["channel"])
            if user not in channel["members"]:
                raise PersonRefused("この会話には参加していません。")
            answer["channel"] = channel["id"]
            answer["messages"] = workspace.state.messages(channel["id"], user)
        return JSONResponse(answer)

    async def start(request: Request) -> Response:
        return JSONResponse({"ok": True, **boot(workspace, request.query_params.get("user", ""))})

    async def upload(request: Request) -> Response:
        user = workspace.person(request.query_params.get("user", "")).id
        file = new_file(workspace, request.query_params.get("name") or "file", user)
        keep_bytes(workspace, file, await request.body())
        finish(workspace, file)
        if "channel" in request.query_params:
            channel = workspace.conversation(request.query_params["channel"])
            typed = request.query_params.get("text", "")
            await enter(workspace, user, channel, typed, request.query_params.get("thread_ts"), [file])
        return JSONResponse({"ok": True, "file": file})

    async def clock(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(clock_state(workspace))
        given = await request.json()
        async with clock_lock:
            return JSONResponse({"ok": True, **await move_clock(workspace, given)})

    async def healthz(request: Request) -> Response:
        return JSONResponse({"ok": True})

    return [
        Route("/healthz", healthz),
        Route("/clock", guarded(clock), methods=["GET", "POST"]),
        Route("/_local/boot", guarded(start)),
        Route("/_local/state", guarded(state)),
        Route("/_local/upload", guarded(upload), methods=["POST"]),
        *(_act_route(workspace, name, act) for name, act in _acts(workspace).items()),
    ]
