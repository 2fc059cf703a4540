"""A bot process as `bot run` makes it, on a given port, whose scheduler makes its rounds quickly.

`python -m tests.one_bot PORT SECONDS`; everything else comes from the environment.
"""

from __future__ import annotations

import logging
import sys

from bot.app import build_app
from bot.run import scheduler_of
from bot.serve import serve_http
from bot.settings import environment, read_settings
from store.database import migrate
from tests.shell import ROOT


def main(port: str, seconds: str) -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = read_settings(environment(ROOT / "tests"))
    migrate(settings.database_url)
    bot = build_app(settings)
    with scheduler_of(bot, float(seconds)):
        serve_http(bot.app, "127.0.0.1", int(port), lambda: print("ready", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
