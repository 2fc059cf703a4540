"""`bot run`: the bot in a real workspace, with its scheduler."""

from __future__ import annotations

import logging
import sys

from slack_sdk.errors import SlackApiError

from bot.app import Bot, build_app
from bot.schedule import Duties, Scheduler, new_holder
from bot.serve import free_port, serve_http, serve_socket
from bot.settings import Settings
from store.database import migrate

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve Slack until stopped. Without any token the demo runs instead; 1 when Slack refuses the token."""
    if settings.bot_token is None and settings.app_token is None and settings.signing_secret is None:
        from bot.demo import run_demo

        return run_demo(settings, 3000, open_browser=True)
    missing = [
        name
        for name, value in (
            ("SLACK_BOT_TOKEN", settings.bot_token),
            (
                "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)",
                settings.app_token or settings.signing_secret,
            ),
        )
        if value is None
    ]
    if missing:
        print("Not everything is set: " + ", ".join(missing), file=sys.stderr)
        return 1
    migrate(settings.database_url)
    try:
        bot = build_app(settings)
    except SlackApiError as error:
        print(f"Slack refused SLACK_BOT_TOKEN: {error.response.get('error')}", file=sys.stderr)
        return 1
    with scheduler_of(bot):
        # HTTP only with a signing secret: without one anybody's request would count as Slack's.
        if settings.app_token is not None and (settings.port is None or settings.signing_secret is None):
            print("Banto is connected by Socket Mode. Ctrl-C stops it.", flush=True)
            serve_socket(bot.app, settings.app_token, bot.client)
        else:
            port = free_port(settings.port or 3000, "0.0.0.0")
            if settings.port is not None and port != settings.port:
                print(f"Port {settings.port} is busy; {port} is used instead.", flush=True)
            said = f"Banto listens on port {port}: POST /slack/events, GET /healthz. Ctrl-C stops it."
            serve_http(bot.app, "0.0.0.0", port, lambda: print(said, flush=True))
    return 0


def scheduler_of(bot: Bot, every_seconds: float = 20) -> Scheduler:
    """The scheduler that imports the inbox, posts what is due and looks for alerts."""
    duties = Duties(
        engine=bot.deps.engine,
        clock=bot.deps.clock,
        client_of=lambda team: bot.client,
        books_of=bot.deps.books,
        words_of=bot.deps.words,
        sync=bot.sync,
        holder=new_holder(),
    )
    return Scheduler(duties, every_seconds)
