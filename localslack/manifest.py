"""What localslack needs to know of the app: slash commands, scopes and events, from app_manifest.yml."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Command:
    """One slash command as the message box offers it."""

    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True)
class Manifest:
    """The app's declaration. `scopes` is None when no manifest was given: then no scope is enforced.

    `messages_read_only`: people cannot write to the app in its direct messages.
    """

    commands: tuple[Command, ...] = ()
    events: frozenset[str] = frozenset({"app_home_opened", "app_mention", "message.im"})
    scopes: frozenset[str] | None = None
    messages_read_only: bool = False

    def command(self, name: str) -> Command | None:
        """The command of that name (with its slash), if the app has it."""
        return next((item for item in self.commands if item.command == name), None)


def read_manifest(path: Path) -> Manifest:
    """Read a Slack app manifest (YAML or JSON).

    Raises OSError when it cannot be read and yaml.YAMLError when it is not YAML.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    commands = (document.get("features") or {}).get("slash_commands") or []
    scopes = ((document.get("oauth_config") or {}).get("scopes") or {}).get("bot") or []
    home = (document.get("features") or {}).get("app_home") or {}
    events = ((document.get("settings") or {}).get("event_subscriptions") or {}).get("bot_events") or []
    return Manifest(
        commands=tuple(
            Command(
                command=item["command"],
                description=item.get("description", ""),
                usage_hint=item.get("usage_hint", ""),
                should_escape=bool(item.get("should_escape", False)),
            )
            for item in commands
        ),
        events=frozenset(events),
        messages_read_only=bool(
            home.get("messages_tab_read_only_enabled", False) or not home.get("messages_tab_enabled", True)
        ),
        scopes=frozenset(scopes),
    )
