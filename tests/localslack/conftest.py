"""Fixtures of the local workspace's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localslack.running import Running, running


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Running]:
    """A workspace whose bot has no listeners yet: tests add their own to `slack.bot`."""
    with running(tmp_path / "workspace", lambda app: None) as started:
        yield started
