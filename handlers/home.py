"""The App Home, drawn anew whenever somebody opens it."""

from __future__ import annotations

from functools import partial

from slack_bolt import App
from slack_sdk import WebClient

from bot.home import home
from handlers.deps import Deps
from handlers.funnel import Body, on_event


def register(app: App, deps: Deps) -> None:
    """The event."""
    on_event(app, deps, "app_home_opened", partial(_opened, deps))


def _opened(deps: Deps, body: Body, client: WebClient, team: str) -> None:
    event = body["event"]
    # Drawn twice for an event that Slack repeats: that harms nobody, and nothing has to be written for it.
    if event.get("tab") == "messages":
        return
    user = str(event["user"])
    view = home(deps.books(team), deps.engine, deps.words(team), user, deps.clock(), deps.importing())
    client.views_publish(user_id=user, view=view)
