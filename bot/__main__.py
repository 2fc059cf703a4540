"""The command line: `python -m bot demo | run | ask | import | migrate | doctor | backup | restore`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bot.settings import Settings, SettingsError, environment, read_settings

WRONG = 1
USAGE = 2


def parser() -> argparse.ArgumentParser:
    """All commands with their words and help."""
    top = argparse.ArgumentParser(prog="bot", description="Banto (番頭): the books of a mail-order house in Slack.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")

    demo = command("demo", "sample shop and a local workspace in the browser; needs no Slack")
    demo.add_argument("--port", type=int, default=3000, help="port of the web page (default 3000)")
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command("run", "connect to Slack (Socket Mode, or HTTP when PORT is set); without tokens: demo")
    ask = command("ask", "answer a question on the command line, as in Slack")
    ask.add_argument("question", help='such as "ltv all window=365 basis=shop" or "repeat product-x 90日"')
    ask.add_argument("--as-of", type=_day, metavar="DAY", help="the last complete day; later orders do not exist")
    ask.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")
    bring = command("import", "import a CSV of orders or of ad spend; all or nothing")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--profile", default="generic", help="generic (orders, default) or ad_spend")
    bring.add_argument("--currency", help="the file's currency, e.g. USD (default: the books' currency)")
    bring.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
    command("migrate", "bring the database to this version's schema")
    command("doctor", "say in plain words what is missing or wrong")
    keep = command("backup", "write all books to a new file; the bot may be running")
    keep.add_argument("file", type=Path, metavar="FILE")
    again = command("restore", "put the books of a backup in place of these; all or nothing")
    again.add_argument("file", type=Path, metavar="FILE")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when something is wrong, 2 for a wrong command line."""
    words = parser().parse_args(argv)
    level = logging.INFO if words.command == "run" else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Bolt writes the body of a request whose signature is wrong into its log.
    logging.getLogger("slack_bolt").setLevel(logging.WARNING)
    # A round that takes longer than the interval is no news: the next one is simply skipped.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    try:
        settings = read_settings(environment(Path.cwd()))
    except SettingsError as error:
        print(
            "The configuration cannot be used:",
            *(f"- {p}" for p in error.problems),
            sep="\n",
            file=sys.stderr,
        )
        return WRONG
    try:
        return _run(words, settings)
    except Exception as error:
        from bot.messages import Words
        from bot.trouble import told

        sentence = told(error, Words(settings.language, settings.currency))
        if sentence is None:
            raise
        _end_progress()
        print(sentence, file=sys.stderr)
        return WRONG


def _run(words: argparse.Namespace, settings: Settings) -> int:
    if words.command == "demo":
        from bot.demo import run_demo

        return run_demo(settings, words.port, open_browser=not words.no_browser)
    if words.command == "run":
        from bot.run import run

        return run(settings)
    if words.command == "ask":
        return _ask(settings, words.question, words.as_of, words.json)
    if words.command == "import":
        return _import(settings, words)
    if words.command == "migrate":
        return _migrate(settings)
    if words.command == "backup":
        return _backup(settings, words.file)
    if words.command == "restore":
        return _restore(settings, words.file)
    from bot.doctor import examine

    return examine(settings)


def _ask(settings: Settings, question: str, as_of: date | None, as_data: bool) -> int:
    from bot.clock import clock_of
    from bot.errors import UserError
    from bot.messages import Words
    from bot.reports import REPORTS, run_report
    from bot.views.kit import without_marks
    from bot.views.mistake import sentence
    from store.books import Books
    from store.database import migrate, open_engine
    from store.shelves import open_shelf
    from store.teams import HOME

    migrate(settings.database_url)
    engine = open_engine(settings.database_url)
    shelf = open_shelf(engine, settings.data, settings.engine, settings.warehouse)
    books = Books(engine, shelf, HOME, settings.zone)
    words = Words(settings.language, books.currency)
    report, _, text = question.strip().lstrip("/").partition(" ")
    today = clock_of(settings)().astimezone(settings.zone).date()
    try:
        if report not in REPORTS:
            raise UserError("ask.no_report", name=report, reports=", ".join(REPORTS))
        answer = run_report(report, text, books, words, today=today, as_of=as_of)
    except UserError as error:
        print(sentence(words, error, escaped=False), file=sys.stderr)
        return WRONG
    print(json.dumps(answer.data, ensure_ascii=False, indent=2) if as_data else without_marks(answer.message.text))
    return 0


def _import(settings: Settings, given: argparse.Namespace) -> int:
    from dataclasses import replace

    from babel.numbers import list_currencies

    from bot.clock import clock_of
    from bot.imports import job, progress_line, refused, run_import, told
    from bot.messages import Words
    from store.database import migrate, open_engine
    from store.sources.refusals import FileRefused
    from store.teams import HOME

    words = Words(settings.language, settings.currency)
    currency = given.currency.upper() if given.currency else None
    if currency is not None and currency not in list_currencies():
        print(words("import.no_currency", currency=given.currency), file=sys.stderr)
        return WRONG
    migrate(settings.database_url)
    engine = open_engine(settings.database_url)
    work = job(settings, engine, HOME, given.file, given.profile, clock_of(settings)(), currency)
    try:
        report = run_import(
            replace(work, dry_run=given.dry_run), lambda progress: _show(progress_line(progress, words))
        )
    except FileRefused as refusal:
        _end_progress()
        print(refused(given.file.name, refusal, words), file=sys.stderr)
        return WRONG
    _end_progress()
    print(told(report, words, dry_run=given.dry_run))
    return 0


def _migrate(settings: Settings) -> int:
    from store.database import migrate

    migrate(settings.database_url)
    print("The database has this version's schema.")
    return 0


def _backup(settings: Settings, file: Path) -> int:
    from bot.messages import Words
    from store.backup import NoBackup, backup
    from store.database import migrate, open_engine

    words = Words(settings.language, settings.currency)
    migrate(settings.database_url)
    try:
        rows, schema = backup(open_engine(settings.database_url), file)
    except NoBackup as refusal:
        print(words(refusal.key, file=file), file=sys.stderr)
        return WRONG
    print(words("backup.done", file=file, rows=words.count(rows), schema=schema))
    return 0


def _restore(settings: Settings, file: Path) -> int:
    from bot.clock import clock_of
    from bot.messages import Words
    from store.backup import NoBackup, restore
    from store.database import migrate, open_engine

    words = Words(settings.language, settings.currency)
    migrate(settings.database_url)
    try:
        rows = restore(open_engine(settings.database_url), file, clock_of(settings)())
    except NoBackup as refusal:
        print(words(refusal.key, file=file), file=sys.stderr)
        return WRONG
    print(words("backup.restored", file=file, rows=words.count(rows)))
    return 0


def _show(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{progress}\033[K", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-06-30") from None


if __name__ == "__main__":
    sys.exit(main())
