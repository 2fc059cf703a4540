"""`bot demo`: a sample shop and a workspace of one's own in the browser; the bot in it is the real one.

The workspace (`localslack`) runs as a process of its own and is reached over loopback like Slack itself. When its
clock is moved forward, the sample shop's cart exports the days in between into the inbox, as a real cart would.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shlex
import subprocess
import sys
import time
import urllib.request
import webbrowser
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from bot.app import Bot, build_app
from bot.run import scheduler_of
from bot.serve import free_port, serve_http
from bot.settings import Settings
from store.database import migrate
from store.tables import schedules, teams
from store.teams import HOME

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent
TICK_SECONDS = 2.0
START_SECONDS = 30
MARGIN_PERMILLE = 700
WEEKLY_CHANNEL = "番頭-週報"


def run_demo(settings: Settings, port: int, *, open_browser: bool) -> int:
    """Run shop, workspace and bot until Ctrl-C; what was recorded stays for the next time."""
    logging.getLogger().setLevel(logging.WARNING)
    home = settings.data / "demo"
    home.mkdir(parents=True, exist_ok=True)
    page_port = free_port(port)
    if page_port != port:
        print(f"Port {port} is busy, so the page is on port {page_port}.", flush=True)
    bot_port = free_port(page_port + 1)
    keys = _keys(home / "keys.json")
    demo = replace(
        settings,
        data=home,
        database_url=f"sqlite:///{home / 'banto.sqlite3'}",
        slack_api_url=f"http://127.0.0.1:{page_port}/api/",
        bot_token=keys["bot_token"],
        signing_secret=keys["signing_secret"],
        app_token=None,
        port=bot_port,
        clock_file=home / "clock.json",
        zone=ZoneInfo("Asia/Tokyo"),
        currency="JPY",
    )
    migrate(demo.database_url)
    _export_shop(demo)
    workspace = _start_workspace(demo, page_port, bot_port)
    try:
        address = f"http://127.0.0.1:{page_port}"
        _wait_for(f"{address}/healthz", workspace)
        bot = build_app(demo)
        print("Reading the sample shop's orders …", flush=True)
        bot.sync()
        _first_settings(bot)
        with scheduler_of(bot, TICK_SECONDS):

            def ready() -> None:
                print(
                    f"\n  番頭 is ready:  {address}\n  Ctrl-C stops everything; what was recorded is kept.\n",
                    flush=True,
                )
                if open_browser and _has_browser():
                    webbrowser.open(address)

            serve_http(bot.app, "127.0.0.1", bot_port, ready)
    except KeyboardInterrupt:
        log.info("stopped by hand")
    finally:
        workspace.terminate()
        try:
            workspace.wait(5)
        except subprocess.TimeoutExpired:
            workspace.kill()
    return 0


def _keys(path: Path) -> dict[str, str]:
    if not path.exists():
        path.touch(mode=0o600)
        made = {"bot_token": f"xoxb-local-{secrets.token_hex(12)}", "signing_secret": secrets.token_hex(16)}
        path.write_text(json.dumps(made))
    keys: dict[str, str] = json.loads(path.read_text())
    return keys


def _shop_command(demo: Settings) -> list[str]:
    return [sys.executable, "-m", "localslack.shop", "--out", str(demo.inbox)]


def _export_shop(demo: Settings) -> None:
    """The cart's export of everything until now; the first time that is two years."""
    demo.inbox.mkdir(parents=True, exist_ok=True)
    if not (demo.inbox / "shop.json").exists():
        print("Making the sample shop (two years of orders) …", flush=True)
    now = datetime.now(UTC)
    if demo.clock_file is not None and demo.clock_file.exists():
        from bot.clock import following

        now = following(demo.clock_file)()
    local = now.astimezone(demo.zone)
    command = [*_shop_command(demo), "--now", local.isoformat(timespec="seconds")]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def _start_workspace(demo: Settings, page_port: int, bot_port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "localslack"]
    command += ["--port", str(page_port), "--data", str(demo.data / "workspace")]
    command += ["--bot-url", f"http://127.0.0.1:{bot_port}", "--clock-file", str(demo.clock_file)]
    command += ["--manifest", str(ROOT / "app_manifest.yml"), "--on-clock", shlex.join(_shop_command(demo))]
    shown = {"LOCALSLACK_SIGNING_SECRET": demo.signing_secret, "LOCALSLACK_BOT_TOKEN": demo.bot_token}
    environment = os.environ | {name: str(value) for name, value in shown.items()}
    # A process group of its own, so that Ctrl-C reaches it through us and in order; it ends with us, even when we are
    # killed, because the pipe to it closes.
    return subprocess.Popen(
        [*command, "--until-stdin-closes"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, start_new_session=True
    )


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"the workspace stopped with exit code {process.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _first_settings(bot: Bot) -> None:
    """A sample shop whose owner has told the margin and wants the weekly post."""
    channels: list[dict[str, Any]] = bot.client.conversations_list()["channels"]
    weekly = next((c["id"] for c in channels if c["name"] == WEEKLY_CHANNEL), None)
    with bot.deps.engine.begin() as connection:
        margin = connection.execute(select(teams.c.margin_permille).where(teams.c.team == HOME)).scalar()
        if margin is not None:
            return
        connection.execute(update(teams).where(teams.c.team == HOME).values(margin_permille=MARGIN_PERMILLE))
        if weekly is not None:
            connection.execute(
                schedules.insert().values(
                    team=HOME,
                    kind="weekly",
                    channel=weekly,
                    weekday=1,
                    minute_of_day=8 * 60 + 30,
                    created_by="U0OWNER01",
                    created_at=bot.deps.clock(),
                )
            )


def _has_browser() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
