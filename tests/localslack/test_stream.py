"""Live updates reach the pages of those who may see them, and nobody else's."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localslack.app import Config, open_workspace
from localslack.manifest import Manifest
from localslack.workspace import Workspace
from tests.localslack.running import ADS, OUTSIDER, OWNER, PLANNER, PLANS


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace without servers."""
    config = Config("http://127.0.0.1:1", tmp_path, "http://127.0.0.1:2", "s", "xoxb-t", Manifest())
    opened = open_workspace(config)
    yield opened
    opened.state.close()


def heard(workspace: Workspace, *users: str) -> dict[str, asyncio.Queue[Any]]:
    """An open page per person."""
    return {user: workspace.stream.open(user) for user in users}


def kinds(queue: asyncio.Queue[Any]) -> list[str]:
    """The kinds of events a page has got."""
    return [queue.get_nowait()["type"] for _ in range(queue.qsize())]


def test_a_message_reaches_the_members_only(workspace: Workspace) -> None:
    pages = heard(workspace, OWNER, OUTSIDER)
    workspace.write_new(PLANS, {"text": "社内の数字"})
    workspace.write_new(ADS, {"text": "みんなの数字"})
    assert [kinds(page) for page in pages.values()] == [["message", "message"], ["message"]]


def test_an_ephemeral_message_reaches_one_person_only(workspace: Workspace) -> None:
    pages = heard(workspace, OWNER, PLANNER)
    message = workspace.write_new(PLANS, {"text": "あなただけ"}, to_user=OWNER)
    workspace.erase(PLANS, message["ts"], OWNER)
    assert [kinds(page) for page in pages.values()] == [["message", "message_deleted"], []]


def test_a_modal_opens_on_the_pages_of_its_person_only(workspace: Workspace) -> None:
    pages = heard(workspace, OWNER, PLANNER)
    workspace.modals.open(OWNER, {"type": "modal", "blocks": []})
    workspace.show_modals(OWNER)
    assert [kinds(page) for page in pages.values()] == [["views"], []]


def test_a_closed_page_hears_nothing_more(workspace: Workspace) -> None:
    (page,) = heard(workspace, OWNER).values()
    workspace.stream.close(page)
    workspace.notice("おわり")
    assert page.empty()
