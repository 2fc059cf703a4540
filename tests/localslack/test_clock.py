"""The movable clock: what it allows, whom it tells, and what runs when it has moved."""

import json
import shlex
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt import App

from localslack.clock import ZONE, Clock, ClockRefused
from localslack.state import State
from tests.localslack.running import OWNER, PLANS, Running, running

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE)


def quiet(app: App) -> None:
    """A bot without listeners."""


def clock(offset: float = 0.0) -> tuple[Clock, list[float]]:
    """A clock whose real time stands at noon, and the offsets it has saved."""
    saved: list[float] = []
    return Clock(NOON.timestamp, offset, saved.append), saved


def test_a_clock_moves_forward_and_remembers() -> None:
    moved, saved = clock()
    moved.move_to(moved.goal(7 * 86_400, None))
    assert moved.now() == NOON + timedelta(days=7)
    assert saved == [7 * 86_400]


def test_a_date_without_a_zone_is_the_shops() -> None:
    assert clock()[0].goal(None, "2026-12-01T09:00") == datetime(2026, 12, 1, 9, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("advance", "now", "sentence"),
    [
        (-1, None, "先にしか"),
        (None, "2026-11-22T11:59:59+09:00", "先にしか"),
        (None, "あした", "日時が読めません"),
        (None, None, "日時が読めません"),
        (1e300, None, "日時が読めません"),
        (86_400 * 365 * 4, None, "3年まで"),
    ],
)
def test_a_clock_refuses_with_a_sentence(advance: float | None, now: str | None, sentence: str) -> None:
    with pytest.raises(ClockRefused, match=sentence):
        clock()[0].goal(advance, now)


@given(st.lists(st.floats(0, 2e9), min_size=2, max_size=30))
def test_timestamps_always_grow_whatever_the_time(moments: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder))
        stamps = [state.next_ts(moment) for moment in moments]
        state.close()
    assert stamps == sorted(set(stamps))


def test_messages_carry_the_moved_time(slack: Running) -> None:
    before = slack.get("/clock")[1]
    status, after = slack.post("/clock", {"advance_seconds": 28 * 86_400})
    assert status == 200
    gone = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])
    assert timedelta(days=28) <= gone < timedelta(days=28, seconds=5)
    slack.do("command", OWNER, channel=PLANS, text="ひと月後")
    written = float(slack.seen(OWNER, PLANS)[0]["ts"])
    assert written == pytest.approx(datetime.fromisoformat(after["now"]).timestamp(), abs=5)


def test_a_step_back_is_refused_to_the_person(slack: Running) -> None:
    status, answer = slack.post("/clock", {"advance_seconds": -60})
    assert (status, answer["ok"], "先にしか" in answer["error"]) == (400, False, True)
    assert slack.get("/clock")[1]["offset_seconds"] == 0


def test_the_clock_file_follows(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    with running(tmp_path / "data", quiet, clock_file=file) as slack:
        assert json.loads(file.read_text()) == {"offset_seconds": 0.0}
        slack.post("/clock", {"advance_seconds": 3600})
        assert json.loads(file.read_text())["offset_seconds"] == pytest.approx(3600, abs=1)
    assert [path.name for path in tmp_path.iterdir() if "clock" in path.name] == ["clock.json"]


def hook(code: str, *words: str) -> str:
    """An --on-clock command that runs Python code."""
    return shlex.join([sys.executable, "-c", code, *words])


def test_the_outside_world_lives_through_the_time_before_anybody_sees_it(tmp_path: Path) -> None:
    file, seen = tmp_path / "clock.json", tmp_path / "clock.seen"
    code = (
        "import json, pathlib, sys; file = pathlib.Path(sys.argv[1]);"
        "file.with_suffix('.seen').write_text(json.dumps([sys.argv[2:], file.read_text()]))"
    )
    command = hook(code, str(file))
    with running(tmp_path / "data", quiet, clock_file=file, on_clock=command) as slack:
        _, answer = slack.post("/clock", {"advance_seconds": 86_400})
    words, offset_then = json.loads(seen.read_text())
    assert words[0] == "--now"
    told = datetime.fromisoformat(words[1])
    assert abs(told - datetime.fromisoformat(answer["now"])) < timedelta(seconds=5)
    assert json.loads(offset_then) == {"offset_seconds": 0.0}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (hook("import sys; print('在庫データが壊れています'); sys.exit(3)"), "在庫データが壊れています"),
        ("/nowhere/to/be/found", "始められませんでした"),
    ],
)
def test_a_failing_hook_is_said_and_the_clock_moves_all_the_same(tmp_path: Path, command: str, said: str) -> None:
    with running(tmp_path, quiet, on_clock=command) as slack:
        status, answer = slack.post("/clock", {"advance_seconds": 60})
        assert (status, said in answer["problem"]) == (200, True)
        assert slack.get("/clock")[1]["offset_seconds"] == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_web_sites_cannot_change_anything(slack: Running, headers: dict[str, str], status: int) -> None:
    assert slack.post("/clock", {"advance_seconds": 1}, headers)[0] == status
    body: dict[str, Any] = {"user": OWNER, "channel": PLANS, "text": "a"}
    assert slack.post("/_local/command", body, headers)[0] == status


def test_our_own_page_may(slack: Running) -> None:
    headers = {"Origin": slack.url, "Sec-Fetch-Site": "same-origin"}
    assert slack.post("/clock", {"advance_seconds": 1}, headers)[0] == 200
