"""python -m localslack: start the workspace."""

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path

import yaml

from localslack.app import Config, build_app, open_workspace
from localslack.manifest import Manifest, read_manifest
from localslack.serve import Server, listen


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m localslack", description="A small Slack workspace on this machine."
    )
    parser.add_argument("--port", type=int, default=3000, help="port of page and Web API on 127.0.0.1 (default 3000)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where messages and files are kept")
    parser.add_argument("--bot-url", default="http://127.0.0.1:3001", help="the bot's HTTP address")
    _secret(parser, "--signing-secret", "LOCALSLACK_SIGNING_SECRET", "secret for signing requests to the bot")
    _secret(parser, "--bot-token", "LOCALSLACK_BOT_TOKEN", "the token the bot must show (xoxb-...)")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input does: with the process that holds it"
    )
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="the app's app_manifest.yml")
    parser.add_argument("--clock-file", type=Path, metavar="FILE", help="where the clock's offset is written as JSON")
    parser.add_argument("--on-clock", metavar="COMMAND", help="run with --now ISO when the clock is moved")
    return parser


def _secret(parser: argparse.ArgumentParser, flag: str, variable: str, text: str) -> None:
    """A secret from the environment, which a list of processes does not show, or from the command line."""
    given = os.environ.get(variable)
    parser.add_argument(flag, default=given, required=given is None, help=f"{text}; default ${variable}")


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)


def main(words: list[str] | None = None) -> int:
    """Run until interrupted; 1 with a sentence on stderr when it cannot start."""
    given = arguments().parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        manifest = read_manifest(given.manifest) if given.manifest else Manifest()
        listener = listen(given.port)
    except yaml.YAMLError as error:
        print(f"localslack: {given.manifest} is not a manifest: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        what = error.filename or f"port {given.port}"
        print(f"localslack: cannot start: {what}: {error.strerror}", file=sys.stderr)
        return 1
    config = Config(
        base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        data=given.data,
        bot_url=given.bot_url,
        signing_secret=given.signing_secret,
        bot_token=given.bot_token,
        manifest=manifest,
        clock_file=given.clock_file,
        on_clock=given.on_clock,
    )
    workspace = open_workspace(config)
    if given.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    else:
        print(f"localslack: {config.base_url}", flush=True)
    # Ctrl-C is the usual way to stop; by now the server has closed everything in order.
    with contextlib.suppress(KeyboardInterrupt):
        Server(build_app(workspace), workspace.stream).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
