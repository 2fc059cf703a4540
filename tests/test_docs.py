"""The commands are the same in the manifest, the help, the README and the code; both languages say everything."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import parser
from bot.commands import COMMANDS
from bot.messages import Words, catalogue

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "app_manifest.yml").read_text(encoding="utf-8"))
    return found


def test_the_manifest_lists_the_commands_of_the_help(manifest: dict[str, Any]) -> None:
    listed = [
        (c["command"], c["usage_hint"], c["description"], c["should_escape"])
        for c in manifest["features"]["slash_commands"]
    ]
    assert listed == [(c.name, c.usage, c.description["ja"], c.escaped) for c in COMMANDS]


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_has_a_row_for_every_command(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(/[a-z]+)", text, re.MULTILINE)) == {c.name for c in COMMANDS}


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_names_every_command_of_the_command_line(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = next(a for a in parser()._actions if a.dest == "command").choices
    assert commands is not None
    missing = [c for c in commands if f"bot {c}" not in text]
    assert missing == []


def test_every_command_and_event_in_the_manifest_is_handled(manifest: dict[str, Any]) -> None:
    sources = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "handlers").glob("*.py"))
    for command in COMMANDS:
        assert command.name in sources or command.name.removeprefix("/") in sources
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        assert f'"{event}"' in sources


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_with_the_same_figures() -> None:
    japanese, english = catalogue("ja"), catalogue("en")
    assert set(japanese) == set(english)
    differing = [k for k in japanese if placeholders(japanese[k]) != placeholders(english[k])]
    assert differing == []
    assert [k for k in japanese if not japanese[k] or not english[k]] == []


def test_every_sentence_the_code_names_exists() -> None:
    known = set(catalogue("ja"))
    named: set[str] = set()
    for folder in ("bot", "handlers"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            named |= set(re.findall(r'words\(\s*"([a-z0-9_.]+)"', text))
            named |= set(re.findall(r'UserError\(\s*"([a-z0-9_.]+)"', text))
    assert sorted(named - known) == []
    assert len(named) > 100


def test_amounts_and_shares_read_naturally() -> None:
    yen, dollars = Words("ja", "JPY"), Words("en", "USD")
    assert (yen.money(-1234567), dollars.money(123456)) == ("-¥1,234,567", "$1,234.56")
    assert (yen.percent(0.2917), yen.percent(None), yen.money(None)) == ("29.2%", "n/a", "n/a")
