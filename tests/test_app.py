"""Whose books a request may see."""

from __future__ import annotations

from typing import Any

import pytest

from bot.app import one_workspace
from bot.errors import UserError


@pytest.mark.parametrize(
    "body",
    [
        {"team_id": "T1", "user_id": "U1", "command": "/ltv"},
        {"team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}},
        {"team_id": "T1", "event": {"type": "app_mention", "user": "U1", "team": "T1"}},
        {"team_id": "T1", "event": {"type": "app_home_opened", "user": "U1"}},
    ],
)
def test_people_of_the_home_workspace_see_the_books(body: dict[str, Any]) -> None:
    assert one_workspace("T1")(body) == "main"


@pytest.mark.parametrize(
    "body",
    [
        {"team_id": "T2", "user_id": "U9", "command": "/ltv"},
        {"team": {"id": "T1"}, "user": {"id": "U9", "team_id": "T2"}},
        {"team_id": "T1", "event": {"type": "app_mention", "user": "U9", "team": "T2"}},
        {"team_id": "T1", "event": {"type": "app_mention", "user": "U9", "user_team": "T2", "team": "T1"}},
        {},
    ],
)
def test_people_of_other_companies_see_nothing(body: dict[str, Any]) -> None:
    with pytest.raises(UserError) as refused:
        one_workspace("T1")(body)
    assert refused.value.key == "error.other_team"
