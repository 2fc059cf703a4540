"""The only place where the parts are put together: settings in, a bot that can be served out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt import App
from slack_bolt.lazy_listener.thread_runner import ThreadLazyListenerRunner
from slack_sdk import WebClient
from sqlalchemy import Engine, update

from bot.clock import Clock, clock_of
from bot.errors import UserError
from bot.imports import job, refused, run_import, running
from bot.messages import Words
from bot.settings import Settings
from bot.speaker import web_client
from handlers import ad, banto, home, mention, panel, reports
from handlers.deps import Deps
from store.database import open_engine
from store.inbox import Taken, take_in
from store.shelves import AnyShelf, open_shelf
from store.tables import teams
from store.teams import HOME, open_team

log = logging.getLogger(__name__)
ACK_THREADS = 32
"""For acknowledgements and modals, which Slack gives three seconds; Bolt's own five would queue."""
WORK_THREADS = 4
"""For the work after the acknowledgement, which in Bolt's one pool would keep acknowledgements waiting."""


@dataclass(frozen=True)
class Bot:
    """A bot ready to be served by Socket Mode or HTTP."""

    app: App
    deps: Deps
    client: WebClient
    settings: Settings

    def sync(self) -> list[Taken]:
        """Import what waits in the inbox and bring the facts up to date."""
        return sync(self.settings, self.deps.engine, self.deps.shelf, self.deps.clock)


FEATURES = (panel.register, reports.register, ad.register, banto.register, home.register, mention.register)


def build_app(settings: Settings) -> Bot:
    """Wire the whole bot for one workspace; asks Slack who the token belongs to."""
    engine = open_engine(settings.database_url)
    client = web_client(settings.bot_token, settings.slack_api_url)
    identity = client.auth_test()
    with engine.begin() as connection:
        open_team(connection, HOME, currency=settings.currency, zone=settings.zone.key)
        connection.execute(update(teams).where(teams.c.team == HOME).values(slack_team_id=identity["team_id"]))
    deps = Deps(
        engine=engine,
        shelf=open_shelf(engine, settings.data, settings.engine, settings.warehouse),
        clock=clock_of(settings),
        zone=settings.zone,
        language=settings.language,
        team_of=one_workspace(str(identity["team_id"])),
        importing=partial(running, settings.data),
    )
    app = App(
        client=client,
        signing_secret=settings.signing_secret,
        listener_executor=ThreadPoolExecutor(ACK_THREADS),
    )
    work = ThreadPoolExecutor(WORK_THREADS)
    app.listener_runner.lazy_listener_runner = ThreadLazyListenerRunner(log, work)
    for register in FEATURES:
        register(app, deps)
    return Bot(app, deps, client, settings)


def one_workspace(slack_team: str) -> Callable[[Mapping[str, Any]], str]:
    """Whose books a request may see: the home team's people only, also in channels shared with other companies."""

    def team_of(body: Mapping[str, Any]) -> str:
        person = body.get("user")
        acting = person.get("team_id") if isinstance(person, Mapping) else None
        event = body.get("event") or {}
        acting = acting or event.get("user_team") or event.get("source_team") or event.get("team")
        acting = acting or body.get("team_id") or (body.get("team") or {}).get("id")
        if acting != slack_team:
            raise UserError("error.other_team")
        return HOME

    return team_of


def sync(settings: Settings, engine: Engine, shelf: AnyShelf, clock: Clock) -> list[Taken]:
    """Import every file of the inbox; the facts follow."""
    words = Words(settings.language, settings.currency)
    taken = list(
        take_in(
            settings.inbox,
            lambda path, profile: job(settings, engine, HOME, path, profile, clock()),
            run_import,
            lambda name, refusal: refused(name, refusal, words),
        )
    )
    for file in taken:
        log.info("inbox: %s %s", file.name, "refused" if file.refused else "imported")
    if any(file.report for file in taken):
        shelf.refresh(HOME)
    return taken
